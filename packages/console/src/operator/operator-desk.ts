/**
 * What the operators' page knows and does. It asks again and again while it is looked at, and says
 * since when nothing was answered; each act carries a name of its own, so that sending it again
 * after a lost answer acts once.
 */
import { signal } from "@preact/signals";
import * as api from "../link/console-api.ts";
import { ResultLog } from "../result-log.ts";
import { MAYBE_SIGNED_IN, SESSION_ENDED, signInProblem } from "../sign-in/problem.ts";
import { after, monotonicMs, randomId, wallMs } from "../system.ts";
import type {
  Block,
  Mode,
  Modes,
  OperatorSession,
  OrdersPage,
  Scope,
  Story,
} from "./operator-wire.ts";
import { scopeText } from "./scope.ts";

/** `live`: an answer has come just now. `late`: none has, and it is said since when. */
export type OperatorPhase = "connecting" | "live" | "late" | "signed-out";

const ASK_EVERY_MS = 1_000;
/** While orders are being cancelled. */
const ASK_OFTEN_MS = 300;
const LATE_MS = 3_500;
const ANSWER_MS_MAX = 3_000;
/** An act is sent again after a lost answer, for so long. */
const ACT_MS_MAX = 30_000;
const ACT_RETRY_MS = 1_000;
const NAMES_PAGE = "100";

export const session = signal<OperatorSession | null>(null);
export const phase = signal<OperatorPhase>("connecting");
/** Unix milliseconds of the last answer, 0 before the first. */
export const answeredAtMs = signal(0);
export const modes = signal<Modes | null>(null);
export const blocks = signal<readonly Block[]>([]);
/** Released ones; null while they are not asked for. */
export const released = signal<readonly Block[] | null>(null);
export const log = new ResultLog();
/** To choose from; others may be typed. */
export const accountNames = signal<readonly string[]>([]);
export const keyNames = signal<readonly string[]>([]);

let answeredAt = Number.NEGATIVE_INFINITY;
let isAsking = false;
let timer: { cancel(): void } | null = null;

export function begin(found: OperatorSession): void {
  session.value = found;
  answeredAt = monotonicMs();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    // What is shown is of when the page was left.
    if (phase.value === "live") phase.value = "connecting";
    answeredAt = monotonicMs();
    void ask();
  });
  void ask();
  void askNames();
  watchLateness();
}

export async function leave(): Promise<void> {
  const isOut = await api.signOut(session.value?.csrf_token ?? "");
  signInProblem.value = isOut ? "" : MAYBE_SIGNED_IN;
  signedOut();
}

/** What holds now. A page that nobody looks at asks nothing, so that its session can end. */
export async function ask(): Promise<void> {
  timer?.cancel();
  if (isAsking || phase.value === "signed-out" || document.hidden) return;
  isAsking = true;
  const before = blocks.value;
  try {
    const [nextModes, active] = await Promise.all([
      read("/operator/v1/modes") as Promise<Modes>,
      read("/operator/v1/blocks", { state: "active" }) as Promise<BlocksAnswer>,
    ]);
    modes.value = nextModes;
    blocks.value = active.blocks;
    answered();
    tellFinished(before, active.blocks);
    if (released.value !== null) await askReleased();
  } catch (error) {
    if (isSignedOut(error) && session.value !== null) {
      signInProblem.value ||= SESSION_ENDED;
      signedOut();
    }
  } finally {
    isAsking = false;
  }
  const isCancelling = blocks.value.some(({ kill }) => kill?.state === "cancelling");
  timer = after(isCancelling ? ASK_OFTEN_MS : ASK_EVERY_MS, () => void ask());
}

export async function showReleased(isShown: boolean): Promise<void> {
  released.value = isShown ? [] : null;
  if (isShown) await askReleased().catch(() => {});
}

export function setMode(market: string, mode: Mode, reason: string): Promise<boolean> {
  const what = `${market === "all" ? "all markets" : market} to ${modeText(mode)}`;
  return act(`Set ${what}`, "/operator/v1/modes", { reason, market, mode });
}

export function kill(scope: Scope, cancels: boolean, reason: string): Promise<boolean> {
  const body = { reason, scope, cancel_orders: cancels };
  return act(`Stop ${scopeText(scope)}`, "/operator/v1/kill", body);
}

export function release({ block_id, scope }: Block, reason: string): Promise<boolean> {
  const path = `/operator/v1/blocks/${block_id}/release`;
  return act(`Release block ${block_id}, ${scopeText(scope)}`, path, { reason });
}

/** @throws RefusedError */
export async function ordersPage(
  account: string,
  state: string,
  index: number,
  size: number,
): Promise<OrdersPage> {
  const path = `/operator/v1/accounts/${encodeURIComponent(account)}/orders`;
  const query = { state, page_index: String(index), page_size: String(size) };
  return (await readOfOrders(path, query)) as OrdersPage;
}

/** @throws RefusedError */
export async function storyOf(orderNo: string): Promise<Story> {
  return (await readOfOrders(`/operator/v1/orders/${orderNo}/audit`, {})) as Story;
}

export function modeText(mode: Mode): string {
  return mode.replaceAll("_", " ");
}

interface BlocksAnswer {
  readonly blocks: readonly Block[];
}

function read(path: string, query: Readonly<Record<string, string>> = {}): Promise<unknown> {
  return api.askOperator(path, query, AbortSignal.timeout(ANSWER_MS_MAX));
}

async function readOfOrders(path: string, query: Readonly<Record<string, string>>) {
  return await api.askOfOrders(path, query, AbortSignal.timeout(ANSWER_MS_MAX));
}

async function askReleased(): Promise<void> {
  const answer = (await read("/operator/v1/blocks", { state: "released" })) as BlocksAnswer;
  if (released.value !== null) released.value = answer.blocks;
}

async function askNames(): Promise<void> {
  try {
    const [accounts, keys] = await Promise.all([
      read("/operator/v1/accounts", { page_size: NAMES_PAGE }),
      read("/operator/v1/keys"),
    ]);
    accountNames.value = (accounts as { accounts: { account: string }[] }).accounts.map(
      ({ account }) => account,
    );
    keyNames.value = (keys as { keys: { api_key: string }[] }).keys.map(({ api_key }) => api_key);
  } catch {
    // They only help typing; what is typed is the gateway's to know.
  }
}

/** The same act again and again until something is answered: its name makes it act once. */
async function act(what: string, path: string, body: object): Promise<boolean> {
  const name = randomId();
  const startedMs = monotonicMs();
  for (let attempts = 1; ; attempts += 1) {
    try {
      const token = session.value?.csrf_token ?? "";
      await api.act(path, body, token, name, AbortSignal.timeout(ANSWER_MS_MAX));
      log.tell(`${what}: done`, "good");
      void ask();
      return true;
    } catch (error) {
      const isOut = isNotLetIn(error);
      if (isSignedOut(error)) signedOut();
      if (isRefusal(error) && !(isOut && attempts > 1)) {
        log.tell(`${what}: refused. ${error.message}`, "bad");
        return false;
      }
      if (isOut || monotonicMs() - startedMs >= ACT_MS_MAX) {
        const open = `${what}: not answered. It may have been done: look at the blocks and modes`;
        // Also where the lines are not shown any more.
        if (isSignedOut(error)) signInProblem.value = `${open}, when you are signed in again.`;
        log.tell(open, "bad");
        return false;
      }
      if (attempts === 1) log.tell(`${what}: no answer yet, sending it again`, "bad");
      await new Promise<void>((resolve) => after(ACT_RETRY_MS, resolve));
    }
  }
}

function answered(): void {
  // To a question that was under way when another one's answer ended the session.
  if (phase.value === "signed-out") return;
  answeredAt = monotonicMs();
  answeredAtMs.value = wallMs();
  if (phase.value === "late") log.tell("The gateway answers again", "good");
  phase.value = "live";
}

function watchLateness(): void {
  after(ASK_EVERY_MS / 2, () => {
    if (phase.value === "signed-out") return;
    if (phase.value !== "late" && !document.hidden && monotonicMs() - answeredAt > LATE_MS) {
      phase.value = "late";
      log.tell("The gateway does not answer: what you see is out of date", "bad");
    }
    watchLateness();
  });
}

function tellFinished(before: readonly Block[], now: readonly Block[]): void {
  for (const { block_id, kill: counts, scope } of now) {
    const was = before.find((block) => block.block_id === block_id)?.kill;
    if (was?.state !== "cancelling" || counts?.state !== "finished") continue;
    log.tell(
      `Block ${block_id}, ${scopeText(scope)}: every order has been cancelled or closed`,
      "good",
    );
  }
}

function isRefusal(error: unknown): error is api.RefusedError {
  return error instanceof api.RefusedError && error.httpStatus < 500;
}

/** Says nothing of what was sent before: a restart that came behind it ends every session. */
function isNotLetIn(error: unknown): boolean {
  return isRefusal(error) && (error.httpStatus === 401 || error.httpStatus === 403);
}

function isSignedOut(error: unknown): boolean {
  return error instanceof api.RefusedError && error.httpStatus === 401;
}

function signedOut(): void {
  phase.value = "signed-out";
  session.value = null;
}

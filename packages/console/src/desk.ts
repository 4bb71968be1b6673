/**
 * What the page knows and does: the signals that its parts show, and the actions behind its buttons
 * and keys. The gateway decides everything; here is only what it said.
 */
import type {
  Balance,
  Candle,
  ConsoleSession,
  Execution,
  ExecutionsPage,
  MarketDepth,
  MarketSymbol,
  MarketSymbols,
  MarketTrade,
  OrdersPage,
  Position,
  PositionsPage,
  PreviewedOrder,
  Restrictions,
  TransactionsPage,
} from "@countermand/client";
import { signal } from "@preact/signals";
import * as api from "./link/console-api.ts";
import { latestOnly } from "./link/latest.ts";
import { type CandleInterval, MarketLink } from "./link/market-link.ts";
import { type LinkView, OrderLink } from "./link/order-link.ts";
import { openBrowserSocket } from "./link/socket.ts";
import * as operatorDesk from "./operator/operator-desk.ts";
import type { OperatorSession } from "./operator/operator-wire.ts";
import { type CancelOutcome, cancelRun, notDoneText, runText } from "./orders/cancel-run.ts";
import { OrderTable, type TableQuery } from "./orders/order-table.ts";
import { isOpen } from "./orders/order-words.ts";
import { RateMeter } from "./rate-meter.ts";
import { ResultLog, type Tone } from "./result-log.ts";
import { MAYBE_SIGNED_IN, signInProblem } from "./sign-in/problem.ts";
import { enter, isStill } from "./sign-in/sign-in.ts";
import { after, monotonicMs, randomId } from "./system.ts";
import { previewText } from "./ticket/preview-text.ts";
import {
  type TicketDraft,
  takesPostOnly,
  takesPrice,
  takesTrigger,
} from "./ticket/ticket-checks.ts";

/** Refusals by which an order learns what operators hold back. */
const HELD_BACK: ReadonlySet<string> = new Set([
  "blocked",
  "market_halted",
  "market_cancel_only",
  "instrument_halted",
]);
/** Without a connection a cancel is kept, and nobody should wonder whether it was heard. */
const CANCEL_WAITS = "the cancel waits for the connection, and is sent as soon as there is one";
const SILENT = "The gateway does not answer.";
const TRADES_MAX = 60;
const CANDLES_MAX = 240;
const ACCOUNT_EVERY_MS = 1_500;
const SYMBOLS_EVERY_MS = 60_000;
/** Milliseconds between two drawings of the list of orders. */
const PAINT_EVERY_MS = 50;
const HISTORY_PAGE = "100";
const SIGN_IN_AGAIN_MS = 2_000;
const RESTRICTIONS_EVERY_MS = 5_000;

/** Null where nobody is signed in; undefined until the gateway has said. */
export const session = signal<ConsoleSession | null | undefined>(undefined);
export const link = signal<LinkView>({ phase: "connecting", seq: 0, note: "", lossCount: 0 });
/** Counts the changes of {@link table}, which changes in place. */
export const tableTick = signal(0);
export const query = signal<TableQuery>(new OrderTable().query);
export const selection = signal<ReadonlySet<string>>(new Set());
export const symbols = signal<readonly MarketSymbol[]>([]);
export const symbol = signal("");
export const interval = signal<CandleInterval>("1m");
export const depth = signal<MarketDepth | null>(null);
export const trades = signal<readonly MarketTrade[]>([]);
export const candles = signal<readonly Candle[]>([]);
export const isMarketFresh = signal(false);
export const balances = signal<readonly Balance[]>([]);
export const positions = signal<readonly Position[]>([]);
/** All there are; of many only the first are shown. */
export const positionCount = signal(0);
export const shownOrder = signal("");
export const executions = signal<readonly Execution[]>([]);
export const pickedPrice = signal("");
/** What operators hold back; null until the gateway has said. */
export const restrictions = signal<Restrictions | null>(null);

export const table = new OrderTable();
export const log = new ResultLog();
export const meter = new RateMeter();

const accountAsked = latestOnly();
const restrictionsAsked = latestOnly();
const storyAsked = latestOnly();

let isTablePainted = true;
let paintedAtMs = Number.NEGATIVE_INFINITY;
let isAccountDue = false;

const orderLink = new OrderLink(
  {
    openSocket: openBrowserSocket,
    after,
    monotonicMs,
    newId: randomId,
    apiKey: () => session.value?.api_key ?? "",
    isSignedIn: () => isStill(session.value ?? null),
  },
  {
    snapshot: (seq, orders) => {
      table.load(seq, orders);
      touchTable();
      // What closed unseen is not among them.
      isHistoryAsked = false;
      if (query.value.scope !== "open") void askHistory();
      void askAccount();
      void askRestrictions();
    },
    order: (seq, order) => {
      meter.order(monotonicMs());
      table.take(seq, order);
      touchTable();
      if (order.order_no === shownOrder.value && order.exec_id !== undefined) void askStory();
      askAccountSoon();
    },
    changed: (view) => {
      const before = link.value;
      link.value = view;
      if (view.phase !== before.phase) {
        tellPhase(view);
        // What was asked while nobody answered is asked again.
        if (view.phase === "live") askAccountSoon();
      }
      if (view.phase === "signed-out") session.value = null;
    },
    notice: () => void askRestrictions(),
    replied: (ms) => meter.reply(monotonicMs(), ms),
  },
);

const marketLink = new MarketLink(
  { openSocket: openBrowserSocket, after },
  {
    depth: (next) => {
      depth.value = next;
    },
    trades: (news, isAll) => {
      const newest = [...news].reverse();
      trades.value = (isAll ? newest : [...newest, ...trades.value]).slice(0, TRADES_MAX);
      const [last] = newest;
      if (last !== undefined) setLast(last);
    },
    candles: (news, isAll) => {
      candles.value = isAll ? news : mergeCandles(candles.value, news);
    },
    fresh: (isFresh) => {
      isMarketFresh.value = isFresh;
    },
    received: () => meter.market(monotonicMs()),
  },
);

/** With the code in the address, if there is one; it leaves the address at once. */
export function begin(): Promise<void> {
  const code = /^#code=(.+)$/.exec(location.hash)?.[1];
  if (code !== undefined) history.replaceState(null, "", location.pathname);
  return beginWith(code);
}

async function beginWith(code: string | undefined): Promise<void> {
  try {
    const found = await enter(code);
    if (found !== null) signInProblem.value = "";
    if (found?.role === "operator") {
      operatorDesk.begin(found as OperatorSession);
      return;
    }
    session.value = found as ConsoleSession | null;
  } catch {
    signInProblem.value = SILENT;
    // A gateway that was starting takes the same code a little later.
    after(SIGN_IN_AGAIN_MS, () => void beginWith(code));
    return;
  }
  if (session.value === null) return;
  orderLink.start();
  watchRestrictions();
  await askSymbols();
}

export async function leave(): Promise<void> {
  const isOut = await api.signOut(session.value?.csrf_token ?? "");
  signInProblem.value = isOut ? "" : MAYBE_SIGNED_IN;
  orderLink.stop();
  marketLink.stop();
  session.value = null;
}

export function retryNow(): void {
  orderLink.retryNow();
}

export function askTable(change: Partial<TableQuery>): void {
  const next = { ...query.value, ...change };
  query.value = next;
  table.ask(next);
  touchTable();
  if (next.scope !== "open" && !isHistoryAsked) void askHistory();
}

let isHistoryAsked = false;

/** Orders that closed before the page was opened: the newest of them. */
async function askHistory(): Promise<void> {
  isHistoryAsked = true;
  try {
    const page = (await api.ask("/trade/v1/orders", { page_size: HISTORY_PAGE })) as OrdersPage;
    table.learn(page.orders);
    touchTable();
  } catch (error) {
    isHistoryAsked = false;
    log.tell(`The history could not be read: ${(error as Error).message}`, "bad");
  }
}

export function follow(next: string, nextInterval = interval.value): void {
  if (next !== symbol.value) {
    depth.value = null;
    trades.value = [];
  }
  if (next !== symbol.value || nextInterval !== interval.value) candles.value = [];
  symbol.value = next;
  interval.value = nextInterval;
  marketLink.follow(next, nextInterval);
}

export async function place(draft: TicketDraft, market: string): Promise<boolean> {
  const { side, qty } = draft;
  const reply = await orderLink.command("place", orderOf(draft, market));
  const isPlaced = reply.code === 0;
  const orderNo = isPlaced ? (reply.data as { readonly order_no: string }).order_no : "";
  const what = `${side === "buy" ? "Buy" : "Sell"} ${qty} ${draft.symbol}`;
  log.tell(
    isPlaced ? `${what}: placed as ${orderNo}` : `${what}: ${refusalText("refused", reply)}`,
    isPlaced ? "good" : "bad",
    orderNo,
  );
  return isPlaced;
}

/** What would come of the order now, in words; nothing is done. */
export async function preview(draft: TicketDraft, market: string): Promise<Preview> {
  const token = session.value?.csrf_token ?? "";
  try {
    const answer = await api.askWith("/trade/v1/orders/preview", orderOf(draft, market), token);
    return { text: previewText(answer as PreviewedOrder), isGood: true };
  } catch (error) {
    const isRefused = error instanceof api.RefusedError;
    const text = isRefused ? refusalText("would be refused", error.failure) : SILENT;
    return { text, isGood: false };
  }
}

export interface Preview {
  readonly text: string;
  readonly isGood: boolean;
}

function orderOf(draft: TicketDraft, market: string): Readonly<Record<string, string>> {
  const { orderType, price, triggerPrice } = draft;
  const referenceId = draft.referenceId.trim();
  return {
    market,
    symbol: draft.symbol,
    order_side: draft.side,
    order_type: orderType,
    qty: draft.qty,
    ...(takesPrice(orderType) && { price }),
    ...(takesTrigger(orderType) && { trigger_price: triggerPrice }),
    ...(referenceId !== "" && { reference_id: referenceId }),
    ...(draft.isPostOnly && takesPostOnly(orderType) && { only_if: "resting" }),
  };
}

export async function cancelOne(orderNo: string): Promise<void> {
  if (!orderLink.isOpen) log.tell(`${orderNo}: ${CANCEL_WAITS}`, "plain", orderNo);
  const reply = await orderLink.command("cancel", { order_no: orderNo });
  const isAccepted = reply.code === 0;
  const text = isAccepted ? "cancel accepted" : refusalText("not cancelled", reply);
  log.tell(`${orderNo}: ${text}`, isAccepted ? "good" : "bad", orderNo);
}

/** Cancels them in batches, with a line for each that was refused and one that counts them all. */
export async function cancelMany(orderNos: readonly string[]): Promise<readonly CancelOutcome[]> {
  const all: CancelOutcome[] = [];
  if (!orderLink.isOpen) log.tell(`${orderNos.length} orders: ${CANCEL_WAITS}`, "plain");
  await cancelRun(orderNos, {
    cancelBatch: (orders) => orderLink.command("cancel_batch", orders),
    delay: (ms) => new Promise((resolve) => after(ms, () => resolve())),
    told: (outcomes) => {
      all.push(...outcomes);
      for (const { orderNo, isAccepted, problem } of outcomes) {
        const text = isAccepted ? "cancel accepted" : problem;
        log.add(`${orderNo}: ${text}`, isAccepted ? "good" : "bad", orderNo);
      }
    },
  });
  log.tell(runText(all), tone(all.every(({ isAccepted }) => isAccepted)));
  return all;
}

export function select(orderNos: Iterable<string>): void {
  selection.value = new Set(orderNos);
}

export function toggleSelected(orderNo: string): void {
  const next = new Set(selection.value);
  if (!next.delete(orderNo)) next.add(orderNo);
  selection.value = next;
}

/** The numbers of the open orders that the list shows. */
export function openShown(): readonly string[] {
  return table.shown.filter(({ order }) => isOpen(order)).map(({ order }) => order.order_no);
}

export function showOrder(orderNo: string): void {
  shownOrder.value = orderNo;
  executions.value = [];
  if (orderNo === "") return;
  void askStory();
  if (table.get(orderNo) === undefined) void askOrder(orderNo);
}

/** One that closed before the page was opened: a fill of it, say, leads to it. */
async function askOrder(orderNo: string): Promise<void> {
  try {
    const filter = { order_no: orderNo, page_size: "1" };
    table.learn(((await api.ask("/trade/v1/orders", filter)) as OrdersPage).orders);
    touchTable();
  } catch (error) {
    log.tell(`The order could not be read: ${(error as Error).message}`, "bad");
  }
}

async function askStory(): Promise<void> {
  const orderNo = shownOrder.value;
  const isLatest = storyAsked();
  try {
    const filter = { order_no: orderNo, page_size: HISTORY_PAGE };
    const page = (await api.ask("/trade/v1/executions", filter)) as ExecutionsPage;
    if (isLatest() && shownOrder.value === orderNo) executions.value = page.executions;
  } catch (error) {
    log.tell(`The executions could not be read: ${(error as Error).message}`, "bad");
  }
}

/** What the account could trade now; null where the gateway does not say. */
export async function tradableQty(
  market: string,
  { symbol: what, side, price }: TicketDraft,
): Promise<string | null> {
  const request = {
    market,
    symbol: what,
    order_side: side,
    ...(side === "buy" && { price }),
    ratio: "1",
  };
  const token = session.value?.csrf_token ?? "";
  try {
    const answer = await api.askWith("/trade/v1/orders/quantity", request, token);
    return (answer as { readonly qty: string }).qty;
  } catch {
    return null;
  }
}

export function instrumentOf(name: string): MarketSymbol | undefined {
  return symbols.value.find((each) => each.symbol === name);
}

async function askSymbols(): Promise<void> {
  try {
    symbols.value = ((await api.askPublic("/market/v1/symbols")) as MarketSymbols).symbols;
    const [first] = symbols.value;
    if (symbol.value === "" && first !== undefined) follow(first.symbol);
    // Operators change ticks and lots, and list more, while the page is open.
    after(SYMBOLS_EVERY_MS, () => void askSymbols());
  } catch {
    after(2_000, () => void askSymbols());
  }
}

/** Blocks are told on no stream: somebody who looks at the page asks for them now and then. */
function watchRestrictions(): void {
  after(RESTRICTIONS_EVERY_MS, () => {
    if (session.value === null) return;
    if (!document.hidden) void askRestrictions();
    watchRestrictions();
  });
}

async function askRestrictions(): Promise<void> {
  const isLatest = restrictionsAsked();
  try {
    const found = (await api.ask("/trade/v1/restrictions")) as Restrictions;
    if (isLatest()) restrictions.value = found;
  } catch {
    // The connection's state says that nothing is known now.
  }
}

/** A page of fills, newest first. @throws RefusedError */
export async function executionsPage(page: number, pageSize: number): Promise<ExecutionsPage> {
  const query = { page_index: String(page), page_size: String(pageSize) };
  return (await api.ask("/trade/v1/executions", query)) as ExecutionsPage;
}

/** A page of the statement, newest first. @throws RefusedError */
export async function transactionsPage(page: number, pageSize: number): Promise<TransactionsPage> {
  const query = { page: String(page), page_size: String(pageSize) };
  return (await api.ask("/account/v1/transactions", query)) as TransactionsPage;
}

/** Fills come in bursts: one question answers for all of them. */
function askAccountSoon(): void {
  if (isAccountDue) return;
  isAccountDue = true;
  after(ACCOUNT_EVERY_MS, () => void askAccount());
}

async function askAccount(): Promise<void> {
  isAccountDue = false;
  const isLatest = accountAsked();
  try {
    const [cash, held] = await Promise.all([
      api.ask("/account/v1/balance"),
      api.ask("/account/v1/positions", { page_size: HISTORY_PAGE }),
    ]);
    if (!isLatest()) return;
    const { positions: rows, total_records } = held as PositionsPage;
    balances.value = cash as readonly Balance[];
    positions.value = rows;
    positionCount.value = total_records;
  } catch (error) {
    // Without a connection its state says that this is of the past, and its return asks again.
    const isFinal = error instanceof api.RefusedError && !error.failure.retryable;
    if (!isFinal && isLatest() && link.value.phase === "live") askAccountSoon();
  }
}

/** With the next frame, then not again for a while: nobody reads faster than that. */
function touchTable(): void {
  if (!isTablePainted) return;
  isTablePainted = false;
  const paint = (): void => {
    isTablePainted = true;
    paintedAtMs = monotonicMs();
    tableTick.value += 1;
  };
  const restMs = paintedAtMs + PAINT_EVERY_MS - monotonicMs();
  if (restMs <= 0) requestAnimationFrame(paint);
  else after(restMs, () => requestAnimationFrame(paint));
}

function tellPhase({ phase, note }: LinkView): void {
  const { pendingCount } = orderLink;
  const unanswered =
    pendingCount === 0 ? "" : `; not answered yet: ${pendingCount} of your commands`;
  if (phase === "lost") log.tell(`Connection lost: ${note}${unanswered}`, "bad");
  else if (phase === "silent") log.tell("The gateway is silent", "bad");
  else if (phase === "live" && note !== "") log.tell(`Live again: ${note}`, "good");
}

function tone(isGood: boolean): Tone {
  return isGood ? "good" : "bad";
}

function refusalText(refused: string, reply: Parameters<typeof notDoneText>[1]): string {
  if (HELD_BACK.has(reply.reason ?? "")) void askRestrictions();
  return notDoneText(refused, reply);
}

function setLast({ price, qty, time_ms }: MarketTrade): void {
  symbols.value = symbols.value.map((each) =>
    each.symbol === symbol.value
      ? { ...each, last_price: price, last_qty: qty, last_time_ms: time_ms }
      : each,
  );
}

function mergeCandles(known: readonly Candle[], news: readonly Candle[]): readonly Candle[] {
  const byStart = new Map(known.map((candle) => [candle.start_time, candle]));
  for (const candle of news) byStart.set(candle.start_time, candle);
  return [...byStart.values()].slice(-CANDLES_MAX);
}

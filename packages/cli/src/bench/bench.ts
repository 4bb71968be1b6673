/** Measuring a running gateway with orders that rest far from the market and are cancelled. */
import { randomBytes } from "node:crypto";
import {
  type CountermandClient,
  decimalText,
  decimalUnits,
  type OrderStream,
  OutcomeUnknownError,
  type PlaceRequest,
} from "@countermand/client";
import type { Command } from "commander";
import { ExitCode, UsageError } from "../exit-codes.ts";
import { addressAt, type Profile } from "../profiles.ts";
import { setExitCode, steadySession } from "../session.ts";
import { confirm, print, printJson, showProgress, type Terminal, tell } from "../terminal.ts";
import { type CpuUse, monotonicMs, pause } from "../time.ts";
import { type Connection, openHttp, openSocket } from "./connections.ts";
import { type LoadPlan, type LoadResult, LoadRun } from "./load-run.ts";
import { type BenchReport, cpuPercent, reportLines } from "./report.ts";
import { signerOf } from "./sign.ts";
import { KINDS, type OrderTerms, Workload } from "./workload.ts";

export interface BenchOptions {
  readonly rate?: number;
  readonly connections: number;
  readonly seconds: number;
  readonly requests?: number;
  readonly over: "http" | "socket";
  readonly batch?: boolean;
  readonly symbol: string;
  readonly market?: string;
  readonly price?: string;
  readonly qty?: string;
  readonly portfolio?: string;
  readonly yes?: boolean;
}

export async function bench(
  command: Command,
  terminal: Terminal,
  options: BenchOptions,
): Promise<void> {
  const { client, profile, asJson } = steadySession(command, terminal);
  await client.measureClock();
  await guard(client, profile, options, terminal);
  const terms = await termsOf(client, options);
  const prefix = `bench-${randomBytes(4).toString("hex")}-`;
  const workload = new Workload(prefix, terms, options.batch === true);
  await tryOne(client, terms, prefix, () => tellOpen(terminal, prefix));
  const report = await measured({ client, profile, options, terminal, workload });
  if (asJson) printJson(terminal, report);
  else print(terminal, reportLines(report));
  const { failures, left_open, sent } = report;
  if (left_open !== 0) {
    tellOpen(terminal, prefix);
    setExitCode(command, ExitCode.Unknown);
  } else if (failures.length > 0 || sent === 0) setExitCode(command, ExitCode.Partly);
}

function tellOpen(terminal: Terminal, prefix: string): void {
  tell(terminal, `Orders may be open: countermand cancel-all --prefix ${prefix}`);
}

const LOOPBACK = /^(localhost|127\.[0-9.]+|\[::1\])$/;

/** Asks first, unless it is a sandbox on this machine. @throws UsageError nobody says yes */
async function guard(
  client: CountermandClient,
  profile: Profile,
  options: BenchOptions,
  terminal: Terminal,
): Promise<void> {
  const { apiKey, url } = profile;
  const isHere = LOOPBACK.test(new URL(url).hostname);
  if (options.yes === true || (isHere && (await isSandbox(client, profile)))) return;
  const question =
    `Place and cancel orders at ${url} with the key ${apiKey}? ` +
    "It is not known to be a sandbox on this machine.";
  await confirm(terminal, question, false);
}

const SANDBOX_PATH = "/sandbox/v1/clock";
const SANDBOX_MS_MAX = 5_000;

/** Only a sandbox has a clock that can be asked for and set. */
async function isSandbox(client: CountermandClient, profile: Profile): Promise<boolean> {
  const parts = { method: "GET", path: SANDBOX_PATH, payload: "" };
  const headers = { ...signerOf(profile)({ ...parts, timestampMs: client.clock.stampMs() }) };
  const signal = AbortSignal.timeout(SANDBOX_MS_MAX);
  const response = await fetch(addressAt(profile.url, SANDBOX_PATH), {
    headers,
    signal,
    redirect: "error",
  }).catch(() => null);
  return response?.ok === true;
}

/** A tenth below the best bid: it rests, and nobody trades with it by accident. */
async function termsOf(client: CountermandClient, options: BenchOptions): Promise<OrderTerms> {
  const { symbols } = await client.symbols();
  const found = symbols.find(({ symbol }) => symbol === options.symbol);
  if (found === undefined) throw new UsageError(`nothing is traded as ${options.symbol}`);
  const market = options.market ?? found.markets[0] ?? "";
  const price = options.price ?? restingPrice(found);
  if (price === null) throw new UsageError(`${options.symbol} has no price yet: give --price`);
  return {
    market,
    symbol: options.symbol,
    order_side: "buy",
    order_type: "limit_order",
    price,
    qty: options.qty ?? found.lot_qty,
    ...(options.portfolio !== undefined && { portfolio_id: options.portfolio }),
  };
}

interface Quote {
  readonly bid_price: string;
  readonly ask_price: string;
  readonly last_price: string;
  readonly prev_close: string;
  readonly price_tick: string;
}

function restingPrice(quote: Quote): string | null {
  const { bid_price, ask_price, last_price, prev_close, price_tick } = quote;
  const known = [bid_price, ask_price, last_price, prev_close].map(decimalUnits);
  const market = known.find((units) => units > 0n);
  if (market === undefined) return null;
  const tick = decimalUnits(price_tick);
  const ticks = (market * 9n) / 10n / tick;
  return ticks > 0n ? decimalText(ticks * tick) : null;
}

/**
 * So that wrong terms are one refusal and no load. `onOpen` is called where the order may be open.
 * @throws ApiError
 */
async function tryOne(
  client: CountermandClient,
  terms: OrderTerms,
  prefix: string,
  onOpen: () => void,
): Promise<void> {
  const order = { ...terms, reference_id: `${prefix}0` } as unknown as PlaceRequest;
  const { order_no, order_status } = await client.placeAndShow(order).catch((error: unknown) => {
    if (error instanceof OutcomeUnknownError) onOpen();
    throw error;
  });
  await client.cancelAndConfirm({ order_no }).catch((error: unknown) => {
    onOpen();
    // Whatever is wrong with the cancel: it is not so that nothing was done.
    throw new OutcomeUnknownError("the cancel of the first order", 1, error);
  });
  if (order_status === "new") return;
  throw new UsageError(
    `an order at ${terms["price"]} does not rest (${order_status}): give --price`,
  );
}

interface Bench {
  readonly client: CountermandClient;
  readonly profile: Profile;
  readonly options: BenchOptions;
  readonly terminal: Terminal;
  readonly workload: Workload;
}

async function measured(bench: Bench): Promise<BenchReport> {
  const { client, options, terminal, workload } = bench;
  const stream = client.stream();
  const connections = openConnections(bench);
  const run = new LoadRun(planOf(options), workload, loadClock(terminal), terminal.stopped);
  try {
    await listen(stream, workload);
    const stopProgress = watchProgress(terminal, run, workload);
    const cpuBefore = process.cpuUsage();
    const result = await run.run(connections.map(({ send }) => send)).finally(stopProgress);
    const cpu = process.cpuUsage(cpuBefore);
    await lastPushes(workload);
    for (const connection of connections) connection.close();
    if (terminal.stopped.aborted) tell(terminal, "cancelling what is open");
    const left_open = await cleanUp(client, workload.prefix);
    return reportOf(bench, run, result, { cpu, left_open });
  } finally {
    for (const connection of connections) connection.close();
    stream.close();
  }
}

function openConnections({ client, profile, options }: Bench): readonly Connection[] {
  const target = { url: profile.url, clock: client.clock, sign: signerOf(profile) };
  const open = options.over === "http" ? openHttp : openSocket;
  return Array.from({ length: options.connections }, () => open(target));
}

function planOf({ rate, requests, seconds }: BenchOptions): LoadPlan {
  return {
    ratePerSecond: rate ?? null,
    durationMs: 1_000 * seconds,
    requestsMax: requests ?? Number.POSITIVE_INFINITY,
  };
}

function loadClock({ stopped }: Terminal) {
  return { now: monotonicMs, pause: (ms: number) => pause(ms, stopped) };
}

/** Resolves when the stream has begun; then it feeds the workload until it is closed. */
function listen(stream: OrderStream, workload: Workload): Promise<void> {
  return new Promise((resolve, reject) => {
    const follow = async () => {
      for await (const event of stream) {
        if (event.type === "snapshot") resolve();
        if (event.type !== "order") continue;
        const { order_status, reference_id } = event.order;
        workload.pushed(reference_id, order_status, monotonicMs());
      }
    };
    follow().catch(reject);
  });
}

const PROGRESS_MS = 1_000;

/** Gives what ends it. */
function watchProgress(terminal: Terminal, run: LoadRun, workload: Workload): () => void {
  const startedMs = monotonicMs();
  const timer = setInterval(() => {
    const seconds = (monotonicMs() - startedMs) / 1_000;
    const failed = workload.failures().reduce((sum, failure) => sum + failure.count, 0);
    const pace = Math.round(run.sentCount / seconds);
    const line = `${Math.round(seconds)} s, ${run.sentCount} requests, ${pace}/s, ${failed} failed`;
    showProgress(terminal, line);
  }, PROGRESS_MS);
  return () => {
    clearInterval(timer);
    showProgress(terminal, "");
  };
}

/** Milliseconds that messages of answered requests are waited for. */
const PUSHES_MS_MAX = 2_000;
const PUSHES_POLL_MS = 10;

async function lastPushes(workload: Workload): Promise<void> {
  const never = new AbortController().signal;
  const endsAtMs = monotonicMs() + PUSHES_MS_MAX;
  while (workload.missingPushCount > 0 && monotonicMs() < endsAtMs) {
    await pause(PUSHES_POLL_MS, never);
  }
}

/** Rounds of cancelling what is left; one is enough unless the market takes no cancel. */
const CLEAN_UPS_MAX = 20;

/** How many orders of the load are still open then; null where the gateway does not say. */
async function cleanUp(client: CountermandClient, prefix: string): Promise<number | null> {
  const filter = { reference_id_prefix: prefix };
  try {
    // One look first, which is not repeated: a gateway that is gone is not waited for.
    await client.measureClock();
    for (let round = 1; round <= CLEAN_UPS_MAX; round += 1) {
      const { done, matched } = await client.cancelAll(filter);
      if (matched === 0) return 0;
      if (done === 0) break;
    }
    return (await client.previewCancelAll(filter)).matched;
  } catch {
    return null;
  }
}

interface Ending {
  readonly cpu: CpuUse;
  readonly left_open: number | null;
}

function reportOf(
  { options, profile, workload }: Bench,
  run: LoadRun,
  result: LoadResult,
  { cpu, left_open }: Ending,
): BenchReport {
  const { seconds, sentCount, unsentCount, endedEarly } = result;
  const summaries = KINDS.map((kind) => [kind, run.latencies[kind].summary()] as const);
  return {
    target: profile.url,
    over: options.over,
    connections: options.connections,
    rate: options.rate ?? null,
    seconds: Math.round(1_000 * seconds) / 1_000,
    sent: sentCount,
    unsent: unsentCount,
    ended_early: endedEarly,
    requests_per_second: Math.round((100 * sentCount) / Math.max(seconds, 0.001)) / 100,
    orders_placed: workload.placedCount,
    orders_cancelled: workload.cancelledCount,
    failures: workload.failures(),
    answer_ms: Object.fromEntries(summaries.filter(([, summary]) => summary.count > 0)),
    push_ms: {
      place: workload.pushes.place.summary(),
      cancel: workload.pushes.cancel.summary(),
    },
    pushes_missing: workload.missingPushCount,
    delay_ms: run.delays.summary(),
    own_cpu_percent: cpuPercent(cpu, seconds),
    left_open,
    reference_prefix: workload.prefix,
  };
}

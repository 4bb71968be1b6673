/**
 * Question: does a cancel over HTTP cost the same with a million orders in the book as with a
 * thousand, what does a resting order weigh, and does what is closed leave memory?
 *
 * Two gateways on the same core take turns, one with 1,000 resting orders, one with 1,000,000. A
 * round cancels orders from anywhere in the book; as many are placed again before the next one, not
 * timed. Every order has a client's name, so every index of the gateway holds it. Filling and
 * emptying may use all cores.
 *
 * Run: `npx node bench/cancel-open-orders.ts [resting orders] [rounds]`.
 */
import { Exchange } from "../packages/core/src/exchange/index.ts";
import {
  type Account,
  type OrderId,
  OrdType,
  type Price,
  type Qty,
  REFERENCE_INSTRUMENTS,
  Side,
  TimeInForce,
  type VenueCommand,
} from "../packages/core/src/model/index.ts";
import { atMost, median, type Row, report, row, thousands } from "./report.ts";
import { delay, pinLoad, ServerProcess, workFolder } from "./server-process.ts";
import { cancelSingly, RestingOrders } from "./trade-requests.ts";

const SMALL_COUNT = 1_000;
/** Cancels of one round: the small book is never more than twice its size. */
const ROUND_CANCELS = 1_000;
/** Orders placed or cancelled before the archive is waited for. */
const PART_ORDERS = 100_000;
/**
 * Writes are remembered until 300 s after their timestamp. Signed as this old they are forgotten
 * soon, and are not taken for the weight of the orders that they placed.
 */
const WRITE_AGE_MS = 295_000;
const FORGOTTEN_MS = 7_000;
const CORE_CANCELS = 1_000;
const CORE_ROUNDS = 50;
/** Ten million need about 2 GiB here: for the ids, the commands and the book. */
const CORE_COUNTS = [10_000, 100_000, 1_000_000, 10_000_000];

interface Book {
  readonly server: ServerProcess;
  readonly orders: RestingOrders;
  readonly roundsPerSecond: number[];
  readonly cpuUs: number[];
}

pinLoad();
const restingCount = Number(process.argv[2] ?? 1_000_000);
const roundCount = Number(process.argv[3] ?? 40);
report(await measure());

async function measure(): Promise<Row[]> {
  const small = await openBook();
  const large = await openBook();
  await small.orders.place(SMALL_COUNT);
  const atStart = await quietMemory(large);
  const fillSeconds = await fill(large, restingCount);
  const full = await quietMemory(large);
  for (let round = 0; round <= roundCount; round += 1) {
    await runRound(small, large, round > 0);
    await runRound(large, small, round > 0);
  }
  const emptySeconds = await empty(large);
  const atEnd = await quietMemory(large);
  await Promise.all([small.server.stop(), large.server.stop()]);
  const counts = { placed: large.orders.placedCount, fillSeconds, emptySeconds };
  return [
    ...costRows(small, large),
    ...coreRows(),
    ...memoryRows({ atStart, full, atEnd }, counts),
  ];
}

async function openBook(): Promise<Book> {
  const server = await ServerProcess.gateway(workFolder(), {
    args: ["--expose-gc"],
  });
  return {
    server,
    orders: new RestingOrders(server.port, { ageMs: WRITE_AGE_MS }),
    roundsPerSecond: [],
    cpuUs: [],
  };
}

/** Seconds it took to place the orders, without the waiting for the archive. */
async function fill({ server, orders }: Book, count: number): Promise<number> {
  let seconds = 0;
  server.spread(true);
  while (orders.openCount < count) {
    seconds += (await orders.place(Math.min(PART_ORDERS, count - orders.openCount))).seconds;
    await server.archived();
  }
  server.spread(false);
  return seconds;
}

/** The same for cancelling all that is open. */
async function empty({ server, orders }: Book): Promise<number> {
  let seconds = 0;
  server.spread(true);
  while (orders.openCount > 0) {
    const count = Math.min(PART_ORDERS, orders.openCount);
    seconds += (await orders.cancelInBatches(count)).seconds;
    await server.archived();
  }
  return seconds;
}

/** Waits for both servers: a snapshot of the one must not be counted as a cost of the other. */
async function runRound(book: Book, other: Book, counts: boolean): Promise<void> {
  const { server, orders, roundsPerSecond, cpuUs } = book;
  await orders.place(ROUND_CANCELS);
  await server.settled();
  await other.server.settled();
  const cpuBeforeMs = server.cpuMs() ?? 0;
  const { perSecond } = await cancelSingly(server.port, orders.take(ROUND_CANCELS));
  if (!counts) return;
  roundsPerSecond.push(perSecond);
  cpuUs.push((1000 * ((server.cpuMs() ?? 0) - cpuBeforeMs)) / ROUND_CANCELS);
}

/** Memory when nothing is under way and what was remembered of the writes has expired. */
async function quietMemory({ server, orders }: Book): Promise<NodeJS.MemoryUsage> {
  await delay(FORGOTTEN_MS);
  // Expired memories go when the next write is remembered.
  await orders.place(1);
  await orders.cancelInBatches(1);
  await server.settled();
  return await server.memory();
}

function costRows(small: Book, large: Book): Row[] {
  const smallUs = 1e6 / median(small.roundsPerSecond);
  const largeUs = 1e6 / median(large.roundsPerSecond);
  const ratio = largeUs / smallUs;
  const textOf = (us: number, { cpuUs }: Book): string => {
    return `${us.toFixed(0)} µs, ${median(cpuUs).toFixed(0)} µs CPU`;
  };
  return [
    row(`a cancel over HTTP, ${thousands(restingCount)} resting`, textOf(largeUs, large), {
      peer: `${thousands(SMALL_COUNT)} resting: ${textOf(smallUs, small)}`,
      ratio: ratio.toFixed(2),
      ...atMost(ratio, 1.3),
    }),
  ];
}

interface Memories {
  readonly atStart: NodeJS.MemoryUsage;
  readonly full: NodeJS.MemoryUsage;
  readonly atEnd: NodeJS.MemoryUsage;
}

function memoryRows(
  { atStart, full, atEnd }: Memories,
  counts: { placed: number; fillSeconds: number; emptySeconds: number },
): Row[] {
  const heapBytes = (keptBy(full) - keptBy(atStart)) / restingCount;
  const residentBytes = (full.rss - atStart.rss) / restingCount;
  const keptBytes = (keptBy(atEnd) - keptBy(atStart)) / counts.placed;
  const rate = (count: number, seconds: number) => `${thousands(count / seconds)} orders/s`;
  return [
    row(
      `filling ${thousands(restingCount)} over HTTP, batches of 5`,
      `${counts.fillSeconds.toFixed(0)} s, ${rate(restingCount, counts.fillSeconds)}`,
      { peer: `emptying: ${rate(restingCount, counts.emptySeconds)}` },
    ),
    row("memory for each resting order", bytesOf(heapBytes), atMost(heapBytes, 600, " bytes")),
    row("resident memory for each resting order", bytesOf(residentBytes), {
      ...atMost(residentBytes, 1024, " bytes"),
    }),
    row(`memory after ${thousands(counts.placed)} placed and closed`, mebibytes(keptBy(atEnd)), {
      peer: `start ${mebibytes(keptBy(atStart))}, full ${mebibytes(keptBy(full))}`,
      // A bounded number of closed orders may stay; anything for each closed order is a leak.
      ...atMost(Math.round(keptBytes), 8, " bytes kept per closed order"),
    }),
  ];
}

/** Objects of the request thread, and buffers beside them. */
function keptBy({ heapUsed, arrayBuffers }: NodeJS.MemoryUsage): number {
  return heapUsed + arrayBuffers;
}

function bytesOf(bytes: number): string {
  return `${bytes.toFixed(0)} bytes`;
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

/** The exchange alone, in this process: a cancel in ever larger books. */
function coreRows(): Row[] {
  const smallNs = coreCancelNs(SMALL_COUNT);
  return CORE_COUNTS.map((count) => {
    const ns = coreCancelNs(count);
    return row(`a cancel in the exchange alone, ${thousands(count)}`, `${ns.toFixed(0)} ns`, {
      peer: `${thousands(SMALL_COUNT)} resting: ${smallNs.toFixed(0)} ns`,
      ratio: (ns / smallNs).toFixed(2),
      verdict: "reported",
    });
  });
}

function coreCancelNs(count: number): number {
  const exchange = new Exchange(REFERENCE_INSTRUMENTS);
  const orderIds = Array.from({ length: count }, (_, n) => String(22_000_000_001 + n) as OrderId);
  const enter = (orderId: OrderId, index: number) => exchange.handle(restingOrder(orderId, index));
  orderIds.forEach(enter);
  const step = Math.max(1, Math.floor(count / CORE_CANCELS));
  const chosen = orderIds.filter((_, index) => index % step === 0).slice(0, CORE_CANCELS);
  const rounds = Array.from({ length: CORE_ROUNDS }, () => {
    const startedMs = performance.now();
    for (const orderId of chosen) {
      exchange.handle({ type: "OrderCancelRequest", orderId, symbol: "00700" });
    }
    const ns = ((performance.now() - startedMs) * 1e6) / chosen.length;
    chosen.forEach(enter);
    return ns;
  });
  return median(rounds);
}

/** The orders of the gateways above: buyers at a hundred prices. */
function restingOrder(orderId: OrderId, index: number): VenueCommand {
  return {
    type: "NewOrderSingle",
    orderId,
    account: "80114138" as Account,
    symbol: "00700",
    side: Side.Buy,
    ordType: OrdType.Limit,
    timeInForce: TimeInForce.Day,
    price: (BigInt(1 + (index % 100)) * 1_000_000n) as Price,
    stopPx: 0n as Price,
    protectionPx: 0n as Price,
    orderQty: 10_000_000_000n as Qty,
  };
}

/**
 * Question: what does the embedded exchange (decide, apply, reports, all rules on) cost next to a
 * plain book and to order books from npm? Do its cancel and its snapshot of ten levels stay as
 * cheap, and its memory as small, in a large book?
 *
 * Timed is `Exchange.handle`: it decides, applies the events and makes the desk's reports. Making
 * the commands is not, journaling and the desk are not in it.
 *
 * Run: `npx node --expose-gc bench/exchange-core.ts [operations] [rounds]`. Deterministic; rounds
 * alternate between the two, medians are shown. What counts is the ratio within one run.
 */
import { createRequire } from "node:module";
import { Exchange } from "../packages/core/src/exchange/index.ts";
import {
  type Account,
  type NewOrderSingle,
  type OrderId,
  OrdType,
  type Price,
  type Qty,
  REFERENCE_INSTRUMENTS,
  Side,
  TimeInForce,
  type VenueCommand,
} from "../packages/core/src/model/index.ts";
import { Random } from "../test/e2e/crash/random.ts";
import { atLeast, median, type Row, report, row, thousands } from "./report.ts";
import { YardstickBook } from "./yardstick-book.ts";

interface Operation {
  readonly kind: "Enter" | "Cancel";
  readonly id: number;
  readonly isBid: boolean;
  readonly ticks: number;
  readonly lots: number;
  readonly accountNo: number;
}

/** The peers are CommonJS. */
const require = createRequire(import.meta.url);
const PEER_NAMES = ["nodejs-order-book", "limit-order-book"] as const;
type PeerName = (typeof PEER_NAMES)[number];

/** An order book of a package, as far as the mixture needs it. */
interface Peer {
  enter(operation: Operation): void;
  cancel(operation: Operation): void;
}

interface NodejsOrderBook {
  readonly OrderBook: new () => {
    limit(order: { id: string; side: string; size: number; price: number }): unknown;
    cancel(id: string): unknown;
  };
}

interface LimitOrderBookPackage {
  readonly LimitOrder: new (id: string, side: string, price: string, size: string) => object;
  readonly LimitOrderBook: new () => {
    add(order: object): unknown;
    remove(id: string): unknown;
  };
}

/** What the exchange with all its rules must reach of a plain book's rate. */
const RATIO_MIN = 0.8;
/** As many as one turn of a busy gateway brings. */
const CHUNK_OPERATIONS = 500;
const INSTRUMENT = REFERENCE_INSTRUMENTS.find(({ symbol }) => symbol === "00700");
if (INSTRUMENT === undefined) throw new Error("the reference instruments list 00700");
const { symbol, priceTick, lotQty } = INSTRUMENT;
const FIRST_ORDER_ID = 10_000_000_001;
const MIDDLE_TICKS = 42_383;
const BAND_TICKS = 50;
const ACCOUNT_COUNT = 100;
const ACCOUNTS = Array.from({ length: 2 * ACCOUNT_COUNT }, (_, n) => `ACC${1000 + n}` as Account);

/**
 * One string per order, as at the desk: a cancel carries the very string that the order was
 * placed with.
 */
const orderIds: OrderId[] = [];

const operationCount = Number(process.argv[2] ?? 1_000_000);
const roundCount = Number(process.argv[3] ?? 7);

const operations = mixedOperations(operationCount);
const rows: Row[] = [];

compareMixed("integer");
for (const resting of [1_000, 100_000, 1_000_000]) measureCancels(resting);
for (const inLevel of [1, 100, 10_000]) measureLevelCancels(inLevel);
measureDepth([1_000, 1_000_000]);
measureWideBook(300_000);
measureMemory(1_000_000);
// Last, because a yardstick that has seen both kinds of ids is a slower one.
compareMixed("text");
comparePeers(Math.min(operationCount, 20_000));
report(rows);

/**
 * 60 % add, 35 % cancel of a random earlier add, 5 % crossing; all within the band around the
 * middle.
 */
function compareMixed(ids: "integer" | "text"): void {
  const yardstickRates: Rate[] = [];
  const exchangeRates: Rate[] = [];
  for (let round = 0; round < roundCount; round += 1) {
    const yardstick = new YardstickBook();
    const run = ids === "integer" ? runYardstick : runTextYardstick;
    yardstickRates.push(chunkedRate(operations, copyOf, (chunk) => run(yardstick, chunk)));
    const exchange = new Exchange(REFERENCE_INSTRUMENTS);
    exchangeRates.push(chunkedRate(operations, commandOf, (chunk) => runExchange(exchange, chunk)));
    if (yardstick.orders.size !== exchange.openOrderCount) throw new Error("the books differ");
  }
  for (const per of ["second", "cpuSecond"] as const) {
    const rate = median(exchangeRates.map((each) => each[per]));
    const yardstickRate = median(yardstickRates.map((each) => each[per]));
    const unit = per === "second" ? "ops/s" : "ops/s of processor time";
    const ratio = rate / yardstickRate;
    rows.push(
      row("exchange, mixed", `${thousands(rate)} ${unit}`, {
        peer: `yardstick with ${ids} ids ${thousands(yardstickRate)}`,
        ...(ids === "integer" ? atLeast(ratio, RATIO_MIN) : { ratio: ratio.toFixed(2) }),
      }),
    );
  }
}

/** The same mixture, shorter: one of them needs milliseconds for a cancel in a deep level. */
function comparePeers(count: number): void {
  const few = operations.slice(0, count);
  const figure = `exchange, first ${thousands(count)} mixed`;
  for (const name of PEER_NAMES) {
    const exchangeRates: number[] = [];
    const peerRates: number[] = [];
    for (let round = 0; round < Math.min(3, roundCount); round += 1) {
      const exchange = new Exchange(REFERENCE_INSTRUMENTS);
      const chunked = chunkedRate(few, commandOf, (chunk) => runExchange(exchange, chunk));
      exchangeRates.push(chunked.second);
      const peer = newPeer(name);
      peerRates.push(rateOf(count, () => runPeer(peer, few)));
    }
    const rate = median(exchangeRates);
    const peerRate = median(peerRates);
    const peer = `${name} ${thousands(peerRate)} ops/s`;
    const ratio = (rate / peerRate).toFixed(1);
    rows.push(row(figure, `${thousands(rate)} ops/s`, { peer, ratio }));
  }
}

/** Cancels spread over the whole book, 1,000 at a time, each put back in between and not timed. */
function measureCancels(restingCount: number): void {
  const orders = bandOrders(restingCount);
  const [rate, yardstickRate] = cancelRates(orders, 50);
  rows.push(
    row(`cancel, ${thousands(restingCount)} resting`, nsOf(rate), {
      peer: `yardstick ${nsOf(yardstickRate)}`,
    }),
  );
}

/** The book is as large in every case; only the number of orders that share a level differs. */
function measureLevelCancels(inLevelCount: number): void {
  const orders = Array.from({ length: 100_000 }, (_, id): Operation => {
    const ticks = 1 + Math.floor(id / inLevelCount);
    return { kind: "Enter", id, isBid: true, ticks, lots: 1, accountNo: 0 };
  });
  const [rate, yardstickRate] = cancelRates(orders, 30);
  rows.push(
    row(`cancel, ${thousands(inLevelCount)} in each level`, nsOf(rate), {
      peer: `yardstick ${nsOf(yardstickRate)}`,
    }),
  );
}

/** Cancels a second of the exchange and of the yardstick, among these resting orders. */
function cancelRates(orders: readonly Operation[], rounds: number): [number, number] {
  const exchange = new Exchange(REFERENCE_INSTRUMENTS);
  const yardstick = new YardstickBook();
  runExchange(exchange, orders.map(commandOf));
  runYardstick(yardstick, orders);
  const random = new Random(orders.length);
  const exchangeRates: number[] = [];
  const yardstickRates: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const chosen = orders.length <= 1_000 ? orders : distinctOf(orders, 1_000, random);
    const cancels = chosen.map((order) => commandOf({ ...order, kind: "Cancel" }));
    yardstickRates.push(
      rateOf(chosen.length, () => {
        for (const { id } of chosen) yardstick.cancel(id);
      }),
    );
    exchangeRates.push(rateOf(chosen.length, () => runExchange(exchange, cancels)));
    runExchange(exchange, chosen.map(commandOf));
    runYardstick(yardstick, chosen);
  }
  return [median(exchangeRates), median(yardstickRates)];
}

/** Ten levels a side, over and over, of books with ever more orders at the same prices. */
function measureDepth(restingCounts: readonly number[]): void {
  const books = restingCounts.map((count) => {
    const exchange = new Exchange(REFERENCE_INSTRUMENTS);
    for (const order of bandOrders(count)) exchange.handle(commandOf(order));
    return { count, exchange, rates: [] as number[] };
  });
  for (let round = 0; round < 50; round += 1) {
    for (const { exchange, rates } of books) {
      const takeDepths = (): void => {
        for (let n = 0; n < 500; n += 1) exchange.depth(symbol, 10);
      };
      rates.push(rateOf(500, takeDepths));
    }
  }
  for (const { count, rates } of books) {
    rows.push(row(`ten levels a side, ${thousands(count)} resting`, nsOf(median(rates))));
  }
}

/** One order at each of many prices, in random order: a level is made and removed for each. */
function measureWideBook(priceCount: number): void {
  const random = new Random(priceCount);
  const prices = Array.from({ length: priceCount }, (_, n) => n + 1);
  for (let n = priceCount - 1; n > 0; n -= 1) {
    const other = random.below(n + 1);
    [prices[n], prices[other]] = [prices[other] as number, prices[n] as number];
  }
  const operations = prices.map(
    (ticks, n): Operation => ({ kind: "Enter", id: n, isBid: true, ticks, lots: 1, accountNo: 0 }),
  );
  const enters = operations.map(commandOf);
  const cancels = operations.map((operation) => commandOf({ ...operation, kind: "Cancel" }));
  const exchange = new Exchange(REFERENCE_INSTRUMENTS);
  const enterRate = rateOf(priceCount, () => runExchange(exchange, enters));
  const cancelRate = rateOf(priceCount, () => runExchange(exchange, cancels));
  const measured = `enter ${thousands(enterRate)}/s, cancel ${thousands(cancelRate)}/s`;
  rows.push(row(`wide book, ${thousands(priceCount)} prices`, measured));
}

function measureMemory(restingCount: number): void {
  if (globalThis.gc === undefined) {
    rows.push(row("memory", "not measured without --expose-gc"));
    return;
  }
  const commands = bandOrders(restingCount).map(commandOf);
  const exchange = new Exchange(REFERENCE_INSTRUMENTS);
  globalThis.gc();
  const before = memoryUsed();
  runExchange(exchange, commands);
  globalThis.gc();
  const bytes = (memoryUsed() - before) / exchange.openOrderCount;
  const figure = `memory, ${thousands(restingCount)} resting`;
  rows.push(row(figure, `${Math.round(bytes)} bytes an order`));
}

/** Objects and, beside them, buffers. */
function memoryUsed(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

function distinctOf<T>(values: readonly T[], count: number, random: Random): T[] {
  const chosen = new Set<T>();
  while (chosen.size < count) chosen.add(values[random.below(values.length)] as T);
  return [...chosen];
}

function mixedOperations(count: number): Operation[] {
  const random = new Random(1);
  const live: Operation[] = [];
  const operations: Operation[] = [];
  for (let id = 0; id < count; id += 1) {
    const dice = random.below(100);
    if (dice >= 65 && live.length > 0) {
      const index = random.below(live.length);
      const order = live[index] as Operation;
      live[index] = live.at(-1) as Operation;
      live.pop();
      operations.push({ ...order, kind: "Cancel" });
    } else if (dice >= 60) {
      operations.push(crossingOrder(id, random));
    } else {
      const order = bandOrder(id, random);
      live.push(order);
      operations.push(order);
    }
  }
  return operations;
}

function bandOrders(count: number): Operation[] {
  const random = new Random(2);
  return Array.from({ length: count }, (_, id) => bandOrder(id, random));
}

/** An order that rests: buyers below the middle, sellers above it. */
function bandOrder(id: number, random: Random): Operation {
  const isBid = random.below(2) === 0;
  const distance = 1 + random.below(BAND_TICKS);
  const ticks = isBid ? MIDDLE_TICKS - distance : MIDDLE_TICKS + distance;
  const accountNo = random.below(ACCOUNT_COUNT);
  return { kind: "Enter", id, isBid, ticks, lots: 1 + random.below(100), accountNo };
}

/**
 * An order that trades; its accounts never rest on the other side, so that nothing is a
 * self-trade.
 */
function crossingOrder(id: number, random: Random): Operation {
  const order = bandOrder(id, random);
  const ticks = 2 * MIDDLE_TICKS - order.ticks;
  const accountNo = ACCOUNT_COUNT + (order.isBid ? 0 : 1) + 2 * random.below(ACCOUNT_COUNT / 2);
  return { ...order, ticks, lots: 1 + random.below(200), accountNo };
}

function commandOf(operation: Operation): VenueCommand {
  const orderId = orderIdOf(operation.id);
  if (operation.kind === "Cancel") {
    // The desk has found the order by the text of the request: it has just read its own id.
    if (orderId !== String(FIRST_ORDER_ID + operation.id)) throw new Error("the ids differ");
    return { type: "OrderCancelRequest", orderId, symbol };
  }
  return {
    type: "NewOrderSingle",
    orderId,
    account: ACCOUNTS[operation.accountNo] as Account,
    symbol,
    side: operation.isBid ? Side.Buy : Side.Sell,
    ordType: OrdType.Limit,
    timeInForce: TimeInForce.Day,
    price: (BigInt(operation.ticks) * priceTick) as Price,
    stopPx: 0n as Price,
    protectionPx: 0n as Price,
    orderQty: (BigInt(operation.lots) * lotQty) as Qty,
  } satisfies NewOrderSingle;
}

function orderIdOf(id: number): OrderId {
  const known = orderIds[id];
  if (known !== undefined) return known;
  const orderId = String(FIRST_ORDER_ID + id) as OrderId;
  orderIds[id] = orderId;
  return orderId;
}

function runYardstick(book: YardstickBook, operations: readonly Operation[]): void {
  for (const { kind, id, isBid, ticks, lots } of operations) {
    if (kind === "Enter") book.enter(id, isBid, ticks, lots);
    else book.cancel(id);
  }
}

function runTextYardstick(book: YardstickBook, operations: readonly Operation[]): void {
  for (const { kind, id, isBid, ticks, lots } of operations) {
    if (kind === "Enter") book.enter(orderIdOf(id), isBid, ticks, lots);
    else book.cancel(orderIdOf(id));
  }
}

function runPeer(peer: Peer, operations: readonly Operation[]): void {
  for (const operation of operations) {
    if (operation.kind === "Enter") peer.enter(operation);
    else peer.cancel(operation);
  }
}

/** A fresh book of a package. */
function newPeer(name: PeerName): Peer {
  return name === "nodejs-order-book"
    ? nodejsOrderBook(require("nodejs-order-book"))
    : limitOrderBook(require("limit-order-book"));
}

function nodejsOrderBook({ OrderBook }: NodejsOrderBook): Peer {
  const book = new OrderBook();
  return {
    enter: ({ id, isBid, ticks, lots }) => {
      const side = isBid ? "buy" : "sell";
      book.limit({ id: orderIdOf(id), side, size: lots, price: ticks });
    },
    cancel: ({ id }) => book.cancel(orderIdOf(id)),
  };
}

function limitOrderBook({ LimitOrder, LimitOrderBook }: LimitOrderBookPackage): Peer {
  const book = new LimitOrderBook();
  return {
    enter: ({ id, isBid, ticks, lots }) => {
      const side = isBid ? "bid" : "ask";
      book.add(new LimitOrder(orderIdOf(id), side, String(ticks), String(lots)));
    },
    cancel: ({ id }) => book.remove(orderIdOf(id)),
  };
}

function runExchange(exchange: Exchange, commands: readonly VenueCommand[]): void {
  for (const command of commands) exchange.handle(command);
}

/** Operations per second, and per second of processor time, the collector's threads included. */
interface Rate {
  readonly second: number;
  readonly cpuSecond: number;
}

/**
 * The rate of operations, without what makes their inputs. A chunk's inputs are made just before it
 * runs, as they would arrive: a million of them at hand would be so much for the garbage collector
 * to look through that it, and not the book, would be measured.
 */
function chunkedRate<Input>(
  all: readonly Operation[],
  inputOf: (operation: Operation) => Input,
  run: (inputs: readonly Input[]) => void,
): Rate {
  let nanoseconds = 0n;
  let cpuMicroseconds = 0;
  for (let first = 0; first < all.length; first += CHUNK_OPERATIONS) {
    const inputs = all.slice(first, first + CHUNK_OPERATIONS).map(inputOf);
    const cpuStart = process.cpuUsage();
    const start = process.hrtime.bigint();
    run(inputs);
    nanoseconds += process.hrtime.bigint() - start;
    const { user, system } = process.cpuUsage(cpuStart);
    cpuMicroseconds += user + system;
  }
  const second = (all.length * 1e9) / Number(nanoseconds);
  return { second, cpuSecond: (all.length * 1e6) / cpuMicroseconds };
}

function copyOf(operation: Operation): Operation {
  return { ...operation };
}

/** Operations per second. */
function rateOf(count: number, run: () => void): number {
  const start = process.hrtime.bigint();
  run();
  return (count * 1e9) / Number(process.hrtime.bigint() - start);
}

function nsOf(rate: number): string {
  return `${Math.round(1e9 / rate)} ns`;
}

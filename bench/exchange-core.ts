/**
 * Question: what does the embedded exchange (decide, apply, reports) cost next to a plain book,
 * and does its cancel stay as cheap, and its memory as small, in a large book?
 *
 * Run: `node --expose-gc bench/exchange-core.ts [operations] [rounds]`. Deterministic; rounds
 * alternate between the two, medians are shown. What counts is the ratio within one run.
 */
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
  type VenueCommand,
} from "../packages/core/src/model/index.ts";
import { YardstickBook } from "./yardstick-book.ts";

interface Operation {
  readonly kind: "Enter" | "Cancel";
  readonly id: number;
  readonly isBid: boolean;
  readonly ticks: number;
  readonly lots: number;
  readonly accountNo: number;
}

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

compareMixed();
for (const resting of [1_000, 100_000, 1_000_000]) measureCancels(resting);
measureWideBook(300_000);
measureMemory(1_000_000);

/**
 * 60 % add, 35 % cancel of a random earlier add, 5 % crossing; all within the band around the
 * middle.
 */
function compareMixed(): void {
  const operations = mixedOperations(operationCount);
  const commands = operations.map(commandOf);
  const yardstickRates: number[] = [];
  const exchangeRates: number[] = [];
  for (let round = 0; round < roundCount; round += 1) {
    const yardstick = new YardstickBook();
    yardstickRates.push(rateOf(operationCount, () => runYardstick(yardstick, operations)));
    const exchange = new Exchange(REFERENCE_INSTRUMENTS);
    exchangeRates.push(rateOf(operationCount, () => runExchange(exchange, commands)));
    if (yardstick.orders.size !== exchange.openOrderCount) throw new Error("the books differ");
  }
  const yardstickRate = median(yardstickRates);
  const exchangeRate = median(exchangeRates);
  print("yardstick, mixed", `${thousands(yardstickRate)} ops/s`);
  print("exchange, mixed", `${thousands(exchangeRate)} ops/s`);
  print("ratio", (exchangeRate / yardstickRate).toFixed(2));
}

/** Cancels spread over the whole book, 1,000 at a time, each put back in between and not timed. */
function measureCancels(restingCount: number): void {
  const orders = bandOrders(restingCount);
  const exchange = new Exchange(REFERENCE_INSTRUMENTS);
  const yardstick = new YardstickBook();
  runExchange(exchange, orders.map(commandOf));
  runYardstick(yardstick, orders);
  const random = randomFrom(restingCount);
  const exchangeRates: number[] = [];
  const yardstickRates: number[] = [];
  for (let round = 0; round < 50; round += 1) {
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
  const nsOf = (rates: number[]): string => `${Math.round(1e9 / median(rates))} ns`;
  print(
    `cancel, ${thousands(restingCount)} resting`,
    `${nsOf(exchangeRates)} (yardstick ${nsOf(yardstickRates)})`,
  );
}

/** One order at each of many prices, in random order: a level is made and removed for each. */
function measureWideBook(priceCount: number): void {
  const random = randomFrom(priceCount);
  const prices = Array.from({ length: priceCount }, (_, n) => n + 1);
  for (let n = priceCount - 1; n > 0; n -= 1) {
    const other = random(n + 1);
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
  print(
    `wide book, ${thousands(priceCount)} prices`,
    `enter ${thousands(enterRate)}/s, cancel ${thousands(cancelRate)}/s`,
  );
}

function measureMemory(restingCount: number): void {
  if (globalThis.gc === undefined) {
    print("memory", "not measured without --expose-gc");
    return;
  }
  const commands = bandOrders(restingCount).map(commandOf);
  const exchange = new Exchange(REFERENCE_INSTRUMENTS);
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  runExchange(exchange, commands);
  globalThis.gc();
  const bytes = (process.memoryUsage().heapUsed - before) / exchange.openOrderCount;
  print(`memory, ${thousands(commands.length)} resting`, `${Math.round(bytes)} bytes an order`);
}

function distinctOf<T>(
  values: readonly T[],
  count: number,
  random: (below: number) => number,
): T[] {
  const chosen = new Set<T>();
  while (chosen.size < count) chosen.add(values[random(values.length)] as T);
  return [...chosen];
}

function mixedOperations(count: number): Operation[] {
  const random = randomFrom(1);
  const live: Operation[] = [];
  const operations: Operation[] = [];
  for (let id = 0; id < count; id += 1) {
    const dice = random(100);
    if (dice >= 65 && live.length > 0) {
      const index = random(live.length);
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
  const random = randomFrom(2);
  return Array.from({ length: count }, (_, id) => bandOrder(id, random));
}

/** An order that rests: buyers below the middle, sellers above it. */
function bandOrder(id: number, random: (below: number) => number): Operation {
  const isBid = random(2) === 0;
  const distance = 1 + random(BAND_TICKS);
  const ticks = isBid ? MIDDLE_TICKS - distance : MIDDLE_TICKS + distance;
  const accountNo = random(ACCOUNT_COUNT);
  return { kind: "Enter", id, isBid, ticks, lots: 1 + random(100), accountNo };
}

/**
 * An order that trades; its accounts never rest on the other side, so that nothing is a
 * self-trade.
 */
function crossingOrder(id: number, random: (below: number) => number): Operation {
  const order = bandOrder(id, random);
  const ticks = 2 * MIDDLE_TICKS - order.ticks;
  const accountNo = ACCOUNT_COUNT + (order.isBid ? 0 : 1) + 2 * random(ACCOUNT_COUNT / 2);
  return { ...order, ticks, lots: 1 + random(200), accountNo };
}

function commandOf(operation: Operation): VenueCommand {
  const orderId = orderIdOf(operation.id);
  if (operation.kind === "Cancel") return { type: "OrderCancelRequest", orderId, symbol };
  return {
    type: "NewOrderSingle",
    orderId,
    account: ACCOUNTS[operation.accountNo] as Account,
    symbol,
    side: operation.isBid ? Side.Buy : Side.Sell,
    ordType: OrdType.Limit,
    price: (BigInt(operation.ticks) * priceTick) as Price,
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

function runExchange(exchange: Exchange, commands: readonly VenueCommand[]): void {
  for (const command of commands) exchange.handle(command);
}

/** Operations per second. */
function rateOf(count: number, run: () => void): number {
  const start = process.hrtime.bigint();
  run();
  return (count * 1e9) / Number(process.hrtime.bigint() - start);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >>> 1] as number;
}

/** mulberry32: small, seeded, the same on every machine. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

function thousands(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

function print(subject: string, result: string): void {
  console.log(`${subject.padEnd(32)} ${result}`);
}

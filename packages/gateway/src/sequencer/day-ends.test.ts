// Goal: day orders of a large book expire in steps between which everybody gets their turn, and
// neither a crash nor a clock that is set on leaves one of them to another day.
import assert from "node:assert/strict";
import { test } from "node:test";
import { at } from "@countermand/core/assert";
import {
  type Account,
  type Amount,
  fixed,
  MarketName,
  type Order,
  type Qty,
  Side,
  TimeInForce,
  type UnixMs,
} from "@countermand/core/model";
import { lastDayEnd, ruleProfile } from "@countermand/core/rules";
import { RecentReports } from "../archive/recent-reports.ts";
import { nodeRules } from "../market-rules.ts";
import { aPlaceRequest } from "../place-request-fixture.ts";
import { FakeClock } from "../sys/fake-clock.ts";
import { planOf } from "../venue/fault-plan.ts";
import { tick } from "./cancel-runs-fixture.ts";
import { CONTROL_PARTITION } from "./control-partition.ts";
import { DayEnds, overdueSymbols } from "./day-ends.ts";
import { EXPIRIES_PER_STEP } from "./limits.ts";
import { EXCHANGE_PARTITION, Partitions } from "./partitions.ts";
import { Sequencer } from "./sequencer.ts";
import { SESSION_PARTITION, Sessions } from "./sessions.ts";
import { emptyState, type NodeState, restoreState, stateLines } from "./state.ts";

const SEED = 7;
const RULES = nodeRules("strict", SEED);
const LAYOUT = { deskCount: 1, ...RULES };
const DESK = "desk-22";
const ANNE = "A-1001" as Account;
const STEPS = 3;
/** Fewer than so many steps take. */
const ORDER_COUNT = STEPS * EXPIRIES_PER_STEP - 8;

/** A moment in Hong Kong, on a Tuesday and the day after. */
function hk(time: string, day = "2025-08-05"): UnixMs {
  return Date.parse(`${day}T${time}+08:00`) as UnixMs;
}

/** A node in memory under the strict rules, whose market's time the test sets. */
class Bench {
  readonly clock = new FakeClock();
  readonly partitions: Partitions;
  readonly sequencer: Sequencer;
  readonly state: NodeState;
  marketMs: UnixMs;
  /** Events of each commit, in order. */
  readonly commits: number[] = [];
  readonly #written: Map<string, number>;

  constructor(marketMs: UnixMs, state = emptyState(LAYOUT), written = new Map<string, number>()) {
    this.marketMs = marketMs;
    this.state = state;
    this.#written = written;
    this.partitions = this.#partitionsOf(state);
    this.sequencer = new Sequencer({
      partitions: this.partitions,
      journal: { append: async () => "committed", settle: () => {} },
      clock: this.clock,
      marketNowMs: () => this.marketMs,
      onDurable: ({ eventCount }) => this.commits.push(eventCount),
      onFailure: (error) => assert.fail(error),
      answerAt: () => assert.fail("nothing is repeated"),
    });
  }

  /** In the midst of a morning, with more day orders than a step takes, and one that stays. */
  static async trading(): Promise<Bench> {
    const bench = new Bench(hk("10:00:00"));
    await bench.begun();
    bench.partitions.stageDeskEvent(ANNE, {
      type: "AccountOpened",
      atMs: bench.marketMs,
      account: ANNE,
      cash: [["HKD", fixed("1000000000") as Amount]],
      holdings: [["00700", fixed("1000") as Qty]],
      shortSellingAllowed: false,
    });
    for (let count = 0; count < ORDER_COUNT; count += 1) bench.place(TimeInForce.Day);
    bench.place(TimeInForce.GoodTillCancel);
    await bench.settle();
    return bench;
  }

  /** What is left after a stop, or a crash behind the last commit, when it starts at that time. */
  restarted(marketMs: UnixMs): Bench {
    const state = restoreState(LAYOUT, [...stateLines(this.state)]);
    const { lease } = this.partitions.sessions;
    const written = new Map([...this.#leases(), [SESSION_PARTITION, lease.seq]]);
    return new Bench(marketMs, state, written);
  }

  async begun(): Promise<void> {
    void this.sequencer.begin();
    await tick();
  }

  place(timeInForce: TimeInForce, side: Side = Side.Buy): Order {
    const request = aPlaceRequest({
      timeInForce,
      side,
      price: fixed("420"),
      orderQty: fixed("100"),
    });
    const placed = this.partitions.place(ANNE, request, this.marketMs);
    assert.ok("orderId" in placed);
    return placed;
  }

  get open(): Order[] {
    return [...(this.partitions.deskOf(ANNE).desk.book(ANNE)?.openOldestFirst() ?? [])];
  }

  /** The exchange's timer wakes the sequencer. */
  async ticked(): Promise<void> {
    void this.sequencer.tick();
    await tick();
  }

  /** Lets this turn end, and what it decided be durable. */
  async turn(): Promise<void> {
    this.clock.endTurn();
    await tick();
  }

  async settle(): Promise<void> {
    await this.ticked();
    while (this.clock.endTurn() || this.sequencer.pendingCount > 0) await tick();
  }

  *#leases(): Iterable<readonly [string, number]> {
    const { desks, exchange } = this.partitions;
    for (const { name, lease } of desks) yield [name, lease.seq];
    yield [EXCHANGE_PARTITION, exchange.lease.seq];
    yield [CONTROL_PARTITION, this.partitions.positions()[CONTROL_PARTITION] ?? 0];
  }

  #partitionsOf({ desks, exchange, session, control }: NodeState): Partitions {
    const lease = (name: string) => ({ epoch: 1, seq: this.#written.get(name) ?? 0 });
    const sessions = new Sessions({
      profile: RULES.profile,
      seed: SEED,
      instruments: control.table,
      exchange,
      state: session,
      lease: lease(SESSION_PARTITION),
    });
    const desk = desks.get(DESK);
    assert.ok(desk !== undefined);
    return new Partitions(
      [{ name: DESK, desk, lease: lease(DESK) }],
      { exchange, lease: lease(EXCHANGE_PARTITION) },
      new RecentReports(),
      sessions,
      { state: control, lease: lease(CONTROL_PARTITION) },
    );
  }
}

function isOutliving({ timeInForce }: Order): boolean {
  return timeInForce === TimeInForce.GoodTillCancel;
}

test("day ends: a large book's orders expire in steps, each durable before the next", async () => {
  const bench = await Bench.trading();
  bench.marketMs = hk("16:10:00");
  bench.commits.length = 0;
  await bench.ticked();
  assert.equal(bench.open.length, 1 + ORDER_COUNT - EXPIRIES_PER_STEP);
  bench.marketMs = hk("16:10:01");
  // A cancel gets its turn in between, and is one.
  const waiting = at(bench.open, 0);
  const canceled = bench.partitions.cancel(waiting, bench.marketMs);
  assert.ok("orderId" in canceled && canceled.cancelReason === "requested");
  const lefts: number[] = [];
  while (bench.partitions.isExpiring) {
    await bench.turn();
    lefts.push(bench.open.length);
  }
  assert.deepEqual(lefts.slice(-STEPS + 1), [ORDER_COUNT - 2 * EXPIRIES_PER_STEP, 1]);
  assert.ok(bench.open.every(isOutliving));
  for (const eventCount of bench.commits) assert.ok(eventCount <= 2 * EXPIRIES_PER_STEP + 40);
  const { reserved } = bench.partitions.deskOf(ANNE).desk.money(ANNE).cash("HKD");
  assert.equal(reserved, at(bench.open, 0).reservedAmt);
});

test("day ends: a day is settled once, and its end is that of what the venue has not taken", async () => {
  const bench = await Bench.trading();
  const { desk } = bench.partitions.deskOf(ANNE);
  const { settledThrough } = desk.ledger;
  // The venue will answer later: the gateway has its timer from whoever starts it.
  bench.partitions.gate.connect((delayMs, work) => {
    return bench.clock.after(delayMs, () => work(bench.marketMs));
  });
  const plan = planOf({ kind: "DelayedOrder", delayMs: 36_000_000 });
  const faults = { ofOrder: () => plan, ofCancel: () => null, placed: () => {} };
  const request = aPlaceRequest({ price: fixed("420"), orderQty: fixed("100") });
  const late = bench.partitions.place(ANNE, request, bench.marketMs, null, faults);
  assert.ok("orderId" in late && late.phase === "PendingNew");
  bench.marketMs = hk("16:10:00");
  await bench.settle();
  assert.equal(desk.book(ANNE)?.openOrder(late.orderId) ?? null, null);
  assert.equal(desk.ledger.settledThrough, settledThrough + 1);
  for (const [time, day] of [
    ["18:00:00", "2025-08-05"],
    ["08:00:00", "2025-08-06"],
  ] as const) {
    bench.marketMs = hk(time, day);
    await bench.settle();
    assert.equal(desk.ledger.settledThrough, settledThrough + 1, time);
  }
});

test("day ends: in the minutes before an auction's end nobody withdraws", async () => {
  const bench = await Bench.trading();
  const orders = [bench.place(TimeInForce.GoodTillCancel), ...bench.open.filter(isOutliving)];
  const outcome = (time: string, order: Order) => {
    bench.marketMs = hk(time, "2025-08-06");
    bench.partitions.advance(bench.marketMs);
    const canceled = bench.partitions.cancel(order, bench.marketMs);
    return "refused" in canceled ? "refused" : canceled.phase;
  };
  const [first, second] = [at(orders, 0), at(orders, 1)];
  assert.equal(outcome("09:14:59", first), "Canceled");
  const outcomes = ["09:15:00", "09:21:00", "09:31:00"].map((time) => outcome(time, second));
  assert.deepEqual(outcomes, ["refused", "refused", "Canceled"]);
});

test("day ends: what a stop has left expires from the next start on", async () => {
  const bench = await Bench.trading();
  bench.marketMs = hk("16:10:00");
  await bench.ticked();
  let isDrained = false;
  void bench.sequencer.drained().then(() => {
    isDrained = true;
  });
  while (bench.clock.endTurn()) await tick();
  assert.ok(isDrained && bench.partitions.isExpiring, "no step comes behind the end");
  const started = bench.restarted(hk("18:00:00"));
  await started.begun();
  assert.equal(started.open.length, bench.open.length);
  await started.settle();
  assert.ok(started.open.length === 1 && started.open.every(isOutliving));
  const again = started.restarted(hk("18:00:01"));
  await again.begun();
  assert.equal(again.partitions.isExpiring, false);
});

test("day ends: none is left when the next session begins, however soon it comes", async () => {
  const bench = await Bench.trading();
  bench.marketMs = hk("16:10:00");
  await bench.ticked();
  for (const next of [bench, bench.restarted(hk("09:00:00", "2025-08-06"))]) {
    next.marketMs = hk("09:00:00", "2025-08-06");
    await next.begun();
    assert.ok(next.open.length === 1 && next.open.every(isOutliving));
    next.marketMs = hk("10:00:00", "2025-08-06");
    next.partitions.advance(next.marketMs);
    next.place(TimeInForce.Day);
    await next.settle();
    assert.equal(next.open.length, 2, "an order of the new day stays");
  }
});

test("day ends: orders of this day are not looked for in the middle of it", async () => {
  const bench = await Bench.trading();
  for (const time of ["12:15:00", "15:59:59", "16:09:59"]) {
    const started = bench.restarted(hk(time));
    await started.begun();
    assert.equal(started.partitions.isExpiring, false, time);
    assert.equal(started.open.length, 1 + ORDER_COUNT, time);
  }
});

test("day ends: what a start finds in an open book goes with the others, at the end of its day", () => {
  const expired: string[] = [];
  const dayEnds = new DayEnds({
    isClosed: (symbol) => symbol === "closed",
    expire: (symbol) => {
      expired.push(symbol);
      return 0;
    },
  });
  for (const symbol of ["open", "closed"]) dayEnds.found(symbol);
  dayEnds.more(hk("12:00:00"));
  assert.deepEqual([expired, dayEnds.hasMore], [["closed"], false]);
});

test("day ends: overdue is a day order that is older than the last end of its own market's day", () => {
  const profile = ruleProfile("strict", { seed: SEED });
  const reachedMs = hk("17:00:00");
  const { hours } = profile.markets.hkex;
  const endedAtMs = lastDayEnd(hours, reachedMs);
  assert.ok(endedAtMs > hk("16:00:00"));
  const order = (symbol: string, agoMs: number, more: Partial<Order> = {}) => {
    const createdAtMs = (endedAtMs - agoMs) as UnixMs;
    const market = MarketName.Hkex;
    return { symbol, market, timeInForce: TimeInForce.Day, createdAtMs, ...more } as Order;
  };
  const orders = [
    order("in its last millisecond", 1),
    order("at its end", 0),
    order("after it", -1),
    order("until it is cancelled", 1, { timeInForce: TimeInForce.GoodTillCancel }),
    // In New York it is early morning: the day of this order has not begun.
    order("of another market", 1, { market: MarketName.Usex }),
    order("mixed", -1),
    order("mixed", 1),
  ];
  const overdue = overdueSymbols(orders, profile, reachedMs);
  assert.deepEqual([...overdue], ["in its last millisecond", "mixed"]);
  const beforeMs = (endedAtMs - 1) as UnixMs;
  assert.equal(overdueSymbols(orders, profile, beforeMs).size, 0, "its day has not ended yet");
  const lenient = ruleProfile("reference", { seed: SEED });
  assert.equal(overdueSymbols(orders, lenient, reachedMs).size, 0);
});

test("day ends: the books of a step share its room, and one that is open has no steps", () => {
  const left = new Map([
    ["large", EXPIRIES_PER_STEP + 5],
    ["small", 10],
    ["open", 2 * EXPIRIES_PER_STEP],
  ]);
  const expired: string[] = [];
  const dayEnds = new DayEnds({
    isClosed: (symbol) => symbol !== "open",
    expire: (symbol, _atMs, countMax) => {
      const count = Math.min(left.get(symbol) ?? 0, countMax);
      left.set(symbol, (left.get(symbol) ?? 0) - count);
      expired.push(`${symbol} ${count}`);
      return count;
    },
  });
  dayEnds.beginStep();
  for (const symbol of left.keys()) dayEnds.ended(symbol, hk("16:10:00"));
  const all = 2 * EXPIRIES_PER_STEP;
  assert.deepEqual(expired.splice(0), [`large ${EXPIRIES_PER_STEP}`, `open ${all}`]);
  dayEnds.more(hk("16:10:00"));
  assert.deepEqual([expired, dayEnds.hasMore], [["large 5", "small 10"], false]);
});

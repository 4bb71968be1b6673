// Goal: each fault of the venue, step by step, as the client is told of it; then what is common to
// all of a venue that answers later.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ModeSet } from "@countermand/core/control";
import {
  CancelReason,
  MarketName,
  ONE,
  OrdType,
  type Price,
  type Qty,
  REFERENCE_INSTRUMENTS,
  Side,
  TimeInForce,
  type UnixMs,
} from "@countermand/core/model";
import { HELD_MAX, VENUE_ANSWER_MS_MAX } from "./limits.ts";
import { ANNE, assertSound, BERT, VenueBench } from "./venue-fixture.ts";

/** The Execution report types of FIX that the stories are told in: see ExecType. */
test("venue: without a fault an order and its cancel are done in their turns", () => {
  const bench = VenueBench.opened();
  const order = bench.place(10);
  bench.cancel(order);
  assert.deepEqual(bench.news(), ["0 Open 0/1000", "4 Canceled 0/1000 (requested)"]);
  assert.equal(bench.clock.timerCount, 0);
});

test("venue: a delayed order is on its way, holds back money, and then works", () => {
  const bench = VenueBench.opened();
  bench.arm("DelayedOrder", { delayMs: 500 });
  const order = bench.place(10);
  assert.equal(order.phase, "PendingNew");
  assert.ok(order.reservedAmt > 0n);
  assertSound(bench);
  bench.clock.advance(499);
  assert.deepEqual(bench.news(), ["A PendingNew 0/1000"]);
  bench.clock.advance(1);
  assert.deepEqual(bench.news(), ["0 Open 0/1000"]);
  assert.equal(bench.clock.timerCount, 0, "nothing is waited for any more");
  assertSound(bench);
});

test("venue: a delayed order meets the book as it is when it comes in", () => {
  const bench = VenueBench.opened();
  bench.arm("DelayedOrder", { delayMs: 500 });
  bench.place(10);
  bench.place(4, { side: Side.Sell }, BERT);
  bench.clock.advance(500);
  assert.deepEqual(bench.news(), ["A PendingNew 0/1000", "0 Open 0/1000", "F Open 400/1000"]);
  assertSound(bench);
});

test("venue: a rejected order has a number, and nothing is held back for it", () => {
  for (const delayMs of [0, 300]) {
    const bench = VenueBench.opened();
    bench.arm("RejectedOrder", { delayMs });
    const { account } = bench.place(10);
    bench.clock.advance(300);
    const rejected = "8 Rejected 0/1000 (refused by the venue)";
    const expected = delayMs === 0 ? [rejected] : ["A PendingNew 0/1000", rejected];
    assert.deepEqual(bench.news(), expected);
    const { desk } = bench.partitions.deskOf(account);
    assert.equal(desk.money(account).cash("HKD").reserved, 0n);
    assertSound(bench);
  }
});

test("venue: a stuck order ends when the gateway asks, as one the venue never got", () => {
  const bench = VenueBench.opened();
  bench.arm("StuckOrder", { delayMs: 700 });
  bench.place(10);
  bench.clock.advance(699);
  assert.deepEqual(bench.news(), ["A PendingNew 0/1000"]);
  bench.clock.advance(1);
  assert.deepEqual(bench.news(), [
    "8 Rejected 0/1000 (the venue did not answer and has never received the order)",
  ]);
  assertSound(bench);
});

test("venue: an order that is later than the deadline has ended by then, and stays so", () => {
  const bench = VenueBench.opened();
  bench.arm("DelayedOrder", { delayMs: VENUE_ANSWER_MS_MAX + 1 });
  bench.place(10);
  bench.clock.advance(VENUE_ANSWER_MS_MAX + 10);
  assert.deepEqual(bench.news(), [
    "A PendingNew 0/1000",
    "8 Rejected 0/1000 (the venue did not answer and has never received the order)",
  ]);
  assert.equal(bench.partitions.exchange.exchange.openOrderCount, 0);
  assert.equal(bench.clock.timerCount, 0);
});

test("venue: half is filled, then the venue withdraws the rest", () => {
  const bench = VenueBench.opened();
  bench.arm("PartialFillThenCancel", { delayMs: 200 });
  bench.place(7);
  bench.clock.advance(200);
  assert.deepEqual(bench.news(), ["0 Open 0/700", "F Open 300/700", "4 Canceled 300/700 (venue)"]);
  assertSound(bench);
});

test("venue: a single lot has no half, and is withdrawn whole", () => {
  const bench = VenueBench.opened();
  bench.arm("PartialFillThenCancel");
  bench.place(1);
  assert.deepEqual(bench.news(), ["0 Open 0/100", "4 Canceled 0/100 (venue)"]);
});

test("venue: a client's cancel ends an order that was to be filled in part", () => {
  const bench = VenueBench.opened();
  bench.arm("PartialFillThenCancel", { delayMs: 200 });
  const order = bench.place(7);
  bench.cancel(order);
  bench.clock.advance(200);
  assert.deepEqual(bench.news(), ["0 Open 0/700", "4 Canceled 0/700 (requested)"]);
  assert.equal(bench.partitions.gate.heldCount, 0);
});

test("venue: while a delayed cancel is pending the order trades on", () => {
  const bench = VenueBench.opened();
  bench.arm("DelayedCancel", { delayMs: 400 });
  const order = bench.place(10);
  assert.equal(bench.cancel(order).cancelPending, true);
  bench.place(4, { side: Side.Sell }, BERT);
  bench.clock.advance(400);
  assert.deepEqual(bench.news(), [
    "0 Open 0/1000",
    "6 Open pending 0/1000",
    "F Open pending 400/1000",
    "4 Canceled 400/1000 (requested)",
  ]);
  assertSound(bench);
});

test("venue: a cancel while one is pending sends nothing", () => {
  const bench = VenueBench.opened();
  bench.arm("DelayedCancel", { delayMs: 400, count: 5 });
  const order = bench.place(10);
  const first = bench.cancel(order);
  assert.deepEqual(bench.cancel(order), first);
  bench.clock.advance(400);
  assert.equal(bench.news().filter((line) => line.startsWith("6")).length, 1);
});

test("venue: a full fill while the cancel is pending wins, and the cancel is rejected", () => {
  const bench = VenueBench.opened();
  bench.arm("DelayedCancel", { delayMs: 400 });
  const order = bench.place(10);
  bench.cancel(order);
  bench.place(10, { side: Side.Sell }, BERT);
  assert.equal(bench.open(order).phase, "Filled", "its cancel is still to be answered");
  bench.clock.advance(400);
  assert.deepEqual(bench.news().slice(2), ["F Filled pending 1000/1000", "R Filled 1000/1000"]);
  assert.equal(bench.find(order), null);
  assertSound(bench);
});

test("venue: a fill that wins the race, at once or later", () => {
  for (const delayMs of [0, 250]) {
    const bench = VenueBench.opened();
    bench.arm("FillBeforeCancel", { delayMs });
    const order = bench.place(10);
    assert.equal(bench.cancel(order).cancelPending, true, "the answer is of the request");
    bench.clock.advance(delayMs);
    assert.deepEqual(bench.news().slice(1), [
      "6 Open pending 0/1000",
      "F Filled pending 1000/1000",
      "R Filled 1000/1000",
    ]);
    assertSound(bench);
  }
});

test("venue: an order that waits for its trigger cannot be filled, so its cancel is done", () => {
  const bench = VenueBench.opened();
  bench.arm("FillBeforeCancel");
  const order = bench.place(10, { ordType: OrdType.StopLimit, stopPx: 40_100_000_000n });
  bench.cancel(order);
  assert.equal(bench.news().at(-1), "4 Canceled 0/1000 (requested)");
});

test("venue: a refused cancel leaves the order as it was, open to another", () => {
  const bench = VenueBench.opened();
  bench.arm("RejectedCancel", { delayMs: 100 });
  const order = bench.place(10);
  bench.cancel(order);
  bench.clock.advance(100);
  bench.cancel(order);
  assert.deepEqual(bench.news(), [
    "0 Open 0/1000",
    "6 Open pending 0/1000",
    "R Open 0/1000",
    "4 Canceled 0/1000 (requested)",
  ]);
});

test("venue: a stuck cancel ends when the gateway asks, and is sent anew", () => {
  const bench = VenueBench.opened();
  bench.arm("StuckCancel", { delayMs: 900 });
  const order = bench.place(10);
  bench.cancel(order);
  bench.clock.advance(899);
  assert.equal(bench.open(order).cancelPending, true);
  bench.clock.advance(1);
  assert.equal(bench.news().at(-1), "4 Canceled 0/1000 (requested)");
  assert.equal(bench.clock.timerCount, 0);
});

test("venue: why a cancel was sent is known when it is answered, also after a crash", () => {
  const reasons = [CancelReason.KillSwitch, CancelReason.DeadMan, CancelReason.Disconnected];
  for (const reason of reasons) {
    for (const isOnItsWay of [false, true]) {
      const bench = VenueBench.opened();
      bench.arm(isOnItsWay ? "DelayedOrder" : "StuckCancel", { delayMs: 900 });
      const order = bench.place(10);
      bench.cancel(order, ANNE, reason);
      assert.equal(bench.open(order).cancelPending, true);
      const started = bench.crashed(bench.commits.length);
      started.reconcile();
      bench.clock.advance(900);
      const canceled = `4 Canceled 0/1000 (${reason})`;
      assert.equal(bench.news().at(-1), canceled);
      const rejected = "8 Rejected pending 0/1000";
      const ends = isOnItsWay
        ? started.news().at(-2)?.slice(0, rejected.length)
        : started.news()[0];
      assert.equal(ends, isOnItsWay ? rejected : canceled);
      assert.equal(started.find(order), null);
    }
  }
});

test("venue: a cancel never overtakes its order", () => {
  const bench = VenueBench.opened();
  bench.arm("DelayedOrder", { delayMs: 500 });
  const order = bench.place(10);
  const pending = bench.cancel(order);
  assert.deepEqual([pending.phase, pending.cancelPending], ["PendingNew", true]);
  bench.clock.advance(500);
  assert.deepEqual(bench.news(), [
    "A PendingNew 0/1000",
    "6 PendingNew pending 0/1000",
    "0 Open pending 0/1000",
    "4 Canceled 0/1000 (requested)",
  ]);
  assertSound(bench);
});

test("venue: a cancel of an order that the venue refuses is refused after it", () => {
  for (const kind of ["RejectedOrder", "StuckOrder"] as const) {
    const bench = VenueBench.opened();
    bench.arm(kind, { delayMs: 500 });
    const order = bench.place(10);
    bench.cancel(order);
    bench.clock.advance(500);
    const [rejected = "", answered = ""] = bench.news().slice(2);
    assert.match(rejected, /^8 Rejected pending 0\/1000/);
    assert.match(answered, /^R Rejected 0\/1000/);
    assert.equal(bench.find(order), null);
    assert.equal(bench.clock.timerCount, 0);
    assertSound(bench);
  }
});

test("venue: a faulty cancel of a faulty order begins when the order is answered", () => {
  const bench = VenueBench.opened();
  bench.arm("DelayedOrder", { delayMs: 500 });
  bench.arm("FillBeforeCancel", { delayMs: 100 });
  const order = bench.place(10);
  bench.cancel(order);
  bench.clock.advance(599);
  assert.equal(bench.open(order).phase, "Open");
  bench.clock.advance(1);
  assert.equal(bench.news().at(-1), "R Filled 1000/1000");
});

test("venue: an immediate order that was on its way is done when it comes in", () => {
  const bench = VenueBench.opened();
  bench.arm("DelayedOrder", { delayMs: 500 });
  bench.place(10, { timeInForce: TimeInForce.ImmediateOrCancel });
  bench.clock.advance(500);
  assert.equal(bench.news().at(-1), "4 Canceled 0/1000 (immediate_or_cancel)");
  assert.equal(bench.partitions.gate.heldCount, 0);
});

test("venue: a market that closed while the order was on its way refuses it", () => {
  const bench = VenueBench.opened();
  bench.arm("DelayedOrder", { delayMs: 500 });
  const order = bench.place(10);
  const close = { type: "ChangePhase", symbol: order.symbol, phase: "closed" } as const;
  bench.partitions.work(close, order, bench.nowMs);
  bench.clock.advance(500);
  assert.equal(bench.news().at(-1), "8 Rejected 0/1000 (the market is closed)");
});

test("venue: a day order on its way ends with its day, one good till cancelled goes on", () => {
  const bench = VenueBench.opened();
  bench.arm("DelayedOrder", { delayMs: 500, count: 3 });
  const day = bench.place(10);
  const waiting = bench.place(10);
  bench.cancel(waiting);
  const lasting = bench.place(10, { timeInForce: TimeInForce.GoodTillCancel });
  bench.news();
  bench.partitions.gate.endDay("AAPL", bench.nowMs);
  bench.partitions.gate.endDay(day.symbol, bench.nowMs);
  bench.commit();
  const why = "(the day ended before the venue took the order)";
  assert.deepEqual(bench.news(), [
    `8 Rejected 0/1000 ${why}`,
    `8 Rejected pending 0/1000 ${why}`,
    `R Rejected 0/1000 ${why}`,
  ]);
  bench.clock.advance(500);
  assert.deepEqual(bench.news(), ["0 Open 0/1000"]);
  assert.equal(bench.open(lasting).phase, "Open");
  assert.deepEqual([bench.partitions.gate.heldCount, bench.clock.timerCount], [0, 0]);
  assertSound(bench);
});

test("venue: a day order that works is not the gate's to end, whatever is still to come of it", () => {
  const bench = VenueBench.opened();
  bench.arm("PartialFillThenCancel", { delayMs: 500 });
  const order = bench.place(10);
  bench.news();
  bench.partitions.gate.endDay(order.symbol, bench.nowMs);
  bench.commit();
  assert.deepEqual(bench.news(), []);
  assert.equal(bench.open(order).phase, "Open");
});

test("venue: what is sent behind the end waits for nothing", () => {
  const bench = VenueBench.opened();
  bench.arm("DelayedOrder", { delayMs: 500 });
  bench.partitions.gate.close();
  assert.equal(bench.place(10).phase, "PendingNew");
  assert.equal(bench.clock.timerCount, 0);
});

test("venue: an order whose day ends in the turn in which it is due never comes in", () => {
  const bench = VenueBench.opened();
  bench.partitions.gate.connect((delayMs, work) => {
    return bench.clock.after(delayMs, () => {
      bench.partitions.gate.endDay("00700", bench.nowMs);
      work(bench.nowMs);
      bench.commit();
    });
  });
  bench.arm("DelayedOrder", { delayMs: 500 });
  bench.arm("DelayedCancel", { delayMs: 500 });
  const order = bench.place(10);
  bench.cancel(order);
  bench.clock.advance(500);
  assert.equal(bench.partitions.exchange.exchange.holds(order.symbol, order.orderId), false);
  bench.clock.advance(500);
  assert.equal(bench.find(order), null);
  assert.deepEqual([bench.partitions.gate.heldCount, bench.clock.timerCount], [0, 0]);
  assertSound(bench);
});

test("venue: beyond what may be held back, faults do not take effect", () => {
  const bench = VenueBench.opened();
  bench.arm("PartialFillThenCancel", { delayMs: 60_000, count: HELD_MAX + 1 });
  const more = { price: 1_000_000n };
  for (let held = 0; held < HELD_MAX; held += 1) bench.place(1, more);
  assert.equal(bench.partitions.gate.hasRoom, false);
  bench.place(1, more);
  assert.equal(bench.partitions.gate.heldCount, HELD_MAX);
  bench.partitions.gate.close();
  assert.equal(bench.clock.timerCount, 0, "a gate that is closed leaves no timer");
});

test("venue: recipes count lots; of coins it takes a number that nobody computes by chance", () => {
  const coins = {
    market: MarketName.Crypto,
    symbol: "DODO-USDT",
    price: ONE / 100n,
    side: Side.Buy,
  };
  const cent = ONE / 100n;
  for (const [lots, more, phase] of [
    [1301, {}, "PendingNew"],
    [1301, { ...coins, orderQty: 1301n * cent }, "Open"],
    [1301, { ...coins, orderQty: 1301n * ONE }, "Open"],
    [1301, { ...coins, orderQty: 1_301_301n * cent }, "PendingNew"],
    [1301, { ...coins, orderQty: 1_301_302n * cent }, "Open"],
  ] as const) {
    assert.equal(VenueBench.opened(true).place(lots, more).phase, phase);
  }
});

test("venue: an order that its instrument's new terms do not fit is refused when it comes in", () => {
  const act = { atMs: 1 as UnixMs, operator: "kim", reason: "x" };
  const [tencent] = REFERENCE_INSTRUMENTS;
  assert.ok(tencent !== undefined);
  const { symbol } = tencent;
  const regrid = (bench: VenueBench, ticks: bigint, lots: bigint) => {
    const priceTick = (tencent.priceTick * ticks) as Price;
    const grid = { ...tencent, priceTick, lotQty: (tencent.lotQty * lots) as Qty };
    bench.partitions.stageControlEvent({ type: "GridChanged", act, symbol, grid });
    bench.partitions.setGrid(grid, bench.nowMs);
  };
  const offTick = { price: 10_001n * (ONE / 100n) };
  const offLot = { orderQty: 300n * ONE };
  const market = { ordType: OrdType.Market, price: null, orderQty: 100n * ONE };
  const rows: readonly (readonly [more: object, (bench: VenueBench) => void, outcome: RegExp])[] = [
    [{}, (bench) => regrid(bench, 5n, 1n), /^0 Open/],
    [offTick, (bench) => regrid(bench, 5n, 1n), /^8 Rejected .*changed meanwhile: .*tick/],
    [offLot, (bench) => regrid(bench, 1n, 2n), /^8 Rejected .*changed meanwhile: .*lot/],
    // It would be an odd lot, which a market order cannot be.
    [
      market,
      (bench) => regrid(bench, 1n, 2n),
      /^8 Rejected .*changed meanwhile: below the lot 200/,
    ],
    [
      {},
      ({ partitions }) => {
        partitions.stageControlEvent({ type: "InstrumentRetired", act, symbol });
      },
      /^8 Rejected .*retired meanwhile/,
    ],
  ];
  for (const [more, deed, outcome] of rows) {
    const bench = VenueBench.opened();
    bench.place(10, { side: Side.Sell }, BERT);
    bench.arm("DelayedOrder", { delayMs: 500 });
    bench.place(10, more);
    const seller = [...(bench.partitions.deskOf(BERT).desk.book(BERT)?.openOldestFirst() ?? [])];
    for (const order of seller) bench.cancel(order, BERT);
    deed(bench);
    bench.commit();
    bench.clock.advance(500);
    assert.match(bench.news().at(-1) ?? "", outcome);
    assertSound(bench);
  }
});

test("venue: a market buy from a price below a new tick never trades beyond what it holds back", () => {
  const act = { atMs: 1 as UnixMs, operator: "kim", reason: "x" };
  const bench = VenueBench.opened();
  const penny = { price: ONE / 100n };
  bench.place(1, { ...penny, side: Side.Sell }, BERT);
  bench.place(1, penny);
  const [tencent] = REFERENCE_INSTRUMENTS;
  assert.ok(tencent !== undefined);
  const grid = { ...tencent, priceTick: ONE as Price };
  bench.partitions.stageControlEvent({ type: "GridChanged", act, symbol: tencent.symbol, grid });
  bench.partitions.setGrid(grid, bench.nowMs);
  bench.arm("DelayedOrder", { delayMs: 500 });
  bench.place(1, { ordType: OrdType.Market, price: null });
  bench.place(1, { price: 2n * ONE, side: Side.Sell }, BERT);
  bench.news();
  bench.clock.advance(500);
  assert.deepEqual(bench.news(), ["0 Open 0/100", "4 Canceled 0/100 (no_liquidity)"]);
  assertSound(bench);
});

const ACT = { atMs: 1 as UnixMs, operator: "kim", reason: "x" };
const HALTS = {
  "the market": { type: "ModeSet", act: ACT, marketGroup: MarketName.Hkex, mode: "halted" },
  "the gateway": { type: "ModeSet", act: ACT, marketGroup: null, mode: "halted" },
  "the instrument": {
    type: "InstrumentChanged",
    act: ACT,
    symbol: "00700",
    securityDesc: null,
    halted: true,
  },
} as const;

for (const [what, event] of Object.entries(HALTS)) {
  test(`venue: nothing that was on its way trades while an operator has halted ${what}`, () => {
    const bench = VenueBench.opened();
    bench.arm("FillBeforeCancel", { delayMs: 300 });
    bench.cancel(bench.place(5, { price: 390n * ONE }));
    bench.place(4, { side: Side.Sell }, BERT);
    bench.arm("DelayedOrder", { delayMs: 500 });
    bench.place(10);
    bench.news();
    bench.partitions.stageControlEvent(event);
    bench.clock.advance(500);
    const [canceled = "", rejected = "", ...others] = bench.news();
    assert.equal(canceled, "4 Canceled 0/500 (requested)");
    assert.match(rejected, /^8 Rejected 0\/1000 \(.* meanwhile\)$/);
    assert.deepEqual(others, []);
    assertSound(bench);
  });
}

test("venue: an order that was on its way does not come into a market of cancels only", () => {
  const bench = VenueBench.opened();
  bench.arm("DelayedOrder", { delayMs: 500 });
  bench.place(10);
  const mode = { type: "ModeSet", act: ACT, marketGroup: MarketName.Hkex, mode: "cancel_only" };
  bench.partitions.stageControlEvent(mode as ModeSet);
  bench.clock.advance(500);
  assert.deepEqual(bench.news(), [
    "A PendingNew 0/1000",
    "8 Rejected 0/1000 (the market was set to cancel_only meanwhile)",
  ]);
});

test("venue: an order that is only to rest is asked about again when it comes in", () => {
  for (const trades of [true, false]) {
    const bench = VenueBench.opened();
    bench.arm("DelayedOrder", { delayMs: 500 });
    bench.place(10, { onlyIfResting: true });
    if (trades) bench.place(4, { side: Side.Sell }, BERT);
    bench.clock.advance(500);
    const ended = trades
      ? "8 Rejected 0/1000 (it would trade at once: the best ask is 400)"
      : "0 Open 0/1000";
    assert.deepEqual(bench.news(), ["A PendingNew 0/1000", ended]);
    assertSound(bench);
  }
});

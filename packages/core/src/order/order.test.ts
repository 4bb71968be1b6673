import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { InvariantError } from "../assert.ts";
import { type Amount, formatDecimal, ONE, type Price, type Qty } from "../model/decimal.ts";
import { CancelReason, OrdStatus, OrdType, Side } from "../model/enums.ts";
import type { Order } from "../model/order.ts";
import { ORD_TYPES } from "./ord-types.ts";
import {
  assertOrder,
  canceledQty,
  isClosed,
  isWaiting,
  isWorking,
  LEGAL,
  leavesQty,
  type OrderEvent,
  orderApply,
  orderRefusal,
  ordStatus,
} from "./order.ts";
import { ACCEPTED, anOrder } from "./order-fixture.ts";

const numRuns = Number(process.env["PROPERTY_RUNS"] ?? 1_000);

const REJECTED: OrderEvent = { type: "Rejected", rejectReason: "market closed" };
const TRIGGERED: OrderEvent = { type: "Triggered" };
const CANCEL_REQUESTED: OrderEvent = { type: "CancelRequested" };
const CANCEL_REJECTED: OrderEvent = { type: "CancelRejected" };
const CANCELED: OrderEvent = { type: "Canceled", cancelReason: CancelReason.Requested };

test("order: every state and every event, what follows or why it cannot happen", () => {
  const states: readonly Order[] = [
    after(10),
    after(10, CANCEL_REQUESTED),
    after(10, ACCEPTED),
    after(10, ACCEPTED, CANCEL_REQUESTED),
    after(10, ACCEPTED, traded(4)),
    after(10, ACCEPTED, traded(4), CANCEL_REQUESTED),
    after(10, ACCEPTED, traded(10)),
    after(10, ACCEPTED, CANCEL_REQUESTED, traded(10)),
    after(10, ACCEPTED, CANCELED),
    after(10, ACCEPTED, traded(4), CANCEL_REQUESTED, CANCELED),
    after(10, REJECTED),
    after(10, CANCEL_REQUESTED, REJECTED),
    stopAfter(10, ACCEPTED),
    stopAfter(10, ACCEPTED, TRIGGERED),
  ];
  assert.deepEqual(new Set(states.map(({ phase }) => phase)), new Set(Object.keys(LEGAL)));
  // Of 10: "Open+ 4" has traded 4 and has a cancel pending; "." is not legal in the phase; "~" is
  // a stop order that waits.
  assert.equal(
    outcomes(states, [
      ["Accepted", ACCEPTED],
      ["Rejected", REJECTED],
      ["Trade 4", traded(4)],
      ["Trade 6", traded(6)],
      ["Trade 11", traded(11)],
      ["CancelReq", CANCEL_REQUESTED],
      ["CancelRej", CANCEL_REJECTED],
      ["Canceled", CANCELED],
    ]),
    `
             Accepted  Rejected   Trade 4  Trade 6  Trade 11  CancelReq    CancelRej   Canceled
PendingNew   Open      Rejected   .        .        .         PendingNew+  no cancel   .
PendingNew+  Open+     Rejected+  .        .        .         PendingNew+  PendingNew  .
Open         .         .          Open 4   Open 6   too much  Open+        no cancel   Canceled
Open+        .         .          Open+ 4  Open+ 6  too much  Open+        Open        Canceled
Open 4       .         .          Open 8   Filled   too much  Open+ 4      no cancel   Canceled 4
Open+ 4      .         .          Open+ 8  Filled+  too much  Open+ 4      Open 4      Canceled 4
Filled       .         .          .        .        .         .            no cancel   .
Filled+      .         .          .        .        .         .            Filled      .
Canceled     .         .          .        .        .         .            .           .
Canceled 4   .         .          .        .        .         .            .           .
Rejected     .         .          .        .        .         .            no cancel   .
Rejected+    .         .          .        .        .         .            Rejected    .
Open~        .         .          waits    waits    waits     Open~+       no cancel   Canceled
Open         .         .          Open 4   Open 6   too much  Open+        no cancel   Canceled
`,
  );
  // "/" is the quantity after a replace.
  assert.equal(
    outcomes(states, [
      ["Replace 4", replaced(4)],
      ["Replace 20", replaced(20)],
      ["Triggered", TRIGGERED],
    ]),
    `
             Replace 4   Replace 20   Triggered
PendingNew   .           .            .
PendingNew+  .           .            .
Open         Open /4     Open /20     no trigger
Open+        Open+ /4    Open+ /20    no trigger
Open 4       too little  Open 4 /20   no trigger
Open+ 4      too little  Open+ 4 /20  no trigger
Filled       .           .            .
Filled+      .           .            .
Canceled     .           .            .
Canceled 4   .           .            .
Rejected     .           .            .
Rejected+    .           .            .
Open~        Open~ /4    Open~ /20    Open
Open         Open /4     Open /20     no trigger
`,
  );
});

test("order: a refused event is never applied", () => {
  const order = after(10, ACCEPTED, traded(10));
  const events = [ACCEPTED, REJECTED, traded(1), replaced(20), CANCEL_REQUESTED, CANCELED];
  for (const event of events) {
    const bug = new InvariantError("must hold: the event was checked before it was applied");
    assert.throws(() => orderApply(order, event), bug, event.type);
  }
});

test("order: accepted, filled in two parts", () => {
  assert.equal(
    story(10, ACCEPTED, traded(4), traded(6), CANCEL_REQUESTED),
    `
                 A leaves=10 cum=0 canceled=0
Accepted         0 leaves=10 cum=0 canceled=0
Traded 4         1 leaves=6 cum=4 canceled=0
Traded 6         2 leaves=0 cum=10 canceled=0
CancelRequested  EventNotLegalInPhase
`,
  );
});

// FIX 4.2 Appendix D, cancel of a partly filled order while executions occur.
test("order: fills that cross with the cancel count, the cancel takes the rest", () => {
  assert.equal(
    story(
      10_000,
      ACCEPTED,
      traded(2_000),
      traded(3_000),
      CANCEL_REQUESTED,
      traded(1_000),
      CANCELED,
      traded(4_000),
    ),
    `
                 A leaves=10000 cum=0 canceled=0
Accepted         0 leaves=10000 cum=0 canceled=0
Traded 2000      1 leaves=8000 cum=2000 canceled=0
Traded 3000      1 leaves=5000 cum=5000 canceled=0
CancelRequested  6 leaves=5000 cum=5000 canceled=0
Traded 1000      6 leaves=4000 cum=6000 canceled=0
Canceled         4 leaves=0 cum=6000 canceled=4000
Traded 4000      EventNotLegalInPhase
`,
  );
});

// FIX 4.2 Appendix D, the order is filled before the cancel can be acted upon.
test("order: a full fill while the cancel is pending wins, and the cancel is rejected", () => {
  assert.equal(
    story(10, ACCEPTED, traded(4), CANCEL_REQUESTED, traded(6), CANCEL_REJECTED, CANCELED),
    `
                 A leaves=10 cum=0 canceled=0
Accepted         0 leaves=10 cum=0 canceled=0
Traded 4         1 leaves=6 cum=4 canceled=0
CancelRequested  6 leaves=6 cum=4 canceled=0
Traded 6         6 leaves=0 cum=10 canceled=0
CancelRejected   2 leaves=0 cum=10 canceled=0
Canceled         EventNotLegalInPhase
`,
  );
});

test("order: a rejected cancel leaves the order as it was, and open to another", () => {
  assert.equal(
    story(
      10,
      ACCEPTED,
      traded(4),
      CANCEL_REQUESTED,
      CANCEL_REJECTED,
      CANCEL_REJECTED,
      CANCEL_REQUESTED,
      CANCELED,
    ),
    `
                 A leaves=10 cum=0 canceled=0
Accepted         0 leaves=10 cum=0 canceled=0
Traded 4         1 leaves=6 cum=4 canceled=0
CancelRequested  6 leaves=6 cum=4 canceled=0
CancelRejected   1 leaves=6 cum=4 canceled=0
CancelRejected   NoCancelPending
CancelRequested  6 leaves=6 cum=4 canceled=0
Canceled         4 leaves=0 cum=4 canceled=6
`,
  );
});

test("order: a cancel before the venue has accepted stays pending through the acceptance", () => {
  assert.equal(
    story(10, CANCEL_REQUESTED, CANCEL_REQUESTED, ACCEPTED, CANCELED),
    `
                 A leaves=10 cum=0 canceled=0
CancelRequested  6 leaves=10 cum=0 canceled=0
CancelRequested  6 leaves=10 cum=0 canceled=0
Accepted         6 leaves=10 cum=0 canceled=0
Canceled         4 leaves=0 cum=0 canceled=10
`,
  );
});

test("order: rejected while a cancel is pending, the cancel is still to be answered", () => {
  assert.equal(
    story(10, CANCEL_REQUESTED, REJECTED, CANCEL_REJECTED, CANCEL_REJECTED),
    `
                 A leaves=10 cum=0 canceled=0
CancelRequested  6 leaves=10 cum=0 canceled=0
Rejected         6 leaves=0 cum=0 canceled=10
CancelRejected   8 leaves=0 cum=0 canceled=10
CancelRejected   NoCancelPending
`,
  );
});

// After FIX 4.2 Appendix D, cancel/replace of a partly filled order.
test("order: a replace states the whole chain's quantity, and what has traded counts", () => {
  assert.equal(
    story(10, ACCEPTED, traded(4), replaced(6), traded(2), replaced(20)),
    `
                 A leaves=10 cum=0 canceled=0
Accepted         0 leaves=10 cum=0 canceled=0
Traded 4         1 leaves=6 cum=4 canceled=0
Replaced 6       1 leaves=2 cum=4 canceled=0
Traded 2         2 leaves=0 cum=6 canceled=0
Replaced 20      EventNotLegalInPhase
`,
  );
  assert.equal(
    story(
      10,
      ACCEPTED,
      traded(4),
      replaced(4),
      replaced(20),
      CANCEL_REQUESTED,
      replaced(5),
      CANCELED,
    ),
    `
                 A leaves=10 cum=0 canceled=0
Accepted         0 leaves=10 cum=0 canceled=0
Traded 4         1 leaves=6 cum=4 canceled=0
Replaced 4       ReplaceNotAboveCumQty
Replaced 20      1 leaves=16 cum=4 canceled=0
CancelRequested  6 leaves=16 cum=4 canceled=0
Replaced 5       6 leaves=1 cum=4 canceled=0
Canceled         4 leaves=0 cum=4 canceled=1
`,
  );
});

test("order: a stop order waits for its trigger, trades after it, and is triggered once", () => {
  const waiting = stopAfter(10, ACCEPTED);
  assert.equal(isWaiting(waiting), true);
  assert.equal(orderRefusal(waiting, traded(4)), "TriggerNotReached");
  const working = orderApply(waiting, TRIGGERED);
  assert.deepEqual(working, { ...waiting, triggered: true });
  assert.equal(isWaiting(working), false);
  assert.equal(orderRefusal(working, TRIGGERED), "NoTriggerWaiting");
  assert.equal(orderApply(working, traded(10)).phase, "Filled");
  assert.equal(orderRefusal(after(10, ACCEPTED), TRIGGERED), "NoTriggerWaiting");
  for (const ordType of Object.values(OrdType)) {
    assert.equal(isWaiting({ ...waiting, ordType }), ORD_TYPES[ordType].stop, ordType);
  }
});

test("order: what ends an order sets free what it held back, the rest is for the desk", () => {
  const holding = { ...after(10, ACCEPTED), reservedAmt: (10n * ONE) as Amount };
  const placing = { ...after(10), reservedAmt: (10n * ONE) as Amount };
  assert.equal(orderApply(holding, CANCELED).reservedAmt, 0n);
  assert.equal(orderApply(holding, traded(10)).reservedAmt, 0n);
  assert.equal(orderApply(placing, REJECTED).reservedAmt, 0n);
  assert.equal(orderApply(holding, traded(4)).reservedAmt, 10n * ONE);
  assert.equal(orderApply(holding, replaced(20)).reservedAmt, 10n * ONE);
});

test("order: a reject keeps the venue's reason, a cancel its own", () => {
  assert.equal(after(10, REJECTED).rejectReason, "market closed");
  assert.equal(after(10, REJECTED).cancelReason, CancelReason.None);
  for (const cancelReason of Object.values(CancelReason)) {
    const canceled: OrderEvent = { type: "Canceled", cancelReason };
    if (cancelReason === CancelReason.None) {
      assert.throws(() => after(10, ACCEPTED, canceled), /a cancelled order says why/);
    } else {
      assert.equal(after(10, ACCEPTED, canceled).cancelReason, cancelReason);
    }
  }
});

test("order: a new order says nothing that nobody has said", () => {
  const order = after(10);
  const unsaid = {
    triggered: false,
    phase: "PendingNew",
    cancelPending: false,
    cumQty: 0n,
    grossTradeAmt: 0n,
    chargeAmt: 0n,
    reservedAmt: 0n,
    version: 0,
    streamSeq: 0,
  } as const;
  assert.deepEqual({ ...order, ...unsaid }, order);
  assert.equal(order.updatedAtMs, order.createdAtMs);
  assert.throws(() => after(0), /orderQty > 0/);
  assert.throws(() => after(-1), /orderQty > 0/);
});

test("order: a trade of nothing, or for nothing, is a bug", () => {
  const order = after(10, ACCEPTED);
  const trade = (lastQty: bigint, lastPx: bigint): OrderEvent => ({
    type: "Traded",
    lastQty: lastQty as Qty,
    lastPx: lastPx as Price,
  });
  assert.throws(() => orderApply(order, trade(0n, ONE)), /lastQty > 0/);
  assert.throws(() => orderApply(order, trade(-ONE, ONE)), /lastQty > 0/);
  assert.throws(() => orderApply(order, trade(ONE, 0n)), /lastPx > 0/);
  assert.throws(() => orderApply(order, trade(ONE, -ONE)), /lastPx > 0/);
});

test("order: facts that do not fit together are a bug", () => {
  const open = after(10, ACCEPTED, traded(4));
  const table: readonly (readonly [Partial<Order>, statement: RegExp])[] = [
    [{ cumQty: -1n as Qty }, /0 <= cumQty <= orderQty/],
    [{ cumQty: (11n * ONE) as Qty }, /0 <= cumQty <= orderQty/],
    [{ cumQty: open.orderQty }, /Filled means cumQty = orderQty/],
    [{ phase: "Filled" }, /Filled means cumQty = orderQty/],
    [{ cumQty: 0n as Qty }, /no amount without a trade/],
    [{ phase: "Canceled" }, /a cancelled order says why/],
    [{ reservedAmt: -1n as Amount }, /charges and reservations are positive/],
    [{ chargeAmt: -1n as Amount }, /charges and reservations are positive/],
    [{ reservedAmt: 1n as Amount, side: Side.Sell }, /only a buy that still works holds back cash/],
    [{ triggered: true }, /only a stop order is triggered/],
    [{ ordType: OrdType.StopMarket }, /a stop order trades after its trigger/],
    [
      { cumQty: 0n as Qty, grossTradeAmt: 0n as Amount, chargeAmt: 1n as Amount },
      /no charge without/,
    ],
    [{ cancelReason: CancelReason.Requested }, /what nobody cancels has no reason/],
  ];
  assertOrder(open);
  for (const [facts, statement] of table) {
    assert.throws(() => assertOrder({ ...open, ...facts }), statement);
  }
});

test("order: no sequence of events breaks the sums, reopens an order or ends it twice", () => {
  const trade = fc
    .record({ lots: fc.integer({ min: 1, max: 12 }), cents: fc.integer({ min: 1, max: 50_000 }) })
    .map(({ lots, cents }) => traded(lots, cents));
  const replace = fc.integer({ min: 1, max: 40 }).map((shares) => replaced(shares));
  const event = fc.oneof(
    { arbitrary: fc.constantFrom(CANCEL_REQUESTED, CANCEL_REJECTED), weight: 3 },
    { arbitrary: trade, weight: 3 },
    { arbitrary: replace, weight: 2 },
    { arbitrary: fc.constant(TRIGGERED), weight: 1 },
    { arbitrary: fc.constantFrom(ACCEPTED, REJECTED, CANCELED), weight: 1 },
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 30 }),
      fc.boolean(),
      fc.array(event, { maxLength: 25 }),
      fc.constantFrom(OrdType.Limit, OrdType.StopLimit),
      (lots, accepted, events, ordType) => {
        const placed = { ...after(lots), ordType };
        let order = accepted ? orderApply(placed, ACCEPTED) : placed;
        let [tradedUnits, amountUnits] = [0n, 0n];
        let liableUnits = order.orderQty;
        for (const each of events) {
          const before = order;
          if (orderRefusal(order, each) !== null) {
            assert.throws(() => orderApply(order, each), InvariantError);
            continue;
          }
          order = orderApply(order, each);
          if (each.type === "Traded") {
            tradedUnits += each.lastQty;
            amountUnits += (each.lastQty * each.lastPx) / ONE;
          }
          if (each.type === "Replaced") liableUnits = each.orderQty;
          // Over the whole chain no more can trade than its last replace says.
          assert.ok(tradedUnits + leavesQty(order) <= liableUnits);
          assert.equal(order.cumQty, tradedUnits);
          assert.equal(order.grossTradeAmt, amountUnits);
          assertLaws(before, order);
        }
      },
    ),
    { numRuns },
  );
});

function assertLaws(before: Order, order: Order): void {
  const [leaves, canceled] = [leavesQty(order), canceledQty(order)];
  assert.ok(order.cumQty >= 0n && leaves >= 0n && canceled >= 0n);
  assert.equal(order.orderQty, order.cumQty + leaves + canceled);
  if (isClosed(before)) assert.equal(order.phase, before.phase, "a closed order never reopens");
  if (!isWorking(before)) assert.equal(order.phase, before.phase, "what is over stays over");
  else assert.equal(canceledQty(before), 0n, "nothing is cancelled of an order that still works");
  assert.equal(leaves > 0n, isWorking(order), "an order that works has something left");
  assert.equal(isClosed(order), !isWorking(order) && !order.cancelPending);
  assert.equal(ordStatus(order) === OrdStatus.PendingCancel, order.cancelPending);
  if (order.phase === "Canceled") assert.equal(order.cancelPending, false);
  const { phase, cancelPending, cumQty, grossTradeAmt, cancelReason, rejectReason } = order;
  const { price, stopPx, orderQty, triggered } = order;
  const facts = { phase, cancelPending, cumQty, grossTradeAmt, cancelReason, rejectReason };
  const terms = { price, stopPx, orderQty, triggered };
  assert.deepEqual({ ...before, ...facts, ...terms }, order, "who ordered what never changes");
}

/** An order of so many shares at 1.00, and what happened to it. */
function after(shares: number, ...events: readonly OrderEvent[]): Order {
  return anOrder({ orderQty: (BigInt(shares) * ONE) as Qty }, ...events);
}

function traded(shares: number, cents = 100): OrderEvent {
  const lastPx = ((BigInt(cents) * ONE) / 100n) as Price;
  return { type: "Traded", lastQty: (BigInt(shares) * ONE) as Qty, lastPx };
}

function stopAfter(shares: number, ...events: readonly OrderEvent[]): Order {
  return events.reduce(orderApply, { ...after(shares), ordType: OrdType.StopLimit });
}

function replaced(shares: number): OrderEvent {
  const orderQty = (BigInt(shares) * ONE) as Qty;
  return { type: "Replaced", price: ONE as Price, stopPx: 0n as Price, orderQty };
}

/** One line per event: the status and quantities after it, or why it cannot happen. */
function story(shares: number, ...events: readonly OrderEvent[]): string {
  let order = after(shares);
  const lines = [storyLine("", order)];
  for (const event of events) {
    const name = eventName(event);
    const refusal = orderRefusal(order, event);
    if (refusal === null) order = orderApply(order, event);
    lines.push(refusal === null ? storyLine(name, order) : name.padEnd(17) + refusal);
  }
  return `\n${lines.join("\n")}\n`;
}

function eventName(event: OrderEvent): string {
  switch (event.type) {
    case "Traded":
      return `Traded ${formatDecimal(event.lastQty)}`;
    case "Replaced":
      return `Replaced ${formatDecimal(event.orderQty)}`;
    default:
      return event.type;
  }
}

function storyLine(name: string, order: Order): string {
  const [leaves, cum, canceled] = [leavesQty(order), order.cumQty, canceledQty(order)].map(
    formatDecimal,
  );
  const status = ordStatus(order);
  return `${name.padEnd(17)}${status} leaves=${leaves} cum=${cum} canceled=${canceled}`;
}

/** A row per state, a column per event. */
function outcomes(
  states: readonly Order[],
  events: readonly (readonly [name: string, OrderEvent])[],
): string {
  return grid([
    ["", ...events.map(([name]) => name)],
    ...states.map((order) => [stateOf(order), ...events.map(([, event]) => outcome(order, event))]),
  ]);
}

function stateOf(order: Order): string {
  const isPartial = order.cumQty > 0n && order.phase !== "Filled";
  const part = ` ${formatDecimal(order.cumQty)}`;
  const [pending, waiting] = [
    order.cancelPending ? "+" : "",
    isWaiting(order) && !isClosed(order) ? "~" : "",
  ];
  const qty = order.orderQty === 10n * ONE ? "" : ` /${formatDecimal(order.orderQty)}`;
  return `${order.phase}${waiting}${pending}${isPartial ? part : ""}${qty}`;
}

function outcome(order: Order, event: OrderEvent): string {
  switch (orderRefusal(order, event)) {
    case null:
      return stateOf(orderApply(order, event));
    case "EventNotLegalInPhase":
      return ".";
    case "NoCancelPending":
      return "no cancel";
    case "TradeExceedsLeavesQty":
      return "too much";
    case "ReplaceNotAboveCumQty":
      return "too little";
    case "TriggerNotReached":
      return "waits";
    case "NoTriggerWaiting":
      return "no trigger";
  }
}

/** Columns as wide as their widest cell. */
function grid(rows: readonly (readonly string[])[]): string {
  const [head = []] = rows;
  const widths = head.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, index) => cell.padEnd((widths[index] ?? 0) + 2))
      .join("")
      .trimEnd(),
  );
  return `\n${lines.join("\n")}\n`;
}

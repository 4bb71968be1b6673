import assert from "node:assert/strict";
import { test } from "node:test";
import { at } from "../assert.ts";
import type { AmendRequest, OnlyIf } from "../model/command.ts";
import { fixed, type Price, type Qty, ZERO_PRICE } from "../model/decimal.ts";
import { CancelReason, OrdType } from "../model/enums.ts";
import type { OrderId } from "../model/ids.ts";
import type { Instrument } from "../model/instrument.ts";
import type { Order } from "../model/order.ts";
import { REFERENCE_INSTRUMENTS } from "../model/reference-instruments.ts";
import { REFUSAL_NAMES, type RefusalName } from "../model/refusal.ts";
import type { OrderEvent } from "../order/order.ts";
import { ACCEPTED, anOrder } from "../order/order-fixture.ts";
import { amendRefusal, conditionRefusal, replaceTerms } from "./amend.ts";

const ODD_LOTS = at(REFERENCE_INSTRUMENTS, 0);
const TENCENT: Instrument = { ...ODD_LOTS, oddLotQty: null };

const CANCELED: OrderEvent = { type: "Canceled", cancelReason: CancelReason.Requested };
const ALWAYS: OnlyIf = { unfilled: false, version: null };

/** One lot more at the same price. */
const SOUND: AmendRequest = {
  target: { by: "orderId", orderId: "22000000001" as OrderId },
  orderQty: fixed("1100"),
  price: null,
  stopPx: null,
  condition: ALWAYS,
};

interface Fault {
  readonly refused: RefusalName;
  readonly order?: Order;
  readonly change?: Partial<AmendRequest>;
  readonly details: string;
}

const OPEN = orderAfter(ACCEPTED);
const PARTLY = orderAfter(ACCEPTED, traded("400"));
const STOP = orderOf(OrdType.StopLimit, ACCEPTED);
const TRIGGERED = orderOf(OrdType.StopLimit, ACCEPTED, { type: "Triggered" });
const UNPRICED = orderOf(OrdType.StopMarket, ACCEPTED);

/** How to provoke each refusal of an amend, in the order in which they take precedence. */
const FAULTS: readonly Fault[] = [
  {
    refused: "TOO_LATE_FILLED",
    order: orderAfter(ACCEPTED, traded("1000")),
    details: "the order is filled: 1000 of 1000",
  },
  {
    refused: "TOO_LATE_CANCELED",
    order: orderAfter(ACCEPTED, traded("400"), CANCELED),
    details: "the order is cancelled: place a new one",
  },
  {
    refused: "REJECTED_ORDER",
    order: orderAfter({ type: "Rejected", rejectReason: "market closed" }),
    details: "the order was rejected, nothing of it is in the market",
  },
  {
    refused: "ORDER_PENDING",
    order: orderAfter(),
    details: "the venue has not answered the request before",
  },
  {
    refused: "ORDER_PENDING",
    order: orderAfter(ACCEPTED, { type: "CancelRequested" }),
    details: "the venue has not answered the request before",
  },
  {
    refused: "NOT_UNFILLED",
    order: PARTLY,
    change: { condition: { unfilled: true, version: 9 } },
    details: "400 of 1000 has traded",
  },
  {
    refused: "VERSION_CHANGED",
    change: { condition: { unfilled: true, version: 9 }, orderQty: null },
    details: "the order is at version 0",
  },
  {
    refused: "NOTHING_TO_AMEND",
    change: { orderQty: null },
    details: "the order has these terms: send what is to change",
  },
  {
    refused: "NOTHING_TO_AMEND",
    change: { orderQty: fixed("1000"), price: fixed("423.83") },
    details: "the order has these terms: send what is to change",
  },
  {
    refused: "NOTHING_TO_AMEND",
    order: STOP,
    change: { orderQty: null, stopPx: STOP.stopPx },
    details: "the order has these terms: send what is to change",
  },
  {
    refused: "PRICE_NOT_TAKEN",
    order: UNPRICED,
    change: { price: fixed("423.83") },
    details: "this order type has no price: leave price out or send 0",
  },
  {
    refused: "PRICE_NOT_POSITIVE",
    change: { price: fixed("-1") },
    details: "price must be a decimal greater than 0",
  },
  {
    refused: "PRICE_OFF_TICK",
    change: { price: fixed("423.831"), orderQty: 0n },
    details: "price must be a multiple of the tick 0.01",
  },
  {
    refused: "TRIGGER_PRICE_NOT_TAKEN",
    change: { stopPx: fixed("400"), orderQty: 0n },
    details: "only a stop order has a trigger_price: leave it out or send 0",
  },
  {
    refused: "TRIGGER_PRICE_OFF_TICK",
    order: STOP,
    change: { stopPx: fixed("400.001") },
    details: "trigger_price must be a multiple of the tick 0.01",
  },
  {
    refused: "QTY_ZERO",
    change: { orderQty: 0n },
    details: "qty is 0: send a quantity greater than 0",
  },
  {
    refused: "QTY_OFF_LOT",
    order: PARTLY,
    change: { orderQty: fixed("150") },
    details: "qty must be a multiple of the lot 100",
  },
  {
    refused: "QTY_NOT_ABOVE_FILLED",
    order: PARTLY,
    change: { orderQty: fixed("400") },
    details: "qty must be above 400 of 1000 that has traded: cancel the rest instead",
  },
];

test("amend: each refusal, with what is said about it", () => {
  assert.equal(amendRefusal(OPEN, SOUND, TENCENT), null);
  for (const { refused, order = OPEN, change = {}, details } of FAULTS) {
    const refusal = amendRefusal(order, { ...SOUND, ...change }, TENCENT);
    assert.deepEqual(refusal, { refused, details });
  }
});

test("amend: one figure alone is a change", () => {
  const none = { ...SOUND, orderQty: null };
  for (const change of [
    { orderQty: fixed("900") },
    { price: fixed("423.84") },
    { stopPx: fixed("400") },
  ]) {
    assert.equal(amendRefusal(STOP, { ...none, ...change }, TENCENT), null);
  }
});

test("amend: refusals take precedence in REFUSAL_NAMES' order", () => {
  const places = FAULTS.map(({ refused }) => (REFUSAL_NAMES as readonly string[]).indexOf(refused));
  assert.deepEqual(
    places,
    places.toSorted((a, b) => a - b),
  );
});

test("amend: an order's state is answered before anything about the request", () => {
  const wrong = FAULTS.flatMap(({ order, change = {} }) => (order === undefined ? [change] : []));
  for (const { refused, order, change } of FAULTS) {
    if (order === undefined || change !== undefined) continue;
    for (const each of wrong) {
      assert.equal(amendRefusal(order, { ...SOUND, ...each }, TENCENT)?.refused, refused);
    }
  }
});

test("amend: a triggered stop order keeps its trigger, its other terms may change", () => {
  const moved = { ...SOUND, stopPx: fixed("400") };
  assert.deepEqual(amendRefusal(TRIGGERED, moved, TENCENT), {
    refused: "TRIGGER_PRICE_NOT_TAKEN",
    details: "the stop order has been triggered",
  });
  assert.equal(amendRefusal(STOP, moved, TENCENT), null);
  assert.equal(amendRefusal(TRIGGERED, { ...SOUND, price: fixed("400") }, TENCENT), null);
  assert.equal(amendRefusal(TRIGGERED, { ...moved, stopPx: TRIGGERED.stopPx }, TENCENT), null);
});

test("amend: odd lots and board lots stay what they are", () => {
  const odd: Order = { ...OPEN, orderQty: fixed("50") as Qty };
  const to = (order: Order, text: string) =>
    amendRefusal(order, { ...SOUND, orderQty: fixed(text) }, ODD_LOTS)?.refused ?? null;
  assert.equal(to(odd, "60"), null);
  assert.equal(to(odd, "100"), "ODD_LOT_KEPT_APART");
  assert.equal(to(OPEN, "60"), "ODD_LOT_KEPT_APART");
  assert.equal(to(OPEN, "100"), null);
});

test("amend: the whole new terms", () => {
  assert.deepEqual(replaceTerms(OPEN, SOUND), {
    price: fixed("423.83"),
    stopPx: 0n,
    orderQty: fixed("1100"),
  });
  const moved = { ...SOUND, orderQty: null, price: fixed("1"), stopPx: fixed("2") };
  assert.deepEqual(replaceTerms(STOP, moved), {
    price: fixed("1"),
    stopPx: fixed("2"),
    orderQty: fixed("1000"),
  });
  assert.deepEqual(replaceTerms(UNPRICED, SOUND), {
    price: 0n,
    stopPx: UNPRICED.stopPx,
    orderQty: fixed("1100"),
  });
});

test("conditions: unfilled and version, alone and together", () => {
  const table: readonly (readonly [Order, OnlyIf, RefusalName | null])[] = [
    [OPEN, ALWAYS, null],
    [PARTLY, ALWAYS, null],
    [OPEN, { unfilled: true, version: 0 }, null],
    [PARTLY, { unfilled: true, version: 0 }, "NOT_UNFILLED"],
    [PARTLY, { unfilled: false, version: 0 }, null],
    [{ ...PARTLY, version: 2 }, { unfilled: false, version: 1 }, "VERSION_CHANGED"],
  ];
  for (const [order, condition, refused] of table) {
    assert.equal(conditionRefusal(order, condition)?.refused ?? null, refused);
  }
});

function orderAfter(...events: readonly OrderEvent[]): Order {
  return orderOf(OrdType.Limit, ...events);
}

/** A buy of 1000 at 423.83, or with its trigger there. */
function orderOf(ordType: OrdType, ...events: readonly OrderEvent[]): Order {
  const isStop = ordType === OrdType.StopLimit || ordType === OrdType.StopMarket;
  const price = ordType === OrdType.StopMarket ? ZERO_PRICE : (fixed("423.83") as Price);
  const stopPx = isStop ? (fixed("423.83") as Price) : ZERO_PRICE;
  return anOrder({ ordType, price, stopPx, orderQty: fixed("1000") as Qty }, ...events);
}

function traded(text: string): OrderEvent {
  return { type: "Traded", lastQty: fixed(text) as Qty, lastPx: fixed("423.83") as Price };
}

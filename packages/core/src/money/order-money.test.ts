// Goal: what orders are charged and hold back, also when the fees are others than at their start.

import assert from "node:assert/strict";
import { test } from "node:test";
import { at } from "../assert.ts";
import { type Amount, fixed, formatDecimal, type Price, type Qty } from "../model/decimal.ts";
import { CancelReason, Side } from "../model/enums.ts";
import type { Order } from "../model/order.ts";
import { REFERENCE_INSTRUMENTS } from "../model/reference-instruments.ts";
import type { OrderEvent } from "../order/order.ts";
import { ACCEPTED, anOrder } from "../order/order-fixture.ts";
import { type FeeTable, NO_CHARGES, REFERENCE_CHARGES } from "./fee-table.ts";
import { chargesAfterFill, reservationOf } from "./order-money.ts";

const TENCENT = at(REFERENCE_INSTRUMENTS, 0);
const TRADED: OrderEvent = {
  type: "Traded",
  lastQty: fixed("100") as Qty,
  lastPx: fixed("10") as Price,
};
const CANCELED: OrderEvent = { type: "Canceled", cancelReason: CancelReason.Requested };

/** 200 at 10, which has paid so much. */
function order(side: Side, paid: string, ...events: readonly OrderEvent[]): Order {
  const terms = { side, price: fixed("10") as Price, orderQty: fixed("200") as Qty };
  return { ...anOrder(terms, ACCEPTED, ...events), chargeAmt: fixed(paid) as Amount };
}

test("charges: a sale is charged what it brings at most, and what was paid stays paid", () => {
  const table: readonly (readonly [string, FeeTable, Order, fill: string, charged: string])[] = [
    // 3 at least of commission, and the first dollar of stamp duty.
    ["a small buy", REFERENCE_CHARGES, order(Side.Buy, "0"), "1", "4"],
    ["a small sale", REFERENCE_CHARGES, order(Side.Sell, "0"), "1", "1"],
    ["a buy, more", REFERENCE_CHARGES, order(Side.Buy, "4.13", TRADED), "1000", "5.24"],
    ["a buy without charges now", NO_CHARGES, order(Side.Buy, "4.13", TRADED), "1000", "4.13"],
    ["a sale without charges now", NO_CHARGES, order(Side.Sell, "4.13", TRADED), "1000", "4.13"],
  ];
  for (const [what, fees, before, fill, charged] of table) {
    const amount = chargesAfterFill(before, fixed(fill) as Amount, TENCENT, fees);
    assert.equal(formatDecimal(amount), charged, what);
  }
});

test("reservation: what is left and its charges, nothing once the order works no more", () => {
  const table: readonly (readonly [string, FeeTable, Order, held: string])[] = [
    ["all of it", REFERENCE_CHARGES, order(Side.Buy, "0"), "2005.24"],
    ["half of it", REFERENCE_CHARGES, order(Side.Buy, "4.13", TRADED), "1001.11"],
    ["half of it, without charges now", NO_CHARGES, order(Side.Buy, "4.13", TRADED), "1000"],
    ["a sale", REFERENCE_CHARGES, order(Side.Sell, "0"), "0"],
    ["cancelled", REFERENCE_CHARGES, order(Side.Buy, "4.13", TRADED, CANCELED), "0"],
    ["cancelled, dearer now", REFERENCE_CHARGES, order(Side.Buy, "0", TRADED, CANCELED), "0"],
  ];
  for (const [what, fees, each, held] of table) {
    assert.equal(formatDecimal(reservationOf(each, TENCENT, fees)), held, what);
  }
});

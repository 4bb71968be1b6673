import assert from "node:assert/strict";
import { test } from "node:test";
import type { Order } from "@countermand/core/model";
import { Side } from "@countermand/core/model";
import { RECENT_ORDERS_MAX } from "./limits.ts";
import { RecentOrders } from "./recent-orders.ts";

const ORDER = { symbol: "00700", side: Side.Buy, orderQty: 1n, price: 2n, stopPx: 0n } as Order;

test("recent orders: know the same order by its symbol, side, quantity and prices alone", () => {
  const recent = new RecentOrders(1_000);
  recent.add(ORDER, 0);
  assert.equal(recent.sinceMs({ ...ORDER, clOrdId: "other" } as Order, 10.7), 10);
  const others: Partial<Order>[] = [
    { symbol: "AAPL" },
    { side: Side.Sell },
    { orderQty: 2n as Order["orderQty"] },
    { price: 3n as Order["price"] },
    { stopPx: 1n as Order["stopPx"] },
  ];
  for (const other of others) assert.equal(recent.sinceMs({ ...ORDER, ...other }, 10), null);
});

test("recent orders: count from the latest of them, and forget what is past the window", () => {
  const recent = new RecentOrders(1_000);
  recent.add(ORDER, 0);
  recent.add(ORDER, 600);
  assert.equal(recent.sinceMs(ORDER, 700), 100);
  recent.add({ ...ORDER, symbol: "AAPL" }, 1_600);
  assert.equal(recent.sinceMs(ORDER, 1_600), null);
  const other = { ...ORDER, symbol: "MSFT" };
  recent.add(other, 1_700);
  recent.add({ ...ORDER, symbol: "AAPL" }, 2_500);
  recent.add(ORDER, 2_700);
  assert.equal(recent.sinceMs(other, 2_700), null, "past it, though one from before came again");
});

test("recent orders: the oldest goes first when there are too many", () => {
  const recent = new RecentOrders(1_000);
  for (let index = 0; index <= RECENT_ORDERS_MAX; index += 1) {
    recent.add({ ...ORDER, price: BigInt(index) as Order["price"] }, 0);
  }
  assert.equal(recent.sinceMs({ ...ORDER, price: 0n as Order["price"] }, 0), null);
  assert.equal(recent.sinceMs({ ...ORDER, price: 1n as Order["price"] }, 0), 0);
});

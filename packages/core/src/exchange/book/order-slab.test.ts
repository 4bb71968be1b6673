import assert from "node:assert/strict";
import { test } from "node:test";
import { TimeInForce } from "../../model/index.ts";
import { type OrderHandle, OrderSlab, SLAB_RECORDS_MIN } from "./order-slab.ts";

const ORDER_COUNT = 10_000;

test("order slab: orders keep their records while their room grows", () => {
  const slab = new OrderSlab();
  const orders = Array.from({ length: ORDER_COUNT }, (_, n) => added(slab, n));
  assert.equal(new Set(orders).size, ORDER_COUNT);
  for (const [n, order] of orders.entries()) assertRecord(slab, order, n);
});

test("order slab: its room is in proportion to its orders", () => {
  const slab = new OrderSlab();
  assert.equal(slab.capacity, SLAB_RECORDS_MIN);
  for (let n = 0; n < ORDER_COUNT; n += 1) {
    added(slab, n);
    const spare = slab.capacity - slab.count;
    assert.ok(spare <= Math.max(SLAB_RECORDS_MIN, slab.count + 1), `${spare} spare at ${n}`);
  }
  const whole = new OrderSlab(ORDER_COUNT);
  const { capacity } = whole;
  for (let n = 0; n < ORDER_COUNT; n += 1) added(whole, n);
  assert.equal(whole.capacity, capacity);
});

test("order slab: a record that is free is used before one that is new", () => {
  const slab = new OrderSlab();
  const orders = Array.from({ length: ORDER_COUNT }, (_, n) => added(slab, n));
  const freed = orders.filter((_, n) => n % 3 === 0);
  for (const order of freed) slab.free(order);
  assert.equal(slab.count, ORDER_COUNT - freed.length);
  const again = freed.map((_, n) => added(slab, ORDER_COUNT + n));
  assert.deepEqual(new Set(again), new Set(freed));
  for (const [n, order] of again.entries()) assertRecord(slab, order, ORDER_COUNT + n);
  for (const [n, order] of orders.entries()) if (n % 3 !== 0) assertRecord(slab, order, n);
});

test("order slab: what is taken over is the same, without neighbours", () => {
  const slab = new OrderSlab();
  const other = new OrderSlab();
  for (let n = 0; n < ORDER_COUNT; n += 1) {
    const order = added(slab, n);
    slab.setNext(order, order);
    slab.setPrevious(order, order);
    const moved = other.adopt(slab, order);
    assertRecord(other, moved, n);
    assert.deepEqual([other.previous(moved), other.next(moved)], [0, 0]);
  }
});

/** All of its fields follow from n. */
function added(slab: OrderSlab, n: number): OrderHandle {
  const timeInForce = n % 2 === 0 ? TimeInForce.Day : TimeInForce.GoodTillCancel;
  const order = slab.add(n % 101, n % 7, timeInForce, 1 + n, 5 + n);
  slab.setNumber(order, n % 90, n);
  slab.setNextInSlot(order, n);
  return order;
}

function assertRecord(slab: OrderSlab, order: OrderHandle, n: number): void {
  assert.equal(slab.isNumbered(order, n % 90, n), true);
  assert.deepEqual(
    [slab.level(order), slab.account(order), slab.timeInForce(order)],
    [n % 101, n % 7, n % 2 === 0 ? TimeInForce.Day : TimeInForce.GoodTillCancel],
  );
  assert.deepEqual(
    [slab.lots(order), slab.orderLots(order), slab.nextInSlot(order)],
    [1 + n, 5 + n, n],
  );
}

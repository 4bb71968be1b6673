import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type OrderId, TimeInForce } from "../../model/index.ts";
import { orderIdOf } from "../../model/order-number.ts";
import { OrderIndex } from "./order-index.ts";
import { NO_ORDER, type OrderHandle, OrderSlab } from "./order-slab.ts";

test("order index: any adds and removes give what a map gives", () => {
  // Numbers of a few partitions, close together, so that they share slots; and any others.
  const numbered = fc
    .tuple(fc.constantFrom(10, 11, 99), fc.nat(400))
    .map(([prefix, count]) => `${prefix}${String(count).padStart(9, "0")}`);
  const any = fc.bigInt({ min: 1n, max: 10n ** 18n - 1n }).map(String);
  const ids = fc.array(fc.oneof({ weight: 9, arbitrary: numbered }, any), {
    maxLength: 600,
    size: "max",
  });
  fc.assert(
    fc.property(ids, (sequence) => {
      const orders = new OrderSlab();
      const index = new OrderIndex(orders, 0);
      const map = new Map<OrderId, OrderHandle>();
      for (const id of sequence as OrderId[]) {
        const known = map.get(id);
        assert.equal(index.find(id), known ?? NO_ORDER);
        if (known === undefined) {
          const order = added(orders);
          index.add(id, order);
          map.set(id, order);
          assert.throws(() => index.add(id, order), /in the book once/);
        } else {
          index.remove(known);
          orders.free(known);
          map.delete(id);
        }
        assert.equal(index.size, map.size);
        assert.equal(orders.count, map.size);
      }
      for (const [id, order] of map) {
        assert.equal(index.find(id), order);
        assert.equal(orderIdOf(orders.high(order), orders.low(order)), id);
      }
      for (const order of map.values()) index.remove(order);
      for (const id of map.keys()) assert.equal(index.find(id), NO_ORDER);
    }),
    { numRuns: 60 },
  );
});

test("order index: one that begins with room for its orders takes more of them", () => {
  const orders = new OrderSlab();
  const index = new OrderIndex(orders, 1_000);
  const ids = Array.from({ length: 5_000 }, (_, n) => String(22_000_000_001 + n) as OrderId);
  const handles = ids.map((id) => {
    const order = added(orders);
    index.add(id, order);
    return order;
  });
  assert.deepEqual(
    ids.map((id) => index.find(id)),
    handles,
  );
  assert.equal(index.find("22000005001" as OrderId), NO_ORDER);
});

test("order index: no order has a text that is no order number", () => {
  const orders = new OrderSlab();
  const index = new OrderIndex(orders, 0);
  index.add("1" as OrderId, added(orders));
  for (const text of ["", "0", "01", "1 ", "-1", "1.0", "A", "1".repeat(19)] as OrderId[]) {
    assert.equal(index.find(text), NO_ORDER);
    assert.throws(() => index.add(text, added(orders)), /has an order number/);
  }
  index.remove(index.find("1" as OrderId));
  assert.equal(index.find("" as OrderId), NO_ORDER, "nor after one was removed");
});

function added(orders: OrderSlab): OrderHandle {
  return orders.add(0, 0, TimeInForce.Day, 1, 1);
}

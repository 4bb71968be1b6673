import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { OrderId } from "../../model/index.ts";
import { OrderIndex } from "./order-index.ts";

class Entry {
  readonly orderId: OrderId;
  hash = 0;
  nextInSlot: this | null = null;

  constructor(orderId: OrderId) {
    this.orderId = orderId;
  }
}

test("order index: any adds and removes give what a map gives", () => {
  // Numbers of a few partitions, close together, so that they share slots; and any other text.
  const numbered = fc
    .tuple(fc.constantFrom("10", "11", "99"), fc.nat(400))
    .map(([prefix, count]) => `${prefix}${String(count).padStart(9, "0")}`);
  const ids = fc.array(fc.oneof({ weight: 9, arbitrary: numbered }, fc.string({ maxLength: 4 })), {
    maxLength: 600,
    size: "max",
  });
  fc.assert(
    fc.property(ids, (sequence) => {
      const index = new OrderIndex<Entry>();
      const map = new Map<OrderId, Entry>();
      for (const id of sequence as OrderId[]) {
        const known = map.get(id);
        assert.equal(index.get(id), known);
        if (known === undefined) {
          const entry = new Entry(id);
          index.add(entry);
          map.set(id, entry);
          assert.throws(() => index.add(new Entry(id)), /in the book once/);
        } else {
          assert.equal(index.remove(id), known);
          map.delete(id);
        }
        assert.equal(index.size, map.size);
      }
      for (const [id, entry] of map) assert.equal(index.remove(id), entry);
      assert.equal(index.size, 0);
    }),
    { numRuns: 60 },
  );
});

test("order index: removing an order that is not there changes nothing", () => {
  const index = new OrderIndex<Entry>();
  index.add(new Entry("10000000001" as OrderId));
  assert.equal(index.remove("10000000002" as OrderId), undefined);
  assert.equal(index.size, 1);
});

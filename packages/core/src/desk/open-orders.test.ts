import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { InvariantError } from "../assert.ts";
import type { OrderId } from "../model/ids.ts";
import type { Order } from "../model/order.ts";
import { ACCEPTED } from "../order/order-fixture.ts";
import { orderAfter } from "./account-book-fixture.ts";
import { type OpenCursor, OpenOrders, type OpenScan } from "./open-orders.ts";

function orderOf(orderId: string): Order {
  return { ...orderAfter(1, "", ACCEPTED), orderId: orderId as OrderId };
}

test("open orders: any inserts and removes give what a map gives", () => {
  // Many that share slots, also by their last nine digits alone, and any others.
  const sharing = fc
    .tuple(fc.constantFrom("", "22", "221", "99"), fc.nat(40))
    .map(([prefix, count]) => `${prefix}${String(100_000_000 + 64 * count)}`);
  const following = fc.nat(300).map((count) => `22${String(count).padStart(9, "0")}`);
  const any = fc.bigInt({ min: 1n, max: 10n ** 18n - 1n }).map(String);
  const ids = fc.array(fc.oneof(sharing, following, any), { maxLength: 500, size: "max" });
  fc.assert(
    fc.property(ids, fc.nat(300), (sequence, expectedCount) => {
      const open = new OpenOrders();
      open.makeRoom(expectedCount);
      const map = new Map<OrderId, Order>();
      for (const id of sequence as OrderId[]) {
        const known = map.get(id) ?? null;
        assert.equal(open.get(id), known);
        if (known === null) {
          const order = orderOf(id);
          open.insert(order);
          map.set(id, order);
        } else {
          assert.equal(open.remove(id), known);
          map.delete(id);
        }
        assert.equal(open.size, map.size);
      }
      assert.deepEqual([...open.oldestFirst()], [...map.values()]);
      assert.deepEqual([...open.newestFirst()], [...map.values()].reverse());
      for (const [id, order] of map) assert.equal(open.get(id), order);
      for (const id of map.keys()) open.remove(id);
      assert.deepEqual([open.size, ...open.oldestFirst()], [0]);
    }),
    { numRuns: 100 },
  );
});

test("open orders: a scan tells what was open when it began, whatever comes meanwhile", () => {
  type Step = readonly [what: "insert" | "remove" | "replace" | "scan" | "tell", choice: number];
  const step = fc.tuple(
    fc.constantFrom("insert", "remove", "replace", "scan", "tell"),
    fc.nat(30),
  ) as fc.Arbitrary<Step>;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: "max" }), (steps) => {
      const open = new OpenOrders();
      const scans: { readonly scan: OpenScan; readonly expected: Order[] }[] = [];
      let lastNo = 22_000_000_000;
      const chosen = (choice: number) => [...open.oldestFirst()][choice % Math.max(1, open.size)];
      const told = ({ scan, expected }: (typeof scans)[number]) => {
        assert.equal(scan.next(), expected.shift() ?? null);
      };
      for (const [what, choice] of steps) {
        const order = chosen(choice);
        if (what === "insert") {
          lastNo += 1 + choice;
          open.insert(orderOf(String(lastNo)));
        } else if (what === "scan") {
          scans.push({ scan: open.scan(), expected: [...open.newestFirst()] });
        } else if (what === "tell") {
          const scan = scans[choice % Math.max(1, scans.length)];
          if (scan !== undefined) told(scan);
        } else if (order !== undefined) {
          if (what === "remove") open.remove(order.orderId);
          else open.replace({ ...order });
        }
      }
      for (const each of scans) {
        while (each.expected.length > 0) told(each);
        told(each);
        each.scan.end();
      }
    }),
  );
});

test("open orders: a cursor leads to what was open when it began and is so in its turn", () => {
  type Step = readonly [what: "insert" | "remove" | "replace" | "begin" | "tell", choice: number];
  const step = fc.tuple(
    fc.constantFrom("insert", "remove", "replace", "begin", "tell"),
    fc.nat(30),
  ) as fc.Arbitrary<Step>;
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: "max" }), (steps) => {
      const open = new OpenOrders();
      const cursors: { readonly cursor: OpenCursor; readonly toCome: Set<OrderId> }[] = [];
      let lastNo = 22_000_000_000;
      const told = ({ cursor, toCome }: (typeof cursors)[number]) => {
        const [first] = toCome;
        assert.equal(cursor.isOver, first === undefined);
        assert.equal(cursor.next(), first === undefined ? null : open.get(first));
        if (first !== undefined) toCome.delete(first);
      };
      for (const [what, choice] of steps) {
        const order = [...open.oldestFirst()][choice % Math.max(1, open.size)];
        if (what === "insert") {
          lastNo += 1 + choice;
          open.insert(orderOf(String(lastNo)));
        } else if (what === "begin") {
          const toCome = new Set(Array.from(open.oldestFirst(), ({ orderId }) => orderId));
          cursors.push({ cursor: open.cursor(), toCome });
        } else if (what === "tell") {
          const cursor = cursors[choice % Math.max(1, cursors.length)];
          if (cursor !== undefined) told(cursor);
        } else if (order !== undefined && what === "replace") {
          open.replace({ ...order });
        } else if (order !== undefined) {
          open.remove(order.orderId);
          for (const { cursor, toCome } of cursors) {
            assert.equal(cursor.isToCome(order.orderId), toCome.delete(order.orderId));
          }
        }
      }
      for (const each of cursors) {
        while (each.toCome.size > 0) told(each);
        told(each);
        each.cursor.end();
      }
    }),
  );
});

test("open orders: what is no order number is not open, and cannot be opened", () => {
  const open = new OpenOrders();
  open.insert(orderOf("22000000001"));
  for (const id of ["", "x", "022000000001", "22000000001 ", "2200000000x", "9".repeat(19)]) {
    assert.equal(open.get(id as OrderId), null);
    assert.throws(() => open.insert(orderOf(id)), InvariantError);
    assert.throws(() => open.remove(id as OrderId), InvariantError);
  }
  assert.equal(open.size, 1);
});

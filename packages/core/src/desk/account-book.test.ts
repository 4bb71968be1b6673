import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { at, InvariantError } from "../assert.ts";
import { type ClOrdId, type KeyId, NO_CL_ORD_ID } from "../model/ids.ts";
import type { Order } from "../model/order.ts";
import { ACCEPTED } from "../order/order-fixture.ts";
import type { AccountBook } from "./account-book.ts";
import { bookWith, orderAfter, orderIdOf } from "./account-book-fixture.ts";

const numRuns = Number(process.env["PROPERTY_RUNS"] ?? 300);

test("account book: open orders newest first, and oldest first", () => {
  const book = bookWith(openOrder(1), openOrder(2), openOrder(3));
  assert.deepEqual(numbersOf(book.openNewestFirst()), [3, 2, 1]);
  assert.deepEqual(numbersOf(book.openOldestFirst()), [1, 2, 3]);
  assert.equal(book.openCount, 3);
});

test("account book: open orders are counted by the key that placed them, and by portfolio", () => {
  const [one, two] = ["one" as KeyId, "two" as KeyId];
  const entered = (index: number, enteredBy: KeyId, portfolioId: string) => {
    return { ...openOrder(index), enteredBy, portfolioId };
  };
  const book = bookWith(entered(1, one, "core"), entered(2, one, ""), entered(3, two, "core"));
  const counts = () => [
    [book.openCountOf(one), book.openCountOf(two)],
    [book.openCountIn("core"), book.openCountIn("")],
  ];
  assert.deepEqual(counts(), [
    [2, 1],
    [2, 1],
  ]);
  book.remove(orderIdOf(1));
  book.remove(orderIdOf(3));
  assert.deepEqual(counts(), [
    [1, 0],
    [0, 1],
  ]);
});

test("account book: an order leaves from the newest end, the oldest end and the middle", () => {
  for (const [gone, left] of [
    [1, [3, 2]],
    [2, [3, 1]],
    [3, [2, 1]],
  ] as const) {
    const book = bookWith(openOrder(1), openOrder(2), openOrder(3));
    book.remove(orderIdOf(gone));
    assert.deepEqual(numbersOf(book.openNewestFirst()), left);
    book.insert(openOrder(4));
    assert.deepEqual(numbersOf(book.openNewestFirst()), [4, ...left]);
  }
});

test("account book: the last order leaves an empty book behind, ready for the next", () => {
  const book = bookWith(openOrder(1, "ref"));
  book.remove(orderIdOf(1));
  assert.deepEqual([...book.openNewestFirst()], []);
  assert.deepEqual(book.openByClOrdId("ref" as ClOrdId), []);
  book.insert(openOrder(2, "ref"));
  assert.deepEqual(numbersOf(book.openNewestFirst()), [2]);
});

test("account book: facts change in place, the order keeps its place in the list", () => {
  const book = bookWith(openOrder(1), openOrder(2), openOrder(3));
  const changed = { ...openOrder(2), version: 7 };
  book.replace(changed);
  assert.equal(book.openOrder(orderIdOf(2)), changed);
  assert.deepEqual(numbersOf(book.openNewestFirst()), [3, 2, 1]);
  assert.equal(at([...book.openOldestFirst()], 1), changed);
});

test("account book: a client's name finds its live orders, oldest first", () => {
  const named = "ref" as ClOrdId;
  const book = bookWith(openOrder(1, "ref"), openOrder(2, "other"), openOrder(3, "ref"));
  assert.deepEqual(book.openByClOrdId(named), [orderIdOf(1), orderIdOf(3)]);
  book.insert(openOrder(4, "ref"));
  book.remove(orderIdOf(1));
  assert.deepEqual(book.openByClOrdId(named), [orderIdOf(3), orderIdOf(4)]);
  book.remove(orderIdOf(4));
  assert.deepEqual(book.openByClOrdId(named), [orderIdOf(3)]);
  book.remove(orderIdOf(3));
  assert.deepEqual(book.openByClOrdId(named), []);
  assert.deepEqual(book.openByClOrdId("other" as ClOrdId), [orderIdOf(2)]);
});

test("account book: no name is no name that orders share", () => {
  const book = bookWith(openOrder(1), openOrder(2));
  assert.deepEqual(book.openByClOrdId(NO_CL_ORD_ID), []);
});

test("account book: an order is opened once, and only what is open changes or leaves", () => {
  const book = bookWith(openOrder(1));
  assert.throws(() => book.insert(openOrder(1)), InvariantError);
  assert.throws(() => book.replace(openOrder(2)), InvariantError);
  assert.throws(() => book.remove(orderIdOf(2)), InvariantError);
  book.remove(orderIdOf(1));
  assert.throws(() => book.remove(orderIdOf(1)), InvariantError);
  assert.equal(book.openOrder(orderIdOf(1)), null);
});

type Step =
  | { readonly type: "insert"; readonly clOrdId: string }
  | { readonly type: "replace"; readonly index: number }
  | { readonly type: "remove"; readonly index: number };

test("account book: behaves as an array of orders does", () => {
  const index = fc.nat({ max: 30 });
  const step: fc.Arbitrary<Step> = fc.oneof(
    fc.record({
      type: fc.constant("insert" as const),
      clOrdId: fc.constantFrom("", "a", "b", "c"),
    }),
    fc.record({ type: fc.constant("replace" as const), index }),
    fc.record({ type: fc.constant("remove" as const), index }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const book = bookWith();
      let model: readonly Order[] = [];
      let lastNo = 0;
      for (const each of steps) {
        if (each.type === "insert") {
          lastNo += 1;
          const order = openOrder(lastNo, each.clOrdId);
          book.insert(order);
          model = [...model, order];
        } else if (model.length > 0) {
          model = changed(book, model, each);
        }
        assertSame(book, model);
      }
    }),
    { numRuns },
  );
});

function changed(
  book: AccountBook,
  model: readonly Order[],
  { type, index }: Exclude<Step, { type: "insert" }>,
): readonly Order[] {
  const place = index % model.length;
  const order = at(model, place);
  if (type === "remove") {
    book.remove(order.orderId);
    return model.toSpliced(place, 1);
  }
  const next = { ...order, version: order.version + 1 };
  book.replace(next);
  return model.with(place, next);
}

function assertSame(book: AccountBook, model: readonly Order[]): void {
  assert.deepEqual([...book.openOldestFirst()], model);
  assert.deepEqual([...book.openNewestFirst()], model.toReversed());
  assert.equal(book.openCount, model.length);
  for (const order of model) assert.equal(book.openOrder(order.orderId), order);
  for (const name of ["a", "b", "c"]) {
    const named = model.filter(({ clOrdId }) => clOrdId === name).map(({ orderId }) => orderId);
    assert.deepEqual(book.openByClOrdId(name as ClOrdId), named);
  }
}

function openOrder(orderNo: number, clOrdId = ""): Order {
  return orderAfter(orderNo, clOrdId, ACCEPTED);
}

function numbersOf(orders: Iterable<Order>): number[] {
  return [...orders].map(({ createdAtMs }) => createdAtMs);
}

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Account, type OrderId, Side, TimeInForce } from "../../model/index.ts";
import { Book } from "./book.ts";
import type { RestingOrder } from "./order.ts";
import { NO_ORDER } from "./order-slab.ts";

type Step =
  | { readonly kind: "Add"; readonly side: Side; readonly ticks: number; readonly lots: number }
  | { readonly kind: "Trade" | "Shrink" | "Remove"; readonly chosen: number };

/** Fills a book and empties it several times over, so that it takes room and gives it back. */
function waves(sides: fc.Arbitrary<Side>): fc.Arbitrary<Step[]> {
  const add = fc.record({
    kind: fc.constant("Add" as const),
    side: sides,
    ticks: fc.nat(20),
    lots: fc.integer({ min: 1, max: 9 }),
  });
  const kind = fc.constantFrom("Trade" as const, "Shrink" as const, "Remove" as const);
  const change = fc.record({ kind, chosen: fc.nat(1_000) });
  const wave = fc.tuple(
    fc.array(add, { minLength: 60, maxLength: 300, size: "max" }),
    fc.array(change, { minLength: 60, maxLength: 900, size: "max" }),
  );
  return fc.array(wave, { minLength: 2, maxLength: 4 }).map((all) => all.flat(2));
}

test("book: any orders that come, trade, shrink and go leave what a plain list has", () => {
  fc.assert(
    fc.property(waves(fc.constantFrom(Side.Buy, Side.Sell)), fc.nat(400), (steps, expected) => {
      const book = new Book();
      book.makeRoom(expected);
      let orders: RestingOrder[] = [];
      for (const [index, step] of steps.entries()) {
        if (step.kind === "Add") orders.push(added(book, step, index));
        else orders = changed(book, step, orders);
        assert.equal(book.orderCount, orders.length);
      }
      for (const side of [Side.Buy, Side.Sell]) {
        assert.deepEqual([...book.orders(side)], inPriority(orders, side));
      }
      for (const order of orders) assert.deepEqual(book.at(book.find(order.orderId)), order);
    }),
    { numRuns: 25 },
  );
});

function added(book: Book, step: Step & { readonly kind: "Add" }, index: number): RestingOrder {
  const { side, ticks, lots } = step;
  const order: RestingOrder = {
    orderId: String(22_000_000_000 + index) as OrderId,
    account: `account-${index % 7}` as Account,
    side,
    ticks,
    lots,
    orderLots: lots + 3,
    timeInForce: index % 2 === 0 ? TimeInForce.Day : TimeInForce.GoodTillCancel,
  };
  assert.equal(book.find(order.orderId), NO_ORDER);
  book.add(order, ticks, lots, order.orderLots);
  return order;
}

/** What is left of the orders after one of them has changed, in the book as well. */
function changed(
  book: Book,
  step: Exclude<Step, { readonly kind: "Add" }>,
  orders: readonly RestingOrder[],
): RestingOrder[] {
  const chosen = orders[step.chosen % Math.max(1, orders.length)];
  if (chosen === undefined) return [];
  const { orderId, lots, orderLots } = chosen;
  if (step.kind === "Shrink" && lots > 1) {
    book.shrink(orderId, orderLots - 1);
    const smaller = { ...chosen, lots: lots - 1, orderLots: orderLots - 1 };
    return orders.map((order) => (order === chosen ? smaller : order));
  }
  if (step.kind === "Trade" && lots > 1) {
    assert.equal(book.trade(orderId, 1), lots - 1);
    return orders.map((order) => (order === chosen ? { ...order, lots: lots - 1 } : order));
  }
  if (step.kind === "Trade") assert.equal(book.trade(orderId, lots), 0);
  else assert.equal(book.remove(orderId), lots);
  assert.equal(book.find(orderId), NO_ORDER);
  return orders.filter((order) => order !== chosen);
}

/** At-auction orders, then by price, then as they came. */
function inPriority(orders: readonly RestingOrder[], side: Side): RestingOrder[] {
  const rank = ({ ticks }: RestingOrder): number => {
    if (ticks === 0) return Number.NEGATIVE_INFINITY;
    return side === Side.Buy ? -ticks : ticks;
  };
  return orders
    .filter((order) => order.side === side)
    .sort((a, b) => Math.sign(rank(a) - rank(b)) || 0);
}

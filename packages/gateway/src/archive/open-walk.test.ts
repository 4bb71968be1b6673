import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClOrdId, Order, OrderId } from "@countermand/core/model";
import { LIST_STEP_ORDERS, NAMED_ORDERS_MAX } from "./archive-limits.ts";
import { type OpenOrders, walkOpen } from "./open-walk.ts";

/** Orders that all have one name, of which every other one has one symbol. */
function ordersOf(count: number): Order[] {
  return Array.from({ length: count }, (_, index) => {
    const orderId = String(22_000_000_000 + count - index) as OrderId;
    const symbol = index % 2 === 0 ? "AAPL" : "00700";
    return { orderId, symbol, clOrdId: "mine" as ClOrdId, createdAtMs: 1 } as Order;
  });
}

/** Counts the looks at an order in each turn. */
class CountedBook implements OpenOrders {
  readonly orders: readonly Order[];
  readonly counts = [0];
  endCount = 0;

  constructor(count: number) {
    this.orders = ordersOf(count);
  }

  get openCount(): number {
    return this.orders.length;
  }

  readonly nextTurn = (): Promise<void> => {
    this.counts.push(0);
    return Promise.resolve();
  };

  openOrder(orderId: OrderId): Order | null {
    this.#count();
    return this.orders.find((order) => order.orderId === orderId) ?? null;
  }

  openCountNamed(clOrdId: ClOrdId): number {
    return clOrdId === "mine" ? this.openCount : 0;
  }

  openByClOrdId(clOrdId: ClOrdId): readonly OrderId[] {
    return this.openCountNamed(clOrdId) === 0 ? [] : this.orders.map(({ orderId }) => orderId);
  }

  scanOpen() {
    const orders = this.orders.values();
    const next = () => {
      this.#count();
      return orders.next().value ?? null;
    };
    const end = () => {
      this.endCount += 1;
    };
    return { next, end };
  }

  #count(): void {
    this.counts.push((this.counts.pop() ?? 0) + 1);
  }
}

const MANY = 3 * LIST_STEP_ORDERS + 7;

for (const [what, filter, matchCount] of [
  ["one name", { clOrdId: "mine" as ClOrdId }, MANY],
  ["one symbol", { symbol: "00700" }, Math.floor(MANY / 2)],
  ["nothing that there is", { symbol: "DODO" }, 0],
] as const) {
  test(`open walk: no turn looks at more than a step of many orders, of ${what}`, async () => {
    const open = new CountedBook(MANY);
    const matching: Order[] = [];
    const { nextTurn } = open;
    const onMatch = (order: Order) => matching.push(order) > 0;
    await walkOpen({ open, filter, nextTurn, onMatch });
    assert.equal(matching.length, matchCount);
    assert.ok(open.counts.length > 3);
    assert.ok(Math.max(...open.counts) <= LIST_STEP_ORDERS);
    assert.equal(open.endCount, 1);
  });
}

test("open walk: who has seen enough ends it, and a bug in it, too", async () => {
  const open = new CountedBook(MANY);
  const { nextTurn } = open;
  await walkOpen({ open, filter: { symbol: "AAPL" }, nextTurn, onMatch: () => false });
  assert.deepEqual(open.counts, [1]);
  const onMatch = () => {
    throw new Error("a bug");
  };
  await assert.rejects(walkOpen({ open, filter: {}, nextTurn, onMatch }), /a bug/);
  assert.equal(open.endCount, 2);
});

test("open walk: a few orders of one name are looked up by it, newest first", async () => {
  const open = new CountedBook(NAMED_ORDERS_MAX);
  const { nextTurn } = open;
  const matching: Order[] = [];
  const filter = { clOrdId: "mine" as ClOrdId };
  await walkOpen({ open, filter, nextTurn, onMatch: (order) => matching.push(order) > 0 });
  assert.deepEqual(matching, open.orders);
  assert.deepEqual([open.counts, open.endCount], [[NAMED_ORDERS_MAX], 0]);
});

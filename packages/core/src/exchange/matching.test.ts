import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Account,
  CancelReason,
  type OrderId,
  OrdType,
  Side,
  TimeInForce,
} from "../model/index.ts";
import { Book } from "./book/book.ts";
import type { OrderHandle } from "./book/order-slab.ts";
import { ENHANCED_LIMIT_QUEUES_MAX, type Matched, matchIncoming } from "./matching.ts";

const PRICES = 60;
const ORDERS_AT_A_PRICE = 50;
const ORDER_LOTS = 10;
const LEVEL_LOTS = ORDERS_AT_A_PRICE * ORDER_LOTS;

/** Asks at the ticks from 1 on, and what was looked at of them. */
class WatchedBook extends Book {
  orderCountSeen = 0;
  levelCountSeen = 0;

  constructor() {
    super();
    const { asks } = this;
    const after = asks.after.bind(asks);
    asks.after = (level) => {
      this.levelCountSeen += 1;
      return after(level);
    };
    for (let index = 0; index < PRICES * ORDERS_AT_A_PRICE; index += 1) {
      const ticks = 1 + Math.floor(index / ORDERS_AT_A_PRICE);
      this.#ask(index, `account-${index}`, ticks);
    }
  }

  override accountOf(order: OrderHandle): Account {
    this.orderCountSeen += 1;
    return super.accountOf(order);
  }

  #ask(index: number, account: string, ticks: number): void {
    const nature = {
      orderId: String(22_000_000_000 + index) as OrderId,
      account: account as Account,
      side: Side.Sell,
      timeInForce: TimeInForce.Day,
    };
    this.add(nature, ticks, ORDER_LOTS, ORDER_LOTS);
  }
}

function fillOrKill(order: Partial<Matched>): Matched {
  return {
    symbol: "00700",
    orderId: "22000099999" as OrderId,
    account: "buyer" as Account,
    side: Side.Buy,
    ordType: OrdType.Limit,
    timeInForce: TimeInForce.FillOrKill,
    ticks: PRICES,
    lots: 1,
    ...order,
  };
}

test("matching: a fill-or-kill order that cannot fill looks at no more than tells it so", () => {
  const rows: [of: string, order: Partial<Matched>, levels: number, orders: number][] = [
    ["more than the whole book", { lots: PRICES * LEVEL_LOTS + 1 }, PRICES, 0],
    ["more than its limit reaches", { ticks: 7, lots: 7 * LEVEL_LOTS + 1 }, 7, 0],
    ["a limit below the best price", { ticks: -1 }, 0, 0],
    [
      "more than its queues",
      {
        ordType: OrdType.EnhancedLimit,
        lots: ENHANCED_LIMIT_QUEUES_MAX * LEVEL_LOTS + 1,
      },
      ENHANCED_LIMIT_QUEUES_MAX,
      0,
    ],
    ["its own order is the first", { account: "account-0" as Account }, 1, 1],
    ["its own order is the third", { account: "account-2" as Account, lots: 21 }, 1, 3],
    [
      "its own order is the last it would trade with",
      { account: `account-${ORDERS_AT_A_PRICE}` as Account, lots: LEVEL_LOTS + 1 },
      3,
      ORDERS_AT_A_PRICE + 1,
    ],
  ];
  for (const [of, order, levels, orders] of rows) {
    const book = new WatchedBook();
    const events: never[] = [];
    const incoming = fillOrKill(order);
    const match = matchIncoming(book, incoming, 0, 0, events);
    assert.deepEqual(
      match,
      { leavesLots: incoming.lots, rest: CancelReason.FillOrKill, restingTicks: 0 },
      of,
    );
    assert.equal(events.length, 0, of);
    assert.deepEqual([book.levelCountSeen, book.orderCountSeen], [levels, orders], of);
  }
});

test("matching: a fill-or-kill order that fills looks no further than it trades", () => {
  const book = new WatchedBook();
  const events: never[] = [];
  const match = matchIncoming(book, fillOrKill({ lots: 2 * ORDER_LOTS }), 0, 0, events);
  assert.deepEqual([match.rest, events.length], ["None", 2]);
  // Each order once to see whether it fills; then each once as it trades, and once to be told.
  assert.deepEqual([book.levelCountSeen, book.orderCountSeen], [1, 6]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { at } from "../assert.ts";
import { type Account, type OrderId, Side, TimeInForce } from "../model/index.ts";
import { type AuctionMatch, auctionTicks, matchAuction } from "./auction.ts";
import { Book } from "./book/book.ts";
import type { RestingOrder } from "./book/order.ts";

/** Orders as `lots@ticks`, at-auction orders as `lots@0`; best first. */
test("auction: each rule decides where the ones before it leave a choice", () => {
  const table: readonly (readonly [string, string, string, number, number])[] = [
    ["most lots", "2@24 10@23 4@22", "4@22 6@23 8@24", 0, 23],
    ["at-auction orders count at every price", "2@24 10@23 4@22", "10@0 4@22 6@23 8@24", 0, 22],
    ["smallest imbalance", "5@11 5@10", "5@9 5@10", 0, 10],
    ["smallest imbalance, not closest to the reference", "5@12 1@10", "5@10 2@12", 12, 10],
    ["buys outweigh: the highest", "9@12", "5@10", 10, 12],
    ["sells outweigh: the lowest", "5@12", "9@10", 12, 10],
    ["in balance: closest to the reference, below", "5@14", "5@10", 11, 10],
    ["in balance: closest to the reference, above", "5@14", "5@10", 13, 14],
    ["in balance: beyond the reference", "5@14", "5@10", 99, 14],
    ["in balance: of two equally close, the higher", "5@14", "5@10", 12, 14],
    ["in balance without a reference: the highest", "5@14", "5@10", 0, 14],
    ["surplus on either side: closest to the reference", "5@12 2@10", "5@10 2@12", 10, 10],
    ["not crossed: the reference", "5@10", "5@11", 7, 7],
    ["not crossed, no reference: none", "5@10", "5@11", 0, 0],
    ["at-auction orders alone make no price", "5@0", "5@0", 0, 0],
    ["at-auction orders alone match at the reference", "5@0", "5@0", 8, 8],
  ];
  for (const [rule, buys, sells, reference, expected] of table) {
    const found = auctionTicks(ordersOf(Side.Buy, buys), ordersOf(Side.Sell, sells), reference);
    assert.equal(found, expected, rule);
  }
});

test("auction: the price is the one found by trying every price", () => {
  const cells = (lotsMax: number) =>
    fc.array(fc.tuple(fc.integer({ min: 1, max: lotsMax }), fc.nat(9)), { maxLength: 6 });
  const reference = fc.nat(12);
  const sides = fc.integer({ min: 1, max: 4 }).chain((lotsMax) => {
    return fc.tuple(cells(lotsMax), cells(lotsMax), reference);
  });
  fc.assert(
    fc.property(sides, ([buyCells, sellCells, referenceTicks]) => {
      const buys = inPriority(buyCells, -1).map((cell) => orderOf(Side.Buy, cell));
      const sells = inPriority(sellCells, 1).map((cell) => orderOf(Side.Sell, cell));
      assert.equal(
        auctionTicks(buys, sells, referenceTicks),
        triedTicks(buys, sells, referenceTicks),
      );
    }),
    { numRuns: 5_000 },
  );
});

test("auction: a buy at any price takes no part in a price above its protection", () => {
  const book = countedBook("5@0 5@0 5@20", "5@10");
  const cappedAt = (ticks: number) =>
    matchAuction(book, 0, new Map([["1" as OrderId, ticks]])).fills.map(({ buy }) => buy.orderId);
  // Buys outweigh, so that the price is the highest: 20.
  assert.deepEqual(cappedAt(20), ["1"]);
  assert.deepEqual(cappedAt(19), ["2"], "the next in priority, which has no protection");
  const both = new Map([
    ["1" as OrderId, 19],
    ["2" as OrderId, 9],
  ]);
  const { ticks, lots, fills } = matchAuction(book, 12, both);
  assert.deepEqual([ticks, lots, fills.map(({ buy }) => buy.orderId)], [10, 5, ["3"]]);
});

test("auction: without the buy that can pay least, the price may be good for the others", () => {
  const book = countedBook("5@0 5@0 5@20", "10@10 5@18");
  const protection = new Map([
    ["1" as OrderId, 15],
    ["2" as OrderId, 9],
  ]);
  // With both of them it is 20, with the first alone 10.
  assert.equal(matchAuction(book, 0).ticks, 20);
  const { ticks, fills } = matchAuction(book, 0, protection);
  assert.deepEqual([ticks, fills.map(({ buy }) => buy.orderId)], [10, ["1", "3"]]);
});

test("auction: whatever the protections, they go one by one, the lowest first", () => {
  const cells = fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.nat(9)), { maxLength: 8 });
  const protections = fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 8, maxLength: 8 });
  const accounts = fc.array(fc.constantFrom("ann", "bob", "cat"), {
    minLength: 16,
    maxLength: 16,
  });
  fc.assert(
    fc.property(
      fc.tuple(cells, cells, fc.nat(12), protections, accounts),
      ([buys, sells, reference, protectedAt, names]) => {
        const orders = [
          ...buys.map((cell) => [Side.Buy, cell] as const),
          ...sells.map((cell) => [Side.Sell, cell] as const),
        ].map(([side, cell], index) => numbered(orderOf(side, cell), index, names[index] ?? ""));
        const book = bookOf(orders);
        const protection = new Map(
          orders
            .slice(0, buys.length)
            .map(({ orderId }, index) => [orderId, protectedAt[index] ?? 0]),
        );
        assert.deepEqual(
          summaryOf(matchAuction(book, reference, protection)),
          triedMatch(book, reference, protection),
        );
      },
    ),
    { numRuns: 3_000 },
  );
});

test("auction: a buy that could not pay a price takes part again when another one comes about", () => {
  const orders = [
    named("ann", Side.Buy, 5, 0),
    named("bob", Side.Sell, 5, 10),
    named("cat", Side.Sell, 5, 12),
    named("bob", Side.Buy, 5, 20),
  ].map((order, index) => numbered(order, index, order.account));
  // With ann it is 12, which she cannot pay; without her 10, at which bob would meet himself.
  const protection = new Map([["10000000000" as OrderId, 11]]);
  const { ticks, fills, selfTrading } = matchAuction(bookOf(orders), 11, protection);
  const paired = fills.map(({ buy, sell }) => `${buy.account} ${sell.account}`);
  assert.deepEqual([ticks, paired, selfTrading.length], [11, ["ann bob"], 1]);
});

test("auction: nobody makes it last by orders that would trade with their own", () => {
  // Found by search: each pair taken out leads to another price and to another pair, once more than
  // an auction looks for one.
  const buys = "c4@2#1 d1@17#2 a4@19#3 c4@21#6 b1@11#7 a4@18#9 d1@15#15 c3@18#22";
  const sells =
    "a1@4#0 c5@18#4 d3@13#5 c4@11#8 c3@13#10 d2@15#11 a2@9#12 c4@8#13 c1@17#14 d2@12#16 b4@4#17 " +
    "d5@3#18 c2@12#19 c5@10#20 d4@3#21 d2@4#23 c2@12#24";
  const orders = [
    ...buys.split(" ").map((text) => placedOf(Side.Buy, text)),
    ...sells.split(" ").map((text) => placedOf(Side.Sell, text)),
  ];
  const { fills, selfTrading } = matchAuction(bookOf(orders), 7);
  const isLeft = ({ orderId }: RestingOrder) => {
    return !selfTrading.some((order) => order.orderId === orderId);
  };
  assert.ok(fills.every(({ buy, sell }) => buy.account !== sell.account));
  assert.deepEqual(
    orders.filter(isLeft).map(({ account, side }) => `${account}${side}`),
    ["c1", "d1", "c1", "b1", "d1", "a2", "a2"],
    "of each account the side of its oldest order",
  );
});

test("auction: buys that can each pay another price cost no more than so many that can pay all", () => {
  const count = 20_000;
  const orders = [
    ...Array.from({ length: count }, () => orderOf(Side.Buy, [1, 0])),
    orderOf(Side.Buy, [1, 2 * count]),
    orderOf(Side.Sell, [1, 2 * count]),
  ].map((order, index) => numbered(order, index, `x${index}`));
  const protection = new Map(
    orders.slice(0, count).map(({ orderId }, index) => [orderId, 1 + index]),
  );
  const { ticks, fills } = matchAuction(bookOf(orders), 0, protection);
  assert.deepEqual([ticks, fills.map(({ buy }) => buy.ticks)], [2 * count, [2 * count]]);
});

/** Lets every price compete with every other one, rule by rule. */
function triedTicks(
  buys: readonly RestingOrder[],
  sells: readonly RestingOrder[],
  referenceTicks: number,
): number {
  const limits = (orders: readonly RestingOrder[]): number[] =>
    orders.map(({ ticks }) => ticks).filter((ticks) => ticks > 0);
  const bid = Math.max(0, ...limits(buys));
  const ask = Math.min(100, ...limits(sells));
  const total = (orders: readonly RestingOrder[], takes: (ticks: number) => boolean): number =>
    orders.reduce((sum, { ticks, lots }) => sum + (ticks === 0 || takes(ticks) ? lots : 0), 0);
  const tried = [];
  for (let price = ask; price <= bid; price += 1) {
    if (![...limits(buys), ...limits(sells)].includes(price)) continue;
    const demand = total(buys, (ticks) => ticks >= price);
    const supply = total(sells, (ticks) => ticks <= price);
    tried.push({ price, volume: Math.min(demand, supply), surplus: demand - supply });
  }
  const volume = Math.max(...tried.map((each) => each.volume));
  const largest = tried.filter((each) => each.volume === volume);
  const imbalance = Math.min(...largest.map(({ surplus }) => Math.abs(surplus)));
  const left = largest.filter(({ surplus }) => Math.abs(surplus) === imbalance);
  const prices = left.map(({ price }) => price);
  if (prices.length === 0) return referenceTicks;
  if (left.every(({ surplus }) => surplus > 0)) return Math.max(...prices);
  if (left.every(({ surplus }) => surplus < 0)) return Math.min(...prices);
  if (referenceTicks === 0) return Math.max(...prices);
  const distance = Math.min(...prices.map((price) => Math.abs(price - referenceTicks)));
  const isAbove = prices.includes(referenceTicks + distance);
  return isAbove ? referenceTicks + distance : referenceTicks - distance;
}

type Cell = readonly [lots: number, ticks: number];

function ordersOf(side: Side, text: string): RestingOrder[] {
  return text.split(" ").map((cell) => {
    const [lots, ticks] = cell.split("@").map(Number);
    assert.ok(lots !== undefined && ticks !== undefined);
    return orderOf(side, [lots, ticks]);
  });
}

function inPriority(cells: readonly Cell[], better: 1 | -1): Cell[] {
  const rank = (ticks: number): number => (ticks === 0 ? Number.NEGATIVE_INFINITY : ticks * better);
  return cells.toSorted(([, a], [, b]) => (rank(a) < rank(b) ? -1 : Number(rank(a) > rank(b))));
}

function orderOf(side: Side, [lots, ticks]: Cell): RestingOrder {
  const orderId = "10000000001" as OrderId;
  const account = "ann" as Account;
  return { orderId, account, side, ticks, lots, orderLots: lots, timeInForce: TimeInForce.Day };
}

function numbered(order: RestingOrder, index: number, account: string): RestingOrder {
  return {
    ...order,
    orderId: String(10_000_000_000 + index) as OrderId,
    account: account as Account,
  };
}

function named(account: string, side: Side, lots: number, ticks: number): RestingOrder {
  return { ...orderOf(side, [lots, ticks]), account: account as Account };
}

/** Reads `a2@19#3`: the account, its lots, their price, and how old the order is among all. */
function placedOf(side: Side, text: string): RestingOrder {
  const [, account = "", lots, ticks, age] = /^(\w)(\d+)@(\d+)#(\d+)$/.exec(text) ?? [];
  return numbered(orderOf(side, [Number(lots), Number(ticks)]), Number(age), account);
}

/** Buys, then sells, with the numbers from 1 on, each of an account of its own. */
function countedBook(buys: string, sells: string): Book {
  const orders = [...ordersOf(Side.Buy, buys), ...ordersOf(Side.Sell, sells)];
  return bookOf(
    orders.map((order, index) => {
      const number = String(index + 1);
      return { ...order, orderId: number as OrderId, account: number as Account };
    }),
  );
}

/** In the order in which they came to their prices. */
function bookOf(orders: readonly RestingOrder[]): Book {
  const book = new Book();
  for (const order of orders) book.add(order, order.ticks, order.lots, order.orderLots);
  return book;
}

interface Summary {
  readonly ticks: number;
  readonly pairs: readonly string[];
  readonly gone: readonly OrderId[];
}

function summaryOf({ ticks, fills, selfTrading }: AuctionMatch): Summary {
  const pairs = fills.map(({ buy, sell, lots }) => `${buy.orderId} ${sell.orderId} ${lots}`);
  return { ticks, pairs, gone: selfTrading.map(({ orderId }) => orderId) };
}

/** Tries price after price: first without who cannot pay, then without who meets themselves. */
function triedMatch(
  book: Book,
  reference: number,
  protection: ReadonlyMap<OrderId, number>,
): Summary {
  const gone: OrderId[] = [];
  const worst = ({ orderId, ticks }: RestingOrder) => {
    return ticks === 0 ? (protection.get(orderId) ?? Infinity) : Infinity;
  };
  for (;;) {
    const isThere = ({ orderId }: RestingOrder) => !gone.includes(orderId);
    const sells = [...book.orders(Side.Sell)].filter(isThere);
    let buys = [...book.orders(Side.Buy)].filter(isThere);
    let ticks = triedTicks(buys, sells, reference);
    for (let least = lowest(buys.map(worst)); least < ticks; least = lowest(buys.map(worst))) {
      const leaving = least;
      buys = buys.filter((order) => worst(order) > leaving);
      ticks = triedTicks(buys, sells, reference);
    }
    const pairs: string[] = [];
    const met: OrderId[] = [];
    const [left, right] = [queued(buys, (px) => px >= ticks), queued(sells, (px) => px <= ticks)];
    while (ticks > 0 && left[0] !== undefined && right[0] !== undefined) {
      const [[buy, sell], lots] = [[left[0], right[0]], Math.min(left[0].lots, right[0].lots)];
      if (buy.account === sell.account) {
        const younger = buy.orderId > sell.orderId ? left : right;
        met.push(younger.shift()?.orderId ?? buy.orderId);
        continue;
      }
      pairs.push(`${buy.orderId} ${sell.orderId} ${lots}`);
      for (const queue of [left, right]) {
        const first = at(queue, 0);
        first.lots -= lots;
        if (first.lots === 0) queue.shift();
      }
    }
    if (met.length === 0) return { ticks: pairs.length === 0 ? 0 : ticks, pairs, gone };
    gone.push(...met);
  }
}

function lowest(values: readonly number[]): number {
  return Math.min(Infinity, ...values);
}

function queued(orders: readonly RestingOrder[], takes: (ticks: number) => boolean) {
  const taking = orders.filter(({ ticks }) => ticks === 0 || takes(ticks));
  return taking.map((order) => ({ ...order }));
}

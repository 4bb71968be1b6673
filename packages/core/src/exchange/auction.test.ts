import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Account, type OrderId, Side, TimeInForce } from "../model/index.ts";
import { auctionTicks, matchAuction } from "./auction.ts";
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
  const book = new Book();
  const add = (orderId: string, side: Side, lots: number, ticks: number): void => {
    const nature = { account: orderId as Account, side, timeInForce: TimeInForce.Day };
    book.add({ orderId: orderId as OrderId, ...nature }, ticks, lots, lots);
  };
  add("1", Side.Buy, 5, 0);
  add("2", Side.Buy, 5, 0);
  add("3", Side.Buy, 5, 20);
  add("4", Side.Sell, 5, 10);
  const cappedAt = (ticks: number) =>
    matchAuction(book, 0, new Map([["1" as OrderId, ticks]])).fills.map(({ buy }) => buy.orderId);
  // Buys outweigh, so that the price is the highest: 20.
  assert.deepEqual(cappedAt(20), ["1"]);
  assert.deepEqual(cappedAt(19), ["2"], "the next in priority, which has no protection");
  const both = new Map([
    ["1" as OrderId, 19],
    ["2" as OrderId, 9],
  ]);
  const { ticks, fills } = matchAuction(book, 12, both);
  assert.deepEqual([ticks, fills.map(({ buy }) => buy.orderId)], [10, ["3"]]);
});

test("auction: without the buy that can pay least, the price may be good for the others", () => {
  const book = new Book();
  const add = (orderId: string, side: Side, lots: number, ticks: number): void => {
    const nature = { account: orderId as Account, side, timeInForce: TimeInForce.Day };
    book.add({ orderId: orderId as OrderId, ...nature }, ticks, lots, lots);
  };
  add("1", Side.Buy, 5, 0);
  add("2", Side.Buy, 5, 0);
  add("3", Side.Buy, 5, 20);
  add("4", Side.Sell, 10, 10);
  add("5", Side.Sell, 5, 18);
  const protection = new Map([
    ["1" as OrderId, 15],
    ["2" as OrderId, 9],
  ]);
  // With both of them it is 20, with the first alone 10.
  assert.equal(matchAuction(book, 0).ticks, 20);
  const { ticks, fills } = matchAuction(book, 0, protection);
  assert.deepEqual([ticks, fills.map(({ buy }) => buy.orderId)], [10, ["1", "3"]]);
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

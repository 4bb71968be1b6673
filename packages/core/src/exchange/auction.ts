/**
 * The single-price auction, after the published rules of the Hong Kong exchange for its
 * pre-opening and closing auction sessions (Rules of the Exchange: indicative equilibrium price;
 * its trading mechanism pages: matching). Pure.
 *
 * The price:
 *
 * 0. Only if the highest bid is at or above the lowest ask there is an equilibrium price: one of
 *    the limit prices between the two, both included. Else the reference price takes its place.
 * 1. The price at which most lots trade. At-auction orders count at every price.
 * 2. Of several, the one with the smallest imbalance: the difference between the buys and the
 *    sells that are at this price or better.
 * 3. Of several, the highest if the buys outweigh the sells at each of them, the lowest if the
 *    sells outweigh the buys at each of them.
 * 4. Else the one closest to the reference price; of two equally close, and without a reference
 *    price, the highest.
 *
 * The matching: at-auction orders first, then by price, then by time; everything trades at the
 * one price.
 *
 * Our addition: no account trades with itself. Where two orders of one account would be paired,
 * the younger (the higher order number) is taken out of the auction whole, and the price is
 * determined anew from what remains, until no such pair is left.
 *
 * And no at-auction buy pays more than was held back for it: where the price is above its
 * protection, it takes no part, and the price is determined anew without it. Those with the lowest
 * protection go first, because the price without them may be good for the others.
 */
import { assert, at } from "../assert.ts";
import { type OrderId, Side } from "../model/index.ts";
import type { Book } from "./book/book.ts";
import type { RestingOrder } from "./book/order.ts";

export interface AuctionFill {
  readonly buy: RestingOrder;
  readonly sell: RestingOrder;
  readonly lots: number;
}

export interface AuctionMatch {
  /** The one price; 0 when nothing trades. */
  readonly ticks: number;
  readonly lots: number;
  readonly fills: readonly AuctionFill[];
  /** Orders taken out because they would trade with their own account. */
  readonly selfTrading: readonly RestingOrder[];
}

/**
 * `referenceTicks` 0: there is no reference price. `protectionTicks` are the worst prices of
 * at-auction buys; one that is not listed takes any price.
 */
export function matchAuction(
  book: Book,
  referenceTicks: number,
  protectionTicks: ReadonlyMap<OrderId, number> = UNPROTECTED,
): AuctionMatch {
  /** What a buy at any price pays at most. */
  const worstTicks = ({ orderId, ticks }: RestingOrder): number => {
    const protection = ticks === 0 ? protectionTicks.get(orderId) : undefined;
    return protection ?? Number.POSITIVE_INFINITY;
  };
  let buys = [...book.orders(Side.Buy)];
  let sells = [...book.orders(Side.Sell)];
  const selfTrading: RestingOrder[] = [];
  for (;;) {
    const ticks = auctionTicks(buys, sells, referenceTicks);
    const lowest = buys.reduce((least, order) => Math.min(least, worstTicks(order)), ticks);
    if (lowest < ticks) {
      buys = buys.filter((order) => worstTicks(order) > lowest);
      continue;
    }
    const { fills, colliding } = ticks === 0 ? NOTHING_PAIRED : paired(buys, sells, ticks);
    if (colliding.size === 0) {
      const lots = fills.reduce((total, fill) => total + fill.lots, 0);
      return { ticks: lots === 0 ? 0 : ticks, lots, fills, selfTrading };
    }
    selfTrading.push(...colliding);
    buys = buys.filter((order) => !colliding.has(order));
    sells = sells.filter((order) => !colliding.has(order));
  }
}

/**
 * The price at which an auction of these orders matches; 0 when there is none. Orders come in an
 * auction's priority.
 */
export function auctionTicks(
  buys: readonly RestingOrder[],
  sells: readonly RestingOrder[],
  referenceTicks: number,
): number {
  const candidates = smallestImbalance(mostLots(candidatesOf(buys, sells)));
  const first = candidates[0];
  if (first === undefined) return referenceTicks;
  const last = at(candidates, candidates.length - 1);
  if (candidates.every(({ buyLots, sellLots }) => buyLots > sellLots)) return last.ticks;
  if (candidates.every(({ buyLots, sellLots }) => sellLots > buyLots)) return first.ticks;
  if (referenceTicks === 0) return last.ticks;
  const closest = smallestBy(candidates, ({ ticks }) => Math.abs(ticks - referenceTicks));
  return at(closest, closest.length - 1).ticks;
}

/** A price, and what would buy and sell at it or at a worse one for them. */
interface Candidate {
  readonly ticks: number;
  readonly buyLots: number;
  readonly sellLots: number;
}

const UNPROTECTED: ReadonlyMap<OrderId, number> = new Map();
const NOTHING_PAIRED = { fills: [], colliding: new Set<RestingOrder>() } as const;

/** Every limit price from the lowest ask to the highest bid, lowest first. */
function candidatesOf(
  buys: readonly RestingOrder[],
  sells: readonly RestingOrder[],
): readonly Candidate[] {
  const bid = buys.find(({ ticks }) => ticks > 0)?.ticks ?? 0;
  const ask = sells.find(({ ticks }) => ticks > 0)?.ticks ?? Number.POSITIVE_INFINITY;
  const isBetween = (ticks: number): boolean => ticks >= ask && ticks <= bid;
  const prices = new Set([...buys, ...sells].map(({ ticks }) => ticks).filter(isBetween));
  const rising = [...prices].sort((a, b) => a - b);
  const sellLots = runningLots(sells, rising, (order, ticks) => order.ticks <= ticks);
  const falling = rising.toReversed();
  const buyLots = runningLots(
    buys,
    falling,
    (order, ticks) => order.ticks === 0 || order.ticks >= ticks,
  ).toReversed();
  return rising.map((ticks, index) => ({
    ticks,
    buyLots: at(buyLots, index),
    sellLots: at(sellLots, index),
  }));
}

/** For each price the lots of all orders that take it; orders in priority, prices getting worse. */
function runningLots(
  orders: readonly RestingOrder[],
  prices: readonly number[],
  takes: (order: RestingOrder, ticks: number) => boolean,
): number[] {
  let index = 0;
  let lots = 0;
  return prices.map((ticks) => {
    for (let order = orders[index]; order !== undefined && takes(order, ticks); ) {
      lots += order.lots;
      index += 1;
      order = orders[index];
    }
    assert(Number.isSafeInteger(lots), "an auction's totals are safe integers");
    return lots;
  });
}

function mostLots(candidates: readonly Candidate[]): readonly Candidate[] {
  return smallestBy(candidates, ({ buyLots, sellLots }) => -Math.min(buyLots, sellLots));
}

function smallestImbalance(candidates: readonly Candidate[]): readonly Candidate[] {
  return smallestBy(candidates, ({ buyLots, sellLots }) => Math.abs(buyLots - sellLots));
}

function smallestBy(
  candidates: readonly Candidate[],
  keyOf: (candidate: Candidate) => number,
): readonly Candidate[] {
  let smallest = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) smallest = Math.min(smallest, keyOf(candidate));
  return candidates.filter((candidate) => keyOf(candidate) === smallest);
}

/** Pairs the orders that take the price; an order that collides is passed over from then on. */
function paired(
  buys: readonly RestingOrder[],
  sells: readonly RestingOrder[],
  auctionPrice: number,
): { readonly fills: readonly AuctionFill[]; readonly colliding: ReadonlySet<RestingOrder> } {
  const fills: AuctionFill[] = [];
  const colliding = new Set<RestingOrder>();
  const buyers = buys.filter(({ ticks }) => ticks === 0 || ticks >= auctionPrice).values();
  const sellers = sells.filter(({ ticks }) => ticks <= auctionPrice).values();
  let buy = buyers.next().value;
  let sell = sellers.next().value;
  let buyLots = buy?.lots ?? 0;
  let sellLots = sell?.lots ?? 0;
  while (buy !== undefined && sell !== undefined) {
    if (buy.account === sell.account) {
      const isBuyYounger = isYounger(buy.orderId, sell.orderId);
      colliding.add(isBuyYounger ? buy : sell);
      if (isBuyYounger) buyLots = 0;
      else sellLots = 0;
    } else {
      const lots = Math.min(buyLots, sellLots);
      fills.push({ buy, sell, lots });
      buyLots -= lots;
      sellLots -= lots;
    }
    if (buyLots === 0) {
      buy = buyers.next().value;
      buyLots = buy?.lots ?? 0;
    }
    if (sellLots === 0) {
      sell = sellers.next().value;
      sellLots = sell?.lots ?? 0;
    }
  }
  return { fills, colliding };
}

/** Order numbers are decimal digits without leading zeros and rise within an account. */
function isYounger(orderId: OrderId, than: OrderId): boolean {
  return orderId.length === than.length ? orderId > than : orderId.length > than.length;
}

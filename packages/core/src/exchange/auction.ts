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
 * determined anew from what remains, until no such pair is left. After
 * {@link SELF_TRADE_ROUNDS_MAX} prices an account that would still be paired with itself keeps only
 * the side of its oldest order, so that nobody can make an auction last.
 *
 * And no at-auction buy pays more than was held back for it: where the price is above its
 * protection, it takes no part, and the price is determined anew without it. Those with the lowest
 * protection go first, because the price without them may be good for the others.
 */
import { assert, at } from "../assert.ts";
import { compareOrderIds, type OrderId, Side } from "../model/index.ts";
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

/** Prices that are determined for accounts that would trade with themselves, in one auction. */
export const SELF_TRADE_ROUNDS_MAX = 16;

/**
 * `referenceTicks` 0: there is no reference price. `protectionTicks` are the worst prices of
 * at-auction buys; one that is not listed takes any price.
 */
export function matchAuction(
  book: Book,
  referenceTicks: number,
  protectionTicks: ReadonlyMap<OrderId, number> = UNPROTECTED,
): AuctionMatch {
  let buys = [...book.orders(Side.Buy)];
  let sells = [...book.orders(Side.Sell)];
  const selfTrading: RestingOrder[] = [];
  for (let round = 1; ; round += 1) {
    const { ticks, takingPart } = priced(buys, sells, referenceTicks, protectionTicks);
    const { fills, colliding } = ticks === 0 ? NOTHING_PAIRED : paired(takingPart, sells, ticks);
    if (colliding.size === 0) {
      const lots = fills.reduce((total, fill) => total + fill.lots, 0);
      return { ticks: lots === 0 ? 0 : ticks, lots, fills, selfTrading };
    }
    const isLast = round > SELF_TRADE_ROUNDS_MAX;
    const leaving = isLast ? youngerSides(colliding, buys, sells) : colliding;
    selfTrading.push(...leaving);
    buys = buys.filter((order) => !leaving.has(order));
    sells = sells.filter((order) => !leaving.has(order));
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
  const atAuction = buys.filter(({ ticks }) => ticks === 0);
  const candidates = candidatesOf(buys.slice(atAuction.length), sells);
  return bestTicks(candidates, lotsOf(atAuction), referenceTicks);
}

/** A price, and what would buy and sell at it or at a worse one for them. */
interface Candidate {
  readonly ticks: number;
  readonly buyLots: number;
  readonly sellLots: number;
}

interface Priced {
  readonly ticks: number;
  /** The buys that can pay it, or more. */
  readonly takingPart: readonly RestingOrder[];
}

const UNPROTECTED: ReadonlyMap<OrderId, number> = new Map();
const NOTHING_PAIRED = { fills: [], colliding: new Set<RestingOrder>() } as const;

/** The price that every at-auction buy can pay which takes part in it. */
function priced(
  buys: readonly RestingOrder[],
  sells: readonly RestingOrder[],
  referenceTicks: number,
  protectionTicks: ReadonlyMap<OrderId, number>,
): Priced {
  const worstTicks = ({ orderId }: RestingOrder) => protectionTicks.get(orderId) ?? Infinity;
  const atAuction = buys.filter(({ ticks }) => ticks === 0);
  const candidates = candidatesOf(buys.slice(atAuction.length), sells);
  const byProtection = atAuction.toSorted((a, b) => compared(worstTicks(a), worstTicks(b)));
  const leaving = new Set<RestingOrder>();
  let lots = lotsOf(atAuction);
  let ticks = bestTicks(candidates, lots, referenceTicks);
  let lowest = 0;
  for (const order of byProtection) {
    const worst = worstTicks(order);
    // Those of one protection stay or leave together.
    if (worst > lowest) ticks = bestTicks(candidates, lots, referenceTicks);
    if (worst >= ticks) break;
    lowest = worst;
    leaving.add(order);
    lots -= order.lots;
  }
  if (leaving.size === 0) return { ticks, takingPart: buys };
  const takingPart = buys.filter((order) => !leaving.has(order));
  return { ticks: bestTicks(candidates, lots, referenceTicks), takingPart };
}

/**
 * The best of these prices, with so many lots of buys at any price beside what the candidates have.
 * The more expensive, the less is bought and the more is sold: what trades most lies where the one
 * becomes less than the other. Further away it is less, or equal with a larger imbalance; equal in
 * both are at most two neighbours, one with buys alone and one with sells alone.
 */
function bestTicks(
  all: readonly Candidate[],
  atAuctionLots: number,
  referenceTicks: number,
): number {
  const turn = turningPoint(all, atAuctionLots);
  const near = all.slice(Math.max(0, turn - 2), turn + 2).map((candidate) => {
    return { ...candidate, buyLots: candidate.buyLots + atAuctionLots };
  });
  const candidates = smallestImbalance(mostLots(near));
  const first = candidates[0];
  if (first === undefined) return referenceTicks;
  const last = at(candidates, candidates.length - 1);
  if (candidates.every(({ buyLots, sellLots }) => buyLots > sellLots)) return last.ticks;
  if (candidates.every(({ buyLots, sellLots }) => sellLots > buyLots)) return first.ticks;
  if (referenceTicks === 0) return last.ticks;
  const closest = smallestBy(candidates, ({ ticks }) => Math.abs(ticks - referenceTicks));
  return at(closest, closest.length - 1).ticks;
}

/** Place of the first price at which less is bought than sold, else the end. */
function turningPoint(candidates: readonly Candidate[], atAuctionLots: number): number {
  let low = 0;
  let high = candidates.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const { buyLots, sellLots } = at(candidates, middle);
    if (buyLots + atAuctionLots >= sellLots) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Of each account that collides, the orders of the side that its oldest order is not on. */
function youngerSides(
  colliding: ReadonlySet<RestingOrder>,
  buys: readonly RestingOrder[],
  sells: readonly RestingOrder[],
): ReadonlySet<RestingOrder> {
  const oldest = new Map([...colliding].map((order) => [order.account, order]));
  for (const order of [...buys, ...sells]) {
    const known = oldest.get(order.account);
    if (known !== undefined && compareOrderIds(known.orderId, order.orderId) > 0) {
      oldest.set(order.account, order);
    }
  }
  const isLeaving = ({ account, side }: RestingOrder) => {
    const kept = oldest.get(account);
    return kept !== undefined && kept.side !== side;
  };
  return new Set([...buys, ...sells].filter(isLeaving));
}

/**
 * Every limit price from the lowest ask to the highest bid, lowest first; buys at any price are not
 * counted, nor among these.
 */
function candidatesOf(
  buys: readonly RestingOrder[],
  sells: readonly RestingOrder[],
): readonly Candidate[] {
  const bid = buys[0]?.ticks ?? 0;
  const ask = sells.find(({ ticks }) => ticks > 0)?.ticks ?? Number.POSITIVE_INFINITY;
  const isBetween = (ticks: number): boolean => ticks >= ask && ticks <= bid;
  const prices = new Set([...buys, ...sells].map(({ ticks }) => ticks).filter(isBetween));
  const rising = [...prices].sort((a, b) => a - b);
  const sellLots = runningLots(sells, rising, (order, ticks) => order.ticks <= ticks);
  const falling = rising.toReversed();
  const buyLots = runningLots(buys, falling, (order, ticks) => order.ticks >= ticks).toReversed();
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

function lotsOf(orders: readonly RestingOrder[]): number {
  const lots = orders.reduce((total, order) => total + order.lots, 0);
  assert(Number.isSafeInteger(lots), "an auction's totals are safe integers");
  return lots;
}

function compared(a: number, b: number): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
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
      const isBuyYounger = compareOrderIds(buy.orderId, sell.orderId) > 0;
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

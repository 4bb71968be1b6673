/** How far from the market a new order's price may be. */
import { assert } from "../assert.ts";
import type { Price } from "../model/decimal.ts";
import { type OrdType, Side } from "../model/enums.ts";
import {
  highestPrice,
  priceAwayBy,
  type SpreadTable,
  spreadCeiling,
  spreadFloor,
} from "./spread-table.ts";

/** What is known of an instrument's market; null for what is not. */
export interface MarketFacts {
  readonly bestBid: Price | null;
  readonly bestAsk: Price | null;
  /** Price of the latest trade. */
  readonly lastPrice: Price | null;
  /** Closing price of the trading day before. */
  readonly previousClose: Price | null;
}

/** Limits of continuous trading: around the best prices. */
export interface QuoteLimit {
  readonly kind: "Quote";
  /**
   * How far behind the best price of its own side an order may wait: so many spreads or so many
   * per cent, whichever is further.
   */
  readonly passiveSpreads: bigint;
  readonly passivePercent: bigint;
  /**
   * How many spreads through the best price of the other side an order may go, by type. A type
   * that is not listed has no price limit.
   */
  readonly throughSpreads: { readonly [T in OrdType]?: bigint };
  /** A price of this many times the nominal price, or this fraction of it, is too far. */
  readonly nominalTimes: bigint;
}

/** First stage of an auction: so many per cent around a reference price. */
export interface BandLimit {
  readonly kind: "Band";
  readonly percent: bigint;
  readonly around: "previousClose" | "lastPrice";
}

/**
 * Second stage of an auction: between the best bid and the best ask. Where a side is empty, the
 * first stage's limit stays in force in its place.
 */
export interface InsideBestLimit {
  readonly kind: "InsideBest";
  readonly firstStage: BandLimit;
}

export type PriceLimit = QuoteLimit | BandLimit | InsideBestLimit;

/** Both ends are allowed; null is no limit. */
export interface PriceBounds {
  readonly lowest: Price | null;
  readonly highest: Price | null;
}

export interface PricedOrder {
  readonly side: Side;
  readonly ordType: OrdType;
  readonly price: Price;
}

/** The bounds that the order's price breaks, or null when it keeps them. */
export function priceLimitFault(
  limit: PriceLimit,
  table: SpreadTable,
  order: PricedOrder,
  facts: MarketFacts,
): PriceBounds | null {
  const bounds = priceBounds(limit, table, order, facts);
  const { lowest, highest } = bounds;
  const isInside =
    (lowest === null || order.price >= lowest) && (highest === null || order.price <= highest);
  return isInside ? null : bounds;
}

/** The prices that an order of this side and type may have now. */
export function priceBounds(
  limit: PriceLimit,
  table: SpreadTable,
  order: Pick<PricedOrder, "side" | "ordType">,
  facts: MarketFacts,
): PriceBounds {
  switch (limit.kind) {
    case "Quote":
      return quoteBounds(limit, table, order, facts);
    case "Band":
      return bandBounds(limit, table, facts);
    case "InsideBest":
      return insideBestBounds(limit, table, facts);
  }
}

const UNBOUND: PriceBounds = { lowest: null, highest: null };

function quoteBounds(
  limit: QuoteLimit,
  table: SpreadTable,
  { side, ordType }: Pick<PricedOrder, "side" | "ordType">,
  facts: MarketFacts,
): PriceBounds {
  const through = limit.throughSpreads[ordType];
  if (through === undefined) return UNBOUND;
  const reference = passiveReference(side, facts);
  const passive = reference === null ? null : passivePrice(limit, table, side, reference);
  const { bestBid, bestAsk } = facts;
  const quotes =
    side === Side.Buy
      ? { lowest: passive, highest: bestAsk === null ? null : movedUp(table, bestAsk, through) }
      : { lowest: bestBid === null ? null : movedDown(table, bestBid, through), highest: passive };
  return narrowed(nominalBounds(limit, table, facts), quotes);
}

/**
 * What a waiting order's distance is counted from: the best price of its own side, or, while that
 * side is empty, the furthest of the other prices that are known.
 */
function passiveReference(side: Side, facts: MarketFacts): Price | null {
  const { bestBid, bestAsk, lastPrice, previousClose } = facts;
  const [own, other] = side === Side.Buy ? [bestBid, bestAsk] : [bestAsk, bestBid];
  if (own !== null) return own;
  const known = [other, lastPrice, previousClose].filter((price) => price !== null);
  if (known.length === 0) return null;
  return known.reduce(side === Side.Buy ? lowerOf : higherOf);
}

function passivePrice(
  { passiveSpreads, passivePercent }: QuoteLimit,
  table: SpreadTable,
  side: Side,
  reference: Price,
): Price {
  if (side === Side.Buy) {
    const bySpreads = movedDown(table, reference, passiveSpreads);
    const byPercent = ceilingIn(table, percentOf(reference, 100n - passivePercent, "up"));
    return lowerOf(bySpreads, byPercent);
  }
  const bySpreads = movedUp(table, reference, passiveSpreads);
  const byPercent = floorIn(table, percentOf(reference, 100n + passivePercent, "down"));
  return higherOf(bySpreads, byPercent);
}

/** The nominal price is the latest trade's, or the close before while nothing has traded. */
function nominalBounds(
  { nominalTimes }: QuoteLimit,
  table: SpreadTable,
  { lastPrice, previousClose }: MarketFacts,
): PriceBounds {
  const nominal = lastPrice ?? previousClose;
  if (nominal === null) return UNBOUND;
  return {
    lowest: ceilingIn(table, (nominal / nominalTimes + 1n) as Price),
    highest: floorIn(table, (nominal * nominalTimes - 1n) as Price),
  };
}

function bandBounds(limit: BandLimit, table: SpreadTable, facts: MarketFacts): PriceBounds {
  const reference = facts[limit.around];
  if (reference === null) return UNBOUND;
  return {
    lowest: ceilingIn(table, percentOf(reference, 100n - limit.percent, "up")),
    highest: floorIn(table, percentOf(reference, 100n + limit.percent, "down")),
  };
}

function insideBestBounds(
  { firstStage }: InsideBestLimit,
  table: SpreadTable,
  facts: MarketFacts,
): PriceBounds {
  const band = bandBounds(firstStage, table, facts);
  const { bestBid, bestAsk } = facts;
  if (bestBid === null || bestAsk === null) {
    return { lowest: bestBid ?? band.lowest, highest: bestAsk ?? band.highest };
  }
  // In an auction the bids may be above the asks.
  return bestBid < bestAsk
    ? { lowest: bestBid, highest: bestAsk }
    : { lowest: bestAsk, highest: bestBid };
}

/** The prices inside both. */
function narrowed(a: PriceBounds, b: PriceBounds): PriceBounds {
  const lowest = a.lowest !== null && b.lowest !== null ? higherOf(a.lowest, b.lowest) : null;
  const highest = a.highest !== null && b.highest !== null ? lowerOf(a.highest, b.highest) : null;
  return {
    lowest: lowest ?? a.lowest ?? b.lowest,
    highest: highest ?? a.highest ?? b.highest,
  };
}

function lowerOf(a: Price, b: Price): Price {
  // Math.min takes no bigints.
  return a < b ? a : b;
}

function higherOf(a: Price, b: Price): Price {
  return a < b ? b : a;
}

/**
 * So many spreads up, stopping at the ladder's end. A price that is off its tick, as a resting
 * order's may be after a change of tables, counts as the next one in the direction of the move.
 */
function movedUp(table: SpreadTable, price: Price, spreads: bigint): Price {
  return priceAwayBy(table, ceilingIn(table, price), spreads) ?? highestPrice(table);
}

/** As {@link movedUp}, down. */
function movedDown(table: SpreadTable, price: Price, spreads: bigint): Price {
  return priceAwayBy(table, floorIn(table, price), -spreads) ?? table.lowest;
}

function floorIn(table: SpreadTable, price: Price): Price {
  return spreadFloor(table, price) ?? table.lowest;
}

function ceilingIn(table: SpreadTable, price: Price): Price {
  return spreadCeiling(table, price) ?? highestPrice(table);
}

function percentOf(price: Price, percent: bigint, rounding: "up" | "down"): Price {
  assert(price >= 0n && percent >= 0n, "prices and percentages are not negative");
  const product = price * percent;
  return ((rounding === "down" ? product : product + 99n) / 100n) as Price;
}

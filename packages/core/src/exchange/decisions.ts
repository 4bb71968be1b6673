/**
 * What a command would cause: pure functions of a listing, which they leave as it is. Refusals
 * are the desk's: a command that breaks a precondition is a bug.
 */
import { assert } from "../assert.ts";
import {
  CancelReason,
  LOTS_MAX,
  type NewOrderSingle,
  type OrderCancelReplaceRequest,
  type OrderId,
  OrdType,
  Side,
  TICKS_MAX,
  TimeInForce,
} from "../model/index.ts";
import { matchAuction } from "./auction.ts";
import type { RestingOrder, StopOrder } from "./book/order.ts";
import { NO_ORDER } from "./book/order-slab.ts";
import { type BookCommand, MarketPhase, type Uncross } from "./exchange-command.ts";
import type {
  ComesIn,
  Entered,
  MarketEvent,
  RemovalReason,
  Removed,
  Replaced,
  Triggered,
} from "./exchange-event.ts";
import type { Listing } from "./listing.ts";
import { isImmediate, matchIncoming, restsWhole } from "./matching.ts";
import { decideCross, withdrawn } from "./sandbox-decisions.ts";

/**
 * The events of a command itself in the market that it concerns. Stop orders that its trades reach
 * come in afterwards, see {@link decideTriggered}.
 */
export function decideInMarket(
  listing: Listing,
  command: BookCommand,
  tradeCount: number,
): MarketEvent[] {
  switch (command.type) {
    case "NewOrderSingle":
      return decideNew(listing, command, tradeCount);
    case "OrderCancelRequest":
      return decideCancel(listing, command.orderId);
    case "OrderCancelReplaceRequest":
      return decideReplace(listing, command, tradeCount);
    case "CrossOrder":
      return decideCross(listing, command, tradeCount);
    case "WithdrawOrder":
      return withdrawn(decideCancel(listing, command.orderId));
    case "ChangePhase":
      return [{ type: "PhaseChanged", symbol: command.symbol, phase: command.phase }];
    case "Uncross":
      return decideUncross(listing, command, tradeCount);
    case "ExpireDay":
      return decideExpireDay(listing, command.countMax);
  }
}

/** The events of the first stop order whose trigger was reached; none when there is none. */
export function decideTriggered(listing: Listing, tradeCount: number): MarketEvent[] {
  const stop = listing.stops.firstReached;
  if (stop === undefined) return [];
  const { orderId, account, side, ordType, timeInForce, ticks, protectionTicks, lots } = stop;
  const triggered: Draft<Triggered> = {
    type: "Triggered",
    symbol: listing.instrument.symbol,
    orderId,
    account,
    side,
    ordType,
    timeInForce,
    ticks,
    lots,
    restingTicks: 0,
    restingLots: 0,
  };
  return comeIn(listing, triggered, protectionTicks, tradeCount);
}

function decideNew(listing: Listing, command: NewOrderSingle, tradeCount: number): MarketEvent[] {
  const { symbol, orderId, account, side, ordType, timeInForce } = command;
  const ticks = listing.ticksOf(command.price);
  const lots = listing.lotsOf(command.orderQty);
  const stopTicks = listing.ticksOf(command.stopPx);
  const protectionTicks = listing.ticksOf(command.protectionPx);
  assertProtection(ordType, protectionTicks);
  assertTerms(ordType, ticks, stopTicks, lots);
  assert(listing.phase !== MarketPhase.Closed, "a closed book takes no new orders");
  assert(!listing.has(orderId), "a new order has a fresh id");
  if (stopTicks > 0) {
    const terms = { ordType, timeInForce, ticks, stopTicks, lots, protectionTicks };
    return [{ type: "StopEntered", symbol, orderId, account, side, ...terms }];
  }
  const entered: Draft<Entered> = {
    type: "Entered",
    symbol,
    orderId,
    account,
    side,
    ordType,
    timeInForce,
    ticks,
    lots,
    restingTicks: 0,
    restingLots: 0,
  };
  return comeIn(listing, entered, protectionTicks, tradeCount);
}

/** None for an order that is not here (any more), as for a cancel. */
function decideReplace(
  listing: Listing,
  command: OrderCancelReplaceRequest,
  tradeCount: number,
): MarketEvent[] {
  const { orderId } = command;
  const terms = {
    ticks: listing.ticksOf(command.price),
    stopTicks: listing.ticksOf(command.stopPx),
    orderLots: listing.lotsOf(command.orderQty),
  };
  assert(listing.phase !== MarketPhase.Closed, "a closed book takes no replaces");
  const found = listing.book.find(orderId);
  if (found !== NO_ORDER) {
    return decideReplaceResting(listing, listing.book.at(found), terms, tradeCount);
  }
  const stop = listing.stops.find(orderId);
  if (stop === undefined) return [];
  const { ticks, stopTicks, orderLots: lots } = terms;
  const protectionTicks = listing.ticksOf(command.protectionPx);
  assertProtection(stop.ordType, protectionTicks);
  assertTerms(stop.ordType, ticks, stopTicks, lots);
  const { symbol } = command;
  const named = { symbol, orderId, account: stop.account, side: stop.side };
  return [{ type: "StopReplaced", ...named, ticks, stopTicks, lots, protectionTicks }];
}

interface ReplaceTerms {
  readonly ticks: number;
  readonly stopTicks: number;
  readonly orderLots: number;
}

function decideReplaceResting(
  listing: Listing,
  resting: RestingOrder,
  { ticks, stopTicks, orderLots }: ReplaceTerms,
  tradeCount: number,
): MarketEvent[] {
  const { orderId, account, side, timeInForce } = resting;
  const { symbol } = listing.instrument;
  const named = { symbol, orderId, account, side };
  const tradedLots = resting.orderLots - resting.lots;
  const ordType = resting.ticks === 0 ? OrdType.Auction : OrdType.Limit;
  assertTerms(ordType, ticks, 0, orderLots);
  assert(orderLots > tradedLots, "a replace leaves more than has traded");
  if (ticks === resting.ticks && orderLots <= resting.orderLots) {
    const lots = resting.orderLots - orderLots;
    return [{ type: "Reduced", ...named, ticks, stopTicks, orderLots, lots }];
  }
  const replaced: Draft<Replaced> = {
    type: "Replaced",
    ...named,
    ordType,
    timeInForce,
    ticks,
    lots: orderLots - tradedLots,
    restingTicks: 0,
    restingLots: 0,
    fromTicks: resting.ticks,
    fromLots: resting.lots,
    stopTicks,
    orderLots,
  };
  return comeIn(listing, replaced, 0, tradeCount);
}

/** None for a cancel of an order that is not here (any more). */
function decideCancel(listing: Listing, orderId: OrderId): MarketEvent[] {
  const { book, instrument } = listing;
  const order = book.find(orderId);
  if (order !== NO_ORDER) {
    const { side, ticks } = book.levelOf(order);
    return [
      {
        type: "Removed",
        symbol: instrument.symbol,
        orderId,
        account: book.accountOf(order),
        side,
        from: "book",
        ticks,
        lots: book.lotsOf(order),
        reason: CancelReason.Requested,
      },
    ];
  }
  const stop = listing.stops.find(orderId);
  return stop === undefined ? [] : [removedFromStops(listing, stop, CancelReason.Requested)];
}

/** First the orders that would trade with their own account, then trades, then what goes. */
function decideUncross(
  listing: Listing,
  { referenceTicks, protectionTicks }: Uncross,
  tradeCount: number,
): MarketEvent[] {
  assert(listing.phase === MarketPhase.Auction, "an auction is matched while it lasts");
  assert(Number.isSafeInteger(referenceTicks) && referenceTicks >= 0, "a reference is a price");
  const { symbol } = listing.instrument;
  const { ticks, lots, fills, selfTrading } = matchAuction(
    listing.book,
    referenceTicks,
    protectionTicks,
  );
  const events: MarketEvent[] = [{ type: "Uncrossed", symbol, ticks, lots }];
  for (const order of selfTrading) {
    events.push(removedFromBook(listing, order, CancelReason.SelfTrade));
  }
  const leaves = new Map<OrderId, number>();
  const leavesAfter = (order: RestingOrder, traded: number): number => {
    const left = (leaves.get(order.orderId) ?? order.lots) - traded;
    leaves.set(order.orderId, left);
    return left;
  };
  for (const [index, { buy, sell, lots: traded }] of fills.entries()) {
    events.push({
      type: "AuctionTraded",
      symbol,
      tradeNo: tradeCount + index + 1,
      ticks,
      lots: traded,
      buyOrderId: buy.orderId,
      buyAccount: buy.account,
      buyTicks: buy.ticks,
      buyLeavesLots: leavesAfter(buy, traded),
      sellOrderId: sell.orderId,
      sellAccount: sell.account,
      sellTicks: sell.ticks,
      sellLeavesLots: leavesAfter(sell, traded),
    });
  }
  const isGone = new Set(selfTrading.map(({ orderId }) => orderId));
  for (const order of [...listing.book.orders(Side.Buy), ...listing.book.orders(Side.Sell)]) {
    const left = leaves.get(order.orderId) ?? order.lots;
    if (order.ticks > 0 || left === 0 || isGone.has(order.orderId)) continue;
    events.push({
      ...removedFromBook(listing, order, CancelReason.AuctionUnmatched),
      lots: left,
    });
  }
  return events;
}

/** Bids, asks, then stop orders, each in priority. */
function decideExpireDay(listing: Listing, countMax = Number.POSITIVE_INFINITY): MarketEvent[] {
  const events: MarketEvent[] = [];
  for (const expired of expiring(listing)) {
    if (events.length >= countMax) break;
    events.push(expired);
  }
  return events;
}

function* expiring(listing: Listing): Generator<Removed, void, void> {
  for (const side of [Side.Buy, Side.Sell]) {
    for (const order of listing.book.orders(side)) {
      if (order.timeInForce !== TimeInForce.Day) continue;
      yield removedFromBook(listing, order, CancelReason.Expired);
    }
  }
  for (const side of [Side.Buy, Side.Sell]) {
    for (const stop of listing.stops.orders(side)) {
      if (stop.timeInForce !== TimeInForce.Day) continue;
      yield removedFromStops(listing, stop, CancelReason.Expired);
    }
  }
}

/** An event that does not say yet what rests. */
type Draft<Event extends Entered | Triggered | Replaced> = {
  -readonly [Field in keyof Event]: Event[Field];
};

/** What becomes of an order on its way into the book: its event, its trades, what it loses. */
function comeIn(
  listing: Listing,
  order: Draft<Entered> | Draft<Triggered> | Draft<Replaced>,
  protectionTicks: number,
  tradeCount: number,
): MarketEvent[] {
  const isAuction = listing.phase !== MarketPhase.Continuous;
  assertPhase(order, isAuction);
  if (isAuction || restsWhole(listing.book, order)) {
    order.restingTicks = order.ticks;
    order.restingLots = order.lots;
    return [order];
  }
  const events: MarketEvent[] = [order];
  const { leavesLots, rest, restingTicks } = matchIncoming(
    listing.book,
    order,
    protectionTicks,
    tradeCount,
    events,
  );
  const { symbol, orderId, account, side } = order;
  order.restingTicks = restingTicks;
  order.restingLots = rest === "Queues" ? leavesLots : 0;
  if (rest === "None" || rest === "Queues") return events;
  const loss = { from: "incoming", ticks: 0, lots: leavesLots, reason: rest } as const;
  events.push({ type: "Removed", symbol, orderId, account, side, ...loss });
  return events;
}

function assertPhase({ ordType, timeInForce }: ComesIn, isAuction: boolean): void {
  if (isAuction) {
    assert(ordType !== OrdType.Market, "an auction takes no market orders");
    assert(!isImmediate(timeInForce), "nothing is immediate in an auction");
  } else {
    assert(
      ordType !== OrdType.Auction && ordType !== OrdType.AuctionLimit,
      "at-auction orders are for auctions",
    );
  }
}

function removedFromBook(
  { instrument: { symbol } }: Listing,
  { orderId, account, side, ticks, lots }: RestingOrder,
  reason: RemovalReason,
): Removed {
  return { type: "Removed", symbol, orderId, account, side, from: "book", ticks, lots, reason };
}

function removedFromStops(
  { instrument: { symbol } }: Listing,
  { orderId, account, side, lots }: StopOrder,
  reason: RemovalReason,
): Removed {
  return { type: "Removed", symbol, orderId, account, side, from: "stops", ticks: 0, lots, reason };
}

function assertTerms(ordType: OrdType, ticks: number, stopTicks: number, lots: number): void {
  if (isPlainLimit(ordType, ticks, stopTicks, lots)) return;
  assert(hasPrice(ordType) === ticks > 0, "an order has a price if its type has");
  assert(isStopType(ordType) === stopTicks > 0, "an order has a trigger if it is a stop order");
  assert(ticks >= 0 && ticks <= TICKS_MAX, "a price is within bounds");
  assert(stopTicks >= 0 && stopTicks <= TICKS_MAX, "a trigger is within bounds");
  assert(lots > 0 && lots <= LOTS_MAX, "a quantity is within bounds");
}

/** What nearly all orders are, seen at once. */
function isPlainLimit(ordType: OrdType, ticks: number, stopTicks: number, lots: number): boolean {
  const isPriced = ordType === OrdType.Limit && stopTicks === 0 && ticks > 0 && ticks <= TICKS_MAX;
  return isPriced && lots > 0 && lots <= LOTS_MAX;
}

function assertProtection(ordType: OrdType, protectionTicks: number): void {
  if (protectionTicks === 0) return;
  assert(!hasPrice(ordType), "only an order without a price is protected");
}

function hasPrice(ordType: OrdType): boolean {
  return (
    ordType !== OrdType.Market && ordType !== OrdType.StopMarket && ordType !== OrdType.Auction
  );
}

function isStopType(ordType: OrdType): boolean {
  return ordType === OrdType.StopLimit || ordType === OrdType.StopMarket;
}

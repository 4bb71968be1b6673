/**
 * What the sandbox's commands would cause. Their events are those of ordinary commands, so that
 * books, ledgers and market data take them as they take anything.
 */
import { assert } from "../assert.ts";
import {
  CancelReason,
  type NewOrderSingle,
  type OrderId,
  OrdType,
  type Price,
  type Qty,
  TimeInForce,
} from "../model/index.ts";
import { opposite } from "./book/order.ts";
import { NO_ORDER } from "./book/order-slab.ts";
import { MarketPhase } from "./exchange-command.ts";
import type { Entered, MarketEvent, Traded } from "./exchange-event.ts";
import type { Listing } from "./listing.ts";
import type { CrossOrder } from "./sandbox-commands.ts";

/** Price and quantity at which a resting order can be crossed now; null where it cannot. */
export interface Crossable {
  readonly price: Price;
  readonly qty: Qty;
}

export function crossableOf(listing: Listing, orderId: OrderId): Crossable | null {
  if (listing.phase !== MarketPhase.Continuous) return null;
  const order = listing.book.find(orderId);
  if (order === NO_ORDER) return null;
  const resting = listing.book.at(order);
  if (resting.ticks === 0) return null;
  return { price: listing.priceOf(resting.ticks), qty: listing.qtyOf(resting.lots) };
}

export function decideCross(
  listing: Listing,
  { symbol, restingOrderId, order }: CrossOrder,
  tradeCount: number,
): MarketEvent[] {
  const found = listing.book.find(restingOrderId);
  assert(found !== NO_ORDER, "an order that is crossed rests in the book");
  const resting = listing.book.at(found);
  assert(listing.phase === MarketPhase.Continuous, "an order is crossed in continuous trading");
  const { orderId, account, side, ordType, timeInForce } = order;
  const ticks = listing.ticksOf(order.price);
  const lots = listing.lotsOf(order.orderQty);
  assert(ordType === OrdType.Limit && ticks === resting.ticks, "it is crossed at its own price");
  assert(timeInForce === TimeInForce.ImmediateOrCancel, "what crosses an order does not rest");
  assert(side === opposite(resting.side) && account !== resting.account, "two accounts trade");
  assert(lots > 0 && lots <= resting.lots, "an order is crossed up to what is left of it");
  assert(!listing.has(orderId), "a new order has a fresh id");
  const entered: Entered = {
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
  const traded: Traded = {
    type: "Traded",
    symbol,
    tradeNo: tradeCount + 1,
    side,
    incomingOrderId: orderId,
    incomingAccount: account,
    restingOrderId,
    restingAccount: resting.account,
    ticks,
    lots,
    restingLeavesLots: resting.lots - lots,
  };
  return [entered, traded];
}

/** The removal of an order for the venue's own reason: the events of a cancel but for that. */
export function withdrawn(canceled: readonly MarketEvent[]): MarketEvent[] {
  return canceled.map((event) => {
    assert(event.type === "Removed", "a cancel removes");
    return { ...event, reason: CancelReason.Venue };
  });
}

/**
 * Why the market cannot take an order in the phase it is in now; null where it can. The desk asks
 * when an order is placed; one that was on its way meanwhile is asked about again.
 */
export function phaseFault(
  phase: MarketPhase,
  { ordType, timeInForce }: Pick<NewOrderSingle, "ordType" | "timeInForce">,
): string | null {
  const isAtAuction = ordType === OrdType.Auction || ordType === OrdType.AuctionLimit;
  switch (phase) {
    case MarketPhase.Closed:
      return "the market is closed";
    case MarketPhase.Continuous:
      return isAtAuction ? "at-auction orders are taken in an auction" : null;
    case MarketPhase.Auction:
      if (ordType === OrdType.Market) return "an auction takes no market orders";
      return timeInForce === TimeInForce.ImmediateOrCancel || timeInForce === TimeInForce.FillOrKill
        ? "nothing is immediate in an auction"
        : null;
  }
}

/** What an incoming order does in continuous trading: pure, the book stays as it is. */
import { CancelReason, OrdType, Side, TimeInForce } from "../model/index.ts";
import type { Book } from "./book/book.ts";
import type { IncomingOrder } from "./book/order.ts";
import { NO_ORDER, type OrderHandle } from "./book/order-slab.ts";
import type { PriceLevel } from "./book/price-level.ts";
import type { MarketEvent, RemovalReason, Traded } from "./exchange-event.ts";

/** Price queues an enhanced limit order trades through at most (HKEX: ten queues at a time). */
export const ENHANCED_LIMIT_QUEUES_MAX = 10;

export interface Match {
  /** What the trades leave of the incoming order. */
  readonly leavesLots: number;
  /** What becomes of it: it queues, or is removed for a reason; "None" when nothing is left. */
  readonly rest: "None" | "Queues" | RemovalReason;
  /** Where it queues; 0 unless it does. */
  readonly restingTicks: number;
}

/** Whether an order finds nothing to trade with and would rest whole: what most orders do. */
export function restsWhole(book: Book, incoming: IncomingOrder): boolean {
  if (incoming.ticks === 0 || isImmediate(incoming.timeInForce)) return false;
  const best = book.against(incoming.side).best;
  return best === undefined || !crosses(incoming.side, incoming.ticks, best.ticks);
}

/** An incoming order, and what its trades are told with. */
export interface Matched extends IncomingOrder {
  readonly symbol: string;
}

/**
 * Matches from the best opposite price on, within the order's limit, until an order of its own
 * account is met, and adds the trades to the events. A fill-or-kill order that would not trade
 * whole does not trade at all.
 * `protectionTicks` is the limit of an order without a price, which does not queue at it; 0 for
 * none. `tradeCount` trades have been before.
 */
export function matchIncoming(
  book: Book,
  incoming: Matched,
  protectionTicks: number,
  tradeCount: number,
  events: MarketEvent[],
): Match {
  const limitTicks = incoming.ticks === 0 ? protectionTicks : incoming.ticks;
  if (incoming.timeInForce === TimeInForce.FillOrKill && !tradesWhole(book, incoming, limitTicks)) {
    return removed(incoming.lots, CancelReason.FillOrKill);
  }
  return matchLevels(book, incoming, limitTicks, tradeCount, events);
}

/**
 * Whether an order would trade whole, found out without its trades: an order that does not trade
 * costs nobody anything, and so must cost little however many orders it would trade with.
 */
function tradesWhole(
  book: Book,
  { side, account, ordType, lots }: Matched,
  limitTicks: number,
): boolean {
  const against = book.against(side);
  let reach = 0;
  let queuesLeft = queueCountMaxOf(ordType);
  for (
    let level = against.best;
    level !== undefined && reach < lots && queuesLeft > 0;
    level = against.after(level)
  ) {
    if (!crosses(side, limitTicks, level.ticks)) break;
    reach += level.lots;
    queuesLeft -= 1;
  }
  if (reach < lots) return false;
  let left = lots;
  for (let level = against.best; level !== undefined; level = against.after(level)) {
    for (let resting = level.first; resting !== NO_ORDER; resting = book.next(resting)) {
      if (book.accountOf(resting) === account) return false;
      left -= book.lotsOf(resting);
      if (left <= 0) return true;
    }
  }
  return false;
}

export function isImmediate(timeInForce: TimeInForce): boolean {
  return timeInForce === TimeInForce.ImmediateOrCancel || timeInForce === TimeInForce.FillOrKill;
}

function matchLevels(
  book: Book,
  incoming: Matched,
  limitTicks: number,
  tradeCount: number,
  events: MarketEvent[],
): Match {
  const queueCountMax = queueCountMaxOf(incoming.ordType);
  const side = book.against(incoming.side);
  let tradeNo = tradeCount;
  let leavesLots = incoming.lots;
  let queueCount = 0;
  let lastTicks = 0;
  for (let level = side.best; level !== undefined; level = side.after(level)) {
    if (!crosses(incoming.side, limitTicks, level.ticks)) break;
    // Queueing at its own price would cross the queues it may not reach: it stays where it last
    // traded.
    if (queueCount === queueCountMax) return settled(incoming, leavesLots, lastTicks);
    for (let resting = level.first; resting !== NO_ORDER; resting = book.next(resting)) {
      if (book.accountOf(resting) === incoming.account) {
        return removed(leavesLots, CancelReason.SelfTrade);
      }
      const lots = Math.min(leavesLots, book.lotsOf(resting));
      tradeNo += 1;
      events.push(tradeWith(book, resting, level, incoming, lots, tradeNo));
      leavesLots -= lots;
      if (leavesLots === 0) return settled(incoming, leavesLots, 0);
    }
    queueCount += 1;
    lastTicks = level.ticks;
  }
  return settled(incoming, leavesLots, incoming.ticks);
}

/** Queues that an order of the type may trade through. */
function queueCountMaxOf(ordType: OrdType): number {
  return ordType === OrdType.EnhancedLimit ? ENHANCED_LIMIT_QUEUES_MAX : Number.POSITIVE_INFINITY;
}

function tradeWith(
  book: Book,
  resting: OrderHandle,
  level: PriceLevel,
  { symbol, side, orderId, account }: Matched,
  lots: number,
  tradeNo: number,
): Traded {
  return {
    type: "Traded",
    symbol,
    tradeNo,
    side,
    incomingOrderId: orderId,
    incomingAccount: account,
    restingOrderId: book.orderIdOf(resting),
    restingAccount: book.accountOf(resting),
    ticks: level.ticks,
    lots,
    restingLeavesLots: book.lotsOf(resting) - lots,
  };
}

/** Whether a price reaches one of the other side; 0 reaches every one. */
export function crosses(side: Side, limitTicks: number, ticks: number): boolean {
  if (limitTicks === 0) return true;
  return side === Side.Buy ? ticks <= limitTicks : ticks >= limitTicks;
}

/** The match of an order that has traded and whose rest would queue at a price; 0: at none. */
function settled(incoming: IncomingOrder, leavesLots: number, restingTicks: number): Match {
  if (leavesLots === 0) return { leavesLots, rest: "None", restingTicks: 0 };
  if (incoming.timeInForce === TimeInForce.ImmediateOrCancel) {
    return removed(leavesLots, CancelReason.ImmediateOrCancel);
  }
  if (restingTicks === 0) return removed(leavesLots, CancelReason.NoLiquidity);
  return { leavesLots, rest: "Queues", restingTicks };
}

function removed(leavesLots: number, rest: RemovalReason): Match {
  return { leavesLots, rest, restingTicks: 0 };
}

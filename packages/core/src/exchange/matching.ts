/** What an incoming order does in continuous trading: pure, the book stays as it is. */
import { CancelReason, OrdType, Side, TimeInForce } from "../model/index.ts";
import type { Book } from "./book/book.ts";
import type { IncomingOrder } from "./book/order.ts";
import { NO_ORDER, type OrderHandle } from "./book/order-slab.ts";
import type { RemovalReason } from "./exchange-event.ts";

/** Price queues an enhanced limit order trades through at most (HKEX: ten queues at a time). */
export const ENHANCED_LIMIT_QUEUES_MAX = 10;

/** `lots` that an incoming order trades with a resting one. */
export interface Fill {
  readonly resting: OrderHandle;
  readonly lots: number;
}

/** Valid until the book changes. */
export interface Match {
  /** In the order in which they happen. */
  readonly fills: readonly Fill[];
  /** What the fills leave of the incoming order. */
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

/**
 * Matches from the best opposite price on, within the order's limit, until an order of its own
 * account is met. A fill-or-kill order that would not trade whole does not trade at all.
 * `protectionTicks` is the limit of an order without a price, which does not queue at it; 0 for
 * none.
 */
export function matchIncoming(book: Book, incoming: IncomingOrder, protectionTicks: number): Match {
  const limitTicks = incoming.ticks === 0 ? protectionTicks : incoming.ticks;
  const match = matchLevels(book, incoming, limitTicks);
  if (match.leavesLots > 0 && incoming.timeInForce === TimeInForce.FillOrKill) {
    return removed([], incoming.lots, CancelReason.FillOrKill);
  }
  return match;
}

export function isImmediate(timeInForce: TimeInForce): boolean {
  return timeInForce === TimeInForce.ImmediateOrCancel || timeInForce === TimeInForce.FillOrKill;
}

function matchLevels(book: Book, incoming: IncomingOrder, limitTicks: number): Match {
  const isEnhanced = incoming.ordType === OrdType.EnhancedLimit;
  const queueCountMax = isEnhanced ? ENHANCED_LIMIT_QUEUES_MAX : Number.POSITIVE_INFINITY;
  const fills: Fill[] = [];
  let leavesLots = incoming.lots;
  let queueCount = 0;
  let lastTicks = 0;
  for (const level of book.against(incoming.side)) {
    if (leavesLots === 0 || !crosses(incoming.side, limitTicks, level.ticks)) break;
    // Queueing at its own price would cross the queues it may not reach: it stays where it last
    // traded.
    if (queueCount === queueCountMax) return settled(incoming, fills, leavesLots, lastTicks);
    for (
      let resting = level.first;
      resting !== NO_ORDER && leavesLots > 0;
      resting = book.next(resting)
    ) {
      if (book.accountOf(resting) === incoming.account) {
        return removed(fills, leavesLots, CancelReason.SelfTrade);
      }
      const lots = Math.min(leavesLots, book.lotsOf(resting));
      fills.push({ resting, lots });
      leavesLots -= lots;
    }
    queueCount += 1;
    lastTicks = level.ticks;
  }
  return settled(incoming, fills, leavesLots, incoming.ticks);
}

function crosses(side: Side, limitTicks: number, ticks: number): boolean {
  if (limitTicks === 0) return true;
  return side === Side.Buy ? ticks <= limitTicks : ticks >= limitTicks;
}

/** The match of an order whose fills are done and whose rest would queue at a price; 0: at none. */
function settled(
  incoming: IncomingOrder,
  fills: readonly Fill[],
  leavesLots: number,
  restingTicks: number,
): Match {
  if (leavesLots === 0) return { fills, leavesLots, rest: "None", restingTicks: 0 };
  if (incoming.timeInForce === TimeInForce.ImmediateOrCancel) {
    return removed(fills, leavesLots, CancelReason.ImmediateOrCancel);
  }
  if (restingTicks === 0) return removed(fills, leavesLots, CancelReason.NoLiquidity);
  return { fills, leavesLots, rest: "Queues", restingTicks };
}

function removed(fills: readonly Fill[], leavesLots: number, rest: RemovalReason): Match {
  return { fills, leavesLots, rest, restingTicks: 0 };
}

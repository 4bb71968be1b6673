/**
 * What happened at the exchange: past tense, immutable, numbered by the journal. Prices are in
 * ticks and quantities in lots of the instrument, so every number is a safe integer; 0 ticks is
 * no price.
 */
import type {
  Account,
  AskedReason,
  CancelReason,
  OrderId,
  OrdType,
  Side,
  TimeInForce,
} from "../model/index.ts";
import type { ListedGrid, MarketPhase } from "./exchange-command.ts";

interface OrderNamed {
  readonly symbol: string;
  readonly orderId: OrderId;
  readonly account: Account;
  readonly side: Side;
}

/**
 * How an order comes into the market. The trades it makes and the removal of what it loses
 * follow: `lots` = its trades that follow + its removal that follows + `restingLots`.
 */
export interface ComesIn extends OrderNamed {
  /** What it comes in as; one that is replaced in the book is a limit or an at-auction order. */
  readonly ordType: OrdType;
  readonly timeInForce: TimeInForce;
  /** Its price; 0 for an order that takes any. */
  readonly ticks: number;
  readonly lots: number;
  /**
   * Where its rest queues. Differs from `ticks` for an enhanced limit order only; 0 when nothing
   * rests, and for an at-auction order, which rests without a price.
   */
  readonly restingTicks: number;
  /** What is in the book once all of the order's trades are done. */
  readonly restingLots: number;
}

/** A new order came in; it is the first event of its command. */
export interface Entered extends ComesIn {
  readonly type: "Entered";
}

/** A new stop order waits outside the book, where nobody sees it. */
export interface StopEntered extends OrderNamed {
  readonly type: "StopEntered";
  readonly ordType: OrdType;
  readonly timeInForce: TimeInForce;
  /** The price it will come in with; 0 for a stop market order. */
  readonly ticks: number;
  readonly stopTicks: number;
  readonly lots: number;
  /** The worst price that a stop market order may trade at once it comes in; 0 for none. */
  readonly protectionTicks: number;
}

/** A waiting stop order whose trigger was reached came in. */
export interface Triggered extends ComesIn {
  readonly type: "Triggered";
}

/** A resting order was given less quantity and nothing else: it keeps its place. */
export interface Reduced extends OrderNamed {
  readonly type: "Reduced";
  /** Where it rests; 0 for an at-auction order. */
  readonly ticks: number;
  /** As the request had it; without effect on an order that is in the book. */
  readonly stopTicks: number;
  /** Its new quantity, executed part included. */
  readonly orderLots: number;
  /** What was taken from it. */
  readonly lots: number;
}

/** A resting order was given other terms: it left its place and came in anew. */
export interface Replaced extends ComesIn {
  readonly type: "Replaced";
  /** Where it rested until now; 0 for an at-auction order. */
  readonly fromTicks: number;
  /** What it had left there. */
  readonly fromLots: number;
  /** As the request had it; without effect on an order that is in the book. */
  readonly stopTicks: number;
  /** Its new quantity, executed part included. */
  readonly orderLots: number;
}

/**
 * A waiting stop order was given other terms. With less quantity and nothing else it keeps its
 * place among the stop orders of its trigger.
 */
export interface StopReplaced extends OrderNamed {
  readonly type: "StopReplaced";
  readonly ticks: number;
  readonly stopTicks: number;
  readonly lots: number;
  /** The worst price that a stop market order may trade at once it comes in; 0 for none. */
  readonly protectionTicks: number;
}

/** An incoming order traded with a resting one, at the resting order's price. */
export interface Traded {
  readonly type: "Traded";
  readonly symbol: string;
  /** From 1, without gaps, over all books of the exchange. */
  readonly tradeNo: number;
  /** The incoming order's. */
  readonly side: Side;
  readonly incomingOrderId: OrderId;
  readonly incomingAccount: Account;
  readonly restingOrderId: OrderId;
  readonly restingAccount: Account;
  readonly ticks: number;
  readonly lots: number;
  /** What the resting order has left; 0: it is filled and left the book. */
  readonly restingLeavesLots: number;
}

/** An auction was matched; its trades follow. */
export interface Uncrossed {
  readonly type: "Uncrossed";
  readonly symbol: string;
  /** The one price; 0 when nothing could be matched. */
  readonly ticks: number;
  /** What trades in all. */
  readonly lots: number;
}

/** Two resting orders traded at an auction's price. */
export interface AuctionTraded {
  readonly type: "AuctionTraded";
  readonly symbol: string;
  /** In one count with {@link Traded}. */
  readonly tradeNo: number;
  readonly ticks: number;
  readonly lots: number;
  readonly buyOrderId: OrderId;
  readonly buyAccount: Account;
  /** Where the buyer rested; 0 for an at-auction order. */
  readonly buyTicks: number;
  readonly buyLeavesLots: number;
  readonly sellOrderId: OrderId;
  readonly sellAccount: Account;
  readonly sellTicks: number;
  readonly sellLeavesLots: number;
}

/** What was left of an order was removed. */
export interface Removed extends OrderNamed {
  readonly type: "Removed";
  readonly from: RemovedFrom;
  /** Where it rested; 0 unless it was in the book with a price. */
  readonly ticks: number;
  readonly lots: number;
  readonly reason: RemovalReason;
}

/** The rest of an incoming order never was in the book. */
export type RemovedFrom = "book" | "stops" | "incoming";

/** On request is one reason here: only who asked knows why. */
export type RemovalReason = Exclude<
  CancelReason,
  typeof CancelReason.None | Exclude<AskedReason, typeof CancelReason.Requested>
>;

export interface PhaseChanged {
  readonly type: "PhaseChanged";
  readonly symbol: string;
  readonly phase: MarketPhase;
}

/**
 * Something happened in the market of odd lots, which is apart from that of board lots: its own
 * book, and no word of it in the public depth, in the last trade price or to stop orders.
 */
export interface OddLot {
  readonly type: "OddLot";
  readonly symbol: string;
  /** Its quantities are in steps of odd lots, its trades in one count with all others. */
  readonly event: MarketEvent;
}

/**
 * An instrument was listed, or the prices and quantities of its book are counted in other steps
 * from here on: each is the same as before. Other events of the symbol follow in the new steps.
 */
export interface GridSet {
  readonly type: "GridSet";
  readonly symbol: string;
  readonly grid: ListedGrid;
  /** The steps until now; null where it was not listed. */
  readonly from: Pick<ListedGrid, "priceTick" | "lotQty"> | null;
}

/** What can happen in a book as it is listed. */
export type BookEvent = MarketEvent | OddLot;

export type ExchangeEvent = BookEvent | GridSet;

/** What can happen in one market of an instrument. */
export type MarketEvent =
  | Entered
  | StopEntered
  | Triggered
  | Reduced
  | Replaced
  | StopReplaced
  | Traded
  | Uncrossed
  | AuctionTraded
  | Removed
  | PhaseChanged;

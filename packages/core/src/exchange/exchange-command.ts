/** What the exchange is told: by the desk to work an order, by the clock to lead a session. */
import type { Instrument, OrderId, VenueCommand } from "../model/index.ts";
import type { SandboxCommand } from "./sandbox-commands.ts";

/** What a book does with its orders. A book starts in continuous trading. */
export const MarketPhase = {
  /** An order trades as it comes in. */
  Continuous: "continuous",
  /** Orders accumulate and nothing trades until an {@link Uncross}. */
  Auction: "auction",
  /** Orders rest and can be cancelled; new orders and replaces are the desk's to refuse. */
  Closed: "closed",
} as const;
export type MarketPhase = (typeof MarketPhase)[keyof typeof MarketPhase];

/**
 * Leads a book into a phase. Precondition of leaving an auction: it was uncrossed and nothing
 * came in since that crosses, nor any at-auction order.
 */
export interface ChangePhase {
  readonly type: "ChangePhase";
  readonly symbol: string;
  readonly phase: MarketPhase;
}

/** Matches an auction at its one price. Precondition: the book is in an auction. */
export interface Uncross {
  readonly type: "Uncross";
  readonly symbol: string;
  /** Decides between prices that are equally good otherwise; 0 when there is none. */
  readonly referenceTicks: number;
  /**
   * The worst price of each at-auction buy that has one: where the auction's price is above it, the
   * buy takes no part.
   */
  readonly protectionTicks?: ReadonlyMap<OrderId, number>;
}

/** Removes the day orders of a book, waiting stop orders among them. */
export interface ExpireDay {
  readonly type: "ExpireDay";
  readonly symbol: string;
  /** At most so many of them; all where it is left out. */
  readonly countMax?: number;
}

/** What the exchange needs to know of an instrument. */
export type ListedGrid = Pick<Instrument, "symbol" | "priceTick" | "lotQty" | "oddLotQty">;

/**
 * Lists an instrument, or gives the book of a listed one another grid. Precondition: what rests and
 * waits in it fits, see {@link Exchange.unfit}. Orders keep their places.
 */
export interface SetGrid {
  readonly type: "SetGrid";
  readonly symbol: string;
  readonly grid: ListedGrid;
}

export type SessionCommand = ChangePhase | Uncross | ExpireDay;

/** What concerns one book as it is listed. */
export type BookCommand = VenueCommand | SessionCommand | SandboxCommand;

export type ExchangeCommand = BookCommand | SetGrid;

/**
 * A simulated participant: an account and a way to trade. What it does is a function of its seeded
 * state and of what it sees; its open orders are seen, never remembered, so that it needs no
 * messages and adopts what it finds after a restart.
 */
import type { PlaceRequest } from "../model/command.ts";
import type { Price } from "../model/decimal.ts";
import type { Account, OrderId } from "../model/ids.ts";
import type { Order } from "../model/order.ts";
import type { RandomState } from "./random.ts";
import type { SimulatedSymbol } from "./simulated-symbols.ts";

/** Keeps quotes on both sides, `levels` prices each. */
export interface MarketMaker {
  readonly kind: "MarketMaker";
  /** From the middle to the best quote, in steps of the symbol. */
  readonly firstSteps: number;
  /** From one quote to the next. */
  readonly gapSteps: number;
  readonly levels: number;
}

/** Buys and sells for no reason. */
export interface NoiseTrader {
  readonly kind: "NoiseTrader";
  /** Open orders per symbol. */
  readonly openOrdersMax: number;
}

/** Follows the last price: buys when it has risen, sells when it has fallen. */
export interface MomentumTrader {
  readonly kind: "MomentumTrader";
  /** How far the price must have gone since it last looked, in steps of the symbol. */
  readonly thresholdSteps: number;
}

export type Strategy = MarketMaker | NoiseTrader | MomentumTrader;

export interface Participant {
  readonly account: Account;
  /** Milliseconds between two turns in one symbol, on average. */
  readonly turnEveryMs: number;
  readonly strategy: Strategy;
}

export type OwnOrder = Pick<Order, "orderId" | "side" | "price">;

/** What a participant sees of one symbol. */
export interface MarketView {
  readonly bestBid: Price | null;
  readonly bestAsk: Price | null;
  /** Of the latest trade. */
  readonly lastPrice: Price | null;
  /** Its own open orders in the symbol, oldest first. */
  readonly ownOrders: readonly OwnOrder[];
}

export type ParticipantCommand =
  | { readonly type: "Place"; readonly request: PlaceRequest }
  | { readonly type: "Cancel"; readonly orderId: OrderId };

/** What a participant keeps of one symbol between its turns. */
export interface ParticipantState {
  readonly random: RandomState;
  /** The middle of its quotes, or the price it last saw; null before its first turn. */
  readonly anchorPx: Price | null;
}

export interface Decision {
  /** To be carried out in this order. */
  readonly commands: readonly ParticipantCommand[];
  readonly state: ParticipantState;
}

/** One turn's circumstances. */
export interface Scene {
  readonly symbol: SimulatedSymbol;
  readonly fairPx: Price;
  readonly view: MarketView;
}

/**
 * What a client asks the desk for: decoded, authenticated elsewhere, not yet checked against any
 * state.
 */
import type { MarketName, OrdType, Side, TimeInForce } from "./enums.ts";
import type { ClOrdId, KeyId, OrderId } from "./ids.ts";

/** A new order as the client sent it. */
export interface PlaceRequest {
  readonly market: MarketName;
  readonly symbol: string;
  readonly ordType: OrdType;
  readonly side: Side;
  /** Day when none was sent. */
  readonly timeInForce: TimeInForce;
  /** Any decimal the client sent, in 10^-8; zero and negative ones are refused by the desk. */
  readonly orderQty: bigint;
  /** In 10^-8; null when none was sent. */
  readonly price: bigint | null;
  /** In 10^-8; null when none was sent. */
  readonly stopPx: bigint | null;
  /** "" when none was sent. */
  readonly clOrdId: ClOrdId;
  readonly portfolioId: string;
  /** Refuse it where it would trade as it comes in. */
  readonly onlyIfResting?: boolean;
  /** Who sends it: not the client's to say. */
  readonly enteredBy?: KeyId;
}

/** OrderID(37) decides alone where both were sent; the decoder keeps only the one that counts. */
export type CancelTarget =
  | { readonly by: "orderId"; readonly orderId: OrderId }
  | { readonly by: "clOrdId"; readonly clOrdId: ClOrdId };

/** New terms of an open order; null leaves a term as it is. */
export interface AmendRequest {
  readonly target: CancelTarget;
  /** In 10^-8. The whole chain's quantity, executed part included (FIX OrderQty of a replace). */
  readonly orderQty: bigint | null;
  readonly price: bigint | null;
  readonly stopPx: bigint | null;
  readonly condition: OnlyIf;
  /** As of {@link PlaceRequest}. */
  readonly enteredBy?: KeyId;
}

/**
 * Conditions under which a cancel or an amend is carried out; else it is refused and changes
 * nothing.
 */
export interface OnlyIf {
  /** Nothing of the order has traded. */
  readonly unfilled: boolean;
  /** The order is still at this version; null takes any. */
  readonly version: number | null;
  /** Its new terms would not trade as they come in; only of an amend. */
  readonly resting?: boolean;
}

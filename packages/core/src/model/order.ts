/**
 * An order's stored facts. LeavesQty, OrdStatus and the cancelled quantity are functions of them
 * (order/order.ts), so they cannot drift.
 */
import type { Amount, Price, Qty } from "./decimal.ts";
import type { CancelReason, MarketName, OrdType, Side, TimeInForce } from "./enums.ts";
import type { Account, ClOrdId, KeyId, OrderId, UnixMs } from "./ids.ts";

export type OrderPhase = "PendingNew" | "Open" | "Filled" | "Canceled" | "Rejected";

export interface Order {
  readonly orderId: OrderId;
  readonly account: Account;
  readonly clOrdId: ClOrdId;
  readonly portfolioId: string;
  /** The market name it was placed with. */
  readonly market: MarketName;
  readonly symbol: string;
  readonly ordType: OrdType;
  readonly side: Side;
  readonly timeInForce: TimeInForce;
  /** Price(44); zero for order types without one. */
  readonly price: Price;
  /** StopPx(99); zero for order types without one. */
  readonly stopPx: Price;
  /** The collar: worst price a buy without a price may trade at; zero for every other order. */
  readonly protectionPx: Price;
  /** A stop order whose trigger was reached; false for every other type. */
  readonly triggered: boolean;
  /** OrderQty(38). */
  readonly orderQty: Qty;
  readonly phase: OrderPhase;
  /** A cancel was sent to the venue and has not been answered. */
  readonly cancelPending: boolean;
  /** CumQty(14). */
  readonly cumQty: Qty;
  /** Sum of LastPx(31) x LastQty(32). */
  readonly grossTradeAmt: Amount;
  /** Fees charged so far, in the instrument's currency. */
  readonly chargeAmt: Amount;
  /**
   * Cash still held back for the open part of a buy: price (or collar) x LeavesQty and its charges.
   * Zero for a sell, which holds back its LeavesQty of the product.
   */
  readonly reservedAmt: Amount;
  /** While a cancel is pending: why it was sent. */
  readonly cancelReason: CancelReason;
  readonly rejectReason: string;
  readonly createdAtMs: UnixMs;
  readonly updatedAtMs: UnixMs;
  /** Reports made about this order, from 1: a reader ignores a version it has seen. */
  readonly version: number;
  /** Position of the latest report in the account's stream. */
  readonly streamSeq: number;
  /** The key that placed it; an amend by another one leaves it. Never on the wire. */
  readonly enteredBy: KeyId;
}

/** An order that nobody but its maker has seen: its last facts are still written into it. */
export type OrderDraft = { -readonly [Fact in keyof Order]: Order[Fact] };

/** What happened at the desk: past tense, immutable, numbered by the journal. */

import type { Cause } from "./cause.ts";
import type { DeadManScope } from "./dead-man.ts";
import type { Amount, Price, Qty } from "./decimal.ts";
import type { ExecType } from "./enums.ts";
import type { Account, ExecId, KeyId, OrderId, UnixMs } from "./ids.ts";
import type { Order } from "./order.ts";
import type { UnixDay } from "./unix-day.ts";

/** LastQty(32) at LastPx(31), one side of one fill, and what it did to the account's money. */
export interface Execution {
  readonly execId: ExecId;
  readonly lastQty: Qty;
  readonly lastPx: Price;
  /** TradeDate(75), in the market's time zone. */
  readonly tradeDate: UnixDay;
  /** SettlDate(64): cash and product change hands on it; at once where it is the trade date. */
  readonly settlDate: UnixDay;
  /** Charges of this execution, in the instrument's currency; a part of the order's chargeAmt. */
  readonly lastChargeAmt: Amount;
  /** The account's cash in that currency after it, what is not settled yet included. */
  readonly cashBalance: Amount;
}

/**
 * One message of an account's stream: in FIX's manner it carries the whole order as it stands
 * after the event, so that each report can be read, replayed and audited alone.
 */
export interface ExecutionReported {
  readonly type: "ExecutionReported";
  readonly execType: ExecType;
  readonly order: Order;
  /** Present exactly when execType is Trade. */
  readonly execution: Execution | null;
  /** Absent in records that were written before there was one. */
  readonly origin?: ReportOrigin;
  /** The write whose last event this is, if it is remembered: then it has no event of its own. */
  readonly answered?: Answered;
}

/** How a report came about; of the event, and no part of the order. */
export interface ReportOrigin {
  /** Stream position of the order's report before this one; 0 for its first. */
  readonly previousStreamSeq: number;
  /** Null where no command was about this order: it was traded against, or its session ended. */
  readonly cause: Cause | null;
}

/** A command about an order of the account was refused; nothing of the order changed. */
export interface CommandRefused {
  readonly type: "CommandRefused";
  readonly atMs: UnixMs;
  readonly account: Account;
  readonly orderId: OrderId;
  readonly command: RefusedCommand;
  /** The refusal's name in the catalogue of errors. */
  readonly refused: string;
  readonly cause: Cause;
}

export type RefusedCommand = "cancel" | "amend";

export interface AccountOpened {
  readonly type: "AccountOpened";
  readonly atMs: UnixMs;
  readonly account: Account;
  readonly cash: readonly (readonly [currency: string, amount: Amount])[];
  readonly holdings: readonly (readonly [product: string, qty: Qty])[];
  /** Whether it may sell what it does not hold. */
  readonly shortSellingAllowed: boolean;
}

/** Cash by its currency and holdings by their product are two spaces of names. */
export interface Asset {
  readonly assetClass: "Cash" | "Holding";
  readonly name: string;
}

/** An operator credited or debited an account against the house. */
export interface BalanceAdjusted {
  readonly type: "BalanceAdjusted";
  readonly atMs: UnixMs;
  readonly account: Account;
  readonly asset: Asset;
  /** Amount or quantity in 10^-8: above zero a credit, below zero a debit, never zero. */
  readonly units: bigint;
  /** For people. */
  readonly reason: string;
  /** The account's balance in that asset after it, what is not settled yet included. */
  readonly balance: bigint;
}

/** The account takes no orders and no money any more; it is empty, and can still be asked about. */
export interface AccountClosed {
  readonly type: "AccountClosed";
  readonly atMs: UnixMs;
  readonly account: Account;
}

/** Everything due on this date or before it changed hands, in all accounts of the partition. */
export interface Settled {
  readonly type: "Settled";
  readonly atMs: UnixMs;
  readonly date: UnixDay;
}

/** A write that changed something, and its answer: the same request again gets the same answer. */
export interface Answered {
  /** Real time. */
  readonly atMs: UnixMs;
  /** Names the request: a digest of key, timestamp and signature, or of key and command id. */
  readonly fingerprint: string;
  /** Digest of the content, where the fingerprint does not cover it; "" where it does. */
  readonly contentDigest: string;
  /** Real time after which the request may be forgotten. */
  readonly expiresAtMs: UnixMs;
  readonly httpStatus: number;
  readonly body: string;
}

/**
 * An answer that no report of the account's carries. A claimed socket handshake is one too, with an
 * empty answer.
 */
export interface RequestAnswered extends Answered {
  readonly type: "RequestAnswered";
  readonly account: Account;
}

/** A dead-man's switch was armed, refreshed or released; any block of it ends. */
export interface DeadManSet {
  readonly type: "DeadManSet";
  /** Real time. */
  readonly atMs: UnixMs;
  readonly account: Account;
  readonly scope: DeadManScope;
  /** Milliseconds; 0 takes the switch away. */
  readonly timeoutMs: number;
  /** Who did it. */
  readonly keyId: KeyId;
}

/** A dead-man's switch was not refreshed in time: its orders are being cancelled, new ones refused. */
export interface DeadManFired {
  readonly type: "DeadManFired";
  /** Real time. */
  readonly atMs: UnixMs;
  readonly account: Account;
  readonly scope: DeadManScope;
}

/** From now on the loss of the last connection of a key and group cancels the key's orders. */
export interface DisconnectWatched {
  readonly type: "DisconnectWatched";
  /** Real time. */
  readonly atMs: UnixMs;
  readonly account: Account;
  readonly keyId: KeyId;
  /** The connections that stand in for each other; "" is a group like any other. */
  readonly group: string;
  /** Milliseconds to come back in. */
  readonly graceMs: number;
}

export interface DisconnectUnwatched {
  readonly type: "DisconnectUnwatched";
  /** Real time. */
  readonly atMs: UnixMs;
  readonly account: Account;
  readonly keyId: KeyId;
  readonly group: string;
  /** Closed: the client closed its last one. Lapsed: it was lost, and the orders are cancelled. */
  readonly cause: "Closed" | "Lapsed";
}

export type DeskEvent =
  | ExecutionReported
  | DisconnectWatched
  | DisconnectUnwatched
  | DeadManSet
  | DeadManFired
  | AccountOpened
  | AccountClosed
  | BalanceAdjusted
  | Settled
  | CommandRefused
  | RequestAnswered;

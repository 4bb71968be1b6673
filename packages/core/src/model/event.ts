/** What happened at the desk: past tense, immutable, numbered by the journal. */
import type { Amount, Price, Qty } from "./decimal.ts";
import type { ExecType } from "./enums.ts";
import type { Account, ExecId, UnixMs } from "./ids.ts";
import type { Order } from "./order.ts";

/** LastQty(32) at LastPx(31), one side of one fill. */
export interface Execution {
  readonly execId: ExecId;
  readonly lastQty: Qty;
  readonly lastPx: Price;
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
}

export interface AccountOpened {
  readonly type: "AccountOpened";
  readonly atMs: UnixMs;
  readonly account: Account;
  readonly cash: readonly (readonly [currency: string, amount: Amount])[];
  readonly holdings: readonly (readonly [product: string, qty: Qty])[];
}

/**
 * A write that changed something, and what was answered: the same request again gets the same
 * answer. A claimed socket handshake is one too, with an empty answer.
 */
export interface RequestAnswered {
  readonly type: "RequestAnswered";
  readonly atMs: UnixMs;
  readonly account: Account;
  /** Names the request: a digest of key, timestamp and signature, or of key and command id. */
  readonly fingerprint: string;
  /** Digest of the content, where the fingerprint does not cover it; "" where it does. */
  readonly contentDigest: string;
  /** Real time after which the request may be forgotten. */
  readonly expiresAtMs: UnixMs;
  readonly httpStatus: number;
  readonly body: string;
}

export type DeskEvent = ExecutionReported | AccountOpened | RequestAnswered;

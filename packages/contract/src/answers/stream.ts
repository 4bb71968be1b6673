/** Messages the order stream sends. */
import { type ErrorExtra, type ErrorName, encodeError } from "../errors.ts";
import { type BudgetState, encodeBudget } from "./budget.ts";
import { jsonString } from "./json-text.ts";

/** WebSocket close codes (RFC 6455 and its registry) by the cause that closes. */
export const CLOSE_CODES = {
  TEXT_ONLY: 1003,
  KEY_NO_LONGER_GOOD: 1008,
  SEQ_OUT_OF_RANGE: 1008,
  TOO_MANY_PARTS: 1008,
  MESSAGE_TOO_BIG: 1009,
  SHUTTING_DOWN: 1012,
  SLOW_READER: 1013,
} as const;
CLOSE_CODES satisfies Partial<Record<ErrorName, number>>;

/** One event of one order. */
export function encodeOrderMessage(seq: number, orderJson: string): string {
  return `{"type":"order","seq":${seq},"data":${orderJson}}`;
}

/** In the place of an event that the reader's key may not see. */
export function encodeSkip(seq: number, account: string | null): string {
  return `{"type":"skip",${accountMember(account)}"seq":${seq}}`;
}

/** Which history the positions of the connection are of. */
export function encodeHistory(history: string, account: string | null): string {
  return `{"type":"history",${accountMember(account)}"history":${jsonString(history)}}`;
}

/** All that the reader lacked up to `seq` has been sent: what follows is sent as it happens. */
export function encodeLive(seq: number, account: string | null): string {
  return `{"type":"live",${accountMember(account)}"seq":${seq}}`;
}

/**
 * `seq` is the latest of the account, so that silence and loss can be told apart. Where a socket
 * carries several accounts, this and others say whose it is. The budgets are there where there are
 * any.
 */
export function encodeHeartbeat(
  nowMs: number,
  seq: number,
  budgets: readonly BudgetState[] = [],
  account: string | null = null,
): string {
  const budget = budgets.length === 0 ? "" : `,"budget":${encodeBudget(budgets)}`;
  const data = `{"timestamp":${nowMs},"seq":${seq}${budget}}`;
  return `{"type":"heartbeat",${accountMember(account)}"data":${data}}`;
}

/** The open orders as they stood at `seq`. */
export function encodeSnapshot(
  seq: number,
  orders: readonly string[],
  account: string | null = null,
): string {
  const [head, tail] = snapshotEnds(seq, account);
  return `${head}${orders.join(",")}${tail}`;
}

/** What stands around the orders of a snapshot, which have commas between them. */
export function snapshotEnds(
  seq: number,
  account: string | null,
): readonly [head: string, tail: string] {
  return [`{"type":"snapshot",${accountMember(account)}"seq":${seq},"data":{"orders":[`, "]}}"];
}

/**
 * Something the client should know that is no fault of its own: the error fields under type
 * `notice`.
 */
export function encodeNotice(
  name: ErrorName,
  details: string,
  members: NonNullable<ErrorExtra["members"]> = [],
): string {
  return typed("notice", encodeError(name, details, { members }));
}

/** The sequence numbers that can be replayed: those after `earliestSeq - 1`, up to `latestSeq`. */
export interface SeqRange {
  readonly earliestSeq: number;
  readonly latestSeq: number;
}

/**
 * A fault of the connection: the error fields, the account where it is about one of several, and
 * the range where it is about one.
 */
export function encodeStreamError(
  name: ErrorName,
  details: string,
  range?: SeqRange,
  account: string | null = null,
): string {
  const members: (readonly [name: string, json: string])[] = [];
  if (account !== null) members.push(["account_code", jsonString(account)]);
  if (range !== undefined) {
    members.push(["earliest_seq", String(range.earliestSeq)]);
    members.push(["latest_seq", String(range.latestSeq)]);
  }
  return typed("error", encodeError(name, details, { members }));
}

/** The answer of a command: its id and the REST envelope's members. */
export function encodeReply(id: string, envelope: string): string {
  return `{"type":"reply","id":${jsonString(id)},${envelope.slice(1)}`;
}

function accountMember(account: string | null): string {
  return account === null ? "" : `"account_code":${jsonString(account)},`;
}

function typed(type: "notice" | "error", envelope: string): string {
  return `{"type":"${type}",${envelope.slice(1)}`;
}

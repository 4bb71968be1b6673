import type { Brand } from "./brand.ts";

/**
 * OrderID(37): ours, 11 to 18 decimal digits, unique, rising within an account, never reused.
 */
export type OrderId = Brand<string, "OrderId">;
/**
 * ClOrdID(11): the client's own name of an order, at most 64 characters, need not be unique; ""
 * is none.
 */
export type ClOrdId = Brand<string, "ClOrdId">;
/** Account(1). */
export type Account = Brand<string, "Account">;
/** The public name of the API key that a command came with; "" where none did. */
export type KeyId = Brand<string, "KeyId">;
/** ExecID(17) of a trade: the same on both sides of the fill. */
export type ExecId = Brand<string, "ExecId">;
/** Milliseconds since 1970-01-01T00:00:00Z. */
export type UnixMs = Brand<number, "UnixMs">;

export const NO_CL_ORD_ID = "" as ClOrdId;
export const NO_KEY_ID = "" as KeyId;

/** Sorts oldest first: a longer number is a higher one, they have no zeros before them. */
export function compareOrderIds(a: OrderId, b: OrderId): number {
  if (a.length !== b.length) return a.length - b.length;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

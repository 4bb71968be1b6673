/**
 * Order numbers in two parts, each a small integer: a number of eleven digits is none, and would be
 * boxed wherever it is handed on.
 */
import type { OrderId } from "./ids.ts";

/** Digits of the lower part: as many as a 32-bit integer holds every number of. */
const LOW_DIGITS = 9;
/** Lower parts are below this. */
export const LOW_END = 10 ** LOW_DIGITS;
/**
 * The desk's numbers have eleven digits, and more after 10^9 orders of a partition; at a million
 * orders a second a partition uses up eighteen in centuries.
 */
const DIGITS_MAX = 2 * LOW_DIGITS;
const ZERO = 48;

/**
 * The digits before the last nine as a number, 0 where there are none; negative when the text is no
 * positive decimal without leading zeros, whose two parts say all of it.
 */
export function highPart(orderId: OrderId): number {
  const { length } = orderId;
  if (length === 0 || length > DIGITS_MAX || orderId.charCodeAt(0) === ZERO) return -1;
  return digitsOf(orderId, 0, length - LOW_DIGITS);
}

/** The last nine digits as a number; negative when they are not digits. */
export function lowPart(orderId: OrderId): number {
  return digitsOf(orderId, Math.max(0, orderId.length - LOW_DIGITS), orderId.length);
}

/** The order number of these parts. */
export function orderIdOf(high: number, low: number): OrderId {
  return decimalOf(high, low) as OrderId;
}

/** The decimal whose lower nine digits are `low`, and `high` those before them. */
export function decimalOf(high: number, low: number): string {
  if (high === 0) return String(low);
  const digits = low | 0;
  const upper = threeDigits((digits / 1_000_000) | 0);
  const middle = threeDigits(((digits / 1_000) | 0) % 1_000);
  return String(high) + upper + middle + threeDigits(digits % 1_000);
}

/**
 * Every three digits. `String` keeps what it has written in a table, and a number that is written
 * once has to be looked for in there first.
 */
const THREE_DIGITS = Array.from({ length: 1_000 }, (_, value) => String(value).padStart(3, "0"));

function threeDigits(value: number): string {
  return THREE_DIGITS[value] as string;
}

function digitsOf(text: string, from: number, to: number): number {
  let value = 0;
  let others = 0;
  for (let index = from; index < to; index += 1) {
    const digit = text.charCodeAt(index) - ZERO;
    // Negative when one of them is: that is looked at once, at the end.
    others |= digit | (9 - digit);
    value = (Math.imul(value, 10) + digit) | 0;
  }
  return others < 0 ? -1 : value;
}

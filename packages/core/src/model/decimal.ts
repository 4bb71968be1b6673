/**
 * Exact decimals: every price, quantity and amount is a bigint in units of 10^-8.
 *
 * | operation                | type     | rounding                                        |
 * |--------------------------|----------|-------------------------------------------------|
 * | Price x Qty              | Amount   | none: ticks and lots are chosen so it is exact   |
 * | Amount / Qty             | Price    | half up, only for AvgPx(6), only at the edge     |
 * | Qty +- Qty, Amount +- .. | same     | none                                            |
 */
import { assert } from "../assert.ts";
import type { Brand } from "./brand.ts";

/** Price per unit of the instrument, in 10^-8 of the currency: 423.83 is 42_383_000_000n. */
export type Price = Brand<bigint, "Price">;
/** Quantity in 10^-8 of one unit: 1000 shares are 100_000_000_000n. */
export type Qty = Brand<bigint, "Qty">;
/** Money in 10^-8 of the currency. */
export type Amount = Brand<bigint, "Amount">;

/** Decimals after the point in every fixed-point value; also the most a client may send. */
export const SCALE = 8;
/** One, in fixed-point units. */
export const ONE = 100_000_000n;
const UNITS_PER_ONE = 10 ** SCALE;
/** Digits before the point that are read at most; enough for any price, quantity or amount. */
export const INTEGER_DIGITS_MAX = 18;

export const ZERO_PRICE = 0n as Price;
export const ZERO_QTY = 0n as Qty;
export const ZERO_AMOUNT = 0n as Amount;

/** Why a text is not a decimal we take. */
export type DecimalFault = "Malformed" | "Exponent" | "TooManyDecimals" | "TooLarge";

const DECIMAL = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?$/;
const EXPONENT = /^-?[0-9.]+[eE][+-]?[0-9]+$/;

/**
 * Reads a decimal digit for digit. No exponent, no sign but `-`, no leading zeros, at most 8
 * decimals (trailing zeros count) and 18 digits before the point.
 */
export function parseDecimal(text: string): bigint | DecimalFault {
  const units = shortUnits(text);
  return units < 0 ? parseAnyDecimal(text) : BigInt(units);
}

/** The fixed-point value of a decimal that the program itself spells: no other text may come. */
export function fixed(text: string): bigint {
  const units = parseDecimal(text);
  assert(typeof units === "bigint", "the program spells decimals that can be read");
  return units;
}

/** Digits of a value whose units are a safe integer, whatever they are. */
const SHORT_INTEGER_DIGITS_MAX = 7;
const POINT = 46;
const ZERO = 48;

/** The units of a short decimal without a sign, as nearly all are; -1 for every other text. */
function shortUnits(text: string): number {
  const { length } = text;
  let units = 0;
  let at = 0;
  for (; at < length && at <= SHORT_INTEGER_DIGITS_MAX; at += 1) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9) break;
    units = units * 10 + digit;
  }
  if (at === 0 || at > SHORT_INTEGER_DIGITS_MAX) return -1;
  if (at > 1 && text.charCodeAt(0) === ZERO) return -1;
  if (at === length) return units * UNITS_PER_ONE;
  const decimals = length - at - 1;
  if (text.charCodeAt(at) !== POINT || decimals === 0 || decimals > SCALE) return -1;
  for (at += 1; at < length; at += 1) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    units = units * 10 + digit;
  }
  return units * 10 ** (SCALE - decimals);
}

function parseAnyDecimal(text: string): bigint | DecimalFault {
  const match = DECIMAL.exec(text);
  if (match === null) return EXPONENT.test(text) ? "Exponent" : "Malformed";
  const [, sign = "", integer = "", fraction = ""] = match;
  if (fraction.length > SCALE) return "TooManyDecimals";
  if (integer.length > INTEGER_DIGITS_MAX) return "TooLarge";
  const units = BigInt(integer + fraction.padEnd(SCALE, "0"));
  return sign === "-" ? -units : units;
}

/**
 * Writes a fixed-point value as the shortest decimal with the same value: `423.83`, `1000`,
 * `-0.5`.
 */
export function formatDecimal(units: bigint): string {
  if (units === 0n) return "0";
  if (units < 0n) return `-${formatDecimal(-units)}`;
  const digits = units.toString().padStart(SCALE + 1, "0");
  const point = digits.length - SCALE;
  let end = digits.length;
  while (end > point && digits.charCodeAt(end - 1) === 48) end -= 1;
  const integer = digits.slice(0, point);
  return end === point ? integer : `${integer}.${digits.slice(point, end)}`;
}

/**
 * The amount of `orderQty` at `price`. Exact by the choice of ticks and lots (see instrument.ts).
 */
export function amountOf(price: Price, orderQty: Qty): Amount {
  const product = price * orderQty;
  assert(product % ONE === 0n, "price x quantity has at most 8 decimals");
  return (product / ONE) as Amount;
}

/**
 * AvgPx(6): traded amount over traded quantity, half up at the eighth decimal; zero when nothing
 * traded.
 */
export function averagePrice(grossTradeAmt: Amount, cumQty: Qty): Price {
  if (cumQty === 0n) return ZERO_PRICE;
  const doubled = (2n * grossTradeAmt * ONE) / cumQty;
  return ((doubled + 1n) / 2n) as Price;
}

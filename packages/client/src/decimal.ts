/**
 * Exact decimals. The gateway's prices, quantities and amounts have at most 8 digits after the
 * point; here they are text as long as nobody computes with them, and whole numbers of 10^-8 while
 * somebody does. No floating point touches them.
 */

/** A decimal such as `"423.83"`: digits, at most 8 after the point, no exponent, no plus sign. */
export type Decimal = string;

/**
 * How many units one is: 10^8.
 * @example
 * assert.equal(decimalText(3n * UNITS_PER_ONE), "3");
 */
export const UNITS_PER_ONE = 100_000_000n;

const DECIMAL = /^(-?)([0-9]{1,18})(?:\.([0-9]{1,8}))?$/;

/**
 * Whole units of 10^-8: `decimalUnits("423.83")` is `42383000000n`.
 * @throws RangeError when the text is no decimal with at most 18 digits before the point and 8
 * after it
 * @example
 * assert.equal(decimalUnits("423.83"), 42_383_000_000n);
 */
export function decimalUnits(text: Decimal): bigint {
  const match = DECIMAL.exec(text);
  if (match === null) {
    throw new RangeError(`not a decimal with at most 18 + 8 digits: ${JSON.stringify(text)}`);
  }
  const [, sign, whole = "", fraction = ""] = match;
  const units = BigInt(whole) * UNITS_PER_ONE + BigInt(fraction.padEnd(8, "0"));
  return sign === "-" ? -units : units;
}

/**
 * The shortest text of a number of units: `decimalText(42383000000n)` is `"423.83"`.
 * @example
 * assert.equal(decimalText(42_383_000_000n), "423.83");
 */
export function decimalText(units: bigint): Decimal {
  const sign = units < 0n ? "-" : "";
  const magnitude = units < 0n ? -units : units;
  const fraction = (magnitude % UNITS_PER_ONE).toString().padStart(8, "0").replace(/0+$/, "");
  const whole = magnitude / UNITS_PER_ONE;
  return fraction === "" ? `${sign}${whole}` : `${sign}${whole}.${fraction}`;
}

/**
 * `a + b`, exactly. Throws as {@link decimalUnits}.
 * @example
 * assert.equal(addDecimals("0.1", "0.2"), "0.3");
 */
export function addDecimals(a: Decimal, b: Decimal): Decimal {
  return decimalText(decimalUnits(a) + decimalUnits(b));
}

/**
 * `a - b`, exactly. Throws as {@link decimalUnits}.
 * @example
 * assert.equal(subtractDecimals("0.3", "0.1"), "0.2");
 */
export function subtractDecimals(a: Decimal, b: Decimal): Decimal {
  return decimalText(decimalUnits(a) - decimalUnits(b));
}

/**
 * Below zero, zero or above zero as `a` is less than, equal to or more than `b`.
 * @example
 * assert.ok(compareDecimals("10", "9.5") > 0);
 */
export function compareDecimals(a: Decimal, b: Decimal): number {
  const difference = decimalUnits(a) - decimalUnits(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/**
 * `a * b`, exactly: of a price and a quantity their amount.
 * @throws RangeError when the product has more than 8 digits after the point, and as
 * {@link decimalUnits}
 * @example
 * assert.equal(multiplyDecimals("423.83", "0.5"), "211.915");
 */
export function multiplyDecimals(a: Decimal, b: Decimal): Decimal {
  const product = decimalUnits(a) * decimalUnits(b);
  if (product % UNITS_PER_ONE === 0n) return decimalText(product / UNITS_PER_ONE);
  throw new RangeError(`more than 8 digits after the point: ${a} * ${b}`);
}

/**
 * The nearest multiple of a step that is not above (`down`) or not below (`up`) a value: a price on
 * its tick, a quantity in whole lots.
 * @throws RangeError when the step is not above zero, and as {@link decimalUnits}
 * @example
 * assert.equal(roundDecimal("423.83", "0.2", "down"), "423.8");
 * assert.equal(roundDecimal("423.83", "0.2", "up"), "424");
 */
export function roundDecimal(value: Decimal, step: Decimal, way: "down" | "up"): Decimal {
  const [units, stepUnits] = [decimalUnits(value), decimalUnits(step)];
  if (stepUnits <= 0n) throw new RangeError(`not above zero: ${step}`);
  const above = ((units % stepUnits) + stepUnits) % stepUnits;
  const down = units - above;
  return decimalText(way === "up" && above > 0n ? down + stepUnits : down);
}

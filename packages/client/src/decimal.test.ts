import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  addDecimals,
  compareDecimals,
  decimalText,
  decimalUnits,
  multiplyDecimals,
  roundDecimal,
  subtractDecimals,
} from "./decimal.ts";

test("decimal: text and units mean each other", () => {
  assert.equal(decimalUnits("423.83"), 42_383_000_000n);
  assert.equal(decimalText(42_383_000_000n), "423.83");
  assert.equal(decimalUnits("-0.00000001"), -1n);
  assert.equal(decimalText(-1n), "-0.00000001");
  assert.equal(decimalText(0n), "0");
});

test("decimal: any number of units comes back from its text", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 26n) + 1n, max: 10n ** 26n - 1n }), (units) => {
      assert.equal(decimalUnits(decimalText(units)), units);
    }),
  );
});

test("decimal: sums that floats get wrong are right", () => {
  assert.equal(addDecimals("0.1", "0.2"), "0.3");
  assert.equal(subtractDecimals("816.95", "0.00000001"), "816.94999999");
  assert.equal(compareDecimals("10", "9.99999999"), 1);
  assert.equal(compareDecimals("1.50", "1.5"), 0);
});

test("decimal: what is no decimal is refused", () => {
  for (const text of ["", "1e5", "+1", "1.", ".5", "1.123456789", "NaN", "1 ", "1,5", "0x10"]) {
    assert.throws(() => decimalUnits(text), RangeError, text);
  }
  assert.equal(decimalUnits("9".repeat(18)), 99_999_999_999_999_999_900_000_000n);
  assert.throws(() => decimalUnits("9".repeat(19)), RangeError);
});

test("decimal: a product is exact or refused", () => {
  assert.equal(multiplyDecimals("-423.83", "1000"), "-423830");
  assert.equal(multiplyDecimals("0.000001", "0.01"), "0.00000001");
  assert.throws(() => multiplyDecimals("0.000001", "0.001"), RangeError);
});

test("decimal: rounding goes down or up to a multiple, also below zero", () => {
  for (const [value, down, up] of [
    ["0.3", "0.2", "0.4"],
    ["0.4", "0.4", "0.4"],
    ["0", "0", "0"],
    ["-0.3", "-0.4", "-0.2"],
  ] as const) {
    assert.equal(roundDecimal(value, "0.2", "down"), down, value);
    assert.equal(roundDecimal(value, "0.2", "up"), up, value);
  }
  for (const step of ["0", "-0.1"]) {
    assert.throws(() => roundDecimal("1", step, "up"), RangeError);
  }
});

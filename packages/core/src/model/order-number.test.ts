import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { OrderId } from "./ids.ts";
import { decimalOf, highPart, LOW_END, lowPart, orderIdOf } from "./order-number.ts";

test("order number: its parts make up its text, and its text its parts", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: 10n ** 18n - 1n }), (number) => {
      const orderId = String(number) as OrderId;
      assert.equal(highPart(orderId), Number(number / BigInt(LOW_END)));
      assert.equal(lowPart(orderId), Number(number % BigInt(LOW_END)));
      assert.equal(orderIdOf(highPart(orderId), lowPart(orderId)), orderId);
    }),
  );
});

test("order number: the lower nine digits are all written where others are before them", () => {
  for (const [high, low, text] of [
    [0, 0, "0"],
    [0, 7, "7"],
    [1, 0, "1000000000"],
    [22, 1, "22000000001"],
    [22, 123_456_789, "22123456789"],
    [100, LOW_END - 1, "100999999999"],
  ] as const) {
    assert.equal(decimalOf(high, low), text);
  }
});

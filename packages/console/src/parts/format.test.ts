import assert from "node:assert/strict";
import { test } from "node:test";
import { RateMeter } from "../rate-meter.ts";
import { decimalsOf, grouped, padded, percentOf } from "./format.ts";

test("format: digits are grouped and never changed", () => {
  assert.equal(grouped("1234567.12345678"), "1,234,567.12345678");
  assert.equal(grouped("123456789012345678"), "123,456,789,012,345,678");
  assert.equal(grouped("-1000"), "-1,000");
  assert.equal(grouped("999"), "999");
  assert.equal(grouped("unknown"), "unknown");
});

test("format: a column of prices lines up", () => {
  assert.equal(decimalsOf("0.05"), 2);
  assert.equal(decimalsOf("1"), 0);
  assert.equal(padded("424", 2), "424.00");
  assert.equal(padded("423.5", 2), "423.50");
  assert.equal(padded("424", 0), "424");
  assert.equal(percentOf("1", "4"), 25);
  assert.equal(percentOf("1", "0"), 0);
});

test("rate meter: whole seconds without holes, and no more than it keeps", () => {
  const meter = new RateMeter();
  meter.order(1_000);
  meter.order(1_999);
  meter.reply(1_500, 4);
  meter.reply(1_600, 2);
  meter.market(3_000);
  assert.deepEqual(meter.past(4_000), [
    { second: 1, orders: 2, market: 0, replyMs: 4 },
    { second: 2, orders: 0, market: 0, replyMs: null },
    { second: 3, orders: 0, market: 1, replyMs: null },
  ]);
  const past = meter.past(1_000_000);
  assert.ok(past.length <= 120);
  assert.equal(past.at(-1)?.second, 999);
});

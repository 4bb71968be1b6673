import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { UnixDay } from "../../model/unix-day.ts";
import {
  addDays,
  civilDate,
  dayOf,
  floorDiv,
  floorMod,
  formatDay,
  nthWeekday,
  unixDayOf,
  weekdayOf,
} from "./civil.ts";

const FIRST = dayOf("0001-01-01");
const LAST = dayOf("9999-12-31");

test("civil dates: known days, their numbers and their weekdays", () => {
  const rows: readonly (readonly [string, number, number])[] = [
    ["1970-01-01", 0, 4],
    ["1969-12-31", -1, 3],
    ["2000-02-29", 11_016, 2],
    ["2000-03-01", 11_017, 3],
    ["1900-03-01", -25_508, 4],
    ["2025-08-04", 20_304, 1],
    ["2026-07-06", 20_640, 1],
    ["2038-01-19", 24_855, 2],
    ["0001-01-01", -719_162, 1],
    ["9999-12-31", 2_932_896, 5],
  ];
  for (const [text, day, weekday] of rows) {
    assert.equal(dayOf(text), day, text);
    assert.equal(formatDay(day as UnixDay), text);
    assert.equal(weekdayOf(day as UnixDay), weekday, text);
  }
});

test("civil dates: agree with the platform's calendar on any day", () => {
  fc.assert(
    fc.property(fc.integer({ min: FIRST, max: LAST }), (number) => {
      const day = number as UnixDay;
      const platform = new Date(number * 86_400_000);
      const { year, month, dayOfMonth } = civilDate(day);
      assert.deepEqual(
        [year, month, dayOfMonth, weekdayOf(day)],
        [
          platform.getUTCFullYear(),
          platform.getUTCMonth() + 1,
          platform.getUTCDate(),
          platform.getUTCDay(),
        ],
      );
      assert.equal(unixDayOf({ year, month, dayOfMonth }), day);
    }),
  );
});

test("civil dates: every day of 400 years has a number of its own, in order", () => {
  let expected = dayOf("1999-12-31");
  for (let day = expected; day < dayOf("2400-01-01"); day = addDays(day, 1)) {
    assert.equal(unixDayOf(civilDate(day)), expected);
    expected = addDays(expected, 1);
  }
});

test("civil dates: a date that does not exist is a bug", () => {
  for (const text of ["2025-02-29", "1900-02-29", "2025-00-10", "2025-13-01", "2025-04-31"]) {
    assert.throws(() => dayOf(text), /must hold/, text);
  }
  for (const text of ["2025-4-1", "20250401", "2025-04-01 ", "0000-01-01", ""]) {
    assert.throws(() => dayOf(text), /must hold/, text);
  }
  assert.throws(() => civilDate(addDays(FIRST, -1)), /must hold/);
  assert.throws(() => civilDate(addDays(LAST, 1)), /must hold/);
  assert.throws(() => civilDate(0.5 as UnixDay), /must hold/);
});

test("civil dates: the nth weekday of a month", () => {
  assert.equal(formatDay(nthWeekday(2025, 3, 0, 2)), "2025-03-09");
  assert.equal(formatDay(nthWeekday(2026, 3, 0, 2)), "2026-03-08");
  assert.equal(formatDay(nthWeekday(2026, 11, 0, 1)), "2026-11-01");
  assert.equal(formatDay(nthWeekday(2025, 11, 4, 4)), "2025-11-27");
  assert.throws(() => nthWeekday(2025, 2, 0, 5), /must hold/);
});

test("floor division: rounds down on both sides of zero, exactly", () => {
  const integers = fc.integer({ min: -(2 ** 52), max: 2 ** 52 });
  const divisors = fc.integer({ min: 1, max: 1_000_000 });
  fc.assert(
    fc.property(integers, divisors, (dividend, divisor) => {
      const quotient = floorDiv(dividend, divisor);
      const rest = floorMod(dividend, divisor);
      assert.ok(rest >= 0 && rest < divisor);
      assert.equal(BigInt(quotient) * BigInt(divisor) + BigInt(rest), BigInt(dividend));
    }),
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { UnixDay } from "@countermand/core/model";
import fc from "fast-check";
import { DATE_FORM, formatDate, parseDate } from "./dates.ts";

const MS_PER_DAY = 86_400_000;
/** 9999-12-31. */
const DAY_MAX = 2_932_896;

test("dates: every day of the calendar is written as JavaScript writes it and read back", () => {
  const day = fc.integer({ min: 0, max: DAY_MAX });
  fc.assert(
    fc.property(day, (any) => {
      const text = formatDate(any as UnixDay);
      assert.equal(text, new Date(any * MS_PER_DAY).toISOString().slice(0, 10));
      assert.equal(parseDate(text), any);
    }),
    { numRuns: 500 },
  );
});

test("dates: the days around the turns of years", () => {
  for (const year of [1970, 1971, 1972, 1999, 2000, 2001, 2100, 2101, 2400, 9999]) {
    for (const date of [`${year}-01-01`, `${year}-02-28`, `${year}-03-01`, `${year}-12-31`]) {
      const day = Date.parse(date) / MS_PER_DAY;
      assert.equal(parseDate(date), day, date);
      assert.equal(formatDate(day as UnixDay), date);
    }
  }
});

test("dates: what is no date of the calendar is none", () => {
  const texts = [
    "",
    "20250509",
    "2025-5-9",
    "2025-05-09T00:00",
    " 2025-05-09",
    "2025-00-01",
    "2025-13-01",
    "2025-01-00",
    "2025-04-31",
    "2025-02-29",
    "2100-02-29",
    "1969-12-31",
    "0000-00-00",
    "12025-05-09",
  ];
  for (const text of texts) assert.equal(parseDate(text), null, text);
  assert.notEqual(parseDate("2024-02-29"), null);
  assert.notEqual(parseDate(DATE_FORM), null);
});

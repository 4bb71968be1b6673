import assert from "node:assert/strict";
import { test } from "node:test";
import type { UnixMs } from "./ids.ts";
import { isWeekend, type UnixDay, unixDayAt } from "./unix-day.ts";

const HOUR_MS = 3_600_000;

test("unix day: the date depends on the place", () => {
  const beforeMidnight = 86_399_999 as UnixMs;
  assert.equal(unixDayAt(0 as UnixMs, 0), 0);
  assert.equal(unixDayAt(beforeMidnight, 0), 0);
  assert.equal(unixDayAt(beforeMidnight, 1), 1);
  assert.equal(unixDayAt(0 as UnixMs, -1), -1);
  const noon = Date.UTC(2026, 10, 22, 20) as UnixMs;
  assert.equal(unixDayAt(noon, 8 * HOUR_MS) - unixDayAt(noon, -5 * HOUR_MS), 1);
});

test("unix day: Saturdays and Sundays are weekends, before 1970 too", () => {
  for (let day = -1_000; day <= 30_000; day += 1) {
    const weekday = new Date(day * 24 * HOUR_MS).getUTCDay();
    assert.equal(isWeekend(day as UnixDay), weekday === 0 || weekday === 6, String(day));
  }
});

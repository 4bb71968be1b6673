import assert from "node:assert/strict";
import { test } from "node:test";
import type { UnixMs } from "../../model/ids.ts";
import { marketCalendar } from "../calendar.ts";
import { actionWindow, marketHours, sessionAt } from "../sessions.ts";
import { USEX_CALENDAR, USEX_SESSIONS } from "./usex.ts";

const HOURS = marketHours(marketCalendar(USEX_CALENDAR), USEX_SESSIONS, 0);

test("usex: opening and closing in UTC, around the changes of the clocks", () => {
  const rows: readonly (readonly [opens: string, closes: string])[] = [
    ["2025-03-07T14:30:00Z", "2025-03-07T21:00:00Z"],
    ["2025-03-10T13:30:00Z", "2025-03-10T20:00:00Z"],
    ["2025-10-31T13:30:00Z", "2025-10-31T20:00:00Z"],
    ["2025-11-03T14:30:00Z", "2025-11-03T21:00:00Z"],
    ["2026-03-06T14:30:00Z", "2026-03-06T21:00:00Z"],
    ["2026-03-09T13:30:00Z", "2026-03-09T20:00:00Z"],
    ["2026-10-30T13:30:00Z", "2026-10-30T20:00:00Z"],
    ["2026-11-02T14:30:00Z", "2026-11-02T21:00:00Z"],
    ["2025-11-28T14:30:00Z", "2025-11-28T18:00:00Z"],
    ["2025-07-03T13:30:00Z", "2025-07-03T17:00:00Z"],
  ];
  for (const [opens, closes] of rows) {
    assert.deepEqual(phases(opens), ["closed", "continuous"], opens);
    assert.deepEqual(phases(closes), ["continuous", "closed"], closes);
  }
});

test("usex: the days on which the clocks change are closed and 23 and 25 hours long", () => {
  for (const [noon, hours] of [
    ["2025-03-09T16:00:00Z", 23],
    ["2025-11-02T17:00:00Z", 25],
    ["2026-03-08T16:00:00Z", 23],
    ["2026-11-01T17:00:00Z", 25],
  ] as const) {
    const { session, startsAtMs, endsAtMs } = sessionAt(HOURS, ms(noon));
    assert.equal(session.terms.phase, "closed");
    assert.equal((endsAtMs - startsAtMs) / 3_600_000, hours);
  }
});

test("usex: new orders wait for the next open day, cancels never wait", () => {
  const rows: readonly (readonly [at: string, reopens: string])[] = [
    ["2025-03-07T21:00:00Z", "2025-03-10T13:30:00Z"],
    ["2025-10-31T20:00:00Z", "2025-11-03T14:30:00Z"],
    ["2025-07-03T17:00:00Z", "2025-07-07T13:30:00Z"],
    ["2025-11-27T15:00:00Z", "2025-11-28T14:30:00Z"],
    ["2026-07-02T20:00:00Z", "2026-07-06T13:30:00Z"],
  ];
  for (const [when, reopens] of rows) {
    assert.equal(actionWindow(HOURS, ms(when), "place")?.reopensAtMs, ms(reopens), when);
    assert.equal(actionWindow(HOURS, ms(when), "cancel"), null, when);
  }
});

function phases(utc: string): string[] {
  return [-1, 0].map((offset) => {
    const atMs = (ms(utc) + offset) as UnixMs;
    return sessionAt(HOURS, atMs).session.terms.phase;
  });
}

function ms(utc: string): UnixMs {
  return Date.parse(utc) as UnixMs;
}

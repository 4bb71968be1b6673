import assert from "node:assert/strict";
import { test } from "node:test";
import { OrdType, TimeInForce } from "../../model/enums.ts";
import type { UnixMs } from "../../model/ids.ts";
import type { UnixDay } from "../../model/unix-day.ts";
import { marketCalendar } from "../calendar.ts";
import { actionWindow, daySessions, marketHours, nextTransition, sessionAt } from "../sessions.ts";
import { addDays, dayOf } from "../time/civil.ts";
import { DAY_S, formatLocal, formatSecond, HONG_KONG, instantOf } from "../time/zone.ts";
import { HKEX_CALENDAR, HKEX_SESSIONS } from "./hkex.ts";

const HOURS = marketHours(marketCalendar(HKEX_CALENDAR), HKEX_SESSIONS, 42);
const FULL = "2025-08-04";
const HALF = "2025-12-24";
const SATURDAY = "2025-08-09";
const HOLIDAY = "2025-10-01";

/** From a time on, until the next row: phase and what may be done with orders. */
type Row = readonly [from: string, phase: string, allowed: string];

const FULL_DAY: readonly Row[] = [
  ["00:00:00", "closed", "cancel"],
  ["09:00:00", "auction", "place amend cancel"],
  ["09:15:00", "auction", "place"],
  ["09:22:00", "closed", ""],
  ["09:30:00", "continuous", "place amend cancel"],
  ["12:00:00", "closed", ""],
  ["12:30:00", "closed", "cancel"],
  ["13:00:00", "continuous", "place amend cancel"],
  ["16:00:00", "closed", ""],
  ["16:01:00", "auction", "place amend cancel"],
  ["16:06:00", "auction", "place"],
  ["16:10:00", "closed", "cancel"],
];

const HALF_DAY: readonly Row[] = [
  ["00:00:00", "closed", "cancel"],
  ["09:00:00", "auction", "place amend cancel"],
  ["09:15:00", "auction", "place"],
  ["09:22:00", "closed", ""],
  ["09:30:00", "continuous", "place amend cancel"],
  ["12:00:00", "closed", ""],
  ["12:01:00", "auction", "place amend cancel"],
  ["12:06:00", "auction", "place"],
  ["12:10:00", "closed", "cancel"],
];

const CLOSED_DAY: readonly Row[] = [["00:00:00", "closed", "cancel"]];

test("hkex: the timetable, one second before and at each of its times", () => {
  const days: readonly (readonly [string, readonly Row[]])[] = [
    [FULL, FULL_DAY],
    [HALF, HALF_DAY],
    [SATURDAY, CLOSED_DAY],
    [HOLIDAY, CLOSED_DAY],
  ];
  for (const [date, rows] of days) {
    for (const [index, [from, phase, allowed]] of rows.entries()) {
      assert.equal(shown(date, from), `${phase}: ${allowed}`, `${date} ${from}`);
      const before = rows[index - 1];
      if (before === undefined) continue;
      const [, phaseBefore, allowedBefore] = before;
      // An auction may have ended at any second of its last two minutes.
      const isRandom = ["09:22:00", "12:10:00", "16:10:00"].includes(from);
      if (isRandom) continue;
      assert.equal(shown(date, from, -1), `${phaseBefore}: ${allowedBefore}`, `before ${from}`);
    }
  }
});

test("hkex: cancels are refused in exactly the published windows", () => {
  const full = ["09:15:00-09:30:00", "12:00:00-12:30:00", "16:00:00-16:01:00", "16:06:00-16:10:00"];
  const half = ["09:15:00-09:30:00", "12:00:00-12:01:00", "12:06:00-12:10:00"];
  assert.deepEqual(cancelWindows(dayOf(FULL)), full);
  assert.deepEqual(cancelWindows(dayOf(HALF)), half);
  assert.deepEqual(cancelWindows(dayOf(SATURDAY)), []);
  assert.deepEqual(cancelWindows(dayOf(HOLIDAY)), []);
});

test("hkex: the windows are the same on every day, whatever the auctions' random ends", () => {
  for (let day = dayOf("2026-01-01"); day <= dayOf("2026-12-31"); day = addDays(day, 1)) {
    const windows = cancelWindows(day).join(" ");
    assert.ok([0, 53, 71].includes(windows.length), windows);
  }
});

test("hkex: a cancel that came too early is told when the window ends", () => {
  const rows: readonly (readonly [at: string, reopens: string])[] = [
    ["2025-08-04 09:15:00", "2025-08-04 09:30:00"],
    ["2025-08-04 09:17:00", "2025-08-04 09:30:00"],
    ["2025-08-04 09:21:59", "2025-08-04 09:30:00"],
    ["2025-08-04 09:29:59", "2025-08-04 09:30:00"],
    ["2025-08-04 12:00:00", "2025-08-04 12:30:00"],
    ["2025-08-04 12:29:59", "2025-08-04 12:30:00"],
    ["2025-08-04 16:00:00", "2025-08-04 16:01:00"],
    ["2025-08-04 16:06:00", "2025-08-04 16:10:00"],
    ["2025-08-04 16:09:59", "2025-08-04 16:10:00"],
    ["2025-12-24 12:00:59", "2025-12-24 12:01:00"],
    ["2025-12-24 12:07:00", "2025-12-24 12:10:00"],
  ];
  for (const [when, reopens] of rows) {
    assert.equal(reopening(actionWindow(HOURS, moment(when), "cancel")), reopens, when);
  }
});

test("hkex: new orders and amends wait for lunch, nights, weekends and holidays to end", () => {
  const rows: readonly (readonly [at: string, places: string, amends: string])[] = [
    ["2025-08-04 08:59:59", "2025-08-04 09:00:00", "2025-08-04 09:00:00"],
    ["2025-08-04 09:16:00", "now", "2025-08-04 09:30:00"],
    ["2025-08-04 09:25:00", "2025-08-04 09:30:00", "2025-08-04 09:30:00"],
    ["2025-08-04 12:00:00", "2025-08-04 13:00:00", "2025-08-04 13:00:00"],
    ["2025-08-04 12:45:00", "2025-08-04 13:00:00", "2025-08-04 13:00:00"],
    ["2025-08-04 16:00:30", "2025-08-04 16:01:00", "2025-08-04 16:01:00"],
    ["2025-08-04 16:07:00", "now", "2025-08-05 09:00:00"],
    ["2025-08-04 16:10:00", "2025-08-05 09:00:00", "2025-08-05 09:00:00"],
    ["2025-08-08 17:00:00", "2025-08-11 09:00:00", "2025-08-11 09:00:00"],
    ["2025-08-09 10:00:00", "2025-08-11 09:00:00", "2025-08-11 09:00:00"],
    ["2025-09-30 20:00:00", "2025-10-02 09:00:00", "2025-10-02 09:00:00"],
    ["2025-12-24 12:10:00", "2025-12-29 09:00:00", "2025-12-29 09:00:00"],
    ["2026-02-16 13:00:00", "2026-02-20 09:00:00", "2026-02-20 09:00:00"],
    ["2026-04-02 17:00:00", "2026-04-08 09:00:00", "2026-04-08 09:00:00"],
  ];
  for (const [when, places, amends] of rows) {
    assert.equal(reopening(actionWindow(HOURS, moment(when), "place")), places, `place ${when}`);
    assert.equal(reopening(actionWindow(HOURS, moment(when), "amend")), amends, `amend ${when}`);
  }
});

test("hkex: which order types a session takes", () => {
  const { Limit, EnhancedLimit, Market, StopLimit, StopMarket, Auction, AuctionLimit } = OrdType;
  const rows: readonly (readonly [string, readonly OrdType[]])[] = [
    ["08:00:00", []],
    ["09:05:00", [Auction, AuctionLimit, Limit]],
    ["09:16:00", [Auction, AuctionLimit]],
    ["09:25:00", []],
    ["10:00:00", [Limit, EnhancedLimit, Market, StopLimit, StopMarket]],
    ["12:15:00", []],
    ["12:45:00", []],
    ["15:00:00", [Limit, EnhancedLimit, Market, StopLimit, StopMarket]],
    ["16:00:30", []],
    ["16:03:00", [Auction, AuctionLimit, Limit]],
    ["16:07:00", [Auction, AuctionLimit]],
    ["16:10:00", []],
  ];
  for (const [time, ordTypes] of rows) {
    const { terms } = sessionAt(HOURS, moment(`${FULL} ${time}`)).session;
    assert.deepEqual(new Set(terms.ordTypes), new Set(ordTypes), time);
    const takesAtOnce = terms.timesInForce.includes(TimeInForce.ImmediateOrCancel);
    assert.equal(takesAtOnce, terms.phase === "continuous", time);
  }
});

test("hkex: an auction ends at a random moment, then all waits for its span's end", () => {
  const sessions = daySessions(HOURS, dayOf(FULL));
  for (const [name, spanEnd] of [
    ["random_matching", "09:22:00"],
    ["random_closing", "16:10:00"],
  ]) {
    const session = sessions.find(({ terms }) => terms.name === name);
    assert.ok(session !== undefined);
    const end = formatSecond(session.toS);
    assert.ok(end <= (spanEnd ?? ""));
    assert.equal(shown(FULL, end, -1), "auction: place");
    if (end !== spanEnd) assert.equal(shown(FULL, end), "closed: ");
    assert.equal(
      nextTransition(HOURS, instantOf(HONG_KONG, dayOf(FULL), session.fromS))?.atMs,
      instantOf(HONG_KONG, dayOf(FULL), session.toS),
    );
  }
});

function shown(date: string, time: string, offsetS = 0): string {
  const atMs = (moment(`${date} ${time}`) + offsetS * 1000) as UnixMs;
  const { terms } = sessionAt(HOURS, atMs).session;
  const actions = ["place", "amend", "cancel"] as const;
  const allowed = actions.filter((action) => actionWindow(HOURS, atMs, action) === null);
  return `${terms.phase}: ${allowed.join(" ")}`;
}

/** Spans of a day in which cancels are refused, found by trying every minute's first second. */
function cancelWindows(day: UnixDay): string[] {
  const spans: string[] = [];
  let fromS: number | null = null;
  for (let second = 0; second <= DAY_S; second += 60) {
    const isOpen = actionWindow(HOURS, instantOf(HONG_KONG, day, second), "cancel") === null;
    if (!isOpen && fromS === null) fromS = second;
    if (!isOpen || fromS === null) continue;
    spans.push(`${formatSecond(fromS)}-${formatSecond(second)}`);
    fromS = null;
  }
  return spans;
}

function reopening(window: { readonly reopensAtMs: UnixMs } | null): string {
  return window === null ? "now" : formatLocal(HONG_KONG, window.reopensAtMs).slice(0, 19);
}

function moment(local: string): UnixMs {
  return Date.parse(`${local.replace(" ", "T")}+08:00`) as UnixMs;
}

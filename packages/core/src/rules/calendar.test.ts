import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { UnixDay } from "../model/unix-day.ts";
import {
  type CalendarSpec,
  dayKind,
  extendedCalendar,
  type MarketCalendar,
  marketCalendar,
  nextTradingDay,
  settlementDay,
  settlementHolidays,
} from "./calendar.ts";
import { CRYPTO_CALENDAR } from "./markets/always-open.ts";
import { HKEX_CALENDAR } from "./markets/hkex.ts";
import { USEX_CALENDAR } from "./markets/usex.ts";
import { addDays, dayOf, formatDay, weekdayOf } from "./time/civil.ts";

const HKEX = marketCalendar(HKEX_CALENDAR);
const USEX = marketCalendar(USEX_CALENDAR);
const CRYPTO = marketCalendar(CRYPTO_CALENDAR);

test("calendar: Hong Kong's days", () => {
  const rows: readonly (readonly [string, string])[] = [
    ["2025-01-27", "full"],
    ["2025-01-28", "half"],
    ["2025-01-29", "closed"],
    ["2025-01-31", "closed"],
    ["2025-02-03", "full"],
    ["2025-08-02", "closed"],
    ["2025-08-03", "closed"],
    ["2025-08-04", "full"],
    ["2025-12-24", "half"],
    ["2025-12-31", "half"],
    ["2026-02-16", "half"],
    ["2026-04-07", "closed"],
    ["2026-10-19", "closed"],
    ["2026-12-28", "full"],
    ["2027-02-05", "half"],
    ["2027-02-10", "full"],
  ];
  for (const [date, kind] of rows) assert.equal(dayKind(HKEX, dayOf(date)), kind, date);
});

test("calendar: trading days of a year in Hong Kong and the United States", () => {
  assert.deepEqual(countOf(HKEX, "2025"), { full: 243, half: 3 });
  assert.deepEqual(countOf(HKEX, "2026"), { full: 244, half: 3 });
  assert.deepEqual(countOf(USEX, "2025"), { full: 247, half: 3 });
  assert.deepEqual(countOf(USEX, "2026"), { full: 249, half: 2 });
});

test("calendar: listed days are week days, in order, and half days are no holidays", () => {
  for (const { holidays, halfDays, noSettlement } of [HKEX_CALENDAR, USEX_CALENDAR]) {
    for (const rows of [holidays, halfDays, noSettlement]) {
      const dates = rows.map(([date]) => date);
      assert.deepEqual(dates, [...new Set(dates)].sort());
      for (const date of dates) assert.ok(![0, 6].includes(weekdayOf(dayOf(date))), date);
    }
    const closed = new Set(holidays.map(([date]) => date));
    for (const [date] of [...halfDays, ...noSettlement]) assert.ok(!closed.has(date), date);
  }
});

test("calendar: coins trade every day", () => {
  for (const date of ["2025-01-01", "2025-01-04", "2025-12-25"]) {
    assert.equal(dayKind(CRYPTO, dayOf(date)), "full");
  }
  assert.equal(settled(CRYPTO, "2025-01-04", 0), "2025-01-04");
});

test("calendar: settlement dates", () => {
  const rows: readonly (readonly [MarketCalendar, traded: string, count: number, on: string])[] = [
    [HKEX, "2025-08-04", 2, "2025-08-06"],
    [HKEX, "2025-08-07", 2, "2025-08-11"],
    [HKEX, "2025-08-08", 2, "2025-08-12"],
    // The eve of Lunar New Year is a half day, on which nothing settles.
    [HKEX, "2025-01-24", 2, "2025-02-03"],
    [HKEX, "2025-01-27", 2, "2025-02-04"],
    [HKEX, "2025-01-28", 2, "2025-02-04"],
    [HKEX, "2025-12-23", 2, "2025-12-30"],
    [USEX, "2025-08-04", 1, "2025-08-05"],
    [USEX, "2025-08-01", 1, "2025-08-04"],
    [USEX, "2025-11-26", 1, "2025-11-28"],
    [USEX, "2025-10-10", 1, "2025-10-14"],
    [USEX, "2025-10-13", 1, "2025-10-14"],
    [USEX, "2026-07-02", 1, "2026-07-06"],
  ];
  for (const [calendar, traded, count, on] of rows) {
    assert.equal(settled(calendar, traded, count), on, `T+${count} of ${traded}`);
  }
});

test("calendar: settlement days add up, and each of them is open", () => {
  const days = fc.integer({ min: dayOf("2025-01-01"), max: dayOf("2028-12-31") });
  const counts = fc.nat({ max: 10 });
  fc.assert(
    fc.property(fc.constantFrom(HKEX, USEX), days, counts, counts, (calendar, number, a, b) => {
      const day = number as UnixDay;
      const first = settlementDay(calendar, day, a);
      assert.equal(settlementDay(calendar, first, b), settlementDay(calendar, day, a + b));
      if (a > 0) assert.notEqual(dayKind(calendar, first), "closed");
      const next = nextTradingDay(calendar, day);
      for (let between = addDays(day, 1); between < next; between = addDays(between, 1)) {
        assert.equal(dayKind(calendar, between), "closed");
      }
    }),
  );
});

test("calendar: the listed days without settlement and the week's give the settlement days", () => {
  for (const calendar of [HKEX, USEX]) {
    const unsettled = settlementHolidays(calendar);
    for (let day = dayOf("2025-01-01"); day <= dayOf("2027-12-31"); day = addDays(day, 1)) {
      const settles = !unsettled.has(day) && ![0, 6].includes(weekdayOf(day));
      assert.equal(settlementDay(calendar, addDays(day, -1), 1) === day, settles, formatDay(day));
    }
  }
});

test("calendar: an operator adds days, and a closure wins over a half day", () => {
  const spec = extendedCalendar(HKEX_CALENDAR, {
    holidays: [
      ["2028-01-26", "Lunar New Year"],
      ["2027-12-31", "by order"],
    ],
    halfDays: [["2028-01-25", "eve of Lunar New Year"]],
  });
  const longer = marketCalendar(spec);
  assert.equal(dayKind(HKEX, dayOf("2028-01-26")), "full");
  assert.equal(dayKind(longer, dayOf("2028-01-26")), "closed");
  assert.equal(dayKind(longer, dayOf("2028-01-25")), "half");
  assert.equal(dayKind(longer, dayOf("2027-12-31")), "closed");
  assert.equal(settled(longer, "2028-01-24", 1), "2028-01-27");
  for (const date of ["2025-01-28", "2025-01-29"]) {
    assert.equal(dayKind(longer, dayOf(date)), dayKind(HKEX, dayOf(date)), "as it was listed");
  }
  const unsettled = extendedCalendar(USEX_CALENDAR, { noSettlement: [["2028-10-09", "Columbus"]] });
  for (const [traded, on] of [
    ["2028-10-06", "2028-10-10"],
    ["2025-10-10", "2025-10-14"],
  ] as const) {
    assert.equal(settled(marketCalendar(unsettled), traded, 1), on);
  }
});

test("calendar: a table is read once", () => {
  assert.equal(marketCalendar(HKEX_CALENDAR), HKEX);
  assert.notEqual(marketCalendar({ ...HKEX_CALENDAR }), HKEX);
});

test("calendar: a market that does not open is a bug", () => {
  const always: CalendarSpec = { ...CRYPTO_CALENDAR, closedWeekdays: [0, 1, 2, 3, 4, 5, 6] };
  assert.throws(() => marketCalendar(always), /open on some day/);
  const month = Array.from({ length: 32 }, (_, index) => addDays(dayOf("2026-08-01"), index));
  const holidays = month.map((day) => [formatDay(day), "closed"] as const);
  assert.throws(() => marketCalendar({ ...CRYPTO_CALENDAR, holidays }), /at most 31 days/);
  marketCalendar({ ...CRYPTO_CALENDAR, holidays: holidays.slice(1) });
  const unreal = [["2026-02-29", "no such day"]] as const;
  assert.throws(() => marketCalendar({ ...CRYPTO_CALENDAR, holidays: unreal }), /one of its month/);
});

function countOf(calendar: MarketCalendar, year: string): { full: number; half: number } {
  const count = { full: 0, half: 0, closed: 0 };
  for (let day = dayOf(`${year}-01-01`); day <= dayOf(`${year}-12-31`); day = addDays(day, 1)) {
    count[dayKind(calendar, day)] += 1;
  }
  return { full: count.full, half: count.half };
}

function settled(calendar: MarketCalendar, traded: string, count: number): string {
  return formatDay(settlementDay(calendar, dayOf(traded), count));
}

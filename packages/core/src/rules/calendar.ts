/**
 * The days of a market: which are open, which only in the morning, and which money and shares
 * change hands on.
 */
import { assert } from "../assert.ts";
import type { UnixDay } from "../model/unix-day.ts";
import { addDays, dayOf, type Weekday, weekdayOf } from "./time/civil.ts";
import type { Zone } from "./time/zone.ts";

/** A day's date as `YYYY-MM-DD`, and why it is listed. */
export type DatedRow = readonly [date: string, why: string];

/**
 * A calendar as people write it. To add a year or a sudden closure, append rows
 * ({@link extendedCalendar}); nothing else changes.
 */
export interface CalendarSpec {
  readonly zone: Zone;
  /** Days of the week that are closed all year. */
  readonly closedWeekdays: readonly Weekday[];
  readonly holidays: readonly DatedRow[];
  /** Open days that end early. */
  readonly halfDays: readonly DatedRow[];
  /** Whether a half day counts towards a settlement date. */
  readonly settlesOnHalfDays: boolean;
  /** Days that are open for trading and do not count towards a settlement date. */
  readonly noSettlement: readonly DatedRow[];
}

export type CalendarRows = Pick<CalendarSpec, "holidays" | "halfDays" | "noSettlement">;

/**
 * A {@link CalendarSpec}, read and checked. Days beyond the last listed one follow the week
 * alone: an unknown holiday is an ordinary day, never an error.
 */
export interface MarketCalendar {
  readonly zone: Zone;
  readonly closedWeekdays: ReadonlySet<Weekday>;
  readonly holidays: ReadonlyMap<UnixDay, string>;
  readonly halfDays: ReadonlyMap<UnixDay, string>;
  /** Open for trading, but no day of a settlement cycle. */
  readonly noSettlement: ReadonlySet<UnixDay>;
}

export type DayKind = "full" | "half" | "closed";

/** Days in a row that a market is closed at most; every search for an open day ends within it. */
export const CLOSED_DAYS_MAX = 31;

/** What each was read as: nobody changes either, and every set of rules asks for the same few. */
const known = new WeakMap<CalendarSpec, MarketCalendar>();

/** Throws unless every date exists and no closure is longer than {@link CLOSED_DAYS_MAX}. */
export function marketCalendar(spec: CalendarSpec): MarketCalendar {
  const calendar = known.get(spec) ?? readCalendar(spec);
  known.set(spec, calendar);
  return calendar;
}

function readCalendar(spec: CalendarSpec): MarketCalendar {
  const halfDays = dated(spec.halfDays);
  const closedForMoney = spec.settlesOnHalfDays ? [] : halfDays.keys();
  const calendar: MarketCalendar = {
    zone: spec.zone,
    closedWeekdays: new Set(spec.closedWeekdays),
    holidays: dated(spec.holidays),
    halfDays,
    noSettlement: new Set([...closedForMoney, ...dated(spec.noSettlement).keys()]),
  };
  assert(calendar.closedWeekdays.size < 7, "a market is open on some day of the week");
  for (const holiday of calendar.holidays.keys()) nextTradingDay(calendar, holiday);
  for (const day of calendar.noSettlement) settlementDay(calendar, day, 1);
  return calendar;
}

/** The same calendar with more days listed. A day listed as both holiday and half day is closed. */
export function extendedCalendar(spec: CalendarSpec, more: Partial<CalendarRows>): CalendarSpec {
  return {
    ...spec,
    holidays: [...spec.holidays, ...(more.holidays ?? [])],
    halfDays: [...spec.halfDays, ...(more.halfDays ?? [])],
    noSettlement: [...spec.noSettlement, ...(more.noSettlement ?? [])],
  };
}

export function dayKind(calendar: MarketCalendar, day: UnixDay): DayKind {
  if (calendar.closedWeekdays.has(weekdayOf(day)) || calendar.holidays.has(day)) return "closed";
  return calendar.halfDays.has(day) ? "half" : "full";
}

/** The first day after this one on which the market opens. */
export function nextTradingDay(calendar: MarketCalendar, day: UnixDay): UnixDay {
  return nextDayWhere(day, (next) => dayKind(calendar, next) !== "closed");
}

/**
 * The date on which a trade of this day settles: T+`count`, in days that count for settlement.
 * Zero is the day itself, whatever day it is.
 */
export function settlementDay(calendar: MarketCalendar, day: UnixDay, count: number): UnixDay {
  assert(Number.isInteger(count) && count >= 0, "a settlement cycle is a number of days");
  const settles = (next: UnixDay) =>
    dayKind(calendar, next) !== "closed" && !calendar.noSettlement.has(next);
  let settlesOn = day;
  for (let passed = 0; passed < count; passed += 1) settlesOn = nextDayWhere(settlesOn, settles);
  return settlesOn;
}

/** The listed days that do not count for settlement; the week's closed days are not among them. */
export function settlementHolidays(calendar: MarketCalendar): ReadonlySet<UnixDay> {
  return new Set([...calendar.holidays.keys(), ...calendar.noSettlement]);
}

function nextDayWhere(day: UnixDay, holds: (day: UnixDay) => boolean): UnixDay {
  for (let count = 1; count <= CLOSED_DAYS_MAX; count += 1) {
    const next = addDays(day, count);
    if (holds(next)) return next;
  }
  assert(false, "a market is closed for at most 31 days in a row");
}

function dated(rows: readonly DatedRow[]): ReadonlyMap<UnixDay, string> {
  return new Map(rows.map(([date, why]) => [dayOf(date), why]));
}

/**
 * Calendar arithmetic in whole days, in the Gregorian calendar extended to all years 1 to 9999.
 * No clock and no time zone: a day is a number, negative before 1970.
 */
import { assert, at } from "../../assert.ts";
import type { UnixDay } from "../../model/unix-day.ts";

/** 0 is Sunday, 6 is Saturday. */
export type Weekday = 0 | 1 | 2 | 3 | 4 | 5 | 6;

export interface CivilDate {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31. */
  readonly dayOfMonth: number;
}

export const YEAR_MAX = 9999;

/** Throws unless the date exists. */
export function unixDayOf({ year, month, dayOfMonth }: CivilDate): UnixDay {
  assert(Number.isInteger(year) && year >= 1 && year <= YEAR_MAX, "a year is 1 to 9999");
  assert(Number.isInteger(month) && month >= 1 && month <= 12, "a month is 1 to 12");
  const isInMonth = dayOfMonth >= 1 && dayOfMonth <= daysInMonth(year, month);
  assert(Number.isInteger(dayOfMonth) && isInMonth, "the day is one of its month");
  return (daysBeforeYear(year) + daysBeforeMonth(year, month) + dayOfMonth - 1) as UnixDay;
}

export function civilDate(day: UnixDay): CivilDate {
  assert(
    Number.isInteger(day) && day >= DAY_MIN && day <= DAY_MAX,
    "a day lies in years 1 to 9999",
  );
  let year = 1970 + floorDiv(day * 400, DAYS_IN_400_YEARS);
  // The average year is a good guess and at most one off.
  if (daysBeforeYear(year) > day) year -= 1;
  else if (daysBeforeYear(year + 1) <= day) year += 1;
  const dayOfYear = day - daysBeforeYear(year);
  let month = 12;
  while (daysBeforeMonth(year, month) > dayOfYear) month -= 1;
  return { year, month, dayOfMonth: dayOfYear - daysBeforeMonth(year, month) + 1 };
}

export function weekdayOf(day: UnixDay): Weekday {
  // 1970-01-01 was a Thursday.
  return floorMod(day + 4, 7) as Weekday;
}

/** The nth (from 1) such weekday of a month. */
export function nthWeekday(year: number, month: number, weekday: Weekday, nth: number): UnixDay {
  const first = unixDayOf({ year, month, dayOfMonth: 1 });
  const dayOfMonth = 1 + floorMod(weekday - weekdayOf(first), 7) + 7 * (nth - 1);
  return unixDayOf({ year, month, dayOfMonth });
}

/** Reads `2025-08-04`. Throws on anything else: dates in text are the program's own tables. */
export function dayOf(text: string): UnixDay {
  const match = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/.exec(text);
  assert(match !== null, "a date is written YYYY-MM-DD");
  const [year, month, dayOfMonth] = match.slice(1).map((digits) => Number.parseInt(digits, 10));
  assert(year !== undefined && month !== undefined && dayOfMonth !== undefined, "three numbers");
  return unixDayOf({ year, month, dayOfMonth });
}

/** Writes `2025-08-04`. */
export function formatDay(day: UnixDay): string {
  const { year, month, dayOfMonth } = civilDate(day);
  return `${padded(year, 4)}-${padded(month, 2)}-${padded(dayOfMonth, 2)}`;
}

export function addDays(day: UnixDay, count: number): UnixDay {
  return (day + count) as UnixDay;
}

/** The quotient rounded down, exact for integers up to 2^52 on either side of zero. */
export function floorDiv(dividend: number, divisor: number): number {
  return (dividend - floorMod(dividend, divisor)) / divisor;
}

/** The remainder that is never negative, for a positive divisor. */
export function floorMod(dividend: number, divisor: number): number {
  const rest = dividend % divisor;
  // Adding zero turns a negative zero into the plain one.
  return rest < 0 ? rest + divisor : rest + 0;
}

/** Decimal digits, zeros in front up to `width`. */
export function padded(value: number, width: number): string {
  return String(value).padStart(width, "0");
}

const DAYS_IN_400_YEARS = 146_097;
/** Days before each month of a year that is no leap year. */
const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365];
/** Days from 0001-01-01 to 1970-01-01. */
const DAYS_TO_EPOCH = 719_162;
const DAY_MIN = daysBeforeYear(1);
const DAY_MAX = daysBeforeYear(YEAR_MAX + 1) - 1;

/** Days from 1970-01-01 to the first of January. */
function daysBeforeYear(year: number): number {
  const past = year - 1;
  return 365 * past + floorDiv(past, 4) - floorDiv(past, 100) + floorDiv(past, 400) - DAYS_TO_EPOCH;
}

function daysBeforeMonth(year: number, month: number): number {
  return at(DAYS_BEFORE_MONTH, month - 1) + (month > 2 && isLeapYear(year) ? 1 : 0);
}

function daysInMonth(year: number, month: number): number {
  const plain = at(DAYS_BEFORE_MONTH, month) - at(DAYS_BEFORE_MONTH, month - 1);
  return plain + (month === 2 && isLeapYear(year) ? 1 : 0);
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** Dates as they travel: `2025-05-09`, of the Gregorian calendar, from 1970 to 9999. */
import type { UnixDay } from "@countermand/core/model";

/** An example of a date, for messages. */
export const DATE_FORM = "2025-05-09";

const DATE = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/;
const YEAR_MIN = 1970;
const DAYS_PER_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;

/** The day of a date, null for a text that is none. */
export function parseDate(text: string): UnixDay | null {
  const match = DATE.exec(text);
  if (match === null) return null;
  const [year = 0, month = 0, dayOfMonth = 0] = match.slice(1).map(Number);
  if (year < YEAR_MIN || month < 1 || month > 12) return null;
  if (dayOfMonth < 1 || dayOfMonth > daysOfMonth(year, month)) return null;
  let day = daysBeforeYear(year) + dayOfMonth - 1;
  for (let earlier = 1; earlier < month; earlier += 1) day += daysOfMonth(year, earlier);
  return day as UnixDay;
}

/** The date of a day, which lies in the years 1970 to 9999. */
export function formatDate(day: UnixDay): string {
  // Never too early, and two years too late at most: years have 365.2425 days on average.
  let year = YEAR_MIN + Math.ceil(day / 365.2425);
  while (daysBeforeYear(year) > day) year -= 1;
  let rest = day - daysBeforeYear(year);
  let month = 1;
  while (rest >= daysOfMonth(year, month)) {
    rest -= daysOfMonth(year, month);
    month += 1;
  }
  return `${digits(year, 4)}-${digits(month, 2)}-${digits(rest + 1, 2)}`;
}

/** Days from 1970-01-01 to the first day of the year. */
function daysBeforeYear(year: number): number {
  return 365 * (year - YEAR_MIN) + leapDaysBefore(year) - leapDaysBefore(YEAR_MIN);
}

/** Leap days in the years from 1 to the one before. */
function leapDaysBefore(year: number): number {
  const past = year - 1;
  return Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400);
}

function daysOfMonth(year: number, month: number): number {
  return month === 2 && isLeap(year) ? 29 : (DAYS_PER_MONTH[month - 1] ?? 0);
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

function digits(value: number, count: number): string {
  return String(value).padStart(count, "0");
}

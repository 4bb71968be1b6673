/** The share markets of the United States as data: regular hours only. */
import { OrdType, TimeInForce } from "../../model/enums.ts";
import type { CalendarSpec } from "../calendar.ts";
import { dayPlan, type SessionPlan, type SessionTerms } from "../sessions.ts";
import { spreadSchedule } from "../spread-table.ts";
import { NEW_YORK } from "../time/zone.ts";

/**
 * Source: the holidays and early closings of 2025 to 2027 as NYSE Group announced them on
 * 2024-11-08 and 2025-12-23, and the national day of mourning of January 2025. On Columbus Day and
 * Veterans Day the exchanges are open and banks are not, so these days do not count towards
 * settlement.
 */
export const USEX_CALENDAR: CalendarSpec = {
  zone: NEW_YORK,
  closedWeekdays: [0, 6],
  holidays: [
    ["2025-01-01", "New Year's Day"],
    ["2025-01-09", "national day of mourning"],
    ["2025-01-20", "Martin Luther King Jr. Day"],
    ["2025-02-17", "Washington's Birthday"],
    ["2025-04-18", "Good Friday"],
    ["2025-05-26", "Memorial Day"],
    ["2025-06-19", "Juneteenth"],
    ["2025-07-04", "Independence Day"],
    ["2025-09-01", "Labor Day"],
    ["2025-11-27", "Thanksgiving Day"],
    ["2025-12-25", "Christmas Day"],
    ["2026-01-01", "New Year's Day"],
    ["2026-01-19", "Martin Luther King Jr. Day"],
    ["2026-02-16", "Washington's Birthday"],
    ["2026-04-03", "Good Friday"],
    ["2026-05-25", "Memorial Day"],
    ["2026-06-19", "Juneteenth"],
    ["2026-07-03", "Independence Day, observed"],
    ["2026-09-07", "Labor Day"],
    ["2026-11-26", "Thanksgiving Day"],
    ["2026-12-25", "Christmas Day"],
    ["2027-01-01", "New Year's Day"],
    ["2027-01-18", "Martin Luther King Jr. Day"],
    ["2027-02-15", "Washington's Birthday"],
    ["2027-03-26", "Good Friday"],
    ["2027-05-31", "Memorial Day"],
    ["2027-06-18", "Juneteenth, observed"],
    ["2027-07-05", "Independence Day, observed"],
    ["2027-09-06", "Labor Day"],
    ["2027-11-25", "Thanksgiving Day"],
    ["2027-12-24", "Christmas Day, observed"],
  ],
  halfDays: [
    ["2025-07-03", "day before Independence Day"],
    ["2025-11-28", "day after Thanksgiving"],
    ["2025-12-24", "day before Christmas"],
    ["2026-11-27", "day after Thanksgiving"],
    ["2026-12-24", "day before Christmas"],
    ["2027-11-26", "day after Thanksgiving"],
  ],
  settlesOnHalfDays: true,
  noSettlement: [
    ["2025-10-13", "Columbus Day"],
    ["2025-11-11", "Veterans Day"],
    ["2026-10-12", "Columbus Day"],
    ["2026-11-11", "Veterans Day"],
    ["2027-10-11", "Columbus Day"],
    ["2027-11-11", "Veterans Day"],
  ],
};

/**
 * Regulation NMS, Rule 612: quotes of 1.00 and more in cents, below it in hundredths of a cent.
 * The half-cent tick for narrow markets that was adopted in 2024 is not in the table: it depends on
 * the share, not on the price.
 */
export const USEX_SPREADS = spreadSchedule([
  {
    from: "2025-01-01",
    lowest: "0.0001",
    bands: [
      ["1", "0.0001"],
      ["10000000", "0.01"],
    ],
  },
]);

const CONTINUOUS: SessionTerms = {
  name: "continuous",
  phase: "continuous",
  ordTypes: [OrdType.Limit, OrdType.Market, OrdType.StopLimit, OrdType.StopMarket],
  timesInForce: Object.values(TimeInForce),
  amends: true,
  cancels: true,
  priceLimit: null,
};
const CLOSED: SessionTerms = {
  name: "closed",
  phase: "closed",
  ordTypes: [],
  timesInForce: [],
  amends: false,
  cancels: true,
  priceLimit: null,
};

export const USEX_SESSIONS: SessionPlan = {
  full: dayPlan(
    [
      ["00:00", CLOSED],
      ["09:30", CONTINUOUS],
      ["16:00", CLOSED],
    ],
    "16:00",
  ),
  half: dayPlan(
    [
      ["00:00", CLOSED],
      ["09:30", CONTINUOUS],
      ["13:00", CLOSED],
    ],
    "13:00",
  ),
  closed: dayPlan([["00:00", CLOSED]], "24:00"),
};

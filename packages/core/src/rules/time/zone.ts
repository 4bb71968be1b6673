/** Local time of a market: a fixed offset from UTC, or one with a daylight-saving rule. */
import type { UnixMs } from "../../model/ids.ts";
import type { UnixDay } from "../../model/unix-day.ts";
import { civilDate, floorDiv, floorMod, formatDay, nthWeekday, padded } from "./civil.ts";

export interface Zone {
  /** For people. */
  readonly name: string;
  /** Seconds that standard time is ahead of UTC. */
  readonly standardOffsetS: number;
  readonly daylight: DaylightRule | null;
}

/** Daylight-saving time of one calendar year; the year's first day is in standard time. */
export interface DaylightRule {
  /** Seconds that daylight time is ahead of standard time. */
  readonly savingS: number;
  readonly begins: SwitchRule;
  readonly ends: SwitchRule;
}

/** The nth Sunday of a month. */
export interface SwitchRule {
  readonly month: number;
  readonly nthSunday: number;
  /** Second of that day in standard time, also for the end of daylight time. */
  readonly standardS: number;
}

export interface LocalTime {
  readonly day: UnixDay;
  /** Whole seconds since local midnight by the clock on the wall: 0 to 86,399. */
  readonly secondOfDay: number;
  /** Seconds that the wall clock is ahead of UTC. */
  readonly offsetS: number;
}

export const DAY_S = 86_400;

export const UTC: Zone = { name: "UTC", standardOffsetS: 0, daylight: null };

/** Hong Kong has had no daylight-saving time since 1979. */
export const HONG_KONG: Zone = { name: "Hong Kong", standardOffsetS: 8 * 3600, daylight: null };

/**
 * US Eastern time by the Energy Policy Act of 2005, in force since 2007: daylight time from 02:00
 * standard time on the second Sunday of March until 02:00 daylight time, which is 01:00 standard
 * time, on the first Sunday of November.
 */
export const NEW_YORK: Zone = {
  name: "New York",
  standardOffsetS: -5 * 3600,
  daylight: {
    savingS: 3600,
    begins: { month: 3, nthSunday: 2, standardS: 2 * 3600 },
    ends: { month: 11, nthSunday: 1, standardS: 3600 },
  },
};

export function localTime(zone: Zone, atMs: UnixMs): LocalTime {
  const atS = floorDiv(atMs, 1000);
  const offsetS = zone.standardOffsetS + savingAt(zone, atS);
  const localS = atS + offsetS;
  return {
    day: floorDiv(localS, DAY_S) as UnixDay,
    secondOfDay: floorMod(localS, DAY_S),
    offsetS,
  };
}

/**
 * When the wall clock shows this second of this day; 86,400 is the next midnight. A time that
 * daylight saving skips is read as standard time, one that comes twice as the first.
 */
export function instantOf(zone: Zone, day: UnixDay, secondOfDay: number): UnixMs {
  const standardS = day * DAY_S + secondOfDay - zone.standardOffsetS;
  const savingS = zone.daylight?.savingS ?? 0;
  const isDaylight = savingS !== 0 && savingAt(zone, standardS - savingS) !== 0;
  return ((isDaylight ? standardS - savingS : standardS) * 1000) as UnixMs;
}

/** Writes `2025-08-04 09:30:00 +08:00`. */
export function formatLocal(zone: Zone, atMs: UnixMs): string {
  const { day, secondOfDay, offsetS } = localTime(zone, atMs);
  const sign = offsetS < 0 ? "-" : "+";
  const offset = formatSecond(Math.abs(offsetS)).slice(0, 5);
  return `${formatDay(day)} ${formatSecond(secondOfDay)} ${sign}${offset}`;
}

/** Writes a second of the day as `09:30:00`. */
export function formatSecond(secondOfDay: number): string {
  const hours = floorDiv(secondOfDay, 3600);
  const minutes = floorMod(floorDiv(secondOfDay, 60), 60);
  return [hours, minutes, floorMod(secondOfDay, 60)].map((part) => padded(part, 2)).join(":");
}

/** Seconds of daylight saving in force at a Unix second. */
function savingAt({ standardOffsetS, daylight }: Zone, atS: number): number {
  if (daylight === null) return 0;
  const standardS = atS + standardOffsetS;
  const { year } = civilDate(floorDiv(standardS, DAY_S) as UnixDay);
  const isDaylight =
    standardS >= switchS(year, daylight.begins) && standardS < switchS(year, daylight.ends);
  return isDaylight ? daylight.savingS : 0;
}

/** The moment of a switch, in seconds of standard time. */
function switchS(year: number, { month, nthSunday, standardS }: SwitchRule): number {
  return nthWeekday(year, month, 0, nthSunday) * DAY_S + standardS;
}

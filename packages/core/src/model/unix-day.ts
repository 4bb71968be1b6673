/** Dates without a time, as numbers: what trades are settled on. */
import type { Brand } from "./brand.ts";
import type { UnixMs } from "./ids.ts";

/** Days since 1970-01-01. */
export type UnixDay = Brand<number, "UnixDay">;

const MS_PER_DAY = 86_400_000;

/** The date at a place whose clocks are so many milliseconds ahead of UTC. */
export function unixDayAt(ms: UnixMs, utcOffsetMs: number): UnixDay {
  return Math.floor((ms + utcOffsetMs) / MS_PER_DAY) as UnixDay;
}

/** Saturday or Sunday; 1970-01-01 was a Thursday. */
export function isWeekend(day: UnixDay): boolean {
  const sinceMonday = (((day + 3) % 7) + 7) % 7;
  return sinceMonday >= 5;
}

/** Days of the markets: whole numbers since 1970, by their clocks. */

export const DAY_MS = 86_400_000;
export const HONG_KONG_AHEAD_MS = 8 * 3_600_000;
const NEW_YORK_BEHIND_MS = 5 * 3_600_000;

/** The day in New York, in standard time. */
export function newYorkDay(atMs: number): number {
  return Math.floor((atMs - NEW_YORK_BEHIND_MS) / DAY_MS);
}

export function hongKongDay(atMs: number): number {
  return Math.floor((atMs + HONG_KONG_AHEAD_MS) / DAY_MS);
}

export function isWeekend(day: number): boolean {
  return [0, 6].includes(new Date(day * DAY_MS).getUTCDay());
}

/** A seed's days are weeks in which there is no holiday. */
export function nextBusinessDay(after: number): number {
  let day = after + 1;
  while (isWeekend(day)) day += 1;
  return day;
}

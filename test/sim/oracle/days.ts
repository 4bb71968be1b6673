/** Days of the markets: whole numbers since 1970, by their clocks, and which of them are open. */

export const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** Markets that share their books, hours and days. */
export type Exchange = "hkex" | "usex" | "crypto";
export type DayKind = "full" | "half" | "closed";

export function exchangeOf(market: string): Exchange {
  if (market === "nasdaq") return "usex";
  return market as Exchange;
}

/** What New York's clocks are set by from each moment on: four hours behind UTC, or five. */
const NEW_YORK: readonly (readonly [sinceMs: number, hours: number])[] = [
  [0, -5],
  [Date.parse("2025-03-09T07:00:00Z"), -4],
  [Date.parse("2025-11-02T06:00:00Z"), -5],
  [Date.parse("2026-03-08T07:00:00Z"), -4],
  [Date.parse("2026-11-01T06:00:00Z"), -5],
];

function aheadMs(exchange: Exchange, atMs: number): number {
  if (exchange === "crypto") return 0;
  if (exchange === "hkex") return 8 * HOUR_MS;
  return HOUR_MS * (NEW_YORK.findLast(([sinceMs]) => sinceMs <= atMs)?.[1] ?? 0);
}

/** What the clocks on its walls show, as if they showed UTC. */
export function wallTimeMs(exchange: Exchange, atMs: number): number {
  return atMs + aheadMs(exchange, atMs);
}

/** When its clocks show that many milliseconds of a day, by day. */
export function momentOf(exchange: Exchange, day: number, sinceMidnightMs: number): number {
  const shownMs = day * DAY_MS + sinceMidnightMs;
  return shownMs - aheadMs(exchange, shownMs - aheadMs(exchange, shownMs));
}

export function localDay(exchange: Exchange, atMs: number): number {
  return Math.floor(wallTimeMs(exchange, atMs) / DAY_MS);
}

/** The day of a trade made then: in New York by standard time all year. */
export function tradeDay(exchange: Exchange, atMs: number): number {
  return exchange === "usex" ? settlingDay(atMs) : localDay(exchange, atMs);
}

/** The day that has begun in every market: in New York it begins last. */
export function settlingDay(atMs: number): number {
  return Math.floor((atMs - 5 * HOUR_MS) / DAY_MS);
}

/** Of 2025 and 2026: in no other year a seed's story comes to an end. */
const CLOSED: Readonly<Record<Exchange, string>> = {
  hkex:
    "2025-01-01 2025-01-29 2025-01-30 2025-01-31 2025-04-04 2025-04-18 2025-04-21 " +
    "2025-05-01 2025-05-05 2025-07-01 2025-10-01 2025-10-07 2025-10-29 2025-12-25 " +
    "2025-12-26 2026-01-01 2026-02-17 2026-02-18 2026-02-19 2026-04-03 2026-04-06 " +
    "2026-04-07 2026-05-01 2026-05-25 2026-06-19 2026-07-01 2026-10-01 2026-10-19 " +
    "2026-12-25",
  usex:
    "2025-01-01 2025-01-09 2025-01-20 2025-02-17 2025-04-18 2025-05-26 2025-06-19 " +
    "2025-07-04 2025-09-01 2025-11-27 2025-12-25 2026-01-01 2026-01-19 2026-02-16 " +
    "2026-04-03 2026-05-25 2026-06-19 2026-07-03 2026-09-07 2026-11-26 2026-12-25",
  crypto: "",
};
const HALF: Readonly<Record<Exchange, string>> = {
  hkex: "2025-01-28 2025-12-24 2025-12-31 2026-02-16 2026-12-24 2026-12-31",
  usex: "2025-07-03 2025-11-28 2025-12-24 2026-11-27 2026-12-24",
  crypto: "",
};
/** Open, and money does not change hands. */
const WITHOUT_SETTLEMENT: Readonly<Record<Exchange, string>> = {
  hkex: HALF.hkex,
  usex: "2025-10-13 2025-11-11 2026-10-12 2026-11-11",
  crypto: "",
};

export function dateOf(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

function isWeekend(day: number): boolean {
  return [0, 6].includes(new Date(day * DAY_MS).getUTCDay());
}

export function kindOf(exchange: Exchange, day: number): DayKind {
  if (exchange === "crypto") return "full";
  if (isWeekend(day) || CLOSED[exchange].includes(dateOf(day))) return "closed";
  return HALF[exchange].includes(dateOf(day)) ? "half" : "full";
}

export function nextOpenDay(exchange: Exchange, after: number): number {
  return nextDay(after, (day) => kindOf(exchange, day) !== "closed");
}

/** Without holidays only weekends keep money from changing hands. */
export function nextSettlementDay(exchange: Exchange, after: number, hasHolidays: boolean): number {
  return nextDay(after, (day) => {
    if (!hasHolidays) return !isWeekend(day);
    const isOpen = kindOf(exchange, day) !== "closed";
    return isOpen && !WITHOUT_SETTLEMENT[exchange].includes(dateOf(day));
  });
}

function nextDay(after: number, isIt: (day: number) => boolean): number {
  let day = after + 1;
  while (!isIt(day)) day += 1;
  return day;
}

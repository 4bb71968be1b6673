/** When the cash and the products of a trade change hands. */
import { assert } from "../assert.ts";
import { MarketName } from "../model/enums.ts";
import type { UnixMs } from "../model/ids.ts";
import type { MarketGroup } from "../model/instrument.ts";
import { isWeekend, type UnixDay, unixDayAt } from "../model/unix-day.ts";

/** How one market settles: T + `dayCount` of its business days. */
export interface SettlementTerms {
  /** 0 is at once, on any day. */
  readonly dayCount: number;
  /** Its clocks against UTC. Fixed: no market here trades within an hour of midnight. */
  readonly utcOffsetMs: number;
  /** Days without settlement besides Saturdays and Sundays. */
  readonly holidays: ReadonlySet<UnixDay>;
}

export type SettlementTable = { readonly [G in MarketGroup]: SettlementTerms };

/** Days in a row without settlement at most; the search for a business day ends within it. */
const CLOSED_DAYS_MAX = 31;

const HOUR_MS = 3_600_000;

/** T+2 in Hong Kong, T+1 in New York (standard time), at once for coins. Weekends alone close. */
export const REFERENCE_SETTLEMENT: SettlementTable = {
  [MarketName.Hkex]: { dayCount: 2, utcOffsetMs: 8 * HOUR_MS, holidays: new Set() },
  [MarketName.Usex]: { dayCount: 1, utcOffsetMs: -5 * HOUR_MS, holidays: new Set() },
  [MarketName.Crypto]: { dayCount: 0, utcOffsetMs: 0, holidays: new Set() },
};

/** TradeDate(75) of what happens now. */
export function tradeDate(terms: SettlementTerms, nowMs: UnixMs): UnixDay {
  return unixDayAt(nowMs, terms.utcOffsetMs);
}

/**
 * The day whose settlements are due now: the one that has begun in every market, so that nothing
 * settles before its own market's day.
 */
export function settlingDay(table: SettlementTable, nowMs: UnixMs): UnixDay {
  let latestMs = latestOffsetsMs.get(table);
  if (latestMs === undefined) {
    latestMs = Math.min(...Object.values(table).map(({ utcOffsetMs }) => utcOffsetMs));
    latestOffsetsMs.set(table, latestMs);
  }
  return unixDayAt(nowMs, latestMs);
}

/** Of each table, which never changes: the offset of the market in which a day begins last. */
const latestOffsetsMs = new WeakMap<SettlementTable, number>();

/** SettlDate(64) of a trade of that date: never before it, and later for later trades. */
export function settlementDate(terms: SettlementTerms, traded: UnixDay): UnixDay {
  let settles = traded;
  for (let count = 0; count < terms.dayCount; count += 1) {
    settles = nextBusinessDay(terms.holidays, settles);
  }
  return settles;
}

function nextBusinessDay(holidays: ReadonlySet<UnixDay>, after: UnixDay): UnixDay {
  for (let passed = 1; passed <= CLOSED_DAYS_MAX; passed += 1) {
    const day = (after + passed) as UnixDay;
    if (!isWeekend(day) && !holidays.has(day)) return day;
  }
  assert(false, "a market settles at least once in 31 days");
}

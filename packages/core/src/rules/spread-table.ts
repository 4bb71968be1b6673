/**
 * Tick tables. Exchanges call the step between two prices a spread; it depends on the price and,
 * because the rules change, on the date. A table's prices form one ladder: all functions here
 * count rungs of it, across bands, exactly.
 */
import { assert, at } from "../assert.ts";
import { fixed, type Price } from "../model/decimal.ts";
import type { UnixDay } from "../model/unix-day.ts";
import { dayOf } from "./time/civil.ts";

/** A run of prices with one step: from the end of the band before it, which is not its own. */
export interface SpreadBand {
  /** Last price of the band; a multiple of its tick and of the next band's. */
  readonly upTo: Price;
  readonly tick: Price;
}

export interface SpreadTable {
  /** First day on which it holds. */
  readonly from: UnixDay;
  /** The lowest price there is; a multiple of the first band's tick. */
  readonly lowest: Price;
  /** By rising price; at least one. */
  readonly bands: readonly SpreadBand[];
}

/** Tables by rising date; at least one. */
export type SpreadSchedule = readonly SpreadTable[];

/** A table as people write it. */
export interface SpreadTableSpec {
  /** `YYYY-MM-DD`. */
  readonly from: string;
  readonly lowest: string;
  readonly bands: readonly (readonly [upTo: string, tick: string])[];
}

/** Reads tables and throws unless they are sound. */
export function spreadSchedule(specs: readonly SpreadTableSpec[]): SpreadSchedule {
  assert(specs.length > 0, "a schedule has a table");
  const tables = specs.map(spreadTable);
  const days = tables.map(({ from }) => from);
  assert(
    days.every((day, index) => index === 0 || day > at(days, index - 1)),
    "tables follow each other by date",
  );
  return tables;
}

/** The table in force on a day. Before the first table's day the first one is taken to hold. */
export function spreadTableAt(schedule: SpreadSchedule, day: UnixDay): SpreadTable {
  return schedule.findLast(({ from }) => from <= day) ?? at(schedule, 0);
}

/**
 * The coarsest step that all prices of all tables of a schedule are multiples of: what a book's
 * own grid must be so that no table's price is off it.
 */
export function gridTick(schedule: SpreadSchedule): Price {
  const ticks = schedule.flatMap(({ lowest, bands }) => [lowest, ...bands.map(({ tick }) => tick)]);
  return ticks.reduce((a, b) => greatestCommonDivisor(a, b) as Price);
}

export function highestPrice({ bands }: SpreadTable): Price {
  return at(bands, bands.length - 1).upTo;
}

/**
 * The step that leads to this price from below: at a band's last price still that band's. Null
 * for a price outside the table.
 */
export function tickAt(table: SpreadTable, price: Price): Price | null {
  if (price < table.lowest) return null;
  return table.bands.find(({ upTo }) => price <= upTo)?.tick ?? null;
}

export function isOnTick(table: SpreadTable, price: Price): boolean {
  const tick = tickAt(table, price);
  return tick !== null && price % tick === 0n;
}

/**
 * The price that many spreads above (below, when negative) a price of the table; null when the
 * ladder ends before.
 */
export function priceAwayBy(table: SpreadTable, price: Price, spreads: bigint): Price | null {
  assert(isOnTick(table, price), "the price is on a tick of the table");
  return priceOfRung(table, rungOf(table, price) + spreads);
}

/** The highest price of the table that is not above this one; null when there is none. */
export function spreadFloor(table: SpreadTable, price: Price): Price | null {
  if (price < table.lowest) return null;
  const highest = highestPrice(table);
  return price >= highest ? highest : priceOfRung(table, rungOf(table, price));
}

/** The lowest price of the table that is not below this one; null when there is none. */
export function spreadCeiling(table: SpreadTable, price: Price): Price | null {
  if (price > highestPrice(table)) return null;
  if (price <= table.lowest) return table.lowest;
  const rung = rungOf(table, price);
  return priceOfRung(table, isOnTick(table, price) ? rung : rung + 1n);
}

/** Rungs from the lowest price up to the last one that is not above `price`. */
function rungOf(table: SpreadTable, price: Price): bigint {
  let rungs = 0n;
  let start = table.lowest;
  for (const { upTo, tick } of table.bands) {
    if (price <= upTo) return rungs + (price - start) / tick;
    rungs += (upTo - start) / tick;
    start = upTo;
  }
  return rungs;
}

function priceOfRung(table: SpreadTable, rung: bigint): Price | null {
  if (rung < 0n) return null;
  let rest = rung;
  let start = table.lowest;
  for (const { upTo, tick } of table.bands) {
    const rungs = (upTo - start) / tick;
    if (rest <= rungs) return (start + rest * tick) as Price;
    rest -= rungs;
    start = upTo;
  }
  return null;
}

function spreadTable(spec: SpreadTableSpec): SpreadTable {
  const lowest = priceOf(spec.lowest);
  const bands = spec.bands.map(([upTo, tick]) => ({ upTo: priceOf(upTo), tick: priceOf(tick) }));
  assert(lowest % at(bands, 0).tick === 0n, "the lowest price is on a tick");
  let start = lowest;
  for (const { upTo, tick } of bands) {
    assert(upTo > start, "bands follow each other by price");
    assert(start % tick === 0n && upTo % tick === 0n, "a band begins and ends on its tick");
    start = upTo;
  }
  return { from: dayOf(spec.from), lowest, bands };
}

function priceOf(text: string): Price {
  const units = fixed(text);
  assert(units > 0n, "a table's prices are positive");
  return units as Price;
}

function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  return b === 0n ? a : greatestCommonDivisor(b, a % b);
}

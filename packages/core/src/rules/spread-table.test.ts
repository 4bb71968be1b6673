import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { at } from "../assert.ts";
import { fixed, formatDecimal, type Price } from "../model/decimal.ts";
import type { Instrument } from "../model/instrument.ts";
import { REFERENCE_INSTRUMENTS } from "../model/reference-instruments.ts";
import type { UnixDay } from "../model/unix-day.ts";
import { HKEX_SPREADS } from "./markets/hkex.ts";
import { USEX_SPREADS } from "./markets/usex.ts";
import {
  gridTick,
  highestPrice,
  isOnTick,
  priceAwayBy,
  type SpreadTable,
  spreadCeiling,
  spreadFloor,
  spreadSchedule,
  spreadTableAt,
  tickAt,
} from "./spread-table.ts";
import { dayOf } from "./time/civil.ts";

const TABLES: readonly SpreadTable[] = [
  ...HKEX_SPREADS,
  ...USEX_SPREADS,
  ownTickTable(at(REFERENCE_INSTRUMENTS, 2)),
];
const PHASE_1 = spreadTableAt(HKEX_SPREADS, dayOf("2025-08-04"));

test("spreads: the Hong Kong table as it is published, on each side of each change", () => {
  const columns = ["2025-08-01", "2025-08-04", "2026-07-05", "2026-07-06"];
  const rows: readonly (readonly [price: string, ...ticks: string[]])[] = [
    ["0.01", "0.001", "0.001", "0.001", "0.001"],
    ["0.25", "0.001", "0.001", "0.001", "0.001"],
    ["0.255", "0.005", "0.005", "0.005", "0.005"],
    ["0.5", "0.005", "0.005", "0.005", "0.005"],
    ["0.51", "0.01", "0.01", "0.01", "0.005"],
    ["10", "0.01", "0.01", "0.01", "0.005"],
    ["10.02", "0.02", "0.01", "0.01", "0.01"],
    ["20", "0.02", "0.01", "0.01", "0.01"],
    ["20.1", "0.05", "0.02", "0.02", "0.02"],
    ["50", "0.05", "0.02", "0.02", "0.02"],
    ["50.05", "0.05", "0.05", "0.05", "0.05"],
    ["100", "0.05", "0.05", "0.05", "0.05"],
    ["100.1", "0.1", "0.1", "0.1", "0.1"],
    ["200", "0.1", "0.1", "0.1", "0.1"],
    ["200.2", "0.2", "0.2", "0.2", "0.2"],
    ["500", "0.2", "0.2", "0.2", "0.2"],
    ["500.5", "0.5", "0.5", "0.5", "0.5"],
    ["1000", "0.5", "0.5", "0.5", "0.5"],
    ["1001", "1", "1", "1", "1"],
    ["2000", "1", "1", "1", "1"],
    ["2002", "2", "2", "2", "2"],
    ["5000", "2", "2", "2", "2"],
    ["5005", "5", "5", "5", "5"],
    ["9995", "5", "5", "5", "5"],
  ];
  for (const [text, ...ticks] of rows) {
    for (const [index, date] of columns.entries()) {
      const table = spreadTableAt(HKEX_SPREADS, dayOf(date));
      assert.equal(ticked(table, text), at(ticks, index), `${text} on ${date}`);
      assert.ok(isOnTick(table, price(text)), `${text} on ${date}`);
    }
  }
});

test("spreads: prices off their tick, and outside the table", () => {
  const rows = ["0.2505", "0.253", "0.505", "10.005", "20.01", "423.83", "423.9", "1000.5", "5002"];
  for (const text of rows) assert.equal(isOnTick(PHASE_1, price(text)), false, text);
  for (const text of ["0.009", "0.001", "9995.001", "10000"]) {
    assert.equal(tickAt(PHASE_1, price(text)), null, text);
    assert.equal(isOnTick(PHASE_1, price(text)), false, text);
  }
  assert.ok(isOnTick(PHASE_1, price("423.8")));
});

test("spreads: before the first table's day the first one holds", () => {
  const first = at(HKEX_SPREADS, 0);
  assert.equal(spreadTableAt(HKEX_SPREADS, dayOf("1986-04-02")), first);
  assert.equal(spreadTableAt(HKEX_SPREADS, dayOf("2025-08-03")), first);
  assert.equal(spreadTableAt(HKEX_SPREADS, dayOf("9999-12-31")), at(HKEX_SPREADS, 2));
});

test("spreads: United States quotes have four decimals below one dollar", () => {
  const table = spreadTableAt(USEX_SPREADS, dayOf("2026-01-05"));
  for (const text of ["0.0001", "0.9999", "1", "1.01"]) assert.ok(isOnTick(table, price(text)));
  for (const text of ["0.00005", "1.0001", "1.005"])
    assert.equal(isOnTick(table, price(text)), false);
  assert.equal(priceAwayBy(table, price("0.9999"), 2n), price("1.01"));
});

test("spreads: an instrument's own tick is a table of one band", () => {
  const table = ownTickTable(at(REFERENCE_INSTRUMENTS, 0));
  assert.ok(isOnTick(table, price("423.83")));
  assert.equal(priceAwayBy(table, price("423.83"), 17n), price("424"));
  assert.equal(tickAt(table, price("10000000.01")), null);
});

test("spreads: distances are counted across bands", () => {
  const rows: readonly (readonly [from: string, spreads: bigint, to: string])[] = [
    ["0.25", 1n, "0.255"],
    ["0.25", -1n, "0.249"],
    ["0.249", 2n, "0.255"],
    ["9.99", 2n, "10.01"],
    ["19.99", 3n, "20.04"],
    ["49.98", 3n, "50.1"],
    ["199.9", 24n, "204.6"],
    ["424", -24n, "419.2"],
    ["0.01", 240n, "0.25"],
    ["9990", 1n, "9995"],
  ];
  for (const [from, spreads, to] of rows) {
    assert.equal(priceAwayBy(PHASE_1, price(from), spreads), price(to), `${from} ${spreads}`);
    assert.equal(priceAwayBy(PHASE_1, price(to), -spreads), price(from), `${to} ${-spreads}`);
  }
  assert.equal(priceAwayBy(PHASE_1, price("9995"), 1n), null);
  assert.equal(priceAwayBy(PHASE_1, price("0.01"), -1n), null);
});

test("spreads: moving there and back is to stay, on every table", () => {
  fc.assert(
    fc.property(anyRung(), anyRungs(), ([table, from], to) => {
      const away = to - from;
      const start = priceAwayBy(table, table.lowest, from) as Price;
      const end = priceAwayBy(table, start, away);
      if (end === null) {
        assert.ok(to > rungCount(table));
        return;
      }
      assert.ok(isOnTick(table, end));
      assert.equal(priceAwayBy(table, end, -away), start);
    }),
  );
});

test("spreads: one spread up is the tick at the price it leads to", () => {
  fc.assert(
    fc.property(anyRung(), ([table, rung]) => {
      const start = priceAwayBy(table, table.lowest, rung) as Price;
      const up = priceAwayBy(table, start, 1n);
      if (up === null) assert.equal(start, highestPrice(table));
      else assert.equal(up - start, tickAt(table, up));
    }),
  );
});

test("spreads: floor and ceiling are the nearest prices of the table", () => {
  const units = fc.bigInt({ min: 0n, max: 2_000_000_000_000n });
  fc.assert(
    fc.property(fc.constantFrom(...TABLES), units, (table, each) => {
      const any = each as Price;
      const below = spreadFloor(table, any);
      const above = spreadCeiling(table, any);
      assert.equal(below === null, any < table.lowest);
      assert.equal(above === null, any > highestPrice(table));
      if (below !== null) assert.ok(isOnTick(table, below) && below <= any);
      if (above !== null) assert.ok(isOnTick(table, above) && above >= any);
      if (below === null || above === null) return;
      assert.equal(priceAwayBy(table, below, isOnTick(table, any) ? 0n : 1n), above);
    }),
  );
});

test("spreads: a book's grid takes every price of every table", () => {
  assert.equal(formatDecimal(gridTick(HKEX_SPREADS)), "0.001");
  assert.equal(formatDecimal(gridTick(USEX_SPREADS)), "0.0001");
});

test("spreads: an unsound table is a bug", () => {
  const from = "2025-01-01";
  const table = (lowest: string, ...bands: [string, string][]) => ({ from, lowest, bands });
  assert.throws(() => spreadSchedule([]), /must hold/);
  assert.throws(() => spreadSchedule([table("0.01")]), /must hold/);
  assert.throws(() => spreadSchedule([table("0.015", ["1", "0.01"])]), /on a tick/);
  assert.throws(() => spreadSchedule([table("1", ["5", "1"], ["4", "1"])]), /by price/);
  assert.throws(() => spreadSchedule([table("1", ["5", "1"], ["9", "2"])]), /ends on its tick/);
  assert.throws(() => spreadSchedule([table("1", ["5", "0"])]), /positive/);
  const twice = [table("1", ["5", "1"]), table("1", ["5", "1"])];
  assert.throws(() => spreadSchedule(twice), /by date/);
});

/** Spreads from the lowest price to the highest. */
function rungCount({ lowest, bands }: SpreadTable): bigint {
  const starts = [lowest, ...bands.map(({ upTo }) => upTo)];
  const counts = bands.map(({ upTo, tick }, index) => (upTo - at(starts, index)) / tick);
  return counts.reduce((sum, each) => sum + each, 0n);
}

function anyRung(): fc.Arbitrary<[SpreadTable, bigint]> {
  return fc
    .constantFrom(...TABLES)
    .chain((table) => fc.tuple(fc.constant(table), fc.bigInt({ min: 0n, max: rungCount(table) })));
}

function anyRungs(): fc.Arbitrary<bigint> {
  return fc.oneof(fc.bigInt({ min: 0n, max: 6000n }), fc.bigInt({ min: 0n, max: 10n ** 9n }));
}

function ticked(table: SpreadTable, text: string): string {
  const tick = tickAt(table, price(text));
  return tick === null ? "none" : formatDecimal(tick);
}

function price(text: string): Price {
  return fixed(text) as Price;
}

/** The table of an instrument whose tick does not depend on price or date. */
function ownTickTable({ priceTick, priceMax }: Instrument): SpreadTable {
  const from = 0 as UnixDay;
  return { from, lowest: priceTick, bands: [{ upTo: priceMax, tick: priceTick }] };
}

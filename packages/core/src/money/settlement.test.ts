import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { InvariantError } from "../assert.ts";
import type { UnixMs } from "../model/ids.ts";
import { isWeekend, type UnixDay } from "../model/unix-day.ts";
import { REFERENCE_SETTLEMENT, settlementDate, tradeDate } from "./settlement.ts";

const numRuns = Number(process.env["PROPERTY_RUNS"] ?? 1_000);
const { hkex, usex, crypto } = REFERENCE_SETTLEMENT;

test("settlement: T+2 in Hong Kong, T+1 in New York, at once for coins", () => {
  const table: readonly (readonly [traded: string, hkex: string, usex: string])[] = [
    ["2026-11-16", "2026-11-18", "2026-11-17"],
    ["2026-11-19", "2026-11-23", "2026-11-20"],
    ["2026-11-20", "2026-11-24", "2026-11-23"],
    // Traded on a Saturday and a Sunday, which the reference profile does.
    ["2026-11-21", "2026-11-24", "2026-11-23"],
    ["2026-11-22", "2026-11-24", "2026-11-23"],
  ];
  for (const [traded, inHongKong, inNewYork] of table) {
    assert.equal(settlementDate(hkex, day(traded)), day(inHongKong), traded);
    assert.equal(settlementDate(usex, day(traded)), day(inNewYork), traded);
    assert.equal(settlementDate(crypto, day(traded)), day(traded), traded);
  }
});

test("settlement: a holiday is passed over as a weekend is", () => {
  const terms = { ...hkex, holidays: new Set([day("2026-12-25")]) };
  assert.equal(settlementDate(terms, day("2026-12-23")), day("2026-12-28"));
  assert.equal(settlementDate(terms, day("2026-12-24")), day("2026-12-29"));
});

test("settlement: a market that never settles is a bug", () => {
  const always = Array.from({ length: 100 }, (_, index) => (20_000 + index) as UnixDay);
  const terms = { ...hkex, holidays: new Set(always) };
  assert.throws(() => settlementDate(terms, 20_000 as UnixDay), InvariantError);
});

test("trade date: the market's own day", () => {
  const at = Date.parse("2026-11-22T18:00:00Z") as UnixMs;
  assert.equal(tradeDate(hkex, at), day("2026-11-23"));
  assert.equal(tradeDate(usex, at), day("2026-11-22"));
  assert.equal(tradeDate(usex, Date.parse("2026-11-23T04:59:59Z") as UnixMs), day("2026-11-22"));
  assert.equal(tradeDate(usex, Date.parse("2026-11-23T05:00:00Z") as UnixMs), day("2026-11-23"));
});

test("settlement: never before the trade, never on a closed day, never overtaken", () => {
  const anyDay = fc.integer({ min: 0, max: 40_000 });
  const anyHolidays = fc.uniqueArray(fc.integer({ min: 0, max: 9 }), { maxLength: 6 });
  fc.assert(
    fc.property(anyDay, anyHolidays, fc.nat({ max: 3 }), (first, offsets, dayCount) => {
      const holidays = new Set(offsets.map((offset) => (first + offset) as UnixDay));
      const terms = { dayCount, utcOffsetMs: 0, holidays };
      let before = 0;
      for (let traded = first; traded < first + 12; traded += 1) {
        const settles = settlementDate(terms, traded as UnixDay);
        assert.ok(settles >= traded && settles >= before);
        if (dayCount > 0) assert.ok(!isWeekend(settles) && !holidays.has(settles));
        before = settles;
      }
    }),
    { numRuns },
  );
});

function day(text: string): UnixDay {
  return (Date.parse(`${text}T00:00:00Z`) / 86_400_000) as UnixDay;
}

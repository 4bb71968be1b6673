import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { at, InvariantError } from "../assert.ts";
import { type Amount, fixed, formatDecimal, ONE } from "../model/decimal.ts";
import { MarketName, Side } from "../model/enums.ts";
import type { MarketGroup } from "../model/instrument.ts";
import {
  assertFeeTable,
  type ChargeRow,
  chargeOn,
  type FeeTable,
  NO_CHARGES,
  REFERENCE_CHARGES,
} from "./fee-table.ts";

const numRuns = Number(process.env["PROPERTY_RUNS"] ?? 1_000);

const GROUPS: readonly MarketGroup[] = [MarketName.Hkex, MarketName.Usex, MarketName.Crypto];
const SIDES = Object.values(Side);
const anyAmount = fc.bigInt({ min: 0n, max: 10n ** 20n }).map((units) => units as Amount);

test("fee table: the reference charges of some orders, row by row", () => {
  const table: readonly (readonly [MarketGroup, Side, string, string])[] = [
    // 3 + 0.01 + 0 + 0.01 + 0 + 1: the minimum commission, the first dollar of stamp duty.
    ["hkex", Side.Buy, "100", "4.01"],
    // 127.15 + 11.44 + 0.64 + 23.95 + 17.80 + 424.
    ["hkex", Side.Buy, "423830", "604.98"],
    ["hkex", Side.Sell, "423830", "604.98"],
    ["usex", Side.Buy, "1000", "0.99"],
    ["usex", Side.Buy, "10000", "3"],
    ["usex", Side.Sell, "10000", "3.28"],
    ["crypto", Side.Buy, "1", "0.001"],
    ["crypto", Side.Sell, "0.00000001", "0.00000001"],
  ];
  for (const [group, side, gross, charge] of table) {
    const charged = chargeOn(REFERENCE_CHARGES, group, side, amount(gross));
    assert.equal(formatDecimal(charged), charge, `${group} ${side} ${gross}`);
  }
});

test("fee table: nothing traded is charged nothing, whatever the minimum", () => {
  for (const group of GROUPS) {
    for (const side of SIDES)
      assert.equal(chargeOn(REFERENCE_CHARGES, group, side, amount("0")), 0n);
  }
});

test("fee table: a table without rows charges nothing", () => {
  for (const group of GROUPS) {
    assert.equal(chargeOn(NO_CHARGES, group, Side.Buy, amount("1000000")), 0n);
  }
});

test("fee table: more is never charged less", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...GROUPS),
      fc.constantFrom(...SIDES),
      anyAmount,
      anyAmount,
      (group, side, gross, more) => {
        const charged = chargeOn(REFERENCE_CHARGES, group, side, gross);
        const chargedMore = chargeOn(REFERENCE_CHARGES, group, side, (gross + more) as Amount);
        assert.ok(charged >= 0n && charged <= chargedMore);
      },
    ),
    { numRuns },
  );
});

test("fee table: a charge does not depend on what was asked before", () => {
  const half = { ...REFERENCE_CHARGES, hkex: REFERENCE_CHARGES.hkex.slice(3) };
  const asked = fc.tuple(
    fc.constantFrom(REFERENCE_CHARGES, NO_CHARGES, half),
    fc.constantFrom(...GROUPS),
    fc.constantFrom(...SIDES),
    fc.constantFrom("0", "100", "423830").map(amount),
  );
  fc.assert(
    fc.property(fc.array(asked, { maxLength: 20 }), (sequence) => {
      for (const [table, group, side, gross] of sequence) {
        const fresh = chargeOn(structuredClone(table), group, side, gross);
        assert.equal(chargeOn(table, group, side, gross), fresh);
        assert.equal(chargeOn(table, group, side, gross), fresh, "and again");
      }
    }),
    { numRuns: 100 },
  );
});

test("fee table: rounding up and half up, least and most", () => {
  const table: readonly (readonly [Partial<ChargeRow>, gross: string, charge: string])[] = [
    [{}, "149.99", "1"],
    [{}, "150", "2"],
    [{ rounding: { mode: "up", stepAmt: amount("1") } }, "100", "1"],
    [{ rounding: { mode: "up", stepAmt: amount("1") } }, "100.00000001", "2"],
    [{ rounding: { mode: "half_up", stepAmt: amount("0.05") } }, "102.5", "1.05"],
    [{ minAmt: amount("2") }, "1", "2"],
    [{ maxAmt: amount("100") }, "1000000", "100"],
    [{ maxAmt: amount("100") }, "150", "2"],
    [{ sides: [Side.Sell] }, "1000000", "0"],
  ];
  for (const [change, gross, charge] of table) {
    const charged = chargeOn(tableOf(change), "hkex", Side.Buy, amount(gross));
    assert.equal(formatDecimal(charged), charge, gross);
  }
});

test("fee table: a table that could charge less of more is refused at start", () => {
  const table: readonly (readonly [Partial<ChargeRow>, statement: string])[] = [
    [{ name: "" }, "a charge has a name"],
    [{ rate: -1n }, "a charge is not negative"],
    [{ minAmt: amount("-1") }, "a charge is not negative"],
    [{ minAmt: amount("2"), maxAmt: amount("1") }, "a charge's most is not below its least"],
    [{ rounding: { mode: "up", stepAmt: amount("0") } }, "a charge is rounded to a positive step"],
  ];
  assertFeeTable(REFERENCE_CHARGES);
  assertFeeTable(NO_CHARGES);
  for (const [change, statement] of table) {
    const bug = new InvariantError(`must hold: ${statement}`);
    assert.throws(() => assertFeeTable(tableOf(change)), bug, statement);
  }
  const negative = () => chargeOn(REFERENCE_CHARGES, "hkex", Side.Buy, amount("-1"));
  assert.throws(negative, InvariantError);
});

/** One row of one per cent to the dollar, changed. */
function tableOf(change: Partial<ChargeRow>): FeeTable {
  const row: ChargeRow = {
    ...at(REFERENCE_CHARGES.crypto, 0),
    rate: ONE / 100n,
    rounding: { mode: "half_up", stepAmt: amount("1") },
    ...change,
  };
  return { ...NO_CHARGES, hkex: [row] };
}

function amount(text: string): Amount {
  return fixed(text) as Amount;
}

// The page about money against the table that charges are taken from.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Amount, formatDecimal, Side } from "../../packages/core/src/model/index.ts";
import { type ChargeRow, REFERENCE_CHARGES } from "../../packages/core/src/money/index.ts";
import { page, section, tableRows } from "./pages.ts";

const SIDES = new Map([
  [[Side.Buy, Side.Sell].join(), "both"],
  [[Side.Sell].join(), "sell"],
]);
const STEPS = new Map([
  ["0.01", "to the cent"],
  ["1", "to the dollar"],
  ["0.00000001", "to the eighth decimal"],
]);

test("money page: the charges are those of the fee table", () => {
  const rows = tableRows(section(page("docs/concepts/money.md"), "## Charges"));
  const expected = Object.entries(REFERENCE_CHARGES).flatMap(([market, charges]) => {
    return charges.map((row) => [market, ...cellsOf(row)]);
  });
  assert.deepEqual(rows, expected);
});

function cellsOf({ name, sides, rate, minAmt, maxAmt, rounding }: ChargeRow): string[] {
  assert.equal(maxAmt, null, "the page has no column for the most");
  const step = STEPS.get(formatDecimal(rounding.stepAmt)) ?? "";
  const rounded = rounding.mode === "up" ? `up ${step}` : step;
  const percent = `${formatDecimal((100n * rate) as Amount)} %`;
  const least = minAmt === 0n ? "" : formatDecimal(minAmt);
  return [name, SIDES.get(sides.join()) ?? "", percent, least, rounded];
}

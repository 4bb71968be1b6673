/**
 * What a trade costs besides its price: named charges per market, as a table that a deployment
 * replaces with its own. A charge is a function of all that an order has traded, not of one fill:
 * minima and roundings count once per order, and what a fill pays is the difference.
 */
import { assert } from "../assert.ts";
import { type Amount, fixed, ONE, ZERO_AMOUNT } from "../model/decimal.ts";
import { MarketName, Side } from "../model/enums.ts";
import type { MarketGroup } from "../model/instrument.ts";

export interface ChargeRow {
  readonly name: string;
  /** Who pays it. */
  readonly sides: readonly Side[];
  /** Part of the traded amount, in 10^-8: 100_000n is 0.1 %. */
  readonly rate: bigint;
  /** Least and most per order, in the instrument's currency; null is no upper bound. */
  readonly minAmt: Amount;
  readonly maxAmt: Amount | null;
  readonly rounding: ChargeRounding;
}

export interface ChargeRounding {
  readonly mode: "up" | "half_up";
  /** What is left is a multiple of this. */
  readonly stepAmt: Amount;
}

export type FeeTable = { readonly [G in MarketGroup]: readonly ChargeRow[] };

/**
 * The charges, by all rows of the market, of an order that has traded this much. Zero of zero;
 * never less of more.
 */
export function chargeOn(
  table: FeeTable,
  marketGroup: MarketGroup,
  side: Side,
  grossTradeAmt: Amount,
): Amount {
  assert(grossTradeAmt >= 0n, "a traded amount is not negative");
  if (grossTradeAmt === 0n) return ZERO_AMOUNT;
  const rows = table[marketGroup];
  const isLast = last.rows === rows && last.side === side && last.grossTradeAmt === grossTradeAmt;
  if (!isLast) last = { rows, side, grossTradeAmt, sum: chargesOn(rows, side, grossTradeAmt) };
  return last.sum;
}

interface Charges {
  readonly rows: readonly ChargeRow[];
  readonly side: Side;
  readonly grossTradeAmt: Amount;
  readonly sum: Amount;
}

/** The charges asked for last: of an order that is placed they are asked for twice. */
let last: Charges = { rows: [], side: Side.Buy, grossTradeAmt: ZERO_AMOUNT, sum: ZERO_AMOUNT };

function chargesOn(rows: readonly ChargeRow[], side: Side, grossTradeAmt: Amount): Amount {
  let sum = 0n;
  for (const row of rows) {
    if (row.sides.includes(side)) sum += rowCharge(row, grossTradeAmt);
  }
  return sum as Amount;
}

/** Throws unless every charge rises with the amount and is never negative. */
export function assertFeeTable(table: FeeTable): void {
  for (const { name, rate, minAmt, maxAmt, rounding } of Object.values(table).flat()) {
    assert(name !== "", "a charge has a name");
    assert(rate >= 0n && minAmt >= 0n, "a charge is not negative");
    assert(maxAmt === null || maxAmt >= minAmt, "a charge's most is not below its least");
    assert(rounding.stepAmt > 0n, "a charge is rounded to a positive step");
  }
}

function rowCharge({ rate, minAmt, maxAmt, rounding }: ChargeRow, grossTradeAmt: Amount): bigint {
  const { mode, stepAmt } = rounding;
  // In 10^-16, as is the product: rounded once.
  const step = stepAmt * ONE;
  const added = mode === "up" ? step - 1n : step / 2n;
  const charge = ((grossTradeAmt * rate + added) / step) * stepAmt;
  if (charge < minAmt) return minAmt;
  return maxAmt !== null && charge > maxAmt ? maxAmt : charge;
}

/** No market charges anything. */
export const NO_CHARGES: FeeTable = {
  [MarketName.Hkex]: [],
  [MarketName.Usex]: [],
  [MarketName.Crypto]: [],
};

const BOTH: readonly Side[] = [Side.Buy, Side.Sell];
const TO_THE_CENT: ChargeRounding = { mode: "half_up", stepAmt: amount("0.01") };
const UP_TO_THE_DOLLAR: ChargeRounding = { mode: "up", stepAmt: amount("1") };
const UP_TO_THE_LAST_DECIMAL: ChargeRounding = { mode: "up", stepAmt: amount("0.00000001") };

/**
 * Charges like those of the markets themselves. The commissions are ours, the rest is public:
 *
 * | Market | Charges as published by                                                          |
 * |--------|----------------------------------------------------------------------------------|
 * | hkex   | the exchange's fee schedule and the Inland Revenue's stamp duty rules as of 2025: |
 * |        | levy of the Securities and Futures Commission 0.0027 %, of the Accounting and     |
 * |        | Financial Reporting Council 0.00015 %, trading fee 0.00565 %, settlement fee      |
 * |        | 0.0042 % (since 2025-06-30; before 0.002 %, at least 2 and at most 100 dollars),  |
 * |        | stamp duty 0.1 % rounded up to the dollar                                         |
 * | usex   | Section 31 fee on sells at 27.80 per million, the rate of 2024 and early 2025; it |
 * |        | is set anew every year                                                            |
 * | crypto | one rate for taker and maker alike                                                |
 */
export const REFERENCE_CHARGES: FeeTable = {
  [MarketName.Hkex]: [
    charge("commission", BOTH, "0.0003", TO_THE_CENT, "3"),
    charge("sfc_transaction_levy", BOTH, "0.000027", TO_THE_CENT),
    charge("afrc_transaction_levy", BOTH, "0.0000015", TO_THE_CENT),
    charge("trading_fee", BOTH, "0.0000565", TO_THE_CENT),
    charge("settlement_fee", BOTH, "0.000042", TO_THE_CENT),
    charge("stamp_duty", BOTH, "0.001", UP_TO_THE_DOLLAR),
  ],
  [MarketName.Usex]: [
    charge("commission", BOTH, "0.0003", TO_THE_CENT, "0.99"),
    charge("section_31_fee", [Side.Sell], "0.0000278", { ...TO_THE_CENT, mode: "up" }),
  ],
  [MarketName.Crypto]: [charge("trading_fee", BOTH, "0.001", UP_TO_THE_LAST_DECIMAL)],
};

function charge(
  name: string,
  sides: readonly Side[],
  rate: string,
  rounding: ChargeRounding,
  min = "0",
): ChargeRow {
  return { name, sides, rate: amount(rate), minAmt: amount(min), maxAmt: null, rounding };
}

function amount(text: string): Amount {
  return fixed(text) as Amount;
}

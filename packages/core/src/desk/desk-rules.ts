/** What a deployment decides about its desk, as data. */
import { assert } from "../assert.ts";
import { ONE } from "../model/decimal.ts";
import { OrdType } from "../model/enums.ts";
import { assertFeeTable, type FeeTable, REFERENCE_CHARGES } from "../money/fee-table.ts";
import { REFERENCE_SETTLEMENT, type SettlementTable } from "../money/settlement.ts";

export interface DeskRules {
  readonly feeTable: FeeTable;
  readonly settlement: SettlementTable;
  /**
   * How far above the price it starts from a buy without a price may trade, in 10^-8: 5_000_000n is
   * 5 %. The buy holds back cash up to there, and the venue must not fill it beyond.
   */
  readonly collarRatio: bigint;
  /** Order types that the venue takes. */
  readonly ordTypes: ReadonlySet<OrdType>;
}

/** The reference profile: charges as the markets have them, no auctions. */
export const REFERENCE_DESK_RULES: DeskRules = {
  feeTable: REFERENCE_CHARGES,
  settlement: REFERENCE_SETTLEMENT,
  collarRatio: 5_000_000n,
  ordTypes: new Set([
    OrdType.Limit,
    OrdType.EnhancedLimit,
    OrdType.Market,
    OrdType.StopLimit,
    OrdType.StopMarket,
  ]),
};

/** Throws unless the rules are sound. */
export function assertDeskRules({ feeTable, settlement, collarRatio }: DeskRules): void {
  assertFeeTable(feeTable);
  for (const { dayCount } of Object.values(settlement)) {
    assert(Number.isInteger(dayCount) && dayCount >= 0, "a settlement cycle is a number of days");
  }
  assert(collarRatio >= 0n && collarRatio <= 100n * ONE, "a collar is at most a hundredfold");
}

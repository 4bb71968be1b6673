/** The bookings of each event, as postings: pure, balanced, in one place. */
import { Side } from "../model/enums.ts";
import type { Asset } from "../model/event.ts";
import type { Instrument } from "../model/instrument.ts";
import type { UnixDay } from "../model/unix-day.ts";
import type { Posting, TradedCost } from "./ledger.ts";

/** One side of one fill. */
export interface BookedTrade {
  readonly side: Side;
  readonly lastQty: bigint;
  /** LastPx x LastQty. */
  readonly fillAmt: bigint;
  readonly chargeAmt: bigint;
  /** null is at once. */
  readonly dueOn: UnixDay | null;
}

/**
 * Cash against product through clearing, charges to fees. The account's cash is one posting, so
 * that the charges of a sale are taken from its proceeds.
 */
export function tradePostings(instrument: Instrument, trade: BookedTrade): Posting[] {
  const cash: Asset = { assetClass: "Cash", name: instrument.currency };
  const holding: Asset = { assetClass: "Holding", name: instrument.product };
  const { side, lastQty, fillAmt, chargeAmt, dueOn } = trade;
  const sign = side === Side.Buy ? 1n : -1n;
  return [
    { owner: "account", asset: cash, units: -sign * fillAmt - chargeAmt, dueOn },
    { owner: "clearing", asset: cash, units: sign * fillAmt, dueOn: null },
    { owner: "fees", asset: cash, units: chargeAmt, dueOn: null },
    { owner: "account", asset: holding, units: sign * lastQty, dueOn },
    { owner: "clearing", asset: holding, units: -sign * lastQty, dueOn: null },
  ];
}

/** What a trade cost its holding: a buy's charges make it dearer, a sale's make it bring less. */
export function tradeCost({ side, lastQty, fillAmt, chargeAmt }: BookedTrade): TradedCost {
  return side === Side.Buy
    ? { units: lastQty, grossAmt: fillAmt, netAmt: fillAmt + chargeAmt }
    : { units: -lastQty, grossAmt: fillAmt, netAmt: fillAmt - chargeAmt };
}

/** A credit of the account against the house; below zero, a debit. */
export function housePostings(asset: Asset, units: bigint): Posting[] {
  return [
    { owner: "account", asset, units, dueOn: null },
    { owner: "house", asset, units: -units, dueOn: null },
  ];
}

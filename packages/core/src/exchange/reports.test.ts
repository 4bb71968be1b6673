import assert from "node:assert/strict";
import { test } from "node:test";
import { type Account, type OrderId, REFERENCE_INSTRUMENTS, Side } from "../model/index.ts";
import { Listing } from "./listing.ts";
import { EXEC_ID_BASE, reportsOf } from "./reports.ts";

test("reports: both sides of a trade name it by its number, however many have been", () => {
  const instrument = REFERENCE_INSTRUMENTS[0];
  assert.ok(instrument);
  const { symbol, lotQty, priceTick } = instrument;
  const listing = new Listing(instrument);
  for (const tradeNo of [1, 999_999_999, 1_000_000_000, 9_000_000_007, 2 ** 52]) {
    const named = {
      type: "Traded",
      execId: String(EXEC_ID_BASE + tradeNo),
      lastQty: 3n * lotQty,
      lastPx: 5n * priceTick,
    };
    const reports = reportsOf(
      {
        type: "Traded",
        symbol,
        tradeNo,
        side: Side.Buy,
        incomingOrderId: "22000000002" as OrderId,
        incomingAccount: "B" as Account,
        restingOrderId: "22000000001" as OrderId,
        restingAccount: "S" as Account,
        ticks: 5,
        lots: 3,
        restingLeavesLots: 0,
      },
      listing,
    );
    assert.deepEqual(reports, [
      { ...named, account: "B", orderId: "22000000002" },
      { ...named, account: "S", orderId: "22000000001" },
    ]);
  }
});

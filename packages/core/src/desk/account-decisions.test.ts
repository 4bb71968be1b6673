import assert from "node:assert/strict";
import { test } from "node:test";
import { at } from "../assert.ts";
import { fixed } from "../model/decimal.ts";
import { Side } from "../model/enums.ts";
import type { Asset } from "../model/event.ts";
import type { Account, UnixMs } from "../model/ids.ts";
import { REFERENCE_INSTRUMENTS } from "../model/reference-instruments.ts";
import { housePostings } from "../money/bookings.ts";
import { Ledger } from "../money/ledger.ts";
import { assetRefusal, decideAdjust, decideClose, decideOpen } from "./account-decisions.ts";
import { ANNE, BERT, ScriptedTrading, T0 } from "./desk-fixture.ts";
import { debitRefusal, orderFundsRefusal } from "./funds.ts";

const NOW = T0 as UnixMs;
const NEW = "A-1003" as Account;
const HKD: Asset = { assetClass: "Cash", name: "HKD" };

/** The refusal's name, else the event's type; null for what is done already. */
function nameOf(decided: { refused: string } | { type: string } | null): string | null {
  if (decided === null) return null;
  return "refused" in decided ? decided.refused : decided.type;
}

test("accounts: opened once, used while open, closed when empty, and never opened again", () => {
  const trading = new ScriptedTrading("0", "0");
  const { desk } = trading;
  const open = (account: Account) => decideOpen(desk, account, true, NOW);
  const close = (account: Account) => decideClose(desk, account, NOW);
  const credit = (account: Account, units = 1n) => {
    return decideAdjust(desk, account, { asset: HKD, units, reason: "wire" }, NOW);
  };
  assert.deepEqual([credit(NEW), close(NEW), open(ANNE)].map(nameOf), [
    "UNKNOWN_ACCOUNT",
    "UNKNOWN_ACCOUNT",
    "ACCOUNT_EXISTS",
  ]);
  const opened = open(NEW);
  assert.ok(!("refused" in opened));
  const nothing = { cash: [], holdings: [], shortSellingAllowed: true };
  assert.deepEqual(opened, { type: "AccountOpened", atMs: NOW, account: NEW, ...nothing });
  trading.apply(opened);
  const given = credit(NEW);
  assert.ok(!("refused" in given));
  trading.apply(given);
  assert.equal(nameOf(close(NEW)), "ACCOUNT_NOT_EMPTY");
  const taken = credit(NEW, -1n);
  assert.ok(!("refused" in taken));
  trading.apply(taken);
  const closed = close(NEW);
  assert.ok(closed !== null && !("refused" in closed));
  trading.apply(closed);
  assert.deepEqual([close(NEW), credit(NEW), open(NEW)].map(nameOf), [
    null,
    "ACCOUNT_CLOSED",
    "ACCOUNT_EXISTS",
  ]);
});

test("accounts: one with open orders is not closed, whatever it has", () => {
  const trading = new ScriptedTrading("0", "0");
  trading.place(BERT, { side: Side.Sell });
  const refusal = decideClose(trading.desk, BERT, NOW);
  assert.deepEqual(refusal, {
    refused: "ACCOUNT_NOT_EMPTY",
    details: "the account has 1 open orders",
  });
});

test("accounts: money is of what something is traded in, holdings are of what is traded", () => {
  const { desk } = new ScriptedTrading();
  const refusals = (
    [
      ["Cash", "HKD"],
      ["Holding", "00700"],
      ["Cash", "00700"],
      ["Holding", "HKD"],
    ] as const
  ).map(([assetClass, name]) => assetRefusal(desk, { assetClass, name })?.details ?? null);
  assert.deepEqual(refusals, [
    null,
    null,
    "no instrument has the currency 00700",
    "no instrument has the product HKD",
  ]);
});

test("funds: an account that owes may do with less, be credited, and nothing more", () => {
  const ledger = new Ledger();
  ledger.open(NEW);
  ledger.book(NEW, housePostings(HKD, -fixed("5")));
  const account = ledger.account(NEW);
  const tencent = at(REFERENCE_INSTRUMENTS, 0);
  const needing = (units: bigint) => {
    return orderFundsRefusal(account, Side.Buy, tencent, units, false)?.details ?? null;
  };
  assert.deepEqual([needing(-1n), needing(0n)], [null, null]);
  assert.equal(needing(fixed("1")), "1 HKD needed, 0 available");
  assert.equal(debitRefusal(account, HKD, fixed("1"))?.refused, "INSUFFICIENT_CASH");
  const trading = new ScriptedTrading("0", "0");
  trading.fill(trading.place(BERT, { side: Side.Sell }), fixed("1000"), fixed("423.83"));
  const shares: Asset = { assetClass: "Holding", name: "00700" };
  const credit = { asset: shares, units: fixed("1"), reason: "loan" };
  assert.equal(nameOf(decideAdjust(trading.desk, BERT, credit, NOW)), "BalanceAdjusted");
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { InvariantError } from "../assert.ts";
import type { Asset } from "../model/event.ts";
import type { Account } from "../model/ids.ts";
import type { UnixDay } from "../model/unix-day.ts";
import { AssetBalance, type BalanceView } from "./asset-balance.ts";
import { housePostings } from "./bookings.ts";
import { Ledger, type Posting } from "./ledger.ts";

const numRuns = Number(process.env["PROPERTY_RUNS"] ?? 1_000);

const ANNE = "A-1001" as Account;
const CASH: Asset = { assetClass: "Cash", name: "HKD" };
const SHARES: Asset = { assetClass: "Holding", name: "00700" };

test("ledger: what an account gets, the house gives", () => {
  const ledger = openLedger();
  ledger.book(ANNE, housePostings(CASH, 500n));
  ledger.book(ANNE, housePostings(CASH, -200n));
  assert.equal(ledger.account(ANNE).balance(CASH).settled, 300n);
  assert.equal(ledger.house("house").balance(CASH).settled, -300n);
  assert.equal(ledger.total(CASH), 0n);
});

test("ledger: a booking that is not balanced in each asset is a bug", () => {
  const ledger = openLedger();
  const posting = (owner: Posting["owner"], asset: Asset, units: bigint): Posting => ({
    owner,
    asset,
    units,
    dueOn: null,
  });
  const unbalanced = /the postings of a booking add up to zero in each asset/;
  for (const postings of [
    [posting("account", CASH, 1n)],
    [posting("account", CASH, 1n), posting("clearing", CASH, -2n)],
    [posting("account", CASH, 1n), posting("clearing", SHARES, -1n)],
    [posting("account", CASH, 1n), posting("clearing", { ...CASH, name: "USD" }, -1n)],
    // A currency and a product of one name are two assets.
    [posting("account", CASH, 1n), posting("clearing", { ...CASH, assetClass: "Holding" }, -1n)],
  ]) {
    assert.throws(() => ledger.book(ANNE, postings), unbalanced);
  }
  assert.equal(ledger.account(ANNE).balance(CASH).settled, 0n);
});

test("ledger: only an account waits for settlement", () => {
  const ledger = openLedger();
  const dueOn = 5 as UnixDay;
  const postings: Posting[] = [
    { owner: "account", asset: CASH, units: 1n, dueOn },
    { owner: "clearing", asset: CASH, units: -1n, dueOn },
  ];
  assert.throws(() => ledger.book(ANNE, postings), /the house has what it has at once/);
});

test("ledger: what is due comes and goes on its date, and is told apart until then", () => {
  const ledger = openLedger();
  ledger.book(ANNE, housePostings(CASH, 1_000n));
  ledger.book(ANNE, dueOn(5, -300n));
  ledger.book(ANNE, dueOn(5, 50n));
  ledger.book(ANNE, dueOn(6, 70n));
  const cash = ledger.account(ANNE).cash("HKD");
  assert.deepEqual(figures(cash), { settled: 1_000n, incoming: 120n, outgoing: 300n, free: 700n });
  ledger.settle(4 as UnixDay);
  assert.deepEqual(figures(cash), { settled: 1_000n, incoming: 120n, outgoing: 300n, free: 700n });
  ledger.settle(5 as UnixDay);
  assert.deepEqual(figures(cash), { settled: 750n, incoming: 70n, outgoing: 0n, free: 750n });
  ledger.settle(9 as UnixDay);
  assert.deepEqual(figures(cash), { settled: 820n, incoming: 0n, outgoing: 0n, free: 820n });
  assert.equal(ledger.settledThrough, 9);
  // What settlement has passed is not waited for.
  ledger.book(ANNE, dueOn(9, 1n));
  assert.deepEqual(figures(cash), { settled: 821n, incoming: 0n, outgoing: 0n, free: 821n });
});

test("ledger: a date is settled once", () => {
  const ledger = openLedger();
  ledger.settle(5 as UnixDay);
  for (const date of [5, 4]) {
    assert.throws(() => ledger.settle(date as UnixDay), /a date is settled once, and dates rise/);
  }
});

test("ledger: what is held back is not free, and no more is set free than was held back", () => {
  const ledger = openLedger();
  ledger.book(ANNE, housePostings(CASH, 1_000n));
  ledger.reserve(ANNE, CASH, 400n);
  const cash = ledger.account(ANNE).cash("HKD");
  assert.equal(cash.free, 600n);
  assert.equal(cash.settled, 1_000n);
  ledger.reserve(ANNE, CASH, -400n);
  assert.equal(cash.free, 1_000n);
  assert.throws(() => ledger.reserve(ANNE, CASH, -1n), InvariantError);
});

test("ledger: an account is opened once, and nobody else's is found", () => {
  const ledger = openLedger();
  assert.throws(() => ledger.open(ANNE), /an account's ledger is opened once/);
  assert.throws(() => ledger.account("A-9" as Account), /the account has a ledger here/);
  const { settled, reserved, total } = ledger.account(ANNE).cash("none");
  assert.deepEqual([settled, reserved, total], [0n, 0n, 0n]);
});

test("ledger: rows are canonical: sorted, without what is empty, whatever the history", () => {
  const [ledger, other] = [openLedger(), openLedger()];
  for (const name of ["USD", "HKD"]) {
    ledger.book(ANNE, housePostings({ assetClass: "Cash", name }, 5n));
  }
  for (const name of ["HKD", "EUR", "USD"]) {
    other.book(ANNE, housePostings({ assetClass: "Cash", name }, 5n));
  }
  other.book(ANNE, housePostings({ assetClass: "Cash", name: "EUR" }, -5n));
  const rows = [ledger, other].map((each) => each.account(ANNE).rows("Cash"));
  assert.deepEqual(rows[0], [
    ["HKD", "5", [], "0", "0"],
    ["USD", "5", [], "0", "0"],
  ]);
  assert.deepEqual(rows[1], rows[0]);
  assert.deepEqual(other.account(ANNE).names("Cash"), ["HKD", "USD"]);
});

test("cost: grows with what is bought, shrinks in proportion with what is sold", () => {
  const table: readonly (readonly [units: bigint, gross: bigint, net: bigint, after: bigint[]])[] =
    [
      [100n, 1_000n, 1_010n, [1_000n, 1_010n]],
      [100n, 3_000n, 3_010n, [4_000n, 4_020n]],
      // A sale's own price does not matter.
      [-50n, 9_999n, 9_999n, [3_000n, 3_015n]],
      // Through zero: all of the long is gone, the short is a third of the trade.
      [-225n, 900n, 891n, [-300n, -297n]],
      [25n, 1n, 1n, [-200n, -198n]],
      [50n, 7n, 7n, [0n, 0n]],
      // Credited at no cost.
      [10n, 0n, 0n, [0n, 0n]],
    ];
  const balance = new AssetBalance();
  for (const [units, gross, net, after] of table) {
    balance.post(units, null);
    balance.addCost(units, gross, net);
    assert.deepEqual([balance.grossCost, balance.netCost], after, `${units}`);
  }
});

test("cost: nothing held has cost nothing, and a holding's cost has its sign", () => {
  const trade = fc.tuple(fc.integer({ min: -50, max: 50 }), fc.bigInt({ min: 0n, max: 10_000n }));
  fc.assert(
    fc.property(fc.array(trade, { maxLength: 30 }), (trades) => {
      const balance = new AssetBalance();
      for (const [units, gross] of trades) {
        balance.post(BigInt(units), null);
        balance.addCost(BigInt(units), gross, gross);
        const { total, grossCost } = balance;
        if (total === 0n) assert.equal(grossCost, 0n);
        assert.ok(total >= 0n ? grossCost >= 0n : grossCost <= 0n);
        assert.equal(balance.netCost, grossCost);
      }
    }),
    { numRuns },
  );
});

test("balance: written as a row and read again, it is the same", () => {
  const anyPost = fc.tuple(
    fc.bigInt({ min: -1_000n, max: 1_000n }),
    fc.option(fc.integer({ min: 1, max: 9 })),
  );
  fc.assert(
    fc.property(fc.array(anyPost, { maxLength: 20 }), (posts) => {
      const balance = new AssetBalance();
      for (const [units, date] of posts) balance.post(units, date as UnixDay | null);
      const read = AssetBalance.ofRow(balance.row("x"));
      assert.deepEqual(read.row("x"), balance.row("x"));
      assert.deepEqual(figures(read), figures(balance));
      balance.settle(5 as UnixDay);
      read.settle(5 as UnixDay);
      assert.deepEqual(read.row("x"), balance.row("x"));
    }),
    { numRuns },
  );
});

function openLedger(): Ledger {
  const ledger = new Ledger();
  ledger.open(ANNE);
  return ledger;
}

/** Cash against clearing, due on a date. */
function dueOn(date: number, units: bigint): Posting[] {
  return [
    { owner: "account", asset: CASH, units, dueOn: date as UnixDay },
    { owner: "clearing", asset: CASH, units: -units, dueOn: null },
  ];
}

function figures({ settled, incoming, outgoing, free }: BalanceView) {
  return { settled, incoming, outgoing, free };
}

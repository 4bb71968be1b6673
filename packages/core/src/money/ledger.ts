/**
 * The money of one partition: per account its cash by currency and its holdings by product, each
 * split into what is settled and what is due, and beside it what open orders hold back. Owned by
 * the desk; a pure fold of its events. Every change of a balance is a booking: postings over the
 * account and the house's own owners whose sum is zero in each asset, so that all balances of a
 * partition always add up to zero.
 */
import { assert } from "../assert.ts";
import type { Asset } from "../model/event.ts";
import type { Account } from "../model/ids.ts";
import type { UnixDay } from "../model/unix-day.ts";
import { AssetBalance, type BalanceRow, type BalanceView } from "./asset-balance.ts";

/**
 * Owners besides the accounts: `clearing` is the other side of every trade (zero once both sides
 * are booked), `fees` takes the charges, `house` gives what accounts open with and what operators
 * adjust.
 */
export const HOUSE_OWNERS = ["clearing", "fees", "house"] as const;
export type HouseOwner = (typeof HOUSE_OWNERS)[number];

/** One line of a booking: what one owner gets; below zero, what it gives. */
export interface Posting {
  /** "account" is the one account that the booking is about. */
  readonly owner: "account" | HouseOwner;
  readonly asset: Asset;
  /** In 10^-8. */
  readonly units: bigint;
  /** When it changes hands; null is at once, as it always is for the house. */
  readonly dueOn: UnixDay | null;
}

/** One account's balances. Read by everyone, changed by the ledger alone. */
export class AccountLedger {
  readonly #cash = new Map<string, AssetBalance>();
  readonly #holdings = new Map<string, AssetBalance>();

  /** The balance of an asset; an empty one where the account never had any. */
  balance(asset: Asset): BalanceView {
    return this.#of(asset.assetClass).get(asset.name) ?? EMPTY;
  }

  cash(currency: string): BalanceView {
    return this.#cash.get(currency) ?? EMPTY;
  }

  holding(product: string): BalanceView {
    return this.#holdings.get(product) ?? EMPTY;
  }

  /** Names of the assets of a class that it has a balance or a reservation in, sorted. */
  names(assetClass: Asset["assetClass"]): string[] {
    const balances = [...this.#of(assetClass)].filter(([, balance]) => !balance.isEmpty);
    return balances.map(([name]) => name).sort();
  }

  /** For the ledger only. */
  entry(asset: Asset): AssetBalance {
    const balances = this.#of(asset.assetClass);
    const found = balances.get(asset.name);
    if (found !== undefined) return found;
    const added = new AssetBalance();
    balances.set(asset.name, added);
    return added;
  }

  /** For the ledger only. */
  settle(date: UnixDay): void {
    for (const balance of this.#cash.values()) balance.settle(date);
    for (const balance of this.#holdings.values()) balance.settle(date);
  }

  /** The balances of a class, without reservations, as canonical rows. */
  rows(assetClass: Asset["assetClass"]): BalanceRow[] {
    const balances = [...this.#of(assetClass)].filter(([, balance]) => balance.isBooked);
    balances.sort(([a], [b]) => (a < b ? -1 : 1));
    return balances.map(([name, balance]) => balance.row(name));
  }

  /** For the ledger only. */
  restore(assetClass: Asset["assetClass"], rows: readonly BalanceRow[]): void {
    for (const row of rows) this.#of(assetClass).set(row[0], AssetBalance.ofRow(row));
  }

  #of(assetClass: Asset["assetClass"]): Map<string, AssetBalance> {
    return assetClass === "Cash" ? this.#cash : this.#holdings;
  }
}

const EMPTY: BalanceView = new AssetBalance();

export class Ledger {
  readonly #accounts = new Map<Account, AccountLedger>();
  readonly #house = new Map<HouseOwner, AccountLedger>(
    HOUSE_OWNERS.map((owner) => [owner, new AccountLedger()]),
  );
  #settledThrough = 0 as UnixDay;

  /** What is due on this date or before it has changed hands. */
  get settledThrough(): UnixDay {
    return this.#settledThrough;
  }

  open(account: Account): void {
    assert(!this.#accounts.has(account), "an account's ledger is opened once");
    this.#accounts.set(account, new AccountLedger());
  }

  account(account: Account): AccountLedger {
    const found = this.#accounts.get(account);
    assert(found !== undefined, "the account has a ledger here");
    return found;
  }

  house(owner: HouseOwner): AccountLedger {
    const found = this.#house.get(owner);
    assert(found !== undefined, "the house has all its owners");
    return found;
  }

  /** Carries out one booking. Throws unless it is balanced. */
  book(account: Account, postings: readonly Posting[]): void {
    assertBalanced(postings);
    for (const { owner, asset, units, dueOn } of postings) {
      assert(dueOn === null || owner === "account", "the house has what it has at once");
      const ledger = owner === "account" ? this.account(account) : this.house(owner);
      // What settlement has passed already is not waited for.
      const isDue = dueOn !== null && dueOn > this.#settledThrough;
      ledger.entry(asset).post(units, isDue ? dueOn : null);
    }
  }

  /** Holds back so much more for open orders; below zero, sets it free. */
  reserve(account: Account, asset: Asset, units: bigint): void {
    if (units !== 0n) this.account(account).entry(asset).reserve(units);
  }

  /** Adds to what a holding has cost. */
  addCost(account: Account, product: string, trade: TradedCost): void {
    const holding: Asset = { assetClass: "Holding", name: product };
    this.account(account).entry(holding).addCost(trade.units, trade.grossAmt, trade.netAmt);
  }

  settle(date: UnixDay): void {
    assert(date > this.#settledThrough, "a date is settled once, and dates rise");
    this.#settledThrough = date;
    for (const account of this.#accounts.values()) account.settle(date);
  }

  /** All balances of all owners in one asset: zero, always. */
  total(asset: Asset): bigint {
    let sum = 0n;
    for (const ledger of [...this.#accounts.values(), ...this.#house.values()]) {
      sum += ledger.balance(asset).total;
    }
    return sum;
  }

  /** For restoring a snapshot, before any event. */
  restoreSettledThrough(date: UnixDay): void {
    this.#settledThrough = date;
  }
}

/** What a trade brought to a holding: signed units, and their cost without and with charges. */
export interface TradedCost {
  readonly units: bigint;
  readonly grossAmt: bigint;
  readonly netAmt: bigint;
}

function assertBalanced(postings: readonly Posting[]): void {
  for (const { asset } of postings) {
    let sum = 0n;
    for (const other of postings) {
      const isSame = other.asset.assetClass === asset.assetClass && other.asset.name === asset.name;
      if (isSame) sum += other.units;
    }
    assert(sum === 0n, "the postings of a booking add up to zero in each asset");
  }
}

/** What operators decide of a desk's accounts: opened, closed, credited and debited. Pure. */
import { assert } from "../assert.ts";
import type { AccountClosed, AccountOpened, Asset, BalanceAdjusted } from "../model/event.ts";
import type { Account, UnixMs } from "../model/ids.ts";
import { type Refusal, refuse } from "../model/refusal.ts";
import {
  closedAccountRefusal,
  closeRefusal,
  openRefusal,
  unknownAccount,
} from "./account-checks.ts";
import type { Desk } from "./desk.ts";
import { debitRefusal } from "./funds.ts";

/** An account that an operator opens; money comes by adjustments. */
export function decideOpen(
  desk: Desk,
  account: Account,
  shortSellingAllowed: boolean,
  nowMs: UnixMs,
): AccountOpened | Refusal {
  const refusal = openRefusal(desk.book(account), account);
  if (refusal !== null) return refusal;
  const nothing = { cash: [], holdings: [] };
  return { type: "AccountOpened", atMs: nowMs, account, ...nothing, shortSellingAllowed };
}

/** Null when it is closed already. Only an empty account is closed. */
export function decideClose(
  desk: Desk,
  account: Account,
  nowMs: UnixMs,
): AccountClosed | Refusal | null {
  const book = desk.book(account);
  if (book === null) return unknownAccount(account);
  if (book.isClosed) return null;
  const refusal = closeRefusal(book, desk.money(account));
  return refusal ?? { type: "AccountClosed", atMs: nowMs, account };
}

/** Money is in what something is traded in, and holdings are of what is traded. */
export function assetRefusal(desk: Desk, { assetClass, name }: Asset): Refusal | null {
  const isKnown =
    assetClass === "Holding"
      ? desk.instrumentOfProduct(name) !== null
      : desk.instruments.some(({ currency }) => currency === name);
  if (isKnown) return null;
  const what = assetClass === "Cash" ? "currency" : "product";
  return refuse("UNKNOWN_ASSET", `no instrument has the ${what} ${name}`);
}

/** A credit, or with units below zero a debit. */
export interface Adjustment {
  readonly asset: Asset;
  /** Not zero. */
  readonly units: bigint;
  readonly reason: string;
}

/** A debit takes only what is settled and free. */
export function decideAdjust(
  desk: Desk,
  account: Account,
  { asset, units, reason }: Adjustment,
  nowMs: UnixMs,
): BalanceAdjusted | Refusal {
  assert(units !== 0n, "an adjustment changes something");
  const book = desk.book(account);
  if (book === null) return unknownAccount(account);
  const money = desk.money(account);
  const refusal =
    closedAccountRefusal(book) ?? (units < 0n ? debitRefusal(money, asset, -units) : null);
  if (refusal !== null) return refusal;
  const balance = money.balance(asset).total + units;
  return { type: "BalanceAdjusted", atMs: nowMs, account, asset, units, reason, balance };
}

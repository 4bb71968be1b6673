/** Whether an account can be opened, used and closed. */
import type { Account } from "../model/ids.ts";
import { type Refusal, refuse } from "../model/refusal.ts";
import type { AccountLedger } from "../money/ledger.ts";
import type { AccountBook } from "./account-book.ts";

export function openRefusal(found: AccountBook | null, account: Account): Refusal | null {
  if (found === null) return null;
  const what = found.isClosed ? "was closed: its code is not used again" : "is open";
  return refuse("ACCOUNT_EXISTS", `account ${account} ${what}`);
}

/** Why nothing new can happen in the account, or null. */
export function closedAccountRefusal({ account, isClosed }: AccountBook): Refusal | null {
  return isClosed ? refuse("ACCOUNT_CLOSED", `account ${account} is closed`) : null;
}

export function unknownAccount(account: Account): Refusal {
  return refuse("UNKNOWN_ACCOUNT", `there is no account ${account}`);
}

/** What an account still has, or null when it can be closed. */
export function closeRefusal(book: AccountBook, money: AccountLedger): Refusal | null {
  if (book.openCount > 0) {
    return refuse("ACCOUNT_NOT_EMPTY", `the account has ${book.openCount} open orders`);
  }
  for (const assetClass of ["Cash", "Holding"] as const) {
    const [name] = money.names(assetClass);
    if (name !== undefined) return refuse("ACCOUNT_NOT_EMPTY", `the account has ${name}`);
  }
  return null;
}

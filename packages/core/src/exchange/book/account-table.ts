/** The accounts that have had orders in a book, by number: as the records of orders name them. */
import { at } from "../../assert.ts";
import type { Account } from "../../model/index.ts";

export class AccountTable {
  readonly #accounts: Account[] = [];
  readonly #numbers = new Map<Account, number>();

  at(number: number): Account {
    return at(this.#accounts, number);
  }

  numberOf(account: Account): number {
    const known = this.#numbers.get(account);
    if (known !== undefined) return known;
    const number = this.#accounts.length;
    this.#accounts.push(account);
    this.#numbers.set(account, number);
    return number;
  }
}

/**
 * Lists of an account's closed orders, in steps. A walk counts what it passes: numbers that do not
 * fall, and rows that are not as many as were counted when they were written, are damage.
 */
import type Database from "better-sqlite3";
import { LIST_STEP_ROWS } from "./archive-limits.ts";
import { ArchiveDamagedError } from "./archive-schema.ts";
import {
  type FilterCondition,
  filterWhere,
  indexedPart,
  isUnfiltered,
  type OrderFilter,
} from "./order-filter.ts";

export interface ListedNumbers {
  /** Closed orders of the account that match, all pages together. */
  readonly total: number;
  /** Newest first. */
  readonly orderNumbers: readonly number[];
}

export interface AccountRow {
  readonly id: number;
  readonly closedCount: number;
}

/** Above every order number. */
const NEWEST = 2 ** 53;

export class ClosedOrderLists {
  readonly #database: Database.Database;
  /** Lists without a filter are the most; prepared for the first. */
  #allRows: Database.Statement<unknown[], number> | null = null;
  /** Accounts whose closed orders were found to be as many as they should be. */
  readonly #counted = new Set<number>();

  constructor(database: Database.Database) {
    this.#database = database;
  }

  /**
   * Lists the account's closed orders from an index on, newest first. Each `next()` walks a bounded
   * number of rows. Precondition: nothing is projected before the walk ends.
   */
  list(
    account: AccountRow,
    filter: OrderFilter,
    fromIndex: number,
    limit: number,
  ): Generator<void, ListedNumbers> {
    if (isUnfiltered(filter)) return this.#listAll(account, fromIndex, limit);
    return this.#listMatching(account, filter, fromIndex, limit);
  }

  *#listAll(account: AccountRow, fromIndex: number, limit: number): Generator<void, ListedNumbers> {
    const none = filterWhere({});
    this.#allRows ??= this.#prepareRows(none);
    const rows = this.#allRows;
    const listed = new FallingNumbers();
    let before = NEWEST;
    let skipCount = Math.min(fromIndex, account.closedCount);
    while (skipCount > LIST_STEP_ROWS) {
      const stepEnd = this.#stepEnd(account.id, none, before);
      if (stepEnd === undefined) throw miscounted(account, "fewer");
      before = stepEnd;
      skipCount -= LIST_STEP_ROWS;
      yield;
    }
    let isWhole = false;
    while (listed.numbers.length < limit && !isWhole) {
      const count = Math.min(limit - listed.numbers.length, LIST_STEP_ROWS);
      const step = rows.all(account.id, before, 0, count, skipCount);
      for (const orderNumber of step) listed.add(orderNumber);
      isWhole = step.length < count;
      before = step.at(-1) ?? 0;
      skipCount = 0;
      yield;
    }
    const from = Math.min(fromIndex, account.closedCount);
    if (isWhole) requireCount(account, from + listed.numbers.length);
    else this.#requireFew(account);
    return { total: account.closedCount, orderNumbers: listed.numbers };
  }

  /**
   * Orders that one step walks over are counted again: most accounts have no more. Once in the life
   * of the process: what is damaged was so when it was read, and from then on each is counted.
   */
  #requireFew(account: AccountRow): void {
    if (this.#counted.has(account.id)) return;
    const oldest = this.#stepEnd(account.id, filterWhere({}), NEWEST);
    const count =
      oldest === undefined
        ? this.#prepareCount(filterWhere({})).get(account.id, NEWEST, 0)
        : Math.max(LIST_STEP_ROWS, account.closedCount);
    requireCount(account, count ?? 0);
    this.#counted.add(account.id);
  }

  *#listMatching(
    account: AccountRow,
    filter: OrderFilter,
    fromIndex: number,
    limit: number,
  ): Generator<void, ListedNumbers> {
    const condition = filterWhere(filter);
    const indexed = filterWhere(indexedPart(filter));
    const rows = this.#prepareRows(condition);
    const counter = this.#prepareCount(condition);
    const listed = new FallingNumbers();
    let total = 0;
    let walkedCount = 0;
    for (let before = NEWEST; ; ) {
      const stepEnd = this.#stepEnd(account.id, indexed, before);
      const range = [account.id, before, stepEnd ?? 0];
      const count = counter.get(...range, ...condition.values) ?? 0;
      const wanted = limit - listed.numbers.length;
      const skipCount = Math.max(0, fromIndex - total);
      if (wanted > 0 && skipCount < count) {
        for (const orderNumber of rows.all(...range, ...condition.values, wanted, skipCount)) {
          listed.add(orderNumber);
        }
      }
      total += count;
      if (stepEnd === undefined) {
        const rest = this.#prepareCount(indexed).get(...range, ...indexed.values) ?? 0;
        if (indexed.sql === "") requireCount(account, walkedCount + rest);
        return { total, orderNumbers: listed.numbers };
      }
      walkedCount += LIST_STEP_ROWS;
      before = stepEnd;
      yield;
    }
  }

  /** The oldest order number of the step below `before`; undefined for the last step. */
  #stepEnd(accountId: number, indexed: FilterCondition, before: number): number | undefined {
    const found = this.#database
      .prepare<unknown[], number>(
        `SELECT order_number FROM ${indexed.table} WHERE account_id = ?${indexed.sql}
          AND order_number < ? ORDER BY order_number DESC LIMIT 1 OFFSET ${LIST_STEP_ROWS - 1}`,
      )
      .pluck()
      .get(accountId, ...indexed.values, before);
    // Else the walk would not come to its end.
    if (found !== undefined && found >= before) throw notFalling(found, before);
    return found;
  }

  #prepareRows(condition: FilterCondition): Database.Statement<unknown[], number> {
    return this.#database
      .prepare<unknown[], number>(
        `SELECT order_number FROM ${condition.table} WHERE ${STEP}${condition.sql}
          ORDER BY order_number DESC LIMIT ? OFFSET ?`,
      )
      .pluck();
  }

  #prepareCount(condition: FilterCondition): Database.Statement<unknown[], number> {
    return this.#database
      .prepare<unknown[], number>(
        `SELECT count(*) FROM ${condition.table} WHERE ${STEP}${condition.sql}`,
      )
      .pluck();
  }
}

/** What a walk down the numbers brings. */
class FallingNumbers {
  readonly numbers: number[] = [];

  add(orderNumber: number): void {
    const last = this.numbers.at(-1) ?? NEWEST;
    if (orderNumber >= last) throw notFalling(orderNumber, last);
    this.numbers.push(orderNumber);
  }
}

function notFalling(orderNumber: number, last: number): ArchiveDamagedError {
  return new ArchiveDamagedError(`order ${orderNumber} is listed behind ${last}`);
}

function requireCount(account: AccountRow, count: number): void {
  if (count !== account.closedCount) throw miscounted(account, String(count));
}

function miscounted({ id, closedCount }: AccountRow, count: string): ArchiveDamagedError {
  return new ArchiveDamagedError(`account ${id} has ${count} closed orders, not ${closedCount}`);
}

/**
 * A step of a walk: parameters are the account, the number above the step and its oldest number.
 */
const STEP = "account_id = ? AND order_number < ? AND order_number >= ?";

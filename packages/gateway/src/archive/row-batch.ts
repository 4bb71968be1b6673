/**
 * Rows of one table that are inserted together: many at a time, which costs less than half per row,
 * and in the order of their keys, so that each page is gone to once. Owned by the archive's thread;
 * empty between two transactions.
 */
import { assert, at } from "@countermand/core/assert";
import type Database from "better-sqlite3";
import { INSERT_STEP_ROWS } from "./archive-limits.ts";

/** Rows of one INSERT. Reason: from here on more of them hardly cost less per row. */
const ROWS_PER_INSERT = 16;

export type Cell = string | number | Uint8Array;

/** Begins with the account's id and a number that rises along the table's key. */
export type Row = readonly [accountId: number, number: number, ...rest: Cell[]];

export class RowBatch {
  readonly #columnCount: number;
  readonly #insertMany: Database.Statement<Cell[]>;
  readonly #insertOne: Database.Statement<Cell[]>;
  #rows: Row[] = [];

  /** Precondition: the table has so many columns. */
  constructor(database: Database.Database, table: string, columnCount: number) {
    const row = `(${Array(columnCount).fill("?").join(", ")})`;
    const rows = Array(ROWS_PER_INSERT).fill(row).join(", ");
    this.#columnCount = columnCount;
    // A row that is refused takes its transaction with it. To be able to undo one statement alone,
    // SQLite would keep a copy of every page it changes: a third of the archive's work.
    this.#insertOne = database.prepare(`INSERT OR ROLLBACK INTO ${table} VALUES ${row}`);
    this.#insertMany = database.prepare(`INSERT OR ROLLBACK INTO ${table} VALUES ${rows}`);
  }

  /** Cells in the order of the table's columns. Within the transaction that {@link flush} ends. */
  add(...row: Row): void {
    assert(row.length === this.#columnCount, "a row has a cell for each column");
    this.#rows.push(row);
  }

  /** Inserts all of them, a bounded number before each `next()`. */
  *flush(): Generator<void, void> {
    const rows = this.#rows;
    this.#rows = [];
    rows.sort(byKey);
    const wholeCount = rows.length - (rows.length % ROWS_PER_INSERT);
    for (let from = 0; from < wholeCount; from += ROWS_PER_INSERT) {
      const cells: Cell[] = [];
      for (let index = from; index < from + ROWS_PER_INSERT; index += 1) {
        cells.push(...at(rows, index));
      }
      this.#insertMany.run(...cells);
      if ((from + ROWS_PER_INSERT) % INSERT_STEP_ROWS === 0) yield;
    }
    for (const row of rows.slice(wholeCount)) this.#insertOne.run(...row);
  }

  /** The transaction was rolled back. */
  forget(): void {
    this.#rows = [];
  }
}

function byKey([account, number]: Row, [otherAccount, otherNumber]: Row): number {
  return account - otherAccount || number - otherNumber;
}

/**
 * Rows of one table that are inserted many at a time, which costs less than half per row. Owned by
 * the archive's thread; empty between two transactions.
 */
import { assert } from "@countermand/core/assert";
import type Database from "better-sqlite3";

/** Rows of one INSERT. Reason: from here on more of them hardly cost less per row. */
const ROWS_PER_INSERT = 16;

type Cell = string | number;

export class RowBatch {
  readonly #columnCount: number;
  readonly #insertMany: Database.Statement<Cell[]>;
  readonly #insertOne: Database.Statement<Cell[]>;
  #cells: Cell[] = [];

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
  add(...cells: Cell[]): void {
    assert(cells.length === this.#columnCount, "a row has a cell for each column");
    this.#cells.push(...cells);
    if (this.#cells.length < ROWS_PER_INSERT * this.#columnCount) return;
    this.#insertMany.run(...this.#cells);
    this.#cells = [];
  }

  /** Inserts what is left. */
  flush(): void {
    for (let from = 0; from < this.#cells.length; from += this.#columnCount) {
      this.#insertOne.run(...this.#cells.slice(from, from + this.#columnCount));
    }
    this.#cells = [];
  }

  /** The transaction was rolled back. */
  forget(): void {
    this.#cells = [];
  }
}

/**
 * The archive's table of symbols: a number for each symbol that an order had, which rows hold
 * instead of it. Owned by the archive's thread.
 */
import { assert } from "@countermand/core/assert";
import type Database from "better-sqlite3";
import { SYMBOLS_HELD_MAX } from "./archive-limits.ts";

export class SymbolTable {
  readonly #find: Database.Statement<[string], number>;
  readonly #add: Database.Statement<[string]>;
  readonly #ids = new Map<string, number>();

  constructor(database: Database.Database) {
    this.#find = database
      .prepare<[string], number>("SELECT id FROM symbols WHERE symbol = ?")
      .pluck();
    this.#add = database.prepare("INSERT INTO symbols (symbol) VALUES (?) ON CONFLICT DO NOTHING");
  }

  /** Gives out an id to a symbol that has none. Within a transaction. */
  idOf(symbol: string): number {
    const known = this.#ids.get(symbol);
    if (known !== undefined) return known;
    this.#add.run(symbol);
    const id = this.#find.get(symbol);
    assert(id !== undefined, "the symbol was added");
    if (this.#ids.size >= SYMBOLS_HELD_MAX) this.#ids.clear();
    this.#ids.set(symbol, id);
    return id;
  }

  /** The transaction was rolled back: ids that it gave out are gone with it. */
  forget(): void {
    this.#ids.clear();
  }
}

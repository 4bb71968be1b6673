/**
 * `better-sqlite3` of a simulated process: the same SQLite, compiled to WebAssembly, whose files are
 * read and written through the world's disk call by call.
 *
 * That build has no memory that connections share, so all connections to a file are one underneath,
 * in SQLite's exclusive locking mode. The product's are used one call at a time, which they cannot
 * tell from connections of their own.
 */
import { createRequire } from "node:module";
import type * as Wasm from "node-sqlite3-wasm";
import { theWorld } from "../world/world.ts";

const require = createRequire(import.meta.resolve("node-sqlite3-wasm"));
const wasm = require("node-sqlite3-wasm") as typeof Wasm;

type Row = Record<string, unknown>;

class SqliteError extends Error {
  override readonly name = "SqliteError";
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

/** SQLite's messages are fixed texts, one for each of its codes. */
const CODES: readonly (readonly [RegExp, string])[] = [
  [/disk image is malformed/, "SQLITE_CORRUPT"],
  [/file is not a database/, "SQLITE_NOTADB"],
  [/database or disk is full/, "SQLITE_FULL"],
  [/database (table )?is locked/, "SQLITE_BUSY"],
  [/readonly database/, "SQLITE_READONLY"],
  [/constraint failed/, "SQLITE_CONSTRAINT"],
  [/disk I\/O error/, "SQLITE_IOERR"],
  [/unable to open|Could not open/, "SQLITE_CANTOPEN"],
];

function translated(error: unknown): unknown {
  if (!(error instanceof wasm.SQLite3Error)) return error;
  const code = CODES.find(([message]) => message.test(error.message))?.[1] ?? "SQLITE_ERROR";
  // SQLite's own Unix layer tells a full disk apart; this build's layer does not.
  if (code === "SQLITE_IOERR" && theWorld().disk.lastErrorCode === "ENOSPC") {
    return new SqliteError("database or disk is full", "SQLITE_FULL");
  }
  if (code === "SQLITE_IOERR" && theWorld().disk.lastErrorCode === "EDQUOT") {
    return new SqliteError(error.message, "SQLITE_IOERR_WRITE");
  }
  return new SqliteError(error.message, code);
}

function guarded<Result>(work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw translated(error);
  }
}

/** One file, opened once. */
class Connection {
  readonly database: Wasm.Database;
  readonly isReadOnly: boolean;
  readonly #path: string;
  #userCount = 0;
  static readonly #open = new Map<string, Connection>();

  static of(path: string, isReadOnly: boolean): Connection {
    const found = Connection.#open.get(path);
    const connection = found ?? new Connection(path, isReadOnly && !theWorld().hasWriters);
    if (!isReadOnly && connection.isReadOnly) throw new Error(`${path} is opened for reading only`);
    connection.#userCount += 1;
    return connection;
  }

  private constructor(path: string, isReadOnly: boolean) {
    this.#path = path;
    this.isReadOnly = isReadOnly;
    const options = { readOnly: isReadOnly, fileMustExist: isReadOnly };
    this.database = guarded(() => new wasm.Database(path, options));
    if (path === ":memory:") return;
    Connection.#open.set(path, this);
    theWorld().handles.add(this);
    guarded(() => this.database.exec("PRAGMA locking_mode=EXCLUSIVE"));
  }

  leave(): void {
    this.#userCount -= 1;
    if (this.#userCount > 0) return;
    const { disk } = theWorld();
    disk.isReadOnly = this.isReadOnly;
    try {
      guarded(() => this.#close());
    } finally {
      disk.isReadOnly = false;
    }
  }

  /** Its process is gone. The disk takes nothing any more. */
  abandon(): void {
    this.#close();
  }

  #close(): void {
    if (this.#path !== ":memory:") {
      Connection.#open.delete(this.#path);
      theWorld().handles.delete(this);
    }
    this.database.close();
  }
}

class Statement {
  readonly #database: Database;
  readonly #prepared: PreparedStatement;
  #isPlucked = false;
  #isRaw = false;

  constructor(database: Database, prepared: PreparedStatement) {
    this.#database = database;
    this.#prepared = prepared;
  }

  pluck(): this {
    this.#isPlucked = true;
    return this;
  }

  raw(): this {
    this.#isRaw = true;
    return this;
  }

  run(...given: unknown[]): Wasm.RunResult {
    return this.#used(() => this.#prepared.run(bound(given)));
  }

  get(...given: unknown[]): unknown {
    const row = this.#used(() => this.#prepared.get(bound(given)));
    return row === null ? undefined : this.#shown(row as Row);
  }

  all(...given: unknown[]): unknown[] {
    const rows = this.#used(() => this.#prepared.all(bound(given)));
    return rows.map((row) => this.#shown(row as Row));
  }

  /** All at once: a statement that is read halfway would keep the log of its file. */
  *iterate(...given: unknown[]): IterableIterator<unknown> {
    this.#database.requireOpen();
    yield* this.all(...given);
  }

  /** It is ready for its next use whatever becomes of this one. */
  #used<Result>(use: () => Result): Result {
    try {
      return guarded(use);
    } finally {
      this.#prepared._reset();
    }
  }

  #shown(row: Row): unknown {
    if (this.#isPlucked) return Object.values(row)[0];
    return this.#isRaw ? Object.values(row) : row;
  }
}

/** With the parts that the package keeps to itself. */
type PreparedStatement = Wasm.Statement & { _reset(): boolean };

function bound(given: readonly unknown[]): Wasm.BindValues {
  return given.flatMap((value) => (Array.isArray(value) ? value : [value])) as Wasm.BindValues;
}

interface Options {
  readonly readonly?: boolean;
  readonly fileMustExist?: boolean;
}

class Database {
  static readonly SqliteError = SqliteError;
  readonly name: string;
  readonly #connection: Connection;
  readonly #prepared = new Set<PreparedStatement>();
  #isOpen = true;
  #depth = 0;

  constructor(path: string, { readonly = false, fileMustExist = readonly }: Options = {}) {
    this.name = path;
    const isMissing = path !== ":memory:" && theWorld().disk.stat(path) === null;
    if (fileMustExist && isMissing) {
      throw new SqliteError("unable to open database file", "SQLITE_CANTOPEN");
    }
    this.#connection = Connection.of(path, readonly);
    theWorld().opened?.add(this);
  }

  get open(): boolean {
    return this.#isOpen;
  }

  get inTransaction(): boolean {
    return this.#connection.database.inTransaction;
  }

  requireOpen(): void {
    if (!this.#isOpen) throw new TypeError("The database connection is not open");
  }

  prepare(sql: string): Statement {
    this.requireOpen();
    const prepared = guarded(() => this.#connection.database.prepare(sql)) as PreparedStatement;
    this.#prepared.add(prepared);
    return new Statement(this, prepared);
  }

  exec(sql: string): this {
    this.requireOpen();
    guarded(() => this.#connection.database.exec(sql));
    return this;
  }

  pragma(text: string, { simple = false }: { simple?: boolean } = {}): unknown {
    this.requireOpen();
    const rows = guarded(() => this.#connection.database.all(`PRAGMA ${text}`)) as Row[];
    return simple ? Object.values(rows[0] ?? {})[0] : rows;
  }

  transaction<Given extends unknown[], Result>(work: (...given: Given) => Result) {
    return (...given: Given): Result => {
      this.exec(this.#depth === 0 ? "BEGIN" : `SAVEPOINT nested${this.#depth}`);
      this.#depth += 1;
      try {
        const result = work(...given);
        this.#depth -= 1;
        this.exec(this.#depth === 0 ? "COMMIT" : `RELEASE nested${this.#depth}`);
        return result;
      } catch (error) {
        this.#rollBack();
        throw error;
      }
    };
  }

  close(): this {
    if (!this.#isOpen) return this;
    this.#isOpen = false;
    for (const prepared of this.#prepared) if (!prepared.isFinalized) prepared.finalize();
    this.#connection.leave();
    return this;
  }

  /** Its thread is gone, in the middle of whatever it did. */
  abandon(): void {
    if (!this.#isOpen) return;
    this.#rollBack();
    this.close();
  }

  #rollBack(): void {
    this.#depth = 0;
    try {
      if (this.inTransaction) this.exec("ROLLBACK");
    } catch {
      // What made it roll back is what is told.
    }
  }
}

// The package's only export is its class.
export default Database;

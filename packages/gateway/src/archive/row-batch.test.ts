import assert from "node:assert/strict";
import { test } from "node:test";
import Database from "better-sqlite3";
import { INSERT_STEP_ROWS } from "./archive-limits.ts";
import { RowBatch } from "./row-batch.ts";

function withTable(run: (database: Database.Database, batch: RowBatch) => void): void {
  const database = new Database(":memory:");
  database.exec("CREATE TABLE triples (one INTEGER, two INTEGER, other TEXT NOT NULL) STRICT");
  try {
    run(database, new RowBatch(database, "triples", 3));
  } finally {
    database.close();
  }
}

/** How many steps it took. */
function flush(batch: RowBatch): number {
  return [...batch.flush()].length;
}

function rowsOf(database: Database.Database): unknown[] {
  return database.prepare("SELECT one, two, other FROM triples ORDER BY rowid").raw().all();
}

test("row batch: every row is there after the flush, however many there are", () => {
  for (const count of [0, 1, 15, 16, 17, 31, 32, 50]) {
    withTable((database, batch) => {
      const rows = Array.from({ length: count }, (_, index) => [1, index, `row ${index}`] as const);
      for (const row of rows) batch.add(...row);
      flush(batch);
      assert.deepEqual(rowsOf(database), rows);
      flush(batch);
      assert.equal(rowsOf(database).length, count, "nothing is inserted twice");
    });
  }
});

test("row batch: what is forgotten is not inserted", () => {
  withTable((database, batch) => {
    batch.add(1, 1, "gone");
    batch.forget();
    batch.add(1, 2, "kept");
    flush(batch);
    assert.deepEqual(rowsOf(database), [[1, 2, "kept"]]);
  });
});

test("row batch: a row with a cell too few is a bug", () => {
  withTable((_, batch) => assert.throws(() => batch.add(1, 1), /a row has a cell for each column/));
});

test("row batch: many rows are inserted in steps", () => {
  withTable((database, batch) => {
    const count = 2 * INSERT_STEP_ROWS + 1;
    for (let index = 0; index < count; index += 1) batch.add(1, index, "row");
    assert.equal(flush(batch), 2);
    assert.equal(rowsOf(database).length, count);
  });
});

test("row batch: rows are inserted in the order of their keys, whatever order they came in", () => {
  withTable((database, batch) => {
    const rows = Array.from({ length: 40 }, (_, index) => {
      return [1 + (index % 2), (index * 17) % 40, `row ${index}`] as const;
    });
    for (const row of rows) batch.add(...row);
    flush(batch);
    const sorted = rows.toSorted(([a, b], [c, d]) => a - c || b - d);
    assert.deepEqual(rowsOf(database), sorted);
  });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { rowsOf } from "./paging.ts";

/** A list of numbers, newest first, that grows by so many after each page. */
function growing(count: number, perPage: number) {
  let newest = count;
  return (page: number, pageSize: number) => {
    const all = Array.from({ length: newest }, (_, index) => newest - index);
    newest += perPage;
    const rows = all.slice((page - 1) * pageSize, page * pageSize);
    return Promise.resolve({ rows, total: all.length });
  };
}

test("paging: rows that come in meanwhile repeat none of the others", async () => {
  const { rows } = await rowsOf(Number.POSITIVE_INFINITY, growing(250, 3), String);
  assert.deepEqual(
    rows,
    Array.from({ length: 250 }, (_, index) => 250 - index),
  );
});

test("paging: no more rows than are wanted", async () => {
  assert.deepEqual(await rowsOf(2, growing(250, 0), String), { rows: [250, 249], total: 250 });
  assert.equal((await rowsOf(101, growing(250, 3), String)).rows.length, 101);
});

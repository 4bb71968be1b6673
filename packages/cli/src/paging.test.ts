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

test("paging: no page is asked for behind the last one, nor for ever", async () => {
  const asked: number[] = [];
  const list = growing(200, 0);
  const counted = (page: number, pageSize: number) => {
    asked.push(page);
    return list(page, pageSize);
  };
  const all = Number.POSITIVE_INFINITY;
  assert.equal((await rowsOf(all, counted, String)).rows.length, 200);
  assert.deepEqual(asked, [1, 2]);
  const shrunk = await rowsOf(all, (page) => list(page + 1, 100).then(moved), String);
  assert.equal(shrunk.rows.length, 100);
});

/** A list that says that it has more than it gives. */
function moved<Row>({ rows }: { readonly rows: readonly Row[] }) {
  return { rows, total: 1_000 };
}

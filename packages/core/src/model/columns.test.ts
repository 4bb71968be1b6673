import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type Cell, cellsOf, columnLines, ROWS_PER_LINE } from "./columns.ts";

const numRuns = Number(process.env["PROPERTY_RUNS"] ?? 300);

function readBack(lines: Iterable<string>): Cell[][] {
  const rows: Cell[][] = [];
  for (const line of lines) {
    const [kind, rowCount, ...columns] = JSON.parse(line);
    assert.equal(kind, "row");
    const cells = columns.map((column: unknown) => cellsOf(column, rowCount, (cell) => cell));
    for (let row = 0; row < rowCount; row += 1) rows.push(cells.map((each: Cell[]) => each[row]));
  }
  return rows;
}

test("columns: what all rows have stands once, what few are different in is numbered", () => {
  const rows = Array.from({ length: 8 }, (_, row) => ["same", row % 3 === 0, row, ""]);
  assert.deepEqual(
    [...columnLines(["row", "x"], rows)],
    ['["row","x",8,"same",[[true,false],0,1,1,0,1,1,0,1],[0,1,2,3,4,5,6,7],""]'],
  );
  const [one] = columnLines(["row"], [["a", 1, true]]);
  assert.equal(one, '["row",1,"a",1,true]');
  assert.deepEqual([...columnLines(["row"], [])], []);
});

test("columns: any rows are read back, and equal ones are written alike", () => {
  // Few texts and numbers, so that columns of each form come up; 0, "0" and false differ.
  const few = fc.constantFrom<Cell>(0, 1, "0", "", false, true);
  const any = fc.oneof<fc.Arbitrary<Cell>[]>(fc.string(), fc.maxSafeInteger(), fc.boolean());
  const row = fc.tuple(few, any, fc.constant<Cell>("same"), fc.constantFrom<Cell>("a", "b"));
  fc.assert(
    fc.property(fc.array(row, { maxLength: 60, size: "max" }), (rows) => {
      const lines = [...columnLines(["row"], rows)];
      assert.deepEqual(readBack(lines), rows);
      assert.deepEqual([...columnLines(["row"], readBack(lines))], lines);
    }),
    { numRuns },
  );
});

test("columns: many rows stand on lines of bounded length", () => {
  for (const count of [ROWS_PER_LINE - 1, ROWS_PER_LINE, ROWS_PER_LINE + 1, 3 * ROWS_PER_LINE]) {
    const rows = Array.from({ length: count }, (_, row) => [row, row % 7, "x"]);
    const lines = [...columnLines(["row"], rows)];
    assert.equal(lines.length, Math.ceil(count / ROWS_PER_LINE));
    assert.deepEqual(readBack(lines), rows);
  }
});

test("columns: what is written once is read once", () => {
  const [line = ""] = columnLines(
    ["row"],
    Array.from({ length: 12 }, (_, row) => ["5", String(row % 3)]),
  );
  const [, , same, few] = JSON.parse(line);
  const read: Cell[] = [];
  const take = (cell: Cell) => {
    read.push(cell);
    return Number(cell);
  };
  assert.deepEqual(cellsOf(same, 12, take), new Array(12).fill(5));
  assert.deepEqual(cellsOf(few, 12, take), [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2]);
  assert.deepEqual(read, ["5", "0", "1", "2"]);
});

test("columns: one that has not a cell for each row is a bug", () => {
  for (const column of [[1, 2], [1, 2, 3, 4], [[1, 2], 0, 1], [[1], 0, 0, 0, 0], []]) {
    assert.throws(() => cellsOf(column, 3, (cell) => cell), /a cell for each row/);
  }
  assert.throws(() => cellsOf([[1, 2], 0, 2, 1], 3, (cell) => cell), /one of the column's cells/);
});

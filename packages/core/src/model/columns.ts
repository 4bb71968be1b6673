/**
 * Rows as columns: how a snapshot writes down what there are many of. Rows that stand together have
 * most of their cells in common, and what is written once is read once.
 *
 * Of so many rows a column is
 * - its cell, where all rows have the same;
 * - `[[cell, …], index, …]`, where few are different: those, in the order in which they come, and
 *   for each row which of them it has;
 * - else `[cell, …]`, one for each row.
 *
 * Equal rows give equal columns.
 */
import { assert } from "../assert.ts";

export type Cell = string | number | boolean;
type Column = Cell | readonly Cell[] | readonly [readonly Cell[], ...number[]];

/** Rows of one line at most: one that is read takes a few hundred kilobytes while it is. */
export const ROWS_PER_LINE = 1_000;
/** Rows for each different cell at least, where only the different ones are written. */
const ROWS_PER_CELL_MIN = 4;

/** Lines of JSON, `[…head, row count, column, …]`; none where there are no rows. */
export function* columnLines(
  head: readonly Cell[],
  rows: Iterable<readonly Cell[]>,
): Generator<string, void, void> {
  let block: (readonly Cell[])[] = [];
  for (const row of rows) {
    block.push(row);
    if (block.length < ROWS_PER_LINE) continue;
    yield lineOf(head, block);
    block = [];
  }
  if (block.length > 0) yield lineOf(head, block);
}

/** The cells of one column of a line, one for each row, as `read` takes them. */
export function cellsOf<Value>(
  column: unknown,
  rowCount: number,
  read: (cell: Cell) => Value,
): Value[] {
  if (!Array.isArray(column)) return new Array<Value>(rowCount).fill(read(column as Cell));
  const [first] = column;
  if (!Array.isArray(first)) {
    assert(column.length === rowCount, "a column has a cell for each row");
    return column.map(read);
  }
  assert(column.length === rowCount + 1, "a column has a cell for each row");
  const different = first.map(read);
  return column.slice(1).map((number) => {
    assert(number < different.length, "a row has one of the column's cells");
    return different[number] as Value;
  });
}

function lineOf(head: readonly Cell[], rows: readonly (readonly Cell[])[]): string {
  const columns = (rows[0] ?? []).map((_, index) => columnOf(rows, index));
  return JSON.stringify([...head, rows.length, ...columns]);
}

function columnOf(rows: readonly (readonly Cell[])[], index: number): Column {
  const first = rows[0]?.[index] as Cell;
  if (rows.every((row) => row[index] === first)) return first;
  const different = differentCells(rows, index);
  const cells = rows.map((row) => row[index] as Cell);
  if (different === null) return cells;
  return [[...different.keys()], ...cells.map((cell) => different.get(cell) as number)];
}

/** The different cells with their numbers; null where they are many. */
function differentCells(
  rows: readonly (readonly Cell[])[],
  index: number,
): ReadonlyMap<Cell, number> | null {
  const most = rows.length / ROWS_PER_CELL_MIN;
  const different = new Map<Cell, number>();
  for (const row of rows) {
    const cell = row[index] as Cell;
    if (different.has(cell)) continue;
    if (different.size >= most) return null;
    different.set(cell, different.size);
  }
  return different;
}

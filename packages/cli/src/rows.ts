/** Rows as a table for people, or as documents for scripts. */
import { type Column, tableLines } from "./table.ts";
import { print, printJson, type Terminal, tell } from "./terminal.ts";

/** `none` is what people are told where there are no rows. */
export function showRows<Row>(
  terminal: Terminal,
  asJson: boolean,
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  none: string,
): void {
  if (asJson) for (const row of rows) printJson(terminal, row);
  else if (rows.length === 0) print(terminal, [none]);
  else print(terminal, tableLines(columns, rows));
}

/** Says of a list that is cut off how much there is. */
export function tellCut(terminal: Terminal, rows: readonly unknown[], total: number): void {
  if (total > rows.length) tell(terminal, `${rows.length} of ${total}: see --limit`);
}

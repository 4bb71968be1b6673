/** Rows as a table for people, or as documents for scripts. */
import { type Column, tableLines } from "./table.ts";
import { print, printJson, type Terminal } from "./terminal.ts";

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

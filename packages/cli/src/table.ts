/** Text tables for people: columns as wide as their content, numbers to the right. */

export interface Column<Row> {
  readonly title: string;
  readonly of: (row: Row) => string;
  /** Numbers are read from their last digit. */
  readonly isNumber?: boolean;
}

/** Lines of a table, the titles first. */
export function tableLines<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  const cells = rows.map((row) => columns.map(({ of }) => of(row)));
  const titles = columns.map(({ title }) => title);
  // Not as arguments of one call: a list may be longer than those can be.
  const widths = columns.map((_column, index) => {
    return [titles, ...cells].reduce((max, line) => Math.max(max, line[index]?.length ?? 0), 0);
  });
  return [titles, ...cells].map((line) => {
    const padded = line.map((text, index) => {
      const width = widths[index] ?? 0;
      return columns[index]?.isNumber === true ? text.padStart(width) : text.padEnd(width);
    });
    return padded.join("  ").trimEnd();
  });
}

/** Lines of names and values, names to the left. */
export function factLines(facts: readonly (readonly [name: string, value: string])[]): string[] {
  const width = Math.max(...facts.map(([name]) => name.length));
  return facts.map(([name, value]) => `${name.padEnd(width)}  ${value}`.trimEnd());
}

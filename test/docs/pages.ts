/** Pages of the documentation as tests read them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "..", "..");

/** A page by its path from the root of the repository. */
export function page(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** The part of a page below a heading, up to the next one of any level; "" where it is missing. */
export function section(text: string, heading: string): string {
  const lines = text.split("\n");
  const start = lines.indexOf(heading);
  if (start === -1) return "";
  const rest = lines.slice(start + 1);
  const end = rest.findIndex((line) => /^#{1,6} /.test(line));
  return rest.slice(0, end === -1 ? rest.length : end).join("\n");
}

/** The cells of every table row below the rule of dashes, trimmed; code spans keep their ticks. */
export function tableRows(text: string): readonly (readonly string[])[] {
  const rows: string[][] = [];
  let inBody = false;
  for (const line of text.split("\n")) {
    if (!line.startsWith("|")) inBody = false;
    else if (/^\|[-|]+\|$/.test(line)) inBody = true;
    else if (inBody) rows.push(cellsOf(line));
  }
  return rows;
}

/** The text of a code span, or the cell as it is. */
export function unticked(cell: string): string {
  return /^`(.*)`$/.exec(cell)?.[1] ?? cell;
}

function cellsOf(line: string): string[] {
  return line
    .slice(1, -1)
    .split("|")
    .map((cell) => cell.trim());
}

/** Paged lists. */
import { encodeSuccess } from "./envelope.ts";

/** One page of a list. */
export interface Page<Row> {
  /** How many rows all pages have together. */
  readonly totalRecords: number;
  /** From 1. */
  readonly page: number;
  readonly pageSize: number;
  /** Newest first, where rows have a time. */
  readonly rows: readonly Row[];
}

/** The answer of a list of orders, a client's or an operator's; rows are JSON texts, newest first. */
export function encodeOrdersPage(page: Page<string>): string {
  return encodePage("orders", page, (order) => order);
}

/** The answer of a list whose rows have this name. */
export function encodePage<Row>(
  rowsName: string,
  { totalRecords, page, pageSize, rows }: Page<Row>,
  encodeRow: (row: Row) => string,
): string {
  return encodeSuccess(
    `{"total_records":${totalRecords},"page":${page},"page_size":${pageSize},` +
      `"${rowsName}":[${rows.map(encodeRow).join(",")}]}`,
  );
}

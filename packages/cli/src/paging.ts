/** Lists that the gateway gives in pages, newest first. */

/** Rows that the gateway gives at most at a time. */
const PAGE_SIZE = 100;

interface Page<Row> {
  readonly rows: readonly Row[];
  readonly total: number;
}

/**
 * The first rows of a list, page after page, and how many it has; none twice, because what comes in
 * between two pages moves the last rows of one to the next.
 */
export async function rowsOf<Row>(
  limit: number,
  ask: (page: number, pageSize: number) => Promise<Page<Row>>,
  nameOf: (row: Row) => string,
): Promise<Page<Row>> {
  const pageSize = Math.min(limit, PAGE_SIZE);
  const found = new Map<string, Row>();
  for (let page = 1; ; page += 1) {
    const { rows, total } = await ask(page, pageSize);
    for (const row of rows) if (!found.has(nameOf(row))) found.set(nameOf(row), row);
    const isEnd = rows.length === 0 || page * pageSize >= total;
    if (isEnd || found.size >= limit) return { rows: [...found.values()].slice(0, limit), total };
  }
}

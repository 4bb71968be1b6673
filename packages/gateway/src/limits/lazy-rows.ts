/**
 * What is counted for each key or account: made when it is first needed, and forgotten once it is
 * as if nothing had been counted. Those that are gone for good would stay for ever otherwise.
 */

/** Rows from which on those that are as new are looked for, each time there are twice as many. */
const SWEEP_ROWS_MIN = 1_024;

export class LazyRows<Row> {
  readonly #isAsNew: (row: Row, nowMs: number) => boolean;
  readonly #rows = new Map<string, Row>();
  #sweepSize = SWEEP_ROWS_MIN;

  constructor(isAsNew: (row: Row, nowMs: number) => boolean) {
    this.#isAsNew = isAsNew;
  }

  get size(): number {
    return this.#rows.size;
  }

  of(name: string, make: () => Row): Row {
    const found = this.#rows.get(name);
    if (found !== undefined) return found;
    const made = make();
    this.#rows.set(name, made);
    return made;
  }

  /** Forgets what is as new, where there is much. Precondition: nobody works with a row now. */
  tidy(nowMs: number): void {
    if (this.#rows.size < this.#sweepSize) return;
    for (const [name, row] of this.#rows) if (this.#isAsNew(row, nowMs)) this.#rows.delete(name);
    this.#sweepSize = Math.max(SWEEP_ROWS_MIN, 2 * this.#rows.size);
  }

  clear(): void {
    this.#rows.clear();
  }
}

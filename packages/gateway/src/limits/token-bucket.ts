/**
 * A bucket of tokens that fills evenly. Whole numbers only: a level is counted in parts of a token
 * so small that every millisecond adds a whole number of them.
 */
export class TokenBucket {
  /** Tokens of a full bucket. */
  readonly size: number;
  readonly #sizeParts: number;
  readonly #partsPerToken: number;
  #parts: number;
  #atMs: number;

  /** Full at the start. An empty one is full again after `fillSeconds`. */
  constructor(size: number, fillSeconds: number, nowMs: number) {
    this.size = size;
    this.#partsPerToken = fillSeconds * 1000;
    this.#sizeParts = size * this.#partsPerToken;
    this.#parts = this.#sizeParts;
    this.#atMs = Math.floor(nowMs);
  }

  /** Whole tokens there are. */
  count(nowMs: number): number {
    this.#fill(nowMs);
    return Math.floor(this.#parts / this.#partsPerToken);
  }

  /** Whether it is as it was at the start. */
  isFull(nowMs: number): boolean {
    this.#fill(nowMs);
    return this.#parts === this.#sizeParts;
  }

  /** Takes so many, or as many as there are. */
  take(count: number, nowMs: number): void {
    this.#fill(nowMs);
    this.#parts = Math.max(0, this.#parts - count * this.#partsPerToken);
  }

  /** Puts some back, up to a full bucket. */
  add(count: number, nowMs: number): void {
    this.#fill(nowMs);
    this.#parts = Math.min(this.#sizeParts, this.#parts + count * this.#partsPerToken);
  }

  /** Milliseconds until there are so many, or until it is full if it never holds so many. */
  waitMs(count: number, nowMs: number): number {
    this.#fill(nowMs);
    const missing = Math.min(count * this.#partsPerToken, this.#sizeParts) - this.#parts;
    return missing <= 0 ? 0 : Math.ceil(missing / this.size);
  }

  #fill(nowMs: number): void {
    const atMs = Math.floor(nowMs);
    if (atMs <= this.#atMs) return;
    // In a millisecond size / fillSeconds / 1000 tokens come in: `size` parts.
    const missing = this.#sizeParts - this.#parts;
    const elapsedMs = Math.min(atMs - this.#atMs, Math.ceil(missing / this.size));
    this.#parts = Math.min(this.#sizeParts, this.#parts + elapsedMs * this.size);
    this.#atMs = atMs;
  }
}

/** Counts and times of the last minutes, second by second, for the charts. */

const SECONDS_KEPT = 120;

export interface MeterSecond {
  readonly second: number;
  orders: number;
  market: number;
  /** Milliseconds of the slowest reply; null where none came. */
  replyMs: number | null;
}

export class RateMeter {
  readonly #seconds: MeterSecond[] = [];

  order(nowMs: number): void {
    this.#at(nowMs).orders += 1;
  }

  market(nowMs: number): void {
    this.#at(nowMs).market += 1;
  }

  reply(nowMs: number, ms: number): void {
    const second = this.#at(nowMs);
    second.replyMs = Math.max(second.replyMs ?? 0, ms);
  }

  /** Whole seconds that have passed, oldest first, without holes. */
  past(nowMs: number): readonly MeterSecond[] {
    this.#at(nowMs);
    return this.#seconds.slice(0, -1);
  }

  #at(nowMs: number): MeterSecond {
    const second = Math.floor(nowMs / 1000);
    for (let next = (this.#seconds.at(-1)?.second ?? second - 1) + 1; next <= second; next += 1) {
      const isFarBehind = second - next >= SECONDS_KEPT;
      if (!isFarBehind) this.#seconds.push({ second: next, orders: 0, market: 0, replyMs: null });
      else next = second - SECONDS_KEPT;
    }
    while (this.#seconds.length > SECONDS_KEPT) this.#seconds.shift();
    return this.#seconds.at(-1) ?? { second, orders: 0, market: 0, replyMs: null };
  }
}

/**
 * Time of the exchange. It follows real time until it is set; from then on it runs by itself, at a
 * speed, on the machine's monotonic clock. It never runs backwards, so order times only rise.
 */
import { LIMITS } from "@countermand/contract";
import type { UnixMs } from "@countermand/core/model";

/** A clock that was set stops here. */
const LAST_MS = LIMITS.clockMsMax.value;

export interface MarketClockOptions {
  readonly wallMs: () => number;
  readonly monotonicMs: () => number;
}

export class MarketClock {
  readonly #options: MarketClockOptions;
  #latestMs = 0;
  /** Null while it follows real time. */
  #run: { readonly fromMs: number; readonly sinceMs: number; readonly speed: number } | null = null;

  constructor(options: MarketClockOptions) {
    this.#options = options;
  }

  nowMs(): UnixMs {
    this.#latestMs = Math.max(this.#latestMs, Math.floor(this.#shownMs()));
    return this.#latestMs as UnixMs;
  }

  /** How many times as fast as real time; 0 stands still. Null: it follows real time. */
  get speed(): number | null {
    return this.#run?.speed ?? null;
  }

  /** A time the journal has seen: no later time lies before it. */
  seen(atMs: UnixMs): void {
    this.#latestMs = Math.max(this.#latestMs, atMs);
  }

  /** From now on it runs by itself from this time, or from its own where that is later. */
  run(fromMs: UnixMs, speed: number): void {
    this.seen(fromMs);
    const sinceMs = this.#options.monotonicMs();
    this.#run = { fromMs: this.#latestMs, sinceMs, speed };
  }

  /** Real milliseconds until it shows a time, as it runs now; null when it stands still. */
  realMsUntil(atMs: UnixMs): number | null {
    const aheadMs = atMs - this.nowMs();
    if (aheadMs <= 0) return 0;
    if (this.#run === null) return atMs - this.#options.wallMs();
    return this.#run.speed === 0 || atMs > LAST_MS ? null : aheadMs / this.#run.speed;
  }

  #shownMs(): number {
    const { wallMs, monotonicMs } = this.#options;
    if (this.#run === null) return wallMs();
    const { fromMs, sinceMs, speed } = this.#run;
    return Math.min(fromMs + (monotonicMs() - sinceMs) * speed, LAST_MS);
  }
}

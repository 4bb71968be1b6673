/**
 * Time of the exchange: follows real time but never runs backwards, so that order times only rise.
 */
import type { UnixMs } from "@countermand/core/model";

export class MarketClock {
  readonly #wallMs: () => number;
  #latestMs = 0;

  constructor(wallMs: () => number) {
    this.#wallMs = wallMs;
  }

  nowMs(): UnixMs {
    this.#latestMs = Math.max(this.#latestMs, this.#wallMs());
    return this.#latestMs as UnixMs;
  }

  /** A time the journal has seen: no later time lies before it. */
  seen(atMs: UnixMs): void {
    this.#latestMs = Math.max(this.#latestMs, atMs);
  }
}

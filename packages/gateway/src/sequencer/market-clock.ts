/**
 * Time of the exchange: follows real time but never runs backwards, so that order times only
 * rise.
 */
import type { UnixMs } from "@countermand/core/model";
import type { Clock } from "../sys/clock.ts";

export class MarketClock {
  readonly #clock: Clock;
  #latestMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  nowMs(): UnixMs {
    this.#latestMs = Math.max(this.#latestMs, this.#clock.wallMs());
    return this.#latestMs as UnixMs;
  }

  /** A time the journal has seen already: no later time may lie before it. */
  seen(atMs: UnixMs): void {
    this.#latestMs = Math.max(this.#latestMs, atMs);
  }
}

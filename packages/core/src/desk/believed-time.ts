/**
 * How far the clock behind the events has come for sure. A machine's clock may be ahead for a
 * moment, and what is forgotten by it then would be missed when it is set back. So a leap ahead is
 * believed when the clock has gone on from there for as long. Owned by the memory of answered
 * requests, and part of its state.
 */
import type { UnixMs } from "../model/ids.ts";

/** Milliseconds that the clock may go ahead in one step and is believed at once. */
export const LEAP_MS = 300_000;

/** The time that is believed, and where the leap led to that is not believed yet; 0: none. */
export type BelievedCells = readonly [believedMs: number, leapMs: number];

export class BelievedTime {
  #believedMs = 0;
  #leapMs = 0;

  get cells(): BelievedCells {
    return [this.#believedMs, this.#leapMs];
  }

  restore([believedMs, leapMs]: BelievedCells): void {
    this.#believedMs = believedMs;
    this.#leapMs = leapMs;
  }

  /** Takes an event's time; what is believed then, which is never later. */
  reach(nowMs: UnixMs): UnixMs {
    if (this.#leapMs > 0 && nowMs >= this.#leapMs + LEAP_MS) {
      this.#believedMs = this.#leapMs;
      this.#leapMs = 0;
    }
    if (this.#believedMs === 0 || nowMs <= this.#believedMs + LEAP_MS) {
      this.#believedMs = nowMs;
      this.#leapMs = 0;
    } else if (this.#leapMs === 0 || nowMs < this.#leapMs) {
      this.#leapMs = nowMs;
    }
    return this.#believedMs as UnixMs;
  }
}

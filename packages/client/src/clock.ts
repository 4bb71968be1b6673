/**
 * The gateway's clock as seen from here: signatures carry its time, whatever ours says.
 *
 * Of several exchanges the one with the shortest round trip counts, and its answer is taken to have
 * been written in the middle of it: the error is at most half that round trip.
 */

/** One exchange: our clock before and after, and the server's answer; Unix milliseconds. */
export interface ClockSample {
  readonly sentMs: number;
  readonly receivedMs: number;
  readonly serverMs: number;
}

/** How far stamps may run ahead of the clock when many are taken, before a measure resets them. */
const STAMP_LEAD_MS_MAX = 60_000;
/** The same after a refusal: a window may be a second only. */
const REFUSED_LEAD_MS_MAX = 500;

/**
 * What {@link ServerClock.measured} made of the exchanges, and stamps that are never equal.
 * @example
 * const clock = new ServerClock(() => 1_000);
 * clock.measured([{ sentMs: 990, receivedMs: 1_010, serverMs: 6_000 }]);
 * assert.equal(clock.nowMs(), 6_000);
 */
export class ServerClock {
  readonly #now: () => number;
  #offsetMs = 0;
  #errorMs = Number.POSITIVE_INFINITY;
  #lastStampMs = 0;

  /** `now` gives Unix milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Unix milliseconds of the gateway; of this machine until something was measured. */
  nowMs(): number {
    return Math.round(this.#now() + this.#offsetMs);
  }

  /**
   * The time for a signature: never the same twice, because two requests with equal content and
   * time are one request to the gateway.
   */
  stampMs(): number {
    this.#lastStampMs = Math.max(this.nowMs(), this.#lastStampMs + 1);
    return this.#lastStampMs;
  }

  /**
   * Stamps that run ahead were refused for it: none of them stands for a request that was taken, so
   * the next ones may be of the clock again.
   */
  stampsRefused(): void {
    if (this.#lastStampMs > this.nowMs() + REFUSED_LEAD_MS_MAX) this.#lastStampMs = 0;
  }

  /** What is added to this machine's clock, milliseconds. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  /** How far {@link offsetMs} may be off, milliseconds; infinite before the first good measure. */
  get errorMs(): number {
    return this.#errorMs;
  }

  /** Takes the best of some fresh samples, in place of what was measured before. */
  measured(samples: readonly ClockSample[]): void {
    let best: ClockSample | null = null;
    for (const sample of samples) {
      if (best === null || roundTripMs(sample) < roundTripMs(best)) best = sample;
    }
    if (best === null) return;
    this.#offsetMs = best.serverMs - (best.sentMs + best.receivedMs) / 2;
    this.#errorMs = roundTripMs(best) / 2;
    // A clock that ran ahead is corrected: what is signed from now on differs by its content.
    if (this.#lastStampMs > this.nowMs() + STAMP_LEAD_MS_MAX) this.#lastStampMs = 0;
  }
}

/** Infinite where our clock was set back meanwhile: the answer was written nobody knows when. */
function roundTripMs({ sentMs, receivedMs }: ClockSample): number {
  return receivedMs < sentMs ? Number.POSITIVE_INFINITY : receivedMs - sentMs;
}

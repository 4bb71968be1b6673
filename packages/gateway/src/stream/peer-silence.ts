/**
 * How long a peer has said nothing, as far as this process was there to hear it. What came while
 * the process stood still, as a machine that is moved does, is read after the timers that are due.
 */
export class PeerSilence {
  #lastSignMs = 0;
  #lastLookMs = 0;

  /** All times are monotonic. */
  begin(nowMs: number): void {
    this.#lastSignMs = nowMs;
    this.#lastLookMs = nowMs;
  }

  heard(nowMs: number): void {
    this.#lastSignMs = nowMs;
  }

  /** Milliseconds without a sign of life. Asked once in every period; a pause is no silence. */
  look(nowMs: number, periodMs: number): number {
    const pausedMs = Math.max(0, nowMs - this.#lastLookMs - periodMs);
    this.#lastSignMs = Math.min(nowMs, this.#lastSignMs + pausedMs);
    this.#lastLookMs = nowMs;
    return nowMs - this.#lastSignMs;
  }
}

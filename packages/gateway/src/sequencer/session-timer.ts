/**
 * Wakes the sequencer at the next session boundary, so that it is crossed on time though nobody
 * sends anything. Only a convenience: every command crosses what is due before it is decided.
 */
import type { UnixMs } from "@countermand/core/model";
import type { Cancelable, Clock } from "../sys/clock.ts";
import { SESSION_TIMER_MS_MAX } from "./limits.ts";
import type { MarketClock } from "./market-clock.ts";

export interface SessionTimerOptions {
  readonly clock: Clock;
  readonly marketClock: Pick<MarketClock, "realMsUntil">;
  /** Null: no boundary ever comes. */
  readonly nextAtMs: () => UnixMs | null;
  /** A boundary may be due. */
  readonly onDue: () => void;
}

export class SessionTimer {
  readonly #options: SessionTimerOptions;
  #timer: Cancelable | null = null;
  #isClosed = false;

  constructor(options: SessionTimerOptions) {
    this.#options = options;
  }

  /** Waits for the next boundary, as the exchange's clock runs now. */
  arm(): void {
    this.#timer?.cancel();
    this.#timer = null;
    if (this.#isClosed) return;
    const { clock, marketClock, nextAtMs } = this.#options;
    const atMs = nextAtMs();
    if (atMs === null) return;
    const realMs = marketClock.realMsUntil(atMs);
    // A clock that stands still reaches nothing; whoever sets it arms the timer again.
    if (realMs === null) return;
    const delayMs = Math.min(Math.max(1, Math.ceil(realMs)), SESSION_TIMER_MS_MAX);
    this.#timer = clock.after(delayMs, () => {
      this.#options.onDue();
      this.arm();
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#timer = null;
  }
}

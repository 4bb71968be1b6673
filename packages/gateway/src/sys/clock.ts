/**
 * The only place that reads the machine's clocks and sets timers; everything else is given a
 * Clock.
 */
import { performance } from "node:perf_hooks";

export interface Clock {
  /** Real time, milliseconds since 1970: signatures, replay memory, heartbeats. May jump. */
  wallMs(): number;
  /** Milliseconds from an arbitrary start, never backwards: durations. */
  monotonicMs(): number;
  /** Calls back once; the timer alone does not keep the process alive. */
  after(delayMs: number, callback: () => void): Cancelable;
  /** Calls back after the input that has arrived already was read: the end of a turn. */
  atTurnEnd(callback: () => void): void;
}

export interface Cancelable {
  cancel(): void;
}

export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
  atTurnEnd: (callback) => {
    setImmediate(callback);
  },
};

/** A time as HTTP's header Date gives it (RFC 9110, 5.6.7). */
export function httpDate(wallMs: number): string {
  return new Date(wallMs).toUTCString();
}

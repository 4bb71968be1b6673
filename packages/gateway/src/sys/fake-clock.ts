/**
 * A clock for tests: time stands still until a test moves it, and turns end when a test says so.
 */
import type { Cancelable, Clock } from "./clock.ts";

interface Timer {
  readonly atMs: number;
  readonly callback: () => void;
}

const START_WALL_MS = 1_746_774_142_000;
/** A machine that has run for days: who takes a time for a duration is seen to be wrong. */
const START_MONOTONIC_MS = 400_000_000;

export class FakeClock implements Clock {
  #wallMs: number;
  #monotonicMs = START_MONOTONIC_MS;
  /** In the order they were set, which is the order among those of the same time. */
  readonly #timers = new Set<Timer>();
  #turnEnds: (() => void)[] = [];

  constructor(wallMs = START_WALL_MS) {
    this.#wallMs = wallMs;
  }

  /** Timers that are set and have not run. */
  get timerCount(): number {
    return this.#timers.size;
  }

  wallMs(): number {
    return this.#wallMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  after(delayMs: number, callback: () => void): Cancelable {
    const timer = { atMs: this.#monotonicMs + Math.max(0, delayMs), callback };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  atTurnEnd(callback: () => void): void {
    this.#turnEnds.push(callback);
  }

  /** Ends the turn: runs what waits for that, not what is added meanwhile. Whether anything ran. */
  endTurn(): boolean {
    const callbacks = this.#turnEnds;
    this.#turnEnds = [];
    for (const callback of callbacks) callback();
    return callbacks.length > 0;
  }

  /**
   * Moves both times on; timers run at their times, and after each one turns end until none is
   * left.
   */
  advance(ms: number): void {
    const untilMs = this.#monotonicMs + ms;
    this.#endTurns();
    for (let next = this.#nextDue(untilMs); next !== null; next = this.#nextDue(untilMs)) {
      // One that is overdue, because time went by within a turn, runs late.
      this.#moveTo(Math.max(next.atMs, this.#monotonicMs));
      this.#timers.delete(next);
      next.callback();
      this.#endTurns();
    }
    this.#moveTo(untilMs);
  }

  /** Time that goes by within a turn: nothing runs. */
  pass(ms: number): void {
    this.#moveTo(this.#monotonicMs + ms);
  }

  /** The real time jumps, as when it is set; durations do not notice. */
  jumpWall(ms: number): void {
    this.#wallMs += ms;
  }

  #nextDue(untilMs: number): Timer | null {
    let next: Timer | null = null;
    for (const timer of this.#timers) {
      if (timer.atMs <= untilMs && (next === null || timer.atMs < next.atMs)) next = timer;
    }
    return next;
  }

  #moveTo(monotonicMs: number): void {
    this.#wallMs += monotonicMs - this.#monotonicMs;
    this.#monotonicMs = monotonicMs;
  }

  #endTurns(): void {
    while (this.endTurn()) {
      // What ran may wait for the end of the turn again.
    }
  }
}

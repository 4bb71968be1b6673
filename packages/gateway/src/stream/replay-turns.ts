/**
 * Shares the turns of the event loop among all sessions that catch up: first come, first served, a
 * few pieces of work per turn. A session has at most one piece waiting.
 */
import type { Clock } from "../sys/clock.ts";
import { REPLAY_CHUNKS_PER_TURN } from "./limits.ts";

export class ReplayTurns {
  readonly #clock: Clock;
  #waiting: (() => void)[] = [];
  #scheduled = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Does the work in one of the next turns, never in this one. */
  enqueue(work: () => void): void {
    this.#waiting.push(work);
    this.#schedule();
  }

  /** Resolves in one of the next turns. */
  next(): Promise<void> {
    return new Promise((resolve) => this.enqueue(resolve));
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#clock.atTurnEnd(() => {
      this.#scheduled = false;
      const now = this.#waiting.slice(0, REPLAY_CHUNKS_PER_TURN);
      this.#waiting = this.#waiting.slice(REPLAY_CHUNKS_PER_TURN);
      for (const work of now) work();
      if (this.#waiting.length > 0) this.#schedule();
    });
  }
}

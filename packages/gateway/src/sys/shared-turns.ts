/**
 * Turns of the event loop for work that takes many: one step of one of them in each, however many
 * there are, so that together they keep nobody waiting for longer than one does.
 */
import type { Clock } from "./clock.ts";

export class SharedTurns {
  readonly #clock: Pick<Clock, "atTurnEnd">;
  #last = Promise.resolve();
  #waitingCount = 0;

  constructor(clock: Pick<Clock, "atTurnEnd">) {
    this.#clock = clock;
  }

  /** How many wait for their next turn. */
  get waitingCount(): number {
    return this.#waitingCount;
  }

  /** Resolves in a turn that nobody else was given. */
  next(): Promise<void> {
    this.#waitingCount += 1;
    const ended = () => {
      return new Promise<void>((resolve) => {
        this.#clock.atTurnEnd(() => {
          this.#waitingCount -= 1;
          resolve();
        });
      });
    };
    this.#last = this.#last.then(ended);
    return this.#last;
  }
}

/**
 * Shares the turns of the event loop among all sockets that send commands: a turn takes them for a
 * bounded time, and what has come beyond that waits for the next ones, first come, first served. So
 * nobody waits long behind a socket, or many, that send as fast as they may.
 */
import type { Clock } from "../sys/clock.ts";
import { TURN_COMMANDS_MIN, TURN_COMMANDS_MS_MAX } from "./limits.ts";

export class CommandTurns {
  readonly #clock: Pick<Clock, "monotonicMs" | "atTurnEnd">;
  #waiting: (() => void)[] = [];
  #startedMs = 0;
  #count = 0;

  constructor(clock: Pick<Clock, "monotonicMs" | "atTurnEnd">) {
    this.#clock = clock;
  }

  /** Whether there is room in this turn for another command; it is counted then. */
  takes(): boolean {
    if (this.#count === 0) this.#begin();
    if (!this.#hasRoom()) return false;
    this.#count += 1;
    return true;
  }

  /** Does the work in one of the next turns. Precondition: this one {@link takes} no more. */
  next(work: () => void): void {
    this.#waiting.push(work);
  }

  #hasRoom(): boolean {
    if (this.#count < TURN_COMMANDS_MIN) return true;
    return this.#clock.monotonicMs() - this.#startedMs < TURN_COMMANDS_MS_MAX;
  }

  #begin(): void {
    this.#startedMs = this.#clock.monotonicMs();
    this.#clock.atTurnEnd(() => {
      this.#count = 0;
      const waiting = this.#waiting;
      this.#waiting = [];
      let index = 0;
      // Who is not done waits again, behind those who have not had their turn.
      while (index < waiting.length && this.#hasRoom()) waiting[index++]?.();
      this.#waiting = [...waiting.slice(index), ...this.#waiting];
    });
  }
}

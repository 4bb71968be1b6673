/**
 * Keeps turns of the event loop short, so that a cancel never waits long behind what came before
 * it: when a turn has taken enough new orders and queries, and has lasted long enough, the rest of
 * them are refused in a few microseconds each, before their bodies and signatures are looked at.
 * Cancels are not counted and not refused.
 */
import type { Clock } from "../sys/clock.ts";
import { TURN_MS_MAX, TURN_REQUESTS_MIN } from "./limits.ts";

export class Admission {
  readonly #clock: Pick<Clock, "monotonicMs" | "atTurnEnd">;
  #startedMs = 0;
  #count = 0;
  #refusedCount = 0;

  constructor(clock: Pick<Clock, "monotonicMs" | "atTurnEnd">) {
    this.#clock = clock;
  }

  /** Requests refused so far. */
  get refusedCount(): number {
    return this.#refusedCount;
  }

  /** Whether there is room in this turn for another new order or query. */
  admits(): boolean {
    if (this.#count === 0) this.#begin();
    this.#count += 1;
    if (this.#count <= TURN_REQUESTS_MIN) return true;
    if (this.#clock.monotonicMs() - this.#startedMs < TURN_MS_MAX) return true;
    this.#refusedCount += 1;
    return false;
  }

  #begin(): void {
    this.#startedMs = this.#clock.monotonicMs();
    this.#clock.atTurnEnd(() => {
      this.#count = 0;
    });
  }
}

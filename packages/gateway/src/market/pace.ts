/**
 * Runs work that is asked for again and again so that it takes a bounded share of the time: at once
 * when it has rested long enough, else at the end of its rest, once for all who asked meanwhile.
 */
import type { Cancelable, Clock } from "../sys/clock.ts";

export interface PaceOptions {
  readonly clock: Clock;
  /** It rests so many times as long as its last run took. */
  readonly restFactor: number;
  readonly restMsMax: number;
  readonly run: () => void;
}

export class Pace {
  readonly #options: PaceOptions;
  #restUntilMs = Number.NEGATIVE_INFINITY;
  #due: Cancelable | null = null;

  constructor(options: PaceOptions) {
    this.#options = options;
  }

  ask(): void {
    if (this.#due !== null) return;
    const restMs = this.#restUntilMs - this.#options.clock.monotonicMs();
    if (restMs <= 0) this.#run();
    else this.#due = this.#options.clock.after(restMs, () => this.#run());
  }

  #run(): void {
    const { clock, restFactor, restMsMax, run } = this.#options;
    this.#due = null;
    const startedMs = clock.monotonicMs();
    run();
    const endedMs = clock.monotonicMs();
    this.#restUntilMs = endedMs + Math.min(restMsMax, (endedMs - startedMs) * restFactor);
  }
}

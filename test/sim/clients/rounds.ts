/** What a simulated client does again and again, after a pause each time, until it is stopped. */
import type { World } from "../world/world.ts";

export interface RoundsOptions {
  readonly world: World;
  readonly pauseMs: () => number;
  readonly act: () => Promise<unknown>;
}

export class Rounds {
  readonly #options: RoundsOptions;
  #isStopping = false;
  #isIdle = true;

  constructor(options: RoundsOptions) {
    this.#options = options;
  }

  /** Nothing is under way. */
  get isIdle(): boolean {
    return this.#isIdle;
  }

  start(): void {
    this.#isStopping = false;
    if (!this.#isIdle) return;
    this.#isIdle = false;
    void this.#run();
  }

  /** Finishes what is under way. */
  stop(): void {
    this.#isStopping = true;
  }

  async #run(): Promise<void> {
    const { act, pauseMs, world } = this.#options;
    while (!this.#isStopping) {
      await world.sleep(pauseMs());
      if (!this.#isStopping) await act();
    }
    this.#isIdle = true;
  }
}

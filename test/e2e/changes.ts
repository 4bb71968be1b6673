/** For tests that wait for a condition, not for a time: what they look at tells when it changed. */

import { setTimeout } from "node:timers/promises";

/** Milliseconds after which a wait is given up: far beyond what a busy machine needs. */
export const PATIENCE_MS = 60_000;

/** Milliseconds between two looks: what is waited for gets the processor. */
const LOOK_MS = 10;

/** Resolves when `isSo` says so. For what no process of ours tells, such as a file or a port. */
export async function eventually(
  what: string,
  isSo: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`no ${what} within ${PATIENCE_MS} ms`);
    await setTimeout(LOOK_MS);
  }
}

export class Changes {
  #waiting: (() => void)[] = [];

  /** What is waited for is looked for again. */
  tell(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const look of waiting) look();
  }

  /**
   * Resolves with what `find` finds, now or after a change. Rejects with what `unseen` makes of the
   * reason when `isOver` says that nothing more comes, or when it waited in vain.
   */
  async until<T>(
    find: () => T | null,
    unseen: (why: string) => Error,
    isOver: () => boolean = () => false,
  ): Promise<T> {
    const deadline = performance.now() + PATIENCE_MS;
    for (;;) {
      const found = find();
      if (found !== null) return found;
      if (isOver()) throw unseen("ended before it");
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) throw unseen(`did not within ${PATIENCE_MS} ms`);
      await this.#next(leftMs);
    }
  }

  #next(waitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = globalThis.setTimeout(resolve, waitMs);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}

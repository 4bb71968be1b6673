/**
 * How much room a disk has, for the thread that decides: it asks without waiting. A disk that does
 * not answer, a network volume for one, would otherwise stop everything else for as long.
 */
import type { Clock } from "./clock.ts";
import { askFreeBytes } from "./disk.ts";

/** Milliseconds for the disk to say how much room it has; then that is unknown. */
export const DISK_SPACE_MS = 1_000;

export class DiskSpace {
  readonly #ask: () => Promise<number>;
  readonly #clock: Pick<Clock, "after">;
  /** One at a time: each keeps a thread of Node's few until the disk answers. */
  #asking: Promise<number> | null = null;

  constructor(folder: string, clock: Pick<Clock, "after">, ask = askFreeBytes) {
    this.#ask = () => ask(folder);
    this.#clock = clock;
  }

  /** Bytes that may still be written; NaN where the disk does not say. Never rejects. */
  async freeBytes(): Promise<number> {
    this.#asking ??= this.#ask()
      .catch(() => Number.NaN)
      .finally(() => {
        this.#asking = null;
      });
    const deadline = Promise.withResolvers<number>();
    const timer = this.#clock.after(DISK_SPACE_MS, () => deadline.resolve(Number.NaN));
    const bytes = await Promise.race([this.#asking, deadline.promise]);
    timer.cancel();
    return bytes;
  }
}

/**
 * Orders a snapshot now and then, so that a recovery replays little. A snapshot only saves time, so
 * it waits for a quiet moment: it costs as much processor time as answering for a second.
 */
import { Worker } from "node:worker_threads";
import type { Cancelable, Clock } from "../sys/clock.ts";
import {
  QUIET_EVENTS_MAX,
  QUIET_LOOK_MS,
  SNAPSHOT_EVENT_COUNT,
  SNAPSHOT_LATE_FACTOR,
} from "./limits.ts";
import type { SnapshotOrder } from "./snapshot-worker.ts";
import type { NodeLayout } from "./state.ts";

export interface SnapshotterOptions {
  readonly dataDir: string;
  readonly layout: NodeLayout;
  readonly clock: Clock;
  /** Events between two snapshots; {@link SNAPSHOT_EVENT_COUNT} by default. */
  readonly everyEventCount?: number;
  /** Orders a snapshot would hold: writing and reading one costs as much as so many events. */
  readonly openCount: () => number;
  /** What is durable now. */
  readonly positions: () => ReadonlyMap<string, number>;
  /** Makes one, in a thread of its own; throws where the system gives none. */
  readonly make: (order: SnapshotOrder) => SnapshotInMaking;
  readonly onWritten: (path: string) => void;
  readonly onFailed: (error: Error) => void;
}

export interface SnapshotInMaking {
  readonly made: Promise<string>;
  /** Drops it: it is moved into its place whole, or not at all. `made` then never settles. */
  stop(): Promise<void>;
}

export class Snapshotter {
  readonly #options: SnapshotterOptions;
  readonly #everyEventCount: number;
  #eventCount: number;
  #inMaking: SnapshotInMaking | null = null;
  /** Waits for a quiet moment. */
  #look: Cancelable | null = null;
  #isClosed = false;
  /** While held none is begun: what room the disk has is for others. */
  isHeld = false;

  /**
   * `replayedCount` events lie behind the last snapshot already. Where they are enough one is made
   * without waiting for another: the next start would replay them all again.
   */
  constructor(options: SnapshotterOptions, replayedCount: number) {
    this.#options = options;
    this.#everyEventCount = options.everyEventCount ?? SNAPSHOT_EVENT_COUNT;
    this.#eventCount = 0;
    this.committed(replayedCount);
  }

  /** Counts durable events. */
  committed(eventCount: number): void {
    this.#eventCount += eventCount;
    if (this.#look === null && this.#isDue()) this.#awaitQuiet();
  }

  async close(): Promise<void> {
    this.#look?.cancel();
    const inMaking = this.#inMaking;
    this.#inMaking = null;
    this.#isClosed = true;
    await inMaking?.stop();
  }

  #isDue(): boolean {
    if (this.#inMaking !== null || this.isHeld || this.#isClosed) return false;
    return this.#eventCount >= this.#dueCount();
  }

  #dueCount(): number {
    return Math.max(this.#everyEventCount, this.#options.openCount());
  }

  #awaitQuiet(): void {
    const before = this.#eventCount;
    this.#look = this.#options.clock.after(QUIET_LOOK_MS, () => {
      this.#look = null;
      if (!this.#isDue()) return;
      const isQuiet = this.#eventCount - before <= QUIET_EVENTS_MAX;
      const isLate = this.#eventCount >= SNAPSHOT_LATE_FACTOR * this.#dueCount();
      if (isQuiet || isLate) this.#start();
      else this.#awaitQuiet();
    });
  }

  #start(): void {
    const { dataDir, layout, positions, make, onWritten, onFailed } = this.#options;
    this.#eventCount = 0;
    let inMaking: SnapshotInMaking;
    try {
      inMaking = make({ dataDir, layout, upTo: positions() });
    } catch (error) {
      // The system gives no thread.
      onFailed(error as Error);
      return;
    }
    this.#inMaking = inMaking;
    const isOver = (): void => {
      if (this.#inMaking === inMaking) this.#inMaking = null;
    };
    inMaking.made.finally(isOver).then(onWritten, onFailed);
  }
}

/** In a thread: the gateway's own never pauses for it. */
export function makeInThread(
  order: SnapshotOrder,
  code = new URL("./snapshot-worker.ts", import.meta.url),
): SnapshotInMaking {
  const worker = new Worker(code, { workerData: order });
  let path: string | null = null;
  let isStopped = false;
  worker.once("message", (written: string) => {
    path = written;
  });
  const made = new Promise<string>((resolve, reject) => {
    worker.once("error", reject);
    // With the thread its memory goes, and only then may the next one begin.
    worker.once("exit", () => {
      if (path !== null) resolve(path);
      else if (!isStopped) reject(new Error("its thread ended without a word"));
    });
  });
  const stop = async (): Promise<void> => {
    isStopped = true;
    await worker.terminate();
  };
  return { made, stop };
}

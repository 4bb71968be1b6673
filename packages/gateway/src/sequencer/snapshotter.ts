/**
 * Orders a snapshot now and then, so that a recovery replays little. A snapshot only saves time.
 */
import { Worker } from "node:worker_threads";
import { SNAPSHOT_EVENT_COUNT } from "./limits.ts";
import type { SnapshotOrder } from "./snapshot-worker.ts";
import type { NodeLayout } from "./state.ts";

export interface SnapshotterOptions {
  readonly dataDir: string;
  readonly layout: NodeLayout;
  /** Events between two snapshots; {@link SNAPSHOT_EVENT_COUNT} by default. */
  readonly everyEventCount?: number;
  /** Orders a snapshot would hold: writing and reading one costs as much as so many events. */
  readonly openCount: () => number;
  readonly onWritten: (path: string) => void;
  readonly onFailed: (error: Error) => void;
}

export class Snapshotter {
  readonly #options: SnapshotterOptions;
  readonly #everyEventCount: number;
  #eventCount: number;
  #worker: Worker | null = null;
  /** While held none is begun: what room the disk has is for others. */
  isHeld = false;

  /** `replayedCount` events lie behind the last snapshot already. */
  constructor(options: SnapshotterOptions, replayedCount: number) {
    this.#options = options;
    this.#everyEventCount = options.everyEventCount ?? SNAPSHOT_EVENT_COUNT;
    this.#eventCount = replayedCount;
  }

  /** Counts durable events; `positions` is asked for only when a snapshot is due. */
  committed(eventCount: number, positions: () => ReadonlyMap<string, number>): void {
    this.#eventCount += eventCount;
    if (this.#eventCount < this.#everyEventCount || this.#worker !== null || this.isHeld) return;
    if (this.#eventCount < this.#options.openCount()) return;
    this.#eventCount = 0;
    this.#start(positions());
  }

  async close(): Promise<void> {
    // An unfinished snapshot is dropped: it was to be moved into place whole, or not at all.
    await this.#worker?.terminate();
    this.#worker = null;
  }

  #start(upTo: ReadonlyMap<string, number>): void {
    const { dataDir, layout } = this.#options;
    const order: SnapshotOrder = { dataDir, layout, upTo };
    const worker = new Worker(new URL("./snapshot-worker.ts", import.meta.url), {
      workerData: order,
    });
    this.#worker = worker;
    worker.once("message", this.#options.onWritten);
    worker.once("error", this.#options.onFailed);
    worker.once("exit", () => {
      if (this.#worker === worker) this.#worker = null;
    });
  }
}

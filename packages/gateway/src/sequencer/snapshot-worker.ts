/**
 * Makes one snapshot in a thread of its own: folds the journal from the last snapshot on, as a
 * recovery would, and writes what came out. The gateway's own thread never pauses for it.
 */
import { parentPort, workerData } from "node:worker_threads";
import { standBack } from "../sys/thread-priority.ts";
import { recoverState } from "./recovery.ts";
import { type SnapshotPlace, writeAsNewest } from "./state-snapshot.ts";

export interface SnapshotOrder extends SnapshotPlace {
  readonly upTo: ReadonlyMap<string, number>;
}

/** Writes the snapshot; its path. */
export function makeSnapshot(order: SnapshotOrder): string {
  return writeAsNewest(recoverState(order), order);
}

if (parentPort !== null) {
  standBack();
  parentPort.postMessage(makeSnapshot(workerData as SnapshotOrder));
}

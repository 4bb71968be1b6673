/**
 * Makes one snapshot in a thread of its own: folds the journal from the last snapshot on, as a
 * recovery would, and writes what came out. The gateway's own thread never pauses for it.
 */
import { parentPort, workerData } from "node:worker_threads";
import { JournalReader } from "../journal/journal-reader.ts";
import { removeForeignSnapshots } from "../journal/snapshot-file.ts";
import { standBack } from "../sys/thread-priority.ts";
import { recoverState, snapshotFits, snapshotFolder } from "./recovery.ts";
import type { NodeLayout } from "./state.ts";
import { writeStateSnapshot } from "./state-snapshot.ts";

export interface SnapshotOrder {
  readonly dataDir: string;
  readonly layout: NodeLayout;
  readonly upTo: ReadonlyMap<string, number>;
}

/** Writes the snapshot; its path. */
export function makeSnapshot(order: SnapshotOrder): string {
  const recovered = recoverState(order);
  removeForeign(order);
  return writeStateSnapshot(order.dataDir, recovered);
}

function removeForeign({ dataDir, layout }: SnapshotOrder): void {
  const reader = new JournalReader(dataDir);
  try {
    removeForeignSnapshots(snapshotFolder(dataDir), (header) => {
      return snapshotFits(reader, header, { layout });
    });
  } finally {
    reader.close();
  }
}

if (parentPort !== null) {
  standBack();
  parentPort.postMessage(makeSnapshot(workerData as SnapshotOrder));
}

/**
 * Makes one snapshot in a thread of its own: folds the journal from the last snapshot on, as a
 * recovery would, and writes what came out. The gateway's own thread never pauses for it.
 */
import { parentPort, workerData } from "node:worker_threads";
import { JournalReader } from "../journal/journal-reader.ts";
import { type SnapshotPosition, writeSnapshot } from "../journal/snapshot-file.ts";
import { recoverState, snapshotFolder } from "./recovery.ts";
import { type NodeLayout, stateHash, stateLines } from "./state.ts";

export interface SnapshotOrder {
  readonly dataDir: string;
  readonly layout: NodeLayout;
  readonly upTo: ReadonlyMap<string, number>;
}

/** Writes the snapshot; its path. */
export function makeSnapshot(order: SnapshotOrder): string {
  const { state, positions } = recoverState(order);
  const header = { positions: hashed(order.dataDir, positions), stateHash: stateHash(state) };
  return writeSnapshot(snapshotFolder(order.dataDir), header, stateLines(state));
}

function hashed(dataDir: string, positions: ReadonlyMap<string, number>): SnapshotPosition[] {
  const reader = new JournalReader(dataDir);
  try {
    return [...positions].map(([partition, seq]) => {
      return { partition, seq, hash: reader.hashAt(partition, seq) ?? "" };
    });
  } finally {
    reader.close();
  }
}

if (parentPort !== null) parentPort.postMessage(makeSnapshot(workerData as SnapshotOrder));

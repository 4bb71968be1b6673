/** Writes the state that a recovery came to as a snapshot. */
import { assert } from "@countermand/core/assert";
import { JournalReader } from "../journal/journal-reader.ts";
import {
  removeForeignSnapshots,
  type SnapshotPosition,
  writeSnapshot,
} from "../journal/snapshot-file.ts";
import { type Recovered, snapshotFits, snapshotFolder } from "./recovery.ts";
import { type NodeLayout, stateLines } from "./state.ts";

export interface SnapshotPlace {
  readonly dataDir: string;
  readonly layout: NodeLayout;
}

/**
 * {@link writeStateSnapshot} in a place where snapshots of another journal may lie: they go, since
 * one of them could be taken for the newest.
 */
export function writeAsNewest(recovered: Recovered, { dataDir, layout }: SnapshotPlace): string {
  const reader = new JournalReader(dataDir);
  try {
    removeForeignSnapshots(snapshotFolder(dataDir), (header) => {
      return snapshotFits(reader, header, { layout });
    });
  } finally {
    reader.close();
  }
  return writeStateSnapshot(dataDir, recovered);
}

/** @returns the path of the file */
export function writeStateSnapshot(dataDir: string, { state, positions }: Recovered): string {
  assert(state.exchange.isSettled, "no command is half done in a snapshot");
  const header = { positions: hashed(dataDir, positions) };
  return writeSnapshot(snapshotFolder(dataDir), header, stateLines(state));
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

/** Writes the state that a recovery came to as a snapshot. */
import { assert } from "@countermand/core/assert";
import { JournalReader } from "../journal/journal-reader.ts";
import { type SnapshotPosition, writeSnapshot } from "../journal/snapshot-file.ts";
import { type Recovered, snapshotFolder } from "./recovery.ts";
import { stateLines } from "./state.ts";

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

/**
 * Puts all archived events back into the journal of a stopped gateway: for a start without
 * snapshots, as a later version may ask for, or to have the whole history in one place again.
 */
import { lockDataDir } from "../journal/data-dir-lock.ts";
import { inspectJournal } from "../journal/inspect.ts";
import { uncutJournal } from "../journal/journal-cut.ts";
import { JournalReader } from "../journal/journal-reader.ts";
import { SegmentChain } from "../journal/segment-chain.ts";
import { SqliteJournal } from "../journal/sqlite-journal.ts";

/**
 * @returns how many events came back, by partition
 * @throws JournalError nothing was changed
 */
export function restoreJournal(dataDir: string, folder: string): ReadonlyMap<string, number> {
  const lock = lockDataDir(dataDir);
  try {
    const { partitions } = inspectJournal(dataDir);
    const counts = new Map<string, number>();
    for (const [name, { archivedSeq }] of partitions) {
      if (archivedSeq > 0) counts.set(name, archivedSeq);
    }
    if (counts.size === 0) return counts;
    SqliteJournal.open(dataDir).close();
    putBack(dataDir, new SegmentChain(folder), [...counts.keys()]);
    inspectJournal(dataDir);
    return counts;
  } finally {
    lock.release();
  }
}

function putBack(dataDir: string, chain: SegmentChain, partitions: readonly string[]): void {
  const reader = new JournalReader(dataDir);
  try {
    chain.requirePartitions(reader.partitionNames());
    const events = partitions.map((partition) => {
      return [partition, chain.events(partition, reader.beginning(partition))] as const;
    });
    uncutJournal(dataDir, new Map(events));
  } finally {
    reader.close();
  }
}

/**
 * Verifies a journal for a person, beside a running gateway or without one. Reads only: a damaged
 * tail of the log is told and left where it is, and nothing stays beside a copy.
 */
import { isDataDirUsed } from "./data-dir-lock.ts";
import { inspectJournal, type JournalInspection } from "./inspect.ts";
import { JournalError } from "./journal.ts";
import { JournalReader } from "./journal-reader.ts";
import { journalFiles } from "./journal-schema.ts";
import { SegmentChain } from "./segment-chain.ts";
import { withoutTrace } from "./traceless.ts";
import { claimsOf } from "./uncut.ts";

export interface JournalVerdict {
  /** A gateway runs on it: what it had when the verification began is verified. */
  readonly isInUse: boolean;
  readonly eventCount: number;
  readonly partitions: readonly {
    readonly partition: string;
    readonly lastSeq: number;
    readonly hash: string;
    /** The last event that was archived; 0 where none was. */
    readonly archivedSeq: number;
  }[];
  /** Archived events that were verified in segments; null where none were asked for. */
  readonly segmentEventCount: number | null;
  /** Bytes that the next start will keep aside; null where there are none. */
  readonly damagedTail: JournalInspection["damagedTail"];
  /** The first thing that is wrong; null where nothing is. */
  readonly problem: { readonly code: string; readonly file: string; readonly what: string } | null;
}

export interface VerifyOptions {
  readonly onProgress?: (eventCount: number, expectedCount: number) => void;
  /** Folder of segments: with them everything is verified from the first event on. */
  readonly segments?: string;
}

/** @throws what is no fault of the journal */
export function verifyJournal(dataDir: string, options: VerifyOptions = {}): JournalVerdict {
  return withoutTrace(dataDir, () => verifiedUncut(dataDir, options));
}

function verifiedUncut(dataDir: string, options: VerifyOptions): JournalVerdict {
  for (;;) {
    const claims = claimsOf(dataDir);
    const verdict = verifiedOnce(dataDir, options);
    // What is archived or put back meanwhile seems to be missing, or to be there twice; what a
    // gateway writes that has started meanwhile seems to be of an epoch that nobody claimed.
    if (verdict.problem === null || claimsOf(dataDir) === claims) return verdict;
  }
}

function verifiedOnce(dataDir: string, options: VerifyOptions): JournalVerdict {
  const { onProgress, segments } = options;
  let isInUse = false;
  let eventCount = 0;
  let segmentEventCount = segments === undefined ? null : 0;
  try {
    isInUse = isDataDirUsed(dataDir);
    const inspection = inspectJournal(dataDir, {
      isShared: isInUse,
      onProgress: (count, expectedCount) => {
        eventCount = count;
        onProgress?.(count, expectedCount);
      },
    });
    const partitions = [...inspection.partitions].map(([partition, { epoch: _, ...end }]) => {
      return { partition, ...end };
    });
    const { damagedTail } = inspection;
    if (segments !== undefined) segmentEventCount = verifySegments(dataDir, segments);
    const counts = { eventCount: inspection.eventCount, segmentEventCount };
    return { isInUse, ...counts, partitions, damagedTail, problem: null };
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    const { code, file, problem: what } = error;
    const problem = { code, file, what };
    const counts = { eventCount, segmentEventCount };
    return { isInUse, ...counts, partitions: [], damagedTail: null, problem };
  }
}

/**
 * Follows every partition through its segments to where the journal goes on.
 * @returns how many archived events there are
 */
function verifySegments(dataDir: string, folder: string): number {
  const reader = new JournalReader(dataDir);
  try {
    const chain = new SegmentChain(folder);
    const partitions = reader.partitionNames();
    chain.requirePartitions(partitions);
    let count = 0;
    for (const partition of partitions) {
      const beginning = reader.beginning(partition);
      let epoch: number | null = null;
      for (const event of chain.events(partition, beginning)) {
        count += 1;
        epoch = event.epoch;
      }
      const anchorEpoch = beginning.anchor?.epoch ?? null;
      if (epoch === anchorEpoch) continue;
      const name = JSON.stringify(partition);
      const problem = `the anchor of partition ${name} has epoch ${anchorEpoch}, and its event ${epoch}`;
      throw new JournalError("JOURNAL_DAMAGED", journalFiles(dataDir).database, problem);
    }
    return count;
  } finally {
    reader.close();
  }
}

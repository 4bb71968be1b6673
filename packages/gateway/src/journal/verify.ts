/**
 * Verifies a journal for a person, beside a running gateway or without one. Reads only: a damaged
 * tail of the log is told and left where it is.
 */
import { isDataDirUsed } from "./data-dir-lock.ts";
import { inspectJournal, type JournalInspection } from "./inspect.ts";
import { JournalError } from "./journal.ts";

export interface JournalVerdict {
  /** A gateway runs on it: what it had when the verification began is verified. */
  readonly isInUse: boolean;
  readonly eventCount: number;
  readonly partitions: readonly {
    readonly partition: string;
    readonly lastSeq: number;
    readonly hash: string;
  }[];
  /** Bytes that the next start will keep aside; null where there are none. */
  readonly damagedTail: JournalInspection["damagedTail"];
  /** The first thing that is wrong; null where nothing is. */
  readonly problem: { readonly code: string; readonly file: string; readonly what: string } | null;
}

/** @throws what is no fault of the journal */
export function verifyJournal(
  dataDir: string,
  onProgress: (eventCount: number, expectedCount: number) => void = () => {},
): JournalVerdict {
  let isInUse = false;
  let eventCount = 0;
  try {
    isInUse = isDataDirUsed(dataDir);
    const inspection = inspectJournal(dataDir, {
      isShared: isInUse,
      onProgress: (count, expectedCount) => {
        eventCount = count;
        onProgress(count, expectedCount);
      },
    });
    const partitions = [...inspection.partitions].map(([partition, end]) => {
      return { partition, lastSeq: end.lastSeq, hash: end.hash };
    });
    const { damagedTail } = inspection;
    return { isInUse, eventCount: inspection.eventCount, partitions, damagedTail, problem: null };
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    const { code, file, problem: what } = error;
    const problem = { code, file, what };
    return { isInUse, eventCount, partitions: [], damagedTail: null, problem };
  }
}

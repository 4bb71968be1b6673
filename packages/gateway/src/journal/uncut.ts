/**
 * Reading a journal whose events may be archived, or put back, meanwhile: whoever began before that
 * finds some missing that are in their segment, or in both.
 */
import { diskErrorCode, fileBytes } from "../sys/disk.ts";
import { JournalError } from "./journal.ts";
import { JournalReader } from "./journal-reader.ts";
import { journalFiles } from "./journal-schema.ts";
import { withoutTrace } from "./traceless.ts";

/**
 * What is read from a journal and its segments: begun again where the journal's beginning has moved
 * meanwhile. Leaves nothing beside the journal. Preconditions: the read tells nobody anything
 * before it returns, and closes what it opens.
 * @throws what the read throws
 */
export function readUncut<Found>(dataDir: string, read: () => Found): Found {
  return withoutTrace(dataDir, () => readWhileUncut(dataDir, read));
}

function readWhileUncut<Found>(dataDir: string, read: () => Found): Found {
  for (;;) {
    const beginning = beginningOf(dataDir);
    try {
      const found = read();
      if (beginningOf(dataDir) === beginning) return found;
    } catch (error) {
      const mayBeMoved = error instanceof JournalError && beginningOf(dataDir) !== beginning;
      if (!mayBeMoved) throw error;
    }
  }
}

/** Where the partitions begin, as text; "" where that cannot be read. */
function beginningOf(dataDir: string): string {
  return told(dataDir, (reader, partition) => reader.anchor(partition)?.seq ?? 0);
}

/** The same, and how often each was claimed: it changes with every start of a writer. */
export function claimsOf(dataDir: string): string {
  return told(dataDir, (reader, partition) => {
    return [reader.anchor(partition)?.seq ?? 0, reader.epoch(partition)];
  });
}

function told(
  dataDir: string,
  tell: (reader: JournalReader, partition: string) => unknown,
): string {
  try {
    // Of an empty database SQLite would delete the log.
    if ((fileBytes(journalFiles(dataDir).database) ?? 0) === 0) return "";
    const reader = new JournalReader(dataDir);
    try {
      return JSON.stringify(reader.partitionNames().map((name) => tell(reader, name)));
    } finally {
      reader.close();
    }
  } catch (error) {
    if (error instanceof JournalError || diskErrorCode(error) !== null) return "";
    throw error;
  }
}

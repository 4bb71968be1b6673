/**
 * The head record, kept in a second place: the last seq and hash of every partition. A journal
 * that ends before it has lost something. Written after the journal, never before.
 *
 * The file is replaced as one step, so that a torn write leaves the previous head as it was; any
 * other damage shows in its checksum and is refused, never guessed at.
 */
import { readFileIfPresent, replaceFile } from "../sys/disk.ts";
import { type ChainPosition, sha256Hex } from "./event-chain.ts";
import { JournalError } from "./journal.ts";

/** Position of every partition that has events, by partition name. */
export type Head = ReadonlyMap<string, ChainPosition>;

const HEAD_FORMAT = 1;

interface HeadContent {
  readonly format: number;
  readonly partitions: readonly { partition: string; seq: number; hash: string }[];
}

/** Replaces the head; on stable storage when it returns. Throws what the disk throws. */
export function writeHead(file: string, head: Head): void {
  const partitions = [...head].map(([partition, { seq, hash }]) => ({ partition, seq, hash }));
  const content: HeadContent = { format: HEAD_FORMAT, partitions };
  const line = `${JSON.stringify(content)}\n`;
  replaceFile(file, [line, `sha256 ${sha256Hex(line)}\n`]);
}

/**
 * The head as it was last written, or null where there is no file.
 * @throws JournalError JOURNAL_HEAD_UNREADABLE, JOURNAL_NEWER_FORMAT
 */
export function readHead(file: string): Head | null {
  const bytes = readFileIfPresent(file);
  if (bytes === null) return null;
  const text = bytes.toString("latin1");
  const lineEnd = text.indexOf("\n") + 1;
  const line = bytes.subarray(0, lineEnd);
  if (lineEnd === 0 || text.slice(lineEnd) !== `sha256 ${sha256Hex(line)}\n`) {
    throw new JournalError("JOURNAL_HEAD_UNREADABLE", file, "the head's checksum does not hold");
  }
  // The checksum holds, so these are the bytes that writeHead wrote.
  const content: HeadContent = JSON.parse(line.toString("utf8"));
  if (content.format !== HEAD_FORMAT) {
    const problem = `the head has format ${content.format}; this version reads ${HEAD_FORMAT}`;
    throw new JournalError("JOURNAL_NEWER_FORMAT", file, problem);
  }
  return new Map(content.partitions.map(({ partition, seq, hash }) => [partition, { seq, hash }]));
}

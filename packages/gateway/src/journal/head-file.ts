/**
 * The head record, kept in a second place: last seq, hash and epoch of every partition. A journal
 * that ends before it has lost something. Written after the journal, never before.
 *
 * The file is replaced as one step, so that a torn write leaves the previous head as it was; any
 * other damage shows in its checksum and is refused, never guessed at.
 */
import {
  readFileIfPresent,
  removeFileLater,
  renameAtOnce,
  replaceFile,
  writeDraftLater,
} from "../sys/disk.ts";
import { type ChainPosition, sha256Hex } from "./event-chain.ts";
import { JournalError } from "./journal.ts";

/** Where a partition stood, and under which claim. */
export interface HeadMark extends ChainPosition {
  /** Of the newest claim; not in heads that were written before they had it. */
  readonly epoch?: number;
}

/** Of every partition that has events, by partition name. */
export type Head = ReadonlyMap<string, HeadMark>;

const HEAD_FORMAT = 1;

interface HeadContent {
  readonly format: number;
  readonly partitions: readonly ({ readonly partition: string } & HeadMark)[];
}

/** Replaces the head; on stable storage when it returns. Throws what the disk throws. */
export function writeHead(file: string, head: Head): void {
  replaceFile(file, [textOf(head)]);
}

/** The head of a journal that is open: one thread writes it. */
export class HeadFile {
  readonly #path: string;
  /** Of writes that were begun: an older head never takes the place of a newer one. */
  #begun = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** As {@link writeHead}; one that is being written meanwhile is too old, and is dropped. */
  write(head: Head): void {
    this.#begun += 1;
    writeHead(this.#path, head);
  }

  /**
   * Replaces the head without waiting for the disk. Whether it is this head that is on stable
   * storage: false where a newer one was written meanwhile. Precondition: the one before is done.
   */
  async writeLater(head: Head): Promise<boolean> {
    this.#begun += 1;
    const own = this.#begun;
    const draft = `${this.#path}.next.tmp`;
    await writeDraftLater(draft, textOf(head));
    if (own === this.#begun) await renameAtOnce(draft, this.#path);
    else await removeFileLater(draft);
    return own === this.#begun;
  }
}

function textOf(head: Head): string {
  const partitions = [...head].map(([partition, mark]) => ({ partition, ...mark }));
  const content: HeadContent = { format: HEAD_FORMAT, partitions };
  const line = `${JSON.stringify(content)}\n`;
  return `${line}sha256 ${sha256Hex(line)}\n`;
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
  return new Map(content.partitions.map(({ partition, ...mark }) => [partition, mark]));
}

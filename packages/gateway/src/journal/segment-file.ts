/**
 * Events that were cut from a journal, as a file that can be verified by itself.
 *
 * Layout: one line of JSON (the header), a line `<seq> <epoch> <hash> <payload>` for each event, and
 * `sha256 <64 hexadecimal digits>` over every byte before. Each hash seals the event before, as in
 * the journal; the header says what the first one seals.
 */
import { createHash } from "node:crypto";
import { assert } from "@countermand/core/assert";
import {
  ensureFolder,
  fileBytes,
  fileNames,
  filePath,
  readPieces,
  replaceFile,
} from "../sys/disk.ts";
import { eventHash } from "./event-chain.ts";
import { isPartitionName, JournalError } from "./journal.ts";
import { journalErrorFrom } from "./journal-schema.ts";

export interface SegmentHeader {
  readonly partition: string;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Of the event before the first one; zeros where there is none. */
  readonly previousHash: string;
  readonly lastHash: string;
}

export interface SegmentEvent {
  readonly seq: number;
  readonly epoch: number;
  readonly hash: string;
  readonly payload: string;
}

const SEGMENT_FORMAT = 1;
const SEGMENT_NAME = /\.\d{12}-\d{12}\.segment$/;
const SEQ_DIGITS = 12;
const PIECE_BYTES = 65_536;
const TRAILER = /^sha256 ([0-9a-f]{64})$/;
const EVENT_LINE = /^(\d{1,15}) (\d{1,15}) ([0-9a-f]{64}) (.*)$/s;
const HASH = /^[0-9a-f]{64}$/;

/** `desk-22.000000000001-000000001042.segment` */
export function segmentName({ partition, firstSeq, lastSeq }: SegmentHeader): string {
  return `${partition}.${padded(firstSeq)}-${padded(lastSeq)}.segment`;
}

/** Paths of the segments in a folder. */
export function segmentPaths(folder: string): string[] {
  const names = fileNames(folder).filter((name) => SEGMENT_NAME.test(name));
  return names.map((name) => filePath(folder, name));
}

/**
 * Writes a segment as one step; on stable storage when it returns. Throws what the disk throws.
 * @returns the path of the file
 */
export function writeSegment(
  folder: string,
  header: SegmentHeader,
  events: Iterable<SegmentEvent>,
): string {
  ensureFolder(folder);
  const path = filePath(folder, segmentName(header));
  replaceFile(path, segmentPieces(header, events));
  return path;
}

function* segmentPieces(header: SegmentHeader, events: Iterable<SegmentEvent>): Iterable<Buffer> {
  const checksum = createHash("sha256");
  const { partition, firstSeq, lastSeq, previousHash, lastHash } = header;
  const content = { partition, firstSeq, lastSeq, previousHash, lastHash };
  let text = `${JSON.stringify({ format: SEGMENT_FORMAT, ...content })}\n`;
  for (const { seq, epoch, hash, payload } of events) {
    assert(!payload.includes("\n"), "a payload is one line of JSON");
    text += `${seq} ${epoch} ${hash} ${payload}\n`;
    if (text.length < PIECE_BYTES) continue;
    const piece = Buffer.from(text);
    checksum.update(piece);
    yield piece;
    text = "";
  }
  checksum.update(text);
  yield Buffer.from(`${text}sha256 ${checksum.digest("hex")}\n`);
}

/**
 * What the file says it holds.
 * @throws JournalError SEGMENT_DAMAGED
 */
export function readSegmentHeader(path: string): SegmentHeader {
  try {
    const [first] = segmentLines(path);
    return headerOf(path, first?.text ?? "");
  } catch (error) {
    throw journalErrorFrom(error, path, "SEGMENT_DAMAGED");
  }
}

/**
 * The events of a segment, each checked before it is given out; memory is bounded. Whoever has read
 * to the end has read what was written, byte for byte.
 * @throws JournalError SEGMENT_DAMAGED, with the first event that is not whole
 */
export function* segmentEvents(path: string): Iterable<SegmentEvent> {
  try {
    yield* checkedEvents(path);
  } catch (error) {
    throw journalErrorFrom(error, path, "SEGMENT_DAMAGED");
  }
}

function* checkedEvents(path: string): Iterable<SegmentEvent> {
  const checksum = createHash("sha256");
  let header: SegmentHeader | null = null;
  let last = { seq: 0, hash: "" };
  let isSealed = false;
  for (const { text, bytes } of segmentLines(path)) {
    if (isSealed) throw damaged(path, "it goes on behind its end");
    if (header === null) {
      checksum.update(bytes);
      header = headerOf(path, text);
      last = { seq: header.firstSeq - 1, hash: header.previousHash };
      continue;
    }
    if (last.seq === header.lastSeq) {
      const [, digits] = TRAILER.exec(text) ?? [];
      if (digits !== checksum.digest("hex")) throw damaged(path, "its checksum does not hold");
      isSealed = true;
      continue;
    }
    checksum.update(bytes);
    const event = eventOf(text);
    const at = `seq ${last.seq + 1}`;
    if (event === null || event.seq !== last.seq + 1) throw damaged(path, `no event at ${at}`);
    const { seq, epoch, hash, payload } = event;
    if (hash !== eventHash(last.hash, header.partition, seq, epoch, payload)) {
      throw damaged(path, `the chain of hashes breaks at ${at}`);
    }
    last = event;
    if (seq === header.lastSeq && hash !== header.lastHash) {
      throw damaged(path, "it does not end as its first line says");
    }
    yield event;
  }
  if (!isSealed) throw damaged(path, `it ends behind seq ${last.seq}`);
}

function headerOf(path: string, line: string): SegmentHeader {
  const { format, ...header } = parsed(path, line);
  if (format !== SEGMENT_FORMAT) {
    throw damaged(path, `it has format ${JSON.stringify(format)}, not ${SEGMENT_FORMAT}`);
  }
  const { partition, firstSeq, lastSeq, previousHash, lastHash } = header;
  const isSound =
    typeof partition === "string" &&
    isPartitionName(partition) &&
    isCount(firstSeq) &&
    isCount(lastSeq) &&
    firstSeq <= lastSeq &&
    [previousHash, lastHash].every((hash) => typeof hash === "string" && HASH.test(hash));
  if (!isSound) throw damaged(path, "its first line is not sound");
  const sound = header as unknown as SegmentHeader;
  if (path.endsWith(segmentName(sound))) return sound;
  throw damaged(path, `it holds what belongs into ${segmentName(sound)}`);
}

function parsed(path: string, line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // Told below, as for any other text that is no header.
  }
  throw damaged(path, "its first line is not sound");
}

function eventOf(line: string): SegmentEvent | null {
  const [, seq, epoch, hash, payload] = EVENT_LINE.exec(line) ?? [];
  if (hash === undefined || payload === undefined) return null;
  return { seq: Number(seq), epoch: Number(epoch), hash, payload };
}

interface SegmentLine {
  /** Without its end. */
  readonly text: string;
  /** With it. */
  readonly bytes: Buffer;
}

function* segmentLines(path: string): Iterable<SegmentLine> {
  if (fileBytes(path) === null) throw damaged(path, "it is missing");
  let rest = Buffer.alloc(0);
  for (const piece of readPieces(path, 0, PIECE_BYTES)) {
    const bytes = Buffer.concat([rest, piece]);
    let from = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      yield { text: bytes.toString("utf8", from, end), bytes: bytes.subarray(from, end + 1) };
      from = end + 1;
    }
    rest = bytes.subarray(from);
  }
  if (rest.length > 0) throw damaged(path, "its last line has no end");
}

function damaged(path: string, problem: string): JournalError {
  return new JournalError("SEGMENT_DAMAGED", path, problem);
}

function padded(seq: number): string {
  return String(seq).padStart(SEQ_DIGITS, "0");
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 1;
}

/**
 * Snapshots as files: a header, lines of text, and a checksum over both. A snapshot only saves
 * time, so one that is not whole is passed over and never trusted.
 *
 * Layout: one line of JSON (the header), the lines, and `sha256 <64 hexadecimal digits>` over every
 * byte before. The file's name bears the sum of the seqs, so that a later one sorts behind.
 */
import { createHash } from "node:crypto";
import { assert } from "@countermand/core/assert";
import {
  diskErrorCode,
  ensureFolder,
  fileBytes,
  fileNames,
  filePath,
  readPieces,
  removeFile,
  replaceFile,
} from "../sys/disk.ts";

export interface SnapshotPosition {
  readonly partition: string;
  readonly seq: number;
  /** Hash of the event at this seq, 64 hexadecimal digits. */
  readonly hash: string;
}

export interface SnapshotHeader {
  /** The last event of every partition that the state holds. */
  readonly positions: readonly SnapshotPosition[];
  /** Hash of the state itself, to compare after it was rebuilt. */
  readonly stateHash: string;
}

export interface Snapshot {
  readonly header: SnapshotHeader;
  /** The lines as they were written, in bounded memory; each iteration reads the file again. */
  readonly lines: Iterable<string>;
  /** One note for every newer snapshot that was not used. */
  readonly passedOver: readonly string[];
}

/** How many snapshots stay: the newest, and the one before in case the newest is damaged. */
const KEPT_COUNT = 2;
const SNAPSHOT_FORMAT = 4;
const SNAPSHOT_NAME = /^snapshot-\d{16}\.txt$/;
/** What a crash in the middle of a snapshot leaves behind; see replaceFile. */
const DRAFT_NAME = /^snapshot-\d{16}\.txt\.tmp$/;
const PIECE_BYTES = 65_536;
const TRAILER_BYTES = "sha256 ".length + 64 + 1;

/**
 * Writes a snapshot as one step, and removes those before the newest two. One at a time in a
 * folder. On stable storage when it returns. Lines hold no line end. Throws what the disk throws.
 * @returns the path of the file
 */
export function writeSnapshot(
  folder: string,
  header: SnapshotHeader,
  lines: Iterable<string>,
): string {
  const seqSum = header.positions.reduce((sum, { seq }) => sum + seq, 0);
  assert(Number.isSafeInteger(seqSum) && seqSum >= 0, "the sum of the seqs is a safe integer");
  const path = filePath(folder, `snapshot-${String(seqSum).padStart(16, "0")}.txt`);
  ensureFolder(folder);
  removeDrafts(folder);
  replaceFile(path, snapshotPieces(header, lines));
  removeOldSnapshots(folder);
  return path;
}

/**
 * The newest snapshot that is whole and that the caller accepts, or null. Notes on those passed
 * over are added to `passedOver`, also where the result is null.
 */
export function readNewestSnapshot(
  folder: string,
  accepts: (header: SnapshotHeader) => boolean,
  passedOver: string[] = [],
): Snapshot | null {
  for (const name of snapshotNames(folder).reverse()) {
    const path = filePath(folder, name);
    const header = readVerified(path);
    if (typeof header === "string") {
      passedOver.push(`${path}: ${header}`);
    } else if (!accepts(header)) {
      passedOver.push(`${path}: it does not fit the journal`);
    } else {
      return { header, lines: { [Symbol.iterator]: () => bodyLines(path) }, passedOver };
    }
  }
  return null;
}

/**
 * The kept snapshots that are whole and that the caller accepts, newest first; the others are
 * removed, because they would take the place of one that is.
 */
export function onlyUsableSnapshots(
  folder: string,
  accepts: (header: SnapshotHeader) => boolean,
): SnapshotHeader[] {
  const kept: SnapshotHeader[] = [];
  for (const name of snapshotNames(folder).reverse()) {
    const path = filePath(folder, name);
    const header = readVerified(path);
    if (typeof header !== "string" && accepts(header)) kept.push(header);
    else removeFile(path);
  }
  return kept;
}

function* snapshotPieces(header: SnapshotHeader, lines: Iterable<string>): Iterable<Buffer> {
  const checksum = createHash("sha256");
  const { positions, stateHash } = header;
  let text = `${JSON.stringify({ format: SNAPSHOT_FORMAT, positions, stateHash })}\n`;
  for (const line of lines) {
    assert(!line.includes("\n"), "a line of a snapshot holds no line end");
    text += `${line}\n`;
    if (text.length < PIECE_BYTES) continue;
    const piece = Buffer.from(text);
    checksum.update(piece);
    yield piece;
    text = "";
  }
  checksum.update(text);
  yield Buffer.from(`${text}sha256 ${checksum.digest("hex")}\n`);
}

function removeDrafts(folder: string): void {
  for (const name of fileNames(folder).filter((each) => DRAFT_NAME.test(each))) {
    removeFile(filePath(folder, name));
  }
}

function removeOldSnapshots(folder: string): void {
  for (const name of snapshotNames(folder).slice(0, -KEPT_COUNT)) {
    removeFile(filePath(folder, name));
  }
}

function snapshotNames(folder: string): string[] {
  return fileNames(folder).filter((name) => SNAPSHOT_NAME.test(name));
}

/** The header of a whole snapshot, or why it is not one. */
function readVerified(path: string): SnapshotHeader | string {
  try {
    if (!checksumHolds(path)) return "its checksum does not hold";
    const [first] = fileLines(path);
    const { format, positions, stateHash } = JSON.parse(first ?? "");
    if (format !== SNAPSHOT_FORMAT) return `it has format ${format}, not ${SNAPSHOT_FORMAT}`;
    return { positions, stateHash };
  } catch (error) {
    const code = diskErrorCode(error);
    if (code === null) throw error;
    return `it cannot be read (${code})`;
  }
}

function checksumHolds(path: string): boolean {
  const bodyBytes = (fileBytes(path) ?? 0) - TRAILER_BYTES;
  if (bodyBytes < 0) return false;
  const checksum = createHash("sha256");
  let left = bodyBytes;
  for (const piece of readPieces(path, 0, PIECE_BYTES)) {
    checksum.update(piece.subarray(0, left));
    left -= Math.min(left, piece.length);
  }
  const [trailer] = readPieces(path, bodyBytes, TRAILER_BYTES);
  return trailer?.toString("latin1") === `sha256 ${checksum.digest("hex")}\n`;
}

/** The lines between the header and the trailer. */
function* bodyLines(path: string): Iterator<string> {
  let held: string | null = null;
  let isHeader = true;
  for (const line of fileLines(path)) {
    if (held !== null) yield held;
    held = isHeader ? null : line;
    isHeader = false;
  }
}

function* fileLines(path: string): Iterable<string> {
  let rest = Buffer.alloc(0);
  for (const piece of readPieces(path, 0, PIECE_BYTES)) {
    const bytes = Buffer.concat([rest, piece]);
    let from = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      yield bytes.toString("utf8", from, end);
      from = end + 1;
    }
    rest = bytes.subarray(from);
  }
}

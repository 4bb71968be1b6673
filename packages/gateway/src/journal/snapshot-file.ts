/**
 * Snapshots as files: a header, lines of text, and a checksum over both. A snapshot only saves
 * time, so one that is not whole is passed over and never trusted.
 *
 * Layout: one line of JSON (the header), the lines, `state <64 hexadecimal digits>`, which is their
 * SHA-256 and so the state's hash, and `sha256 <64 hexadecimal digits>` over every byte before. The
 * file's name bears the sum of the seqs, so that a later one sorts behind.
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
const SNAPSHOT_FORMAT = 7;
const SNAPSHOT_NAME = /^snapshot-\d{16}\.txt$/;
/** What a crash in the middle of a snapshot leaves behind; see replaceFile. */
const DRAFT_NAME = /^snapshot-\d{16}\.txt\.tmp$/;
const PIECE_BYTES = 65_536;
const STATE_BYTES = "state ".length + 64 + 1;
const CHECKSUM_BYTES = "sha256 ".length + 64 + 1;

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

/**
 * Removes those that are whole and that the caller does not accept: of a later journal than a
 * restored one, they would be kept as the newest, and each that is written removed at once.
 */
export function removeForeignSnapshots(
  folder: string,
  accepts: (header: SnapshotHeader) => boolean,
): void {
  for (const name of snapshotNames(folder)) {
    const path = filePath(folder, name);
    const header = readVerified(path);
    if (typeof header !== "string" && !accepts(header)) removeFile(path);
  }
}

function* snapshotPieces(header: SnapshotHeader, lines: Iterable<string>): Iterable<Buffer> {
  const checksum = createHash("sha256");
  const stateHash = createHash("sha256");
  const { positions } = header;
  const first = Buffer.from(`${JSON.stringify({ format: SNAPSHOT_FORMAT, positions })}\n`);
  checksum.update(first);
  yield first;
  for (const piece of linePieces(lines)) {
    checksum.update(piece);
    stateHash.update(piece);
    yield piece;
  }
  const state = `state ${stateHash.digest("hex")}\n`;
  checksum.update(state);
  yield Buffer.from(`${state}sha256 ${checksum.digest("hex")}\n`);
}

function* linePieces(lines: Iterable<string>): Iterable<Buffer> {
  let text = "";
  for (const line of lines) {
    assert(!line.includes("\n"), "a line of a snapshot holds no line end");
    text += `${line}\n`;
    if (text.length < PIECE_BYTES) continue;
    yield Buffer.from(text);
    text = "";
  }
  if (text !== "") yield Buffer.from(text);
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
    const [first] = fileLines(path, fileBytes(path) ?? 0);
    const { format, positions } = JSON.parse(first ?? "");
    if (format !== SNAPSHOT_FORMAT) return `it has format ${format}, not ${SNAPSHOT_FORMAT}`;
    return { positions };
  } catch (error) {
    const code = diskErrorCode(error);
    if (code === null) throw error;
    return `it cannot be read (${code})`;
  }
}

function checksumHolds(path: string): boolean {
  const coveredBytes = (fileBytes(path) ?? 0) - CHECKSUM_BYTES;
  if (coveredBytes < STATE_BYTES) return false;
  const checksum = createHash("sha256");
  for (const piece of firstPieces(path, coveredBytes)) checksum.update(piece);
  const [trailer] = readPieces(path, coveredBytes, CHECKSUM_BYTES);
  return trailer?.toString("latin1") === `sha256 ${checksum.digest("hex")}\n`;
}

/** The lines between the header and what stands behind them. Precondition: the file is whole. */
function* bodyLines(path: string): Iterator<string> {
  const endBytes = (fileBytes(path) ?? 0) - STATE_BYTES - CHECKSUM_BYTES;
  let isHeader = true;
  for (const line of fileLines(path, endBytes)) {
    if (!isHeader) yield line;
    isHeader = false;
  }
}

/** The file's first bytes, as many as are asked for. */
function* firstPieces(path: string, byteCount: number): Iterable<Buffer> {
  let left = byteCount;
  for (const piece of readPieces(path, 0, PIECE_BYTES)) {
    if (left <= 0) return;
    yield piece.subarray(0, left);
    left -= piece.length;
  }
}

/** The lines that end within the file's first bytes. */
function* fileLines(path: string, byteCount: number): Iterable<string> {
  let rest = Buffer.alloc(0);
  for (const piece of firstPieces(path, byteCount)) {
    const bytes = Buffer.concat([rest, piece]);
    const end = bytes.lastIndexOf(10);
    // One text for all of a piece: a call for each line costs more than the lines.
    if (end >= 0) yield* bytes.toString("utf8", 0, end).split("\n");
    rest = bytes.subarray(end + 1);
  }
}

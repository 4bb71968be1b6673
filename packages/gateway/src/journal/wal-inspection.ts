/**
 * Reads an SQLite write-ahead log as bytes, to see what SQLite would silently leave out. SQLite
 * stops at the first frame whose checksum fails and takes that for the end; what lies behind it
 * may have been committed and told.
 *
 * Source of the layout: https://www.sqlite.org/fileformat2.html, section 4.
 */
import { fileBytes, readPieces } from "../sys/disk.ts";

/** What lies behind the last valid commit. */
export interface DamagedTail {
  /** Where the tail starts in the log. */
  readonly offset: number;
  readonly bytes: number;
  /** Frames in it that are not leftovers of an earlier generation; the last may be cut off. */
  readonly frames: number;
  /**
   * How many of these frames end a transaction. 0 or 1 is what a crash in the middle of a commit
   * leaves; from 2 on, something that was on stable storage has been damaged.
   */
  readonly commits: number;
}

const HEADER_BYTES = 32;
const FRAME_HEADER_BYTES = 24;
const MAGIC_LITTLE_ENDIAN = 0x377f0682;
const MAGIC_BIG_ENDIAN = 0x377f0683;
/** Page size to assume where the log's header cannot be read: SQLite's default. */
const PAGE_BYTES_FALLBACK = 4096;

interface WalHeader {
  readonly bigEndian: boolean;
  readonly pageBytes: number;
  /** How often the log was started over; salt 1 grows by one each time. */
  readonly generation: number;
  readonly salt1: number;
  readonly salt2: number;
  readonly checksum: Checksum;
}

type Checksum = readonly [number, number];

/** Null: the log is absent, or everything in it of the current generation is committed. */
export function inspectWal(file: string): DamagedTail | null {
  const bytes = fileBytes(file) ?? 0;
  if (bytes === 0) return null;
  const [start] = readPieces(file, 0, HEADER_BYTES);
  const header = start === undefined ? null : walHeader(start);
  if (header === null) return tailOfLostHeader(bytes);
  return inspectFrames(file, header);
}

function tailOfLostHeader(bytes: number): DamagedTail {
  const frameBytes = FRAME_HEADER_BYTES + PAGE_BYTES_FALLBACK;
  const frames = Math.ceil(Math.max(0, bytes - HEADER_BYTES) / frameBytes);
  return { offset: 0, bytes, frames, commits: 0 };
}

function walHeader(bytes: Buffer): WalHeader | null {
  if (bytes.length < HEADER_BYTES) return null;
  const magic = bytes.readUInt32BE(0);
  if (magic !== MAGIC_LITTLE_ENDIAN && magic !== MAGIC_BIG_ENDIAN) return null;
  const bigEndian = magic === MAGIC_BIG_ENDIAN;
  const checksum = walChecksum([0, 0], bytes.subarray(0, 24), bigEndian);
  if (!checksumEquals(checksum, bytes, 24)) return null;
  return {
    bigEndian,
    pageBytes: bytes.readUInt32BE(8),
    generation: bytes.readUInt32BE(12),
    salt1: bytes.readUInt32BE(16),
    salt2: bytes.readUInt32BE(20),
    checksum,
  };
}

function inspectFrames(file: string, header: WalHeader): DamagedTail | null {
  const frameBytes = FRAME_HEADER_BYTES + header.pageBytes;
  let offset = HEADER_BYTES;
  let tail: DamagedTail = { offset, bytes: 0, frames: 0, commits: 0 };
  let checksum: Checksum | null = header.checksum;
  for (const frame of readPieces(file, HEADER_BYTES, frameBytes)) {
    offset += frame.length;
    checksum = checksum === null ? null : validFrame(frame, header, checksum, frameBytes);
    const commits = frameCommits(frame) ? 1 : 0;
    if (checksum !== null && commits > 0) {
      tail = { offset, bytes: 0, frames: 0, commits: 0 };
    } else if (!frameIsLeftover(frame, header)) {
      tail = {
        offset: tail.offset,
        bytes: offset - tail.offset,
        frames: tail.frames + 1,
        commits: tail.commits + commits,
      };
    }
  }
  return tail.frames === 0 ? null : tail;
}

/** The running checksum behind the frame, or null if SQLite would stop here. */
function validFrame(
  frame: Buffer,
  header: WalHeader,
  before: Checksum,
  frameBytes: number,
): Checksum | null {
  if (frame.length < frameBytes || frame.readUInt32BE(0) === 0) return null;
  const [salt1, salt2] = [frame.readUInt32BE(8), frame.readUInt32BE(12)];
  if (salt1 !== header.salt1 || salt2 !== header.salt2) return null;
  const afterHeader = walChecksum(before, frame.subarray(0, 8), header.bigEndian);
  const after = walChecksum(afterHeader, frame.subarray(FRAME_HEADER_BYTES), header.bigEndian);
  return checksumEquals(after, frame, 16) ? after : null;
}

/** A frame that ends a transaction carries the size of the database behind it. */
function frameCommits(frame: Buffer): boolean {
  return frame.length >= 8 && frame.readUInt32BE(4) !== 0;
}

/**
 * Whether the frame was written before the log was last started over: salt 1 is lower by at most
 * the number of restarts, and salt 2 is another random number. One damaged salt of a current frame
 * does not look like this, because its other salt still agrees.
 */
function frameIsLeftover(frame: Buffer, header: WalHeader): boolean {
  if (frame.length < 16) return false;
  const age = (header.salt1 - frame.readUInt32BE(8)) >>> 0;
  return age >= 1 && age <= header.generation && frame.readUInt32BE(12) !== header.salt2;
}

function walChecksum(start: Checksum, bytes: Buffer, bigEndian: boolean): Checksum {
  let [first, second] = start;
  for (let at = 0; at < bytes.length; at += 8) {
    const low = bigEndian ? bytes.readInt32BE(at) : bytes.readInt32LE(at);
    const high = bigEndian ? bytes.readInt32BE(at + 4) : bytes.readInt32LE(at + 4);
    first = (first + low + second) | 0;
    second = (second + high + first) | 0;
  }
  return [first, second];
}

function checksumEquals([first, second]: Checksum, bytes: Buffer, at: number): boolean {
  return first === bytes.readInt32BE(at) && second === bytes.readInt32BE(at + 4);
}

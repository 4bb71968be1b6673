/**
 * The only door to files. Every call that has no other word for it is synchronous: it is used at
 * start, at stop and in threads that may block. Failures of the disk are Node's own errors, with
 * their `code`.
 */
import {
  accessSync,
  closeSync,
  constants as fileModes,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmdirSync,
  rmSync,
  statfsSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { open, rename, rm, statfs } from "node:fs/promises";
import { constants } from "node:os";
import { dirname, join, resolve } from "node:path";

/** What the user's own mask leaves of it. */
const PUBLIC_MODE = 0o666;
const PRIVATE_MODE = 0o600;
const PRIVATE_FOLDER_MODE = 0o700;

/** Path of a file inside a folder. */
export function filePath(folder: string, ...names: readonly string[]): string {
  return join(folder, ...names);
}

/** The errno name of a failed file call, `ENOENT` for one; null for any other error. */
export function diskErrorCode(error: unknown): string | null {
  if (!(error instanceof Error) || !("syscall" in error) || !("code" in error)) return null;
  return typeof error.code === "string" ? error.code : null;
}

/**
 * Makes the folder and its parents, durably, for its owner alone: orders, money and sealed secrets
 * of everybody will be in it. What was there stays as it is. `sync` is for tests.
 */
export function ensureFolder(folder: string, sync: (folder: string) => void = syncFolder): void {
  const missing: string[] = [];
  for (let path = resolve(folder); !isThere(path); path = dirname(path)) missing.push(path);
  for (const path of missing.toReversed()) makeFolder(path);
  // A folder is safe when the name in its parent is; so each parent of one that was made counts.
  for (const path of missing) sync(dirname(path));
}

/**
 * One at a time: `recursive` tries for ever where a file system says of a name that it is not there
 * and lets nobody make it, as /proc does.
 */
function makeFolder(path: string): void {
  try {
    mkdirSync(path, { mode: PRIVATE_FOLDER_MODE });
  } catch (error) {
    // Somebody else may have made it meanwhile.
    if (!isThere(path)) throw error;
  }
}

/** Whether it is a folder. @throws an error with a code: it is something else, or hidden */
function isThere(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return false;
  if (found.isDirectory()) return true;
  throw Object.assign(new Error(`not a folder: '${path}'`), { code: "ENOTDIR", syscall: "stat" });
}

/** Size of a regular file, or null where nothing has this name. Throws if it is a folder. */
export function fileBytes(path: string): number | null {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return null;
  if (found.isFile()) return found.size;
  throw Object.assign(new Error(`not a regular file: '${path}'`), {
    code: found.isDirectory() ? "EISDIR" : "EINVAL",
    syscall: "stat",
  });
}

const ACCESS = { exist: fileModes.F_OK, read: fileModes.R_OK, write: fileModes.W_OK };

/** Whether this process may do so with a file or folder that is there; false where none is. */
export function mayDo(what: keyof typeof ACCESS, path: string): boolean {
  try {
    accessSync(path, ACCESS[what]);
    return true;
  } catch {
    return false;
  }
}

/** The whole file, or null where nothing has this name. */
export function readFileIfPresent(path: string): Buffer | null {
  return fileBytes(path) === null ? null : readFileSync(path);
}

/**
 * Reads the file from an offset to its end, in pieces of `pieceBytes` (the last may be shorter).
 * The memory of a piece is used again for the next one.
 */
export function* readPieces(path: string, offset: number, pieceBytes: number): Iterable<Buffer> {
  const piece = Buffer.allocUnsafe(pieceBytes);
  const descriptor = openSync(path, "r");
  try {
    for (let at = offset; ; at += pieceBytes) {
      const length = readFully(descriptor, piece, at);
      if (length > 0) yield piece.subarray(0, length);
      if (length < pieceBytes) return;
    }
  } finally {
    closeSync(descriptor);
  }
}

function readFully(descriptor: number, piece: Buffer, offset: number): number {
  let length = 0;
  while (length < piece.length) {
    const got = readSync(descriptor, piece, length, piece.length - length, offset + length);
    if (got === 0) break;
    length += got;
  }
  return length;
}

/**
 * Replaces a file as one step: after a crash at any moment it holds either the old content or the
 * new, whole. On stable storage when it returns. Uses the neighbour `<path>.tmp`, which only a
 * crash leaves behind: what failed must not take up the room on a full disk.
 */
export function replaceFile(path: string, pieces: Iterable<string | Uint8Array>): void {
  const draft = `${path}.tmp`;
  const descriptor = openSync(draft, "w", PUBLIC_MODE);
  let isWhole = false;
  try {
    for (const piece of pieces) writeFileSync(descriptor, piece);
    fsyncSync(descriptor);
    isWhole = true;
  } finally {
    closeSync(descriptor);
    if (!isWhole) removeFile(draft);
  }
  renameDurably(draft, path);
}

/**
 * Makes a file that only its owner may read, whole or not at all; on stable storage when it
 * returns.
 */
export function createPrivateFile(path: string, content: string): void {
  const draft = `${path}.tmp`;
  removeFile(draft);
  const descriptor = openSync(draft, "wx", PRIVATE_MODE);
  try {
    writeFileSync(descriptor, content);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameDurably(draft, path);
}

/**
 * {@link replaceFile} for the eyes of the gateway's own user only, and without waiting, for a thread
 * that must not block. Precondition: the one before of this path is done.
 */
export async function replacePrivateFileLater(path: string, content: string): Promise<void> {
  const draft = `${path}.tmp`;
  await writeDraftLater(draft, content, PRIVATE_MODE);
  await rename(draft, path);
  await syncFolderLater(dirname(path));
}

/**
 * Writes a file that nobody looks for by this name, without waiting. Its content is on stable
 * storage when it resolves, its name not yet; it is gone where that fails.
 */
export async function writeDraftLater(
  draft: string,
  content: string,
  mode = PUBLIC_MODE,
): Promise<void> {
  // One that a crash left behind keeps the mode it was made with.
  await removeFileLater(draft);
  try {
    const file = await open(draft, "wx", mode);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    await removeFileLater(draft);
    throw error;
  }
}

/** {@link removeFile} without waiting. */
export async function removeFileLater(path: string): Promise<void> {
  await rm(path, { force: true });
}

/** Bytes that may still be written where the folder is, by one who is not the superuser. */
export function freeBytes(folder: string): number {
  return bytesOf(statfsSync(folder));
}

/** {@link freeBytes} without waiting, for a thread that must not block. */
export async function askFreeBytes(folder: string): Promise<number> {
  return bytesOf(await statfs(folder));
}

function bytesOf({ bavail, bsize }: { readonly bavail: number; readonly bsize: number }): number {
  return bavail * bsize;
}

/** Adds bytes to the end of a file, which is made where it is missing. Not synced. */
export function growFile(path: string, piece: Uint8Array): void {
  const descriptor = openSync(path, "a");
  try {
    writeFileSync(descriptor, piece);
  } finally {
    closeSync(descriptor);
  }
}

/** Cuts a file off behind so many bytes; what was behind them is the disk's again. */
export function shrinkFile(path: string, bytes: number): void {
  truncateSync(path, bytes);
}

/** A quota that is used up: Node has no name for it, and gives the system's number below zero. */
const QUOTA_ERRNO = -constants.errno.EDQUOT;
/** Calls that tell how earlier writes fared: what fails there may be lost. */
const LATE_CALLS: ReadonlySet<unknown> = new Set(["fsync", "close"]);

/**
 * Whether a file call failed because there is no room on the disk, or in a quota of it; a flush
 * that failed is never that.
 */
export function isNoRoom(error: unknown): boolean {
  const code = diskErrorCode(error);
  if (code === null) return false;
  const { errno, syscall } = error as { readonly errno?: unknown; readonly syscall?: unknown };
  return (code === "ENOSPC" || errno === QUOTA_ERRNO) && !LATE_CALLS.has(syscall);
}

/** Renames within one folder; on stable storage when it returns. */
export function renameDurably(from: string, to: string): void {
  renameSync(from, to);
  syncFolder(dirname(to));
}

/** {@link renameDurably} that has the new name when it returns, and is durable when it resolves. */
export function renameAtOnce(from: string, to: string): Promise<void> {
  renameSync(from, to);
  return syncFolderLater(dirname(to));
}

/**
 * For a file that a process which was killed may have left: it, its name and its folder's name are
 * on stable storage when it returns.
 */
export function settleFile(path: string): void {
  syncFile(path);
  syncFolder(dirname(path));
  syncFolder(dirname(dirname(path)));
}

/** Removes the file if it is there. */
export function removeFile(path: string): void {
  rmSync(path, { force: true });
}

/** Removes the folder and everything in it, if it is there. */
export function removeFolder(path: string): void {
  rmSync(path, { force: true, recursive: true });
}

/** Whether nothing has this name any more: the folder is removed if it is there and empty. */
export function removeEmptyFolder(path: string): boolean {
  try {
    rmdirSync(path);
    return true;
  } catch (error) {
    const code = diskErrorCode(error);
    // Some systems say that a folder with something in it exists.
    if (code === "ENOTEMPTY" || code === "EEXIST") return false;
    if (code === "ENOENT") return true;
    throw error;
  }
}

/** Names of the entries of a folder, sorted; none where the folder is missing. */
export function fileNames(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (diskErrorCode(error) === "ENOENT") return [];
    throw error;
  }
}

/** Puts what was written to the file on stable storage. */
export function syncFile(path: string): void {
  const descriptor = openSync(path, "r+");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Windows has no handle on a folder to flush; its rename is journaled by the system. */
const FOLDERS_HAVE_HANDLES = process.platform !== "win32";

export function syncFolder(folder: string): void {
  if (!FOLDERS_HAVE_HANDLES) return;
  const descriptor = openSync(folder, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

async function syncFolderLater(folder: string): Promise<void> {
  if (!FOLDERS_HAVE_HANDLES) return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * A disk in memory, byte by byte: what was written and what is on stable storage are two things. A
 * power cut keeps of the unsynced writes whatever chance keeps of them, down to a part of one; a
 * killed process loses nothing that it wrote.
 *
 * Names follow ext4: an fsync of a file makes its own name durable, one of a folder all names in
 * it; names that were changed and not synced survive a power cut as a prefix, in their order.
 */
import { constants } from "node:os";
import type { Random } from "./random.ts";

/** All that the simulated machine keeps is below it. */
export const SIM_ROOT = "/sim";
/** Sectors are written whole or not at all. */
const SECTOR_BYTES = 512;

interface Write {
  readonly at: number;
  /** Null: the file is cut or grown to `at`. */
  readonly bytes: Uint8Array | null;
}

class Content {
  #bytes = new Uint8Array(0);
  size = 0;

  read(target: Uint8Array, at: number): number {
    const length = Math.max(0, Math.min(target.length, this.size - at));
    target.set(this.#bytes.subarray(at, at + length));
    return length;
  }

  apply({ at, bytes }: Write): void {
    if (bytes === null) {
      this.#reserve(at);
      if (at < this.size) this.#bytes.fill(0, at, this.size);
      this.size = at;
      return;
    }
    this.#reserve(at + bytes.length);
    this.#bytes.set(bytes, at);
    this.size = Math.max(this.size, at + bytes.length);
  }

  copy(): Uint8Array {
    return this.#bytes.slice(0, this.size);
  }

  replace(bytes: Uint8Array): void {
    this.#bytes = new Uint8Array(bytes);
    this.size = bytes.length;
  }

  flip(bit: number): void {
    const at = bit >> 3;
    this.#bytes[at] = (this.#bytes[at] ?? 0) ^ (1 << (bit & 7));
  }

  #reserve(size: number): void {
    if (size <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(size, 2 * this.#bytes.length, 4_096));
    grown.set(this.#bytes.subarray(0, this.size));
    this.#bytes = grown;
  }
}

class Inode {
  readonly cached = new Content();
  readonly durable = new Content();
  unsynced: Write[] = [];
}

interface NameChange {
  readonly inode: Inode | null;
  readonly path: string;
}

interface Handle {
  readonly path: string;
  readonly inode: Inode | null;
  readonly isWritable: boolean;
  readonly isAppending: boolean;
  at: number;
}

export interface DiskError extends Error {
  readonly code: string;
  readonly syscall: string;
}

export type DiskFault = "fsync" | "write";

/** How the last process ended, as far as the disk is concerned. */
export type DiskEnd = "killed" | "powerCut";

export class Disk {
  /** Changes of files and names so far: a crash or a fault is planned at one of them. */
  operationCount = 0;
  syncCount = 0;
  /** Milliseconds that the operations since the last look would have taken. */
  #tookMs = 0;
  /** Code of the error that was made last; SQLite keeps it to itself. */
  lastErrorCode = "";
  /** A change of this number does not happen, or only half; then nothing happens any more. */
  crashAt = Number.POSITIVE_INFINITY;
  onCrash: () => void = () => undefined;
  /** Bytes of all files at most. */
  bytesMax = Number.POSITIVE_INFINITY;
  /** That bound is a quota's: the disk itself has room, and says so. */
  isQuota = false;
  fault: { readonly kind: DiskFault; atOperation: number } | null = null;
  onFault: (what: string) => void = () => undefined;
  /** Milliseconds that the journal's next flush takes besides. */
  silentMs = 0;
  isFrozen = false;
  /** While a connection that may not write is closed. */
  isReadOnly = false;
  readonly #random: Random;
  #names = new Map<string, Inode>();
  #durableNames = new Map<string, Inode>();
  #nameChanges: NameChange[] = [];
  /** The root is there from the beginning, as a disk that is mounted there. */
  readonly #folders = new Set<string>(["/", SIM_ROOT]);
  readonly #locks = new Set<string>();
  readonly #handles = new Map<number, Handle>();
  #nextDescriptor = 1_000_000;

  constructor(random: Random) {
    this.#random = random;
  }

  takeTookMs(): number {
    const took = this.#tookMs;
    this.#tookMs = 0;
    return took;
  }

  get totalBytes(): number {
    let bytes = 0;
    for (const inode of this.#names.values()) bytes += inode.cached.size;
    return bytes;
  }

  /** Files that are there, in the order of their names. */
  paths(): string[] {
    return [...this.#names.keys()].sort();
  }

  size(path: string): number {
    return this.#names.get(path)?.cached.size ?? 0;
  }

  /** A file that was there before: whatever happens, it stays. */
  keep(path: string, bytes: Uint8Array): void {
    const inode = new Inode();
    for (const content of [inode.cached, inode.durable]) content.replace(bytes);
    this.#names.set(path, inode);
    this.#durableNames.set(path, inode);
  }

  // --- what a process does ---

  open(
    path: string,
    flags: { write: boolean; create: boolean; exclusive: boolean; cut: boolean; append: boolean },
  ): number {
    this.#requireAlive("open");
    const isFolder = this.#folders.has(path);
    let inode = this.#names.get(path) ?? null;
    if (inode !== null && flags.exclusive) throw this.#error("EEXIST", "open", path);
    if (inode === null && !isFolder) {
      if (!flags.create) throw this.#error("ENOENT", "open", path);
      if (!this.#folders.has(folderOf(path))) throw this.#error("ENOENT", "open", path);
      this.#change("open", path);
      inode = new Inode();
      this.#rename(path, inode);
    }
    if (isFolder && flags.write) throw this.#error("EISDIR", "open", path);
    if (flags.cut && inode !== null && inode.cached.size > 0)
      this.#write(inode, { at: 0, bytes: null }, path);
    const descriptor = this.#nextDescriptor;
    this.#nextDescriptor += 1;
    this.#handles.set(descriptor, {
      path,
      inode,
      isWritable: flags.write,
      isAppending: flags.append,
      at: 0,
    });
    return descriptor;
  }

  close(descriptor: number): void {
    if (!this.#handles.delete(descriptor)) throw this.#error("EBADF", "close", "");
  }

  read(descriptor: number, target: Uint8Array, position: number | null): number {
    const handle = this.#handle(descriptor, "read");
    if (handle.inode === null) throw this.#error("EISDIR", "read", handle.path);
    const length = handle.inode.cached.read(target, position ?? handle.at);
    if (position === null) handle.at += length;
    return length;
  }

  write(descriptor: number, bytes: Uint8Array, position: number | null): number {
    const handle = this.#handle(descriptor, "write");
    const { inode, path } = handle;
    if (inode === null || !handle.isWritable) throw this.#error("EBADF", "write", path);
    if (this.isReadOnly) throw this.#error("EROFS", "write", path);
    const at = handle.isAppending ? inode.cached.size : (position ?? handle.at);
    this.#write(inode, { at, bytes: bytes.slice() }, path);
    if (position === null) handle.at = at + bytes.length;
    return bytes.length;
  }

  cut(descriptor: number, size: number): void {
    const { inode, path } = this.#handle(descriptor, "ftruncate");
    if (inode === null) throw this.#error("EISDIR", "ftruncate", path);
    this.#write(inode, { at: size, bytes: null }, path);
  }

  sync(descriptor: number): void {
    const { inode, path } = this.#handle(descriptor, "fsync");
    this.#change("fsync", path);
    this.#failIfPlanned("fsync", path);
    this.syncCount += 1;
    this.#tookMs += 0.05 + this.#random.fraction() * (this.#random.chance(0.03) ? 40 : 0.8);
    if (path.includes("journal.db")) {
      this.#tookMs += this.silentMs;
      this.silentMs = 0;
    }
    if (inode === null) {
      this.#syncNames((change) => folderOf(change.path) === path);
      return;
    }
    for (const write of inode.unsynced) inode.durable.apply(write);
    inode.unsynced = [];
    this.#syncNames((change) => change.inode === inode);
  }

  descriptorSize(descriptor: number): number {
    return this.#handle(descriptor, "fstat").inode?.cached.size ?? 0;
  }

  stat(path: string): { readonly isFolder: boolean; readonly size: number } | null {
    this.#requireAlive("stat");
    const inode = this.#names.get(path);
    if (inode !== undefined) return { isFolder: false, size: inode.cached.size };
    return this.#folders.has(path) ? { isFolder: true, size: 0 } : null;
  }

  move(from: string, to: string): void {
    this.#requireAlive("rename");
    const inode = this.#names.get(from);
    if (inode === undefined) throw this.#error("ENOENT", "rename", from);
    this.#change("rename", from);
    this.#rename(to, inode);
    this.#rename(from, null);
  }

  remove(path: string): void {
    this.#requireAlive("unlink");
    if (this.isReadOnly) throw this.#error("EROFS", "unlink", path);
    if (!this.#names.has(path)) throw this.#error("ENOENT", "unlink", path);
    this.#change("unlink", path);
    this.#rename(path, null);
  }

  /** The first folder that had to be made. */
  makeFolder(path: string): string | undefined {
    this.#requireAlive("mkdir");
    if (this.#folders.has(path)) return undefined;
    const above = this.makeFolder(folderOf(path));
    this.#folders.add(path);
    return above ?? path;
  }

  lock(path: string): void {
    this.#requireAlive("mkdir");
    if (this.#locks.has(path)) throw this.#error("EEXIST", "mkdir", path);
    this.#locks.add(path);
  }

  unlock(path: string): void {
    this.#locks.delete(path);
  }

  isLocked(path: string): boolean {
    return this.#locks.has(path);
  }

  entries(folder: string): string[] {
    this.#requireAlive("readdir");
    if (!this.#folders.has(folder)) throw this.#error("ENOENT", "readdir", folder);
    const inside = [...this.#names.keys(), ...this.#folders].filter((path) => {
      return path !== folder && folderOf(path) === folder;
    });
    return inside.map((path) => path.slice(path.lastIndexOf("/") + 1)).sort();
  }

  error(code: string, syscall: string, path: string): DiskError {
    return this.#error(code, syscall, path);
  }

  // --- what happens to it ---

  /** The process is gone, and with it what only memory had. */
  end(how: DiskEnd): void {
    this.#locks.clear();
    this.#handles.clear();
    if (how === "powerCut") this.#cutPower();
    this.isFrozen = false;
    this.crashAt = Number.POSITIVE_INFINITY;
    this.fault = null;
  }

  /** A copy that {@link restore} goes back to. Nobody has a file open. */
  backup(): ReadonlyMap<string, Uint8Array> {
    return new Map([...this.#names].map(([path, inode]) => [path, inode.cached.copy()]));
  }

  restore(backup: ReadonlyMap<string, Uint8Array>): void {
    this.#names = new Map();
    for (const [path, bytes] of backup) {
      const inode = new Inode();
      inode.cached.replace(bytes);
      inode.durable.replace(bytes);
      this.#names.set(path, inode);
    }
    this.#settle();
  }

  /** One bit of a file is another one from now on. */
  flip(path: string, bit: number): void {
    const inode = this.#names.get(path);
    if (inode === undefined) throw new Error(`there is no file ${path}`);
    inode.cached.flip(bit);
    inode.durable.replace(inode.cached.copy());
  }

  #cutPower(): void {
    const kept = this.#random.between(0, this.#nameChanges.length);
    for (const { path, inode } of this.#nameChanges.slice(0, kept)) {
      setName(this.#durableNames, path, inode);
    }
    this.#names = new Map(this.#durableNames);
    for (const inode of new Set(this.#names.values())) {
      const survivors = survivingWrites(inode.unsynced, this.#random);
      for (const write of survivors) inode.durable.apply(write);
      inode.cached.replace(inode.durable.copy());
    }
    this.#settle();
  }

  #settle(): void {
    this.#durableNames = new Map(this.#names);
    this.#nameChanges = [];
    for (const inode of this.#names.values()) inode.unsynced = [];
  }

  #write(inode: Inode, write: Write, path: string): void {
    const torn = this.#change("write", path);
    this.#failIfPlanned("write", path);
    const grows = write.at + (write.bytes?.length ?? 0) - inode.cached.size;
    if (grows > 0 && this.totalBytes + grows > this.bytesMax) {
      this.onFault("full");
      throw this.#error(this.isQuota ? "EDQUOT" : "ENOSPC", "write", path);
    }
    if (!torn) {
      inode.cached.apply(write);
      inode.unsynced.push(write);
      return;
    }
    const part = tearWrite(write, this.#random);
    if (part !== null) {
      inode.cached.apply(part);
      inode.unsynced.push(part);
    }
    throw this.#error("EIO", "write", path);
  }

  #rename(path: string, inode: Inode | null): void {
    setName(this.#names, path, inode);
    this.#nameChanges.push({ path, inode });
  }

  #syncNames(isSynced: (change: NameChange) => boolean): void {
    // Of one name the last change that is synced is what holds: those before it are over as well.
    const lastSynced = new Map<string, number>();
    for (const [index, change] of this.#nameChanges.entries()) {
      if (!isSynced(change)) continue;
      setName(this.#durableNames, change.path, change.inode);
      lastSynced.set(change.path, index);
    }
    this.#nameChanges = this.#nameChanges.filter(({ path }, index) => {
      return index > (lastSynced.get(path) ?? -1);
    });
  }

  /** Counts a change; true when it is the one that a crash tears. Throws when nothing happens. */
  #change(syscall: string, path: string): boolean {
    this.operationCount += 1;
    if (this.operationCount < this.crashAt) return false;
    this.isFrozen = true;
    this.onCrash();
    if (syscall === "write") return true;
    throw this.#error("EIO", syscall, path);
  }

  #failIfPlanned(kind: DiskFault, path: string): void {
    const { fault } = this;
    if (fault === null || fault.kind !== kind || this.operationCount < fault.atOperation) return;
    this.fault = null;
    this.onFault(kind);
    throw this.#error("EIO", kind, path);
  }

  #handle(descriptor: number, syscall: string): Handle {
    this.#requireAlive(syscall);
    const handle = this.#handles.get(descriptor);
    if (handle === undefined) throw this.#error("EBADF", syscall, "");
    return handle;
  }

  #requireAlive(syscall: string): void {
    if (this.isFrozen) throw this.#error("EIO", syscall, "");
  }

  #error(code: string, syscall: string, path: string): DiskError {
    this.lastErrorCode = code;
    const { errno } = constants;
    // Node has no name for it.
    const named = code === "EDQUOT" ? "UNKNOWN" : code;
    const shown = new Error(`${named}: ${syscall} '${path}'`);
    return Object.assign(shown, {
      code: named,
      errno: -errno[code as keyof typeof errno],
      syscall,
    });
  }
}

function setName(names: Map<string, Inode>, path: string, inode: Inode | null): void {
  if (inode === null) names.delete(path);
  else names.set(path, inode);
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(1, path.lastIndexOf("/")));
}

/** What a power cut leaves of writes that nobody synced. */
function survivingWrites(unsynced: readonly Write[], random: Random): Write[] {
  switch (random.weighted({ none: 3, all: 2, prefix: 3, subset: 2 })) {
    case "none":
      return [];
    case "all":
      return [...unsynced];
    case "prefix": {
      const whole = unsynced.slice(0, random.between(0, unsynced.length));
      const next = unsynced[whole.length];
      const part = next === undefined ? null : tearWrite(next, random);
      return part === null ? whole : [...whole, part];
    }
    default:
      return unsynced.filter(() => random.chance(0.5));
  }
}

/** The sectors of a write that got to the disk before it stopped; null: none did. */
function tearWrite({ at, bytes }: Write, random: Random): Write | null {
  if (bytes === null) return null;
  const toBoundary = SECTOR_BYTES - (at % SECTOR_BYTES);
  const sectors = Math.ceil(Math.max(0, bytes.length - toBoundary) / SECTOR_BYTES) + 1;
  const kept = random.between(0, sectors);
  if (kept === 0) return null;
  return { at, bytes: bytes.slice(0, toBoundary + (kept - 1) * SECTOR_BYTES) };
}

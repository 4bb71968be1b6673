/**
 * `node:fs` of a simulated process: files below /sim are on the world's disk. Anything else, such
 * as the console's own files, is read from the machine and never written.
 */
import * as real from "node:fs";
import { type Disk, SIM_ROOT } from "../world/disk.ts";
import { theWorld } from "../world/world.ts";

export * from "node:fs";

const { constants } = real;

function isSimulated(path: unknown): path is string {
  return typeof path === "string" && (path === SIM_ROOT || path.startsWith(`${SIM_ROOT}/`));
}

function disk(): Disk {
  return theWorld().disk;
}

type Flags = string | number;

function openFlags(flags: Flags) {
  if (typeof flags === "number") {
    return {
      write: (flags & (constants.O_WRONLY | constants.O_RDWR)) !== 0,
      create: (flags & constants.O_CREAT) !== 0,
      exclusive: (flags & constants.O_EXCL) !== 0,
      cut: (flags & constants.O_TRUNC) !== 0,
      append: (flags & constants.O_APPEND) !== 0,
    };
  }
  const [kind] = flags;
  return {
    write: kind !== "r" || flags.includes("+"),
    create: kind !== "r",
    exclusive: flags.includes("x"),
    cut: kind === "w",
    append: kind === "a",
  };
}

export function openSync(path: string, flags: Flags = "r", mode?: number): number {
  if (isSimulated(path)) return disk().open(path, openFlags(flags));
  if (openFlags(flags).write) throw new Error(`a simulated process writes ${path}`);
  return real.openSync(path, flags, mode);
}

/** Descriptors of the world begin far above those of the machine. */
const SIMULATED_DESCRIPTOR_MIN = 1_000_000;

export function closeSync(descriptor: number): void {
  if (descriptor < SIMULATED_DESCRIPTOR_MIN) real.closeSync(descriptor);
  else disk().close(descriptor);
}

export function fsyncSync(descriptor: number): void {
  disk().sync(descriptor);
}

export function fdatasyncSync(descriptor: number): void {
  disk().sync(descriptor);
}

export function ftruncateSync(descriptor: number, size = 0): void {
  disk().cut(descriptor, size);
}

export function truncateSync(path: string, size = 0): void {
  const descriptor = openSync(path, "r+");
  disk().cut(descriptor, size);
  disk().close(descriptor);
}

/** Counted in bytes: a disk without an end has as many as a number can say. */
export function statfsSync(_path: string) {
  const { bytesMax, isQuota, totalBytes } = disk();
  const free = isQuota ? Number.MAX_SAFE_INTEGER : Math.max(0, bytesMax - totalBytes);
  return { bsize: 1, bavail: Math.min(free, Number.MAX_SAFE_INTEGER) };
}

export function fstatSync(descriptor: number) {
  return { size: disk().descriptorSize(descriptor) };
}

export function readSync(
  descriptor: number,
  target: Uint8Array,
  offset = 0,
  length = target.length - offset,
  position: number | bigint | null = null,
): number {
  if (descriptor < SIMULATED_DESCRIPTOR_MIN) {
    return real.readSync(descriptor, target, offset, length, position);
  }
  const at = position === null ? null : Number(position);
  return disk().read(descriptor, target.subarray(offset, offset + length), at);
}

export function writeSync(
  descriptor: number,
  content: Uint8Array | string,
  offset = 0,
  length?: number,
  position: number | null = null,
): number {
  if (typeof content === "string") return disk().write(descriptor, Buffer.from(content), null);
  const bytes = content.subarray(offset, offset + (length ?? content.length - offset));
  return disk().write(descriptor, bytes, position);
}

export function writeFileSync(file: number | string, content: Uint8Array | string): void {
  const descriptor = typeof file === "number" ? file : openSync(file, "w");
  disk().write(descriptor, typeof content === "string" ? Buffer.from(content) : content, null);
  if (typeof file === "string") closeSync(descriptor);
}

export function readFileSync(path: string | URL, options?: BufferEncoding | null) {
  if (!isSimulated(path)) return real.readFileSync(path, { encoding: options ?? null });
  const descriptor = openSync(path);
  try {
    const bytes = Buffer.alloc(disk().descriptorSize(descriptor));
    disk().read(descriptor, bytes, 0);
    return typeof options === "string" ? bytes.toString(options) : bytes;
  } finally {
    closeSync(descriptor);
  }
}

export function statSync(path: string, options?: { throwIfNoEntry?: boolean }) {
  if (!isSimulated(path)) return real.statSync(path, options);
  const found = disk().stat(path);
  if (found === null) {
    if (options?.throwIfNoEntry === false) return undefined;
    throw disk().error("ENOENT", "stat", path);
  }
  const { isFolder, size } = found;
  return { size, mode: 0o600, isFile: () => !isFolder, isDirectory: () => isFolder };
}

export function accessSync(path: string): void {
  if (!isSimulated(path)) {
    real.accessSync(path);
    return;
  }
  const isThere = isLock(path) ? disk().isLocked(path) : disk().stat(path) !== null;
  if (!isThere) throw disk().error("ENOENT", "access", path);
}

export function existsSync(path: string): boolean {
  return isSimulated(path) ? disk().stat(path) !== null : real.existsSync(path);
}

export function renameSync(from: string, to: string): void {
  disk().move(from, to);
}

export function unlinkSync(path: string): void {
  disk().remove(path);
}

export function rmSync(path: string, options: { force?: boolean } = {}): void {
  if (options.force === true && disk().stat(path) === null) return;
  disk().remove(path);
}

/** SQLite's locks are folders here; they go with their process, as those of the system do. */
function isLock(path: string): boolean {
  return path.endsWith(".lock");
}

export function mkdirSync(path: string): string | undefined {
  if (!isLock(path)) return disk().makeFolder(path);
  disk().lock(path);
  return undefined;
}

export function rmdirSync(path: string): void {
  disk().unlock(path);
}

export function readdirSync(path: string): string[] {
  return isSimulated(path) ? disk().entries(path) : real.readdirSync(path);
}

/** The files of a data directory in memory, to be damaged and laid out again thousands of times. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** By path inside the directory. */
export type DataFiles = ReadonlyMap<string, Buffer>;

/** What a start makes again whatever they hold: a lock, and SQLite's indexes of logs. */
const MADE_AGAIN = /^lock\.db|-shm$/;

export function readFiles(folder: string, within = ""): Map<string, Buffer> {
  const files = new Map<string, Buffer>();
  for (const entry of readdirSync(join(folder, within), { withFileTypes: true })) {
    const name = join(within, entry.name);
    if (entry.isDirectory()) {
      for (const [inner, bytes] of readFiles(folder, name)) files.set(inner, bytes);
    } else if (!MADE_AGAIN.test(entry.name)) {
      files.set(name, readFileSync(join(folder, name)));
    }
  }
  return files;
}

export function fileOf(files: DataFiles, name: string): Buffer {
  const bytes = files.get(name);
  if (bytes === undefined) throw new Error(`the directory has no ${name}`);
  return bytes;
}

/** A folder in memory where the system has one: what is tried there need not wait for a disk. */
export class Scratch {
  readonly folder = mkdtempSync(
    join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "countermand-"),
  );

  /** Where files are laid out. */
  get data(): string {
    return join(this.folder, "data");
  }

  /** Lays the files out in an empty folder, the same one each time. */
  lay(files: DataFiles): string {
    const folder = this.data;
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    for (const [name, bytes] of files) {
      if (name.includes("/")) mkdirSync(join(folder, dirname(name)), { recursive: true });
      writeFileSync(join(folder, name), bytes);
    }
    return folder;
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

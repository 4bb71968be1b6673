/**
 * A data directory that an earlier version wrote, in one compressed file, with what that version
 * answered beside it.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { brotliCompressSync, brotliDecompressSync } from "node:zlib";

/** A request as it went on the wire, and its answer. */
export interface Asked {
  readonly to: "clients" | "operators";
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly status: number;
  readonly text: string;
}

/** What the version said that wrote the data directory. */
export interface Recording {
  /** Commit of its sources. */
  readonly commit: string;
  /** Real time and the exchange's at its end, Unix milliseconds. */
  readonly endMs: number;
  /** The same bytes again must get the same answers. */
  readonly writes: readonly Asked[];
  /** Of the first account's socket, with their replies: the same again must get the same. */
  readonly commands: readonly (readonly [command: string, reply: string])[];
  /** What there was at the end. */
  readonly queries: readonly Asked[];
  /** Every message of the first account's order stream that the version sent at its last start. */
  readonly stream: readonly string[];
  /** Position with its history; null where the version knew none. */
  readonly position: string | null;
  readonly receipts: readonly string[];
}

const RECORDING = "recording.json";
/** Room that is kept on the disk: a start makes it anew. */
const RESERVE = "reserve";

interface Entry {
  readonly path: string;
  readonly bytes: number;
}

/** Everything in the folders, by their names. */
export function packFixture(
  path: string,
  recording: Recording,
  folders: Readonly<Record<string, string>>,
): void {
  const contents: [path: string, content: Buffer][] = [
    [RECORDING, Buffer.from(JSON.stringify(recording))],
  ];
  for (const [name, folder] of Object.entries(folders)) {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || entry.name === RESERVE) continue;
      const file = join(entry.parentPath, entry.name);
      contents.push([name + file.slice(folder.length), readFileSync(file)]);
    }
  }
  const entries = contents.map(([path, { length }]): Entry => ({ path, bytes: length }));
  const head = Buffer.from(`${JSON.stringify(entries)}\n`);
  writeFileSync(path, brotliCompressSync(Buffer.concat([head, ...contents.map(([, all]) => all)])));
}

/** Writes the files below a folder; what was recorded beside them is returned. */
export function unpackFixture(path: string, folder: string): Recording {
  const content = brotliDecompressSync(readFileSync(path));
  const headEnd = content.indexOf("\n");
  let recording: Recording | null = null;
  let from = headEnd + 1;
  for (const { path, bytes } of JSON.parse(content.toString("utf8", 0, headEnd)) as Entry[]) {
    const file = content.subarray(from, from + bytes);
    from += bytes;
    if (path === RECORDING) {
      recording = JSON.parse(file.toString()) as Recording;
      continue;
    }
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), file);
  }
  if (recording === null) throw new Error(`${path} has no recording`);
  return recording;
}

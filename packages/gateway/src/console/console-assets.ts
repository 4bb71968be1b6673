/**
 * The console's built files, as they leave: each compressed once, when it is first asked for. Names
 * carry a hash of the content, so browsers may keep them for ever; the page is asked for anew.
 */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, gzip } from "node:zlib";

const BUILT = join(
  dirname(fileURLToPath(import.meta.resolve("@countermand/console/package.json"))),
  "built",
);

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

const COMPRESSORS = {
  br: promisify((text: Buffer, done: (error: Error | null, result: Buffer) => void) => {
    brotliCompress(text, done);
  }),
  gzip: promisify((text: Buffer, done: (error: Error | null, result: Buffer) => void) => {
    gzip(text, { level: 9 }, done);
  }),
};

export type Coding = keyof typeof COMPRESSORS;

/** The page, as its path below /console, and as it is given to a browser that opened it by hand. */
const PAGE = "";
/** No path of a URL: those below /console begin with a slash. */
export const PAGE_OPENED_HERE = "opened here";
/** What the page finds in itself of how it was opened. */
const OPENED = {
  elsewhere: 'name="opened" content="elsewhere"',
  here: 'name="opened" content="here"',
};

export interface Asset {
  readonly type: string;
  /** Whether its name changes with its content. */
  readonly isImmutable: boolean;
  readonly bytes: Buffer;
}

export class ConsoleAssets {
  /** By the path below /console, "" for the page. */
  readonly #assets: ReadonlyMap<string, Asset>;
  readonly #compressed = new Map<string, Promise<Buffer>>();

  constructor(folder = BUILT) {
    const assets = new Map<string, Asset>();
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const type = TYPES[extname(entry.name)];
      if (!entry.isFile() || type === undefined) continue;
      const file = join(entry.parentPath, entry.name);
      const path = file.slice(folder.length).replaceAll("\\", "/");
      const isPage = path === "/index.html";
      const bytes = readFileSync(file);
      assets.set(isPage ? PAGE : path, { type, isImmutable: !isPage, bytes });
    }
    const page = assets.get(PAGE);
    if (page !== undefined) assets.set(PAGE_OPENED_HERE, openedHere(page));
    this.#assets = assets;
  }

  find(path: string): Asset | null {
    return this.#assets.get(path) ?? null;
  }

  /** Precondition: the path names an asset. */
  compressed(path: string, coding: Coding): Promise<Buffer> {
    const key = `${coding} ${path}`;
    const known = this.#compressed.get(key);
    if (known !== undefined) return known;
    const asset = this.#assets.get(path);
    if (asset === undefined) throw new Error(`no asset ${path}`);
    const made = COMPRESSORS[coding](asset.bytes);
    this.#compressed.set(key, made);
    return made;
  }
}

function openedHere(page: Asset): Asset {
  const html = page.bytes.toString("utf8");
  if (!html.includes(OPENED.elsewhere)) throw new Error("the console's page has lost its mark");
  return { ...page, bytes: Buffer.from(html.replace(OPENED.elsewhere, OPENED.here)) };
}

/** The best coding that the browser takes; null for none. */
export function codingOf(acceptEncoding: string | undefined): Coding | null {
  const taken = (acceptEncoding ?? "")
    .split(",")
    .map((part) => part.trim().toLowerCase())
    .filter((part) => !/;\s*q=0(\.0*)?$/.test(part))
    .map((part) => part.split(";", 1)[0]);
  if (taken.includes("br")) return "br";
  return taken.includes("gzip") ? "gzip" : null;
}

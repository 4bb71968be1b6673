// Goal: what the gateway serves as the console is what its sources say, byte for byte.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { brotliCompressSync } from "node:zlib";
import { buildConsole } from "./build-console.ts";

const BUILT = join(import.meta.dirname, "..", "packages", "console", "built");
/** Bytes of everything that a first visit loads. */
const FIRST_LOAD_BYTES_MAX = 150_000;

function filesOf(folder: string): ReadonlyMap<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    files.sort().map((file) => [file.slice(folder.length), readFileSync(file, "utf8")]),
  );
}

test("console: the files that are committed are those of its sources", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "countermand-console-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  await buildConsole(folder);
  const [made, committed] = [filesOf(folder), filesOf(BUILT)];
  const cure = "run: npm run build-console";
  assert.deepEqual([...committed.keys()], [...made.keys()], cure);
  for (const [name, text] of made) assert.ok(committed.get(name) === text, `${name}: ${cure}`);
});

test("console: all that a first visit loads is below its limit, compressed", () => {
  const bytes = [...filesOf(BUILT).values()].map((file) => brotliCompressSync(file).length);
  const total = bytes.reduce((sum, each) => sum + each, 0);
  assert.ok(total > 0 && total <= FIRST_LOAD_BYTES_MAX, `${total} bytes`);
});

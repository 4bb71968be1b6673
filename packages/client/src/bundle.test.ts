// Goal: the library stays small, and nothing in it is of one engine only.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

/** What a page can load without anybody noticing. */
const COMPRESSED_BYTES_MAX = 15_000;

test("client: bundled for a browser it is at most 15 KB compressed", async () => {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, "index.ts")],
    bundle: true,
    minify: true,
    write: false,
    format: "esm",
    platform: "browser",
  });
  const bytes = outputFiles.map(({ contents }) => gzipSync(contents).length);
  assert.equal(bytes.length, 1);
  assert.ok(
    bytes.every((count) => count > 1_000 && count <= COMPRESSED_BYTES_MAX),
    `${bytes}`,
  );
});

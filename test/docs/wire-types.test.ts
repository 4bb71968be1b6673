// The client's types of the wire are made from the contract's schemas.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { WIRE_TYPES_PATH, wireTypes } from "../../tools/wire-types.ts";

const BIOME = "node_modules/@biomejs/biome/bin/biome";

test("wire types: the file is what `npm run wire-types` writes", () => {
  const args = [BIOME, "format", `--stdin-file-path=${WIRE_TYPES_PATH}`];
  const formatted = spawnSync(process.execPath, args, { input: wireTypes(), encoding: "utf8" });
  assert.equal(formatted.status, 0, formatted.stderr);
  assert.equal(readFileSync(WIRE_TYPES_PATH, "utf8"), formatted.stdout);
});

// The map of the code against the folders that there are, and against who may import whom.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { DIRECTIONS } from "../../tools/tidy/import-rules.ts";
import { page, ROOT, section, tableRows, unticked } from "./pages.ts";

const ROWS = tableRows(section(page("docs/ARCHITECTURE.md"), "## Codemap"));
const CORE = "packages/core/src";
const GATEWAY = "packages/gateway/src";

function foldersOf(path: string): string[] {
  const entries = readdirSync(join(ROOT, path), { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${path}/${name}`)
    .toSorted();
}

test("architecture: the map has every folder of core and gateway, and no other", () => {
  for (const path of [CORE, GATEWAY]) {
    // The row of the edge has two folders, the second one by its name alone.
    const mapped = ROWS.flatMap(([cell = ""]) => cell.split(", ").map(unticked)).map((name) =>
      name === "ws" ? `${GATEWAY}/ws` : name,
    );
    const folders = mapped.filter((name) => name.startsWith(`${path}/`) && !name.endsWith(".ts"));
    assert.deepEqual(folders.toSorted(), foldersOf(path));
  }
});

test("architecture: what a folder of core may import is what the house rules say", () => {
  for (const [cell = "", , mayImport = ""] of ROWS) {
    const folder = `${unticked(cell)}/`;
    const direction = DIRECTIONS.find(({ from }) => from === folder);
    if (!folder.startsWith(`${CORE}/`)) continue;
    assert.ok(direction !== undefined, folder);
    const allowed = direction.ours
      .filter((path) => path.endsWith("/"))
      .filter((path) => path !== folder)
      .map((path) => path.slice(`${CORE}/`.length, -1));
    const expected = allowed.length === 0 ? ["itself"] : allowed.toSorted();
    assert.deepEqual(mayImport.split(", ").toSorted(), expected, folder);
  }
});

// Decisions are named by their numbers, so each number is one decision's, and the list has them all.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { page, ROOT, section } from "./pages.ts";

test("decisions: numbered without gap, each page titled and listed as its file says", () => {
  const files = readdirSync(join(ROOT, "docs/decisions")).toSorted();
  const listed = [
    ...section(page("docs/README.md"), "## Decisions").matchAll(/^(\d+)\. \[(.+)\]\((.+)\)$/gm),
  ];
  assert.deepEqual(
    listed.map(([, number, title, path]) => [number, title, path]),
    files.map((file, index) => {
      const number = String(index + 1);
      assert.ok(file.startsWith(`${number.padStart(4, "0")}-`), file);
      const [first = ""] = page(`docs/decisions/${file}`).split("\n");
      assert.ok(first.startsWith(`# ${number}. `), `${file}: ${first}`);
      return [number, first.slice(`# ${number}. `.length), `decisions/${file}`];
    }),
  );
});

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openFilesMax } from "./open-files.ts";
import { temporaryFolder } from "./temporary-folder-fixture.ts";

test("open files: what Linux says in its file is what Node's report says", () => {
  assert.equal(openFilesMax(), openFilesMax("/none"));
});

test("open files: the soft limit counts, and none is no limit", (t) => {
  const file = join(temporaryFolder(t), "limits");
  const written = (soft: string) => {
    const lines = [
      "Limit                     Soft Limit           Hard Limit           Units     ",
      "Max processes             7643                 7643                 processes ",
      `Max open files            ${soft.padEnd(20)} 1048576              files     `,
    ];
    writeFileSync(file, `${lines.join("\n")}\n`);
    return openFilesMax(file);
  };
  assert.equal(written("1024"), 1024);
  assert.equal(written("unlimited"), Number.POSITIVE_INFINITY);
});

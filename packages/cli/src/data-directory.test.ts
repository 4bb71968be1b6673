import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { journalDirectory } from "./data-directory.ts";
import type { Terminal } from "./terminal.ts";

test("data directory: an empty variable is one that is not set", (t) => {
  inEmptyFolder(t, () => {
    const asked = (environment: Terminal["environment"]) => {
      return () => journalDirectory(undefined, { environment } as Terminal);
    };
    const message = `${resolve("./data")} has no journal: name the data directory with --data-dir`;
    for (const environment of [{}, { COUNTERMAND_DATA_DIR: "" }]) {
      assert.throws(asked(environment), { message });
    }
  });
});

test("data directory: one that this user may not look into is not told as empty", (t) => {
  inEmptyFolder(t, () => {
    const folder = resolve(".");
    const asked = () => journalDirectory(folder, { environment: {} } as Terminal, "", () => false);
    const message = `this user may not look into ${folder}: run this as the gateway's user`;
    assert.throws(asked, { message });
    const missing = () => journalDirectory(`${folder}/none`, { environment: {} } as Terminal);
    assert.throws(missing, /none has no journal: name the data directory/);
  });
});

/** Whoever has started a gateway in this clone has a `./data` with a journal. */
function inEmptyFolder(t: { after(callback: () => void): void }, run: () => void): void {
  const before = process.cwd();
  const folder = mkdtempSync(join(tmpdir(), "countermand-"));
  t.after(() => rmSync(folder, { recursive: true }));
  process.chdir(folder);
  try {
    run();
  } finally {
    process.chdir(before);
  }
}

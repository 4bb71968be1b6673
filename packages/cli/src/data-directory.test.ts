import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { journalDirectory } from "./data-directory.ts";
import type { Terminal } from "./terminal.ts";

test("data directory: an empty variable is one that is not set", () => {
  const asked = (environment: Terminal["environment"]) => {
    return () => journalDirectory(undefined, { environment } as Terminal);
  };
  const message = `${resolve("./data")} has no journal: name the data directory with --data-dir`;
  for (const environment of [{}, { COUNTERMAND_DATA_DIR: "" }]) {
    assert.throws(asked(environment), { message });
  }
});

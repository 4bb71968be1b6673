import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ThreadedJournal } from "../../packages/gateway/src/journal/threaded-journal.ts";
import { journalSuite } from "./journal-suite.ts";

journalSuite("threaded SQLite", async () => {
  const folder = mkdtempSync(join(tmpdir(), "countermand-journal-"));
  const journal = await ThreadedJournal.open(folder);
  let current = journal;
  return {
    journal,
    async reopen() {
      await current.close();
      current = await ThreadedJournal.open(folder);
      return current;
    },
    async dispose() {
      await current.close();
      rmSync(folder, { recursive: true });
    },
  };
});

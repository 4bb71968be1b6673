import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ThreadedJournal } from "../../packages/gateway/src/journal/threaded-journal.ts";
import { reusedJournalThread } from "../../packages/gateway/src/reused-threads-fixture.ts";
import { journalSuite } from "./journal-suite.ts";

journalSuite("threaded SQLite", async () => {
  const folder = mkdtempSync(join(tmpdir(), "countermand-journal-"));
  const open = () => ThreadedJournal.open(folder, { thread: reusedJournalThread() });
  const journal = await open();
  let current = journal;
  return {
    journal,
    async reopen() {
      await current.close();
      current = await open();
      return current;
    },
    async dispose() {
      await current.close();
      rmSync(folder, { recursive: true });
    },
  };
});

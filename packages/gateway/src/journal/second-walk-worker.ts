/** The thread that verifies the second half of a long journal. Opens it read-only, and ends. */
import { workerData } from "node:worker_threads";
import Database from "better-sqlite3";
import { readPartitions, resumeBehind, verifyChains } from "./chain-walk.ts";
import { readHead } from "./head-file.ts";
import { journalErrorFrom, journalFiles } from "./journal-schema.ts";
import type { SecondWalkStart, SecondWord } from "./second-walk.ts";

const { dataDir, after, bySeals, port, done } = workerData as SecondWalkStart;

function walked(): SecondWord {
  const files = journalFiles(dataDir);
  try {
    const head = readHead(files.head) ?? new Map();
    const database = new Database(files.database, { readonly: true });
    try {
      const chains = readPartitions(database, files);
      if (!resumeBehind(database, chains, after)) return { type: "lost" };
      const stretch = { after, through: null };
      const eventCount = verifyChains(database, chains, head, files, { stretch, bySeals });
      const behind = [...chains].filter(([id]) => id >= after.partition);
      return { type: "verified", eventCount, ends: behind.map(([id, { last }]) => [id, last]) };
    } finally {
      database.close();
    }
  } catch (error) {
    const { code, file, problem } = journalErrorFrom(error, files.database);
    return { type: "refused", code, file, problem };
  }
}

try {
  port.postMessage(walked() satisfies SecondWord);
} finally {
  // Also after a bug, so that nobody waits for a word that does not come.
  port.close();
  Atomics.store(done, 0, 1);
  Atomics.notify(done, 0);
}

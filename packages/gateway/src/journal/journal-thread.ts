/** The journal's writer as whoever starts it sees it. Loads nothing of the journal here. */
import { GatedThread, type WaitingThread } from "../sys/gated-thread.ts";
import type { JournalWorkerStart } from "./journal-worker.ts";

export type JournalThread = WaitingThread<JournalWorkerStart>;

/** Loads its code, and opens nothing before a journal is opened with it. */
export function journalThread(): JournalThread {
  return new GatedThread(new URL("./journal-worker.ts", import.meta.url));
}

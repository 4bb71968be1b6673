/** The archive's thread as whoever starts it sees it. Loads nothing of the archive here. */
import { GatedThread, type WaitingThread } from "../sys/gated-thread.ts";
import type { ArchiveWorkerStart } from "./archive-messages.ts";

export type ArchiveThread = WaitingThread<ArchiveWorkerStart>;

/** Loads its code, and opens nothing before an archive is opened with it. */
export function archiveThread(): ArchiveThread {
  return new GatedThread(new URL("./archive-worker.ts", import.meta.url));
}

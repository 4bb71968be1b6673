/**
 * The threads that every gateway has. They load their code beside the main thread, so whoever makes
 * them first, and loads the rest behind, has them when it needs them.
 */
import { type ArchiveThread, archiveThread } from "./archive/archive-thread.ts";
import { type JournalThread, journalThread } from "./journal/journal-thread.ts";

export interface NodeThreads {
  readonly journal: JournalThread;
  readonly archive: ArchiveThread;
}

export function nodeThreads(): NodeThreads {
  return { journal: journalThread(), archive: archiveThread() };
}

/**
 * Verifies a long journal in a thread of its own, so that the caller can replay it meanwhile: each
 * takes seconds, and neither waits for what the other finds until both are done.
 */
import { Worker } from "node:worker_threads";
import { inspectJournal, type JournalInspection } from "./inspect.ts";
import { JournalError, type JournalErrorCode } from "./journal.ts";

export type InspectionWord =
  | { readonly type: "inspected"; readonly inspection: JournalInspection }
  | {
      readonly type: "refused";
      readonly code: JournalErrorCode;
      readonly file: string;
      readonly problem: string;
    };

/**
 * By seals, as a start does.
 * @throws JournalError as {@link inspectJournal} does
 */
export async function inspectInThread(dataDir: string): Promise<JournalInspection> {
  const word = await wordOf(dataDir);
  // A thread that does not come up leaves it to this one; so does a bug, which shows here as well.
  if (word === null) return inspectJournal(dataDir, { bySeals: true });
  if (word.type === "refused") throw new JournalError(word.code, word.file, word.problem);
  return word.inspection;
}

function wordOf(dataDir: string): Promise<InspectionWord | null> {
  // The process's own options (--eval, --test) are not meant for this thread.
  const options = { workerData: dataDir, execArgv: [] };
  const worker = new Worker(new URL("./inspection-worker.ts", import.meta.url), options);
  return new Promise((resolve) => {
    worker.once("message", resolve);
    worker.once("error", () => resolve(null));
    worker.once("exit", () => resolve(null));
  });
}

/**
 * Verifies a long journal in a thread of its own, so that the caller can replay it meanwhile:
 * neither waits for what the other finds until both are done. Whichever is done first also has
 * SQLite look at its file: with a snapshot that is the caller, without one the thread.
 */
import { spareThread } from "../sys/spare-thread.ts";
import { databaseProblem, inspectJournal, type JournalInspection } from "./inspect.ts";
import { JournalError, type JournalErrorCode } from "./journal.ts";
import { OpenCheck } from "./open-check.ts";

/** What the thread is started with. */
export interface InspectionStart {
  readonly dataDir: string;
  /** Of the {@link OpenCheck}. */
  readonly sound: SharedArrayBuffer;
}

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
export async function inspectInThread(
  dataDir: string,
  meanwhile: () => void,
): Promise<JournalInspection> {
  const sound = OpenCheck.memory();
  const inspecting = wordOf({ dataDir, sound });
  meanwhile();
  const problem = new OpenCheck(sound).take() ? databaseProblem(dataDir) : null;
  const word = await inspecting;
  // A thread that does not come up leaves it to this one; so does a bug, which shows here as well.
  if (word === null) return inspectJournal(dataDir, { bySeals: true });
  if (word.type === "refused") throw new JournalError(word.code, word.file, word.problem);
  if (problem !== null) throw problem;
  return word.inspection;
}

function wordOf(start: InspectionStart): Promise<InspectionWord | null> {
  const file = new URL("./inspection-worker.ts", import.meta.url);
  const worker = spareThread(file, { workerData: start });
  if (worker === null) return Promise.resolve(null);
  return new Promise((resolve) => {
    worker.once("message", resolve);
    worker.once("error", () => resolve(null));
    worker.once("exit", () => resolve(null));
  });
}

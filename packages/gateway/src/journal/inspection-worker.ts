/** The thread that verifies a long journal while another one replays it. Ends with its word. */
import { parentPort, workerData } from "node:worker_threads";
import { standBack } from "../sys/thread-priority.ts";
import { inspectJournal } from "./inspect.ts";
import type { InspectionStart, InspectionWord } from "./inspection-thread.ts";
import { JournalError } from "./journal.ts";
import { OpenCheck } from "./open-check.ts";

function word({ dataDir, sound }: InspectionStart): InspectionWord {
  try {
    const options = { bySeals: true, sound: new OpenCheck(sound) };
    return { type: "inspected", inspection: inspectJournal(dataDir, options) };
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    const { code, file, problem } = error;
    return { type: "refused", code, file, problem };
  }
}

// Without a snapshot the replay takes longer.
standBack();
parentPort?.postMessage(word(workerData as InspectionStart));

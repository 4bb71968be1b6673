/** The thread that verifies a long journal while another one replays it. Ends with its word. */
import { parentPort, workerData } from "node:worker_threads";
import { standBack } from "../sys/thread-priority.ts";
import { inspectJournal } from "./inspect.ts";
import type { InspectionWord } from "./inspection-thread.ts";
import { JournalError } from "./journal.ts";

function word(dataDir: string): InspectionWord {
  try {
    return { type: "inspected", inspection: inspectJournal(dataDir, { bySeals: true }) };
  } catch (error) {
    if (!(error instanceof JournalError)) throw error;
    const { code, file, problem } = error;
    return { type: "refused", code, file, problem };
  }
}

// The replay takes longer.
standBack();
parentPort?.postMessage(word(String(workerData)));

/**
 * Threads that a start is quicker with, and does without where the system has none to give: a
 * limit of processes, as containers have one, counts threads.
 */
import { Worker, type WorkerOptions } from "node:worker_threads";

/** Null where there is none. */
export function spareThread(
  file: URL,
  options: Pick<WorkerOptions, "workerData" | "transferList">,
): Worker | null {
  try {
    // The process's own options (--eval, --test) are not meant for this thread.
    return new Worker(file, { ...options, execArgv: [] });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ERR_WORKER_INIT_FAILED") return null;
    throw error;
  }
}

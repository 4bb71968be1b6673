/** The priority of threads whose work nobody waits for. */
import { readlinkSync } from "node:fs";
import { setPriority } from "node:os";

/**
 * Lets the calling thread stand back where threads compete for a core: it gets about a third of
 * the time of one that does not. Reason: an answer waits for the gateway's own thread and the
 * journal's, hardly ever for this one, and a turn of the processor is longer than a cancel takes.
 * On Linux alone, where a thread has a priority of its own.
 */
export function standBack(): void {
  if (process.platform !== "linux") return;
  try {
    // "PID/task/TID", of the thread that asks.
    const threadId = Number(readlinkSync("/proc/thread-self").split("/").at(-1));
    if (threadId > 0) setPriority(threadId, BACKGROUND_NICENESS);
  } catch {
    // Without /proc, or where a sandbox forbids it, it competes as any other thread.
  }
}

const BACKGROUND_NICENESS = 5;

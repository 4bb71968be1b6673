/** The priority of threads whose work nobody waits for. */
import { setPriority } from "node:os";
import { callingThreadId, leaveBoundCore } from "./thread-core.ts";

/**
 * Lets the calling thread stand back where threads compete for a core: it gets about a third of
 * the time of one that does not, and leaves the core that the thread which made it may be bound to.
 * Reason: an answer waits for the gateway's own thread and the journal's, hardly ever for this one,
 * and a turn of the processor is longer than a cancel takes. On Linux alone, where a thread has a
 * priority of its own.
 */
export function standBack(): void {
  if (process.platform !== "linux") return;
  try {
    leaveBoundCore();
    setPriority(callingThreadId(), BACKGROUND_NICENESS);
  } catch {
    // Without /proc, or where a sandbox forbids it, it competes as any other thread.
  }
}

const BACKGROUND_NICENESS = 5;

/**
 * Leaves the core for a moment, to whoever waits for it. Reason: a thread that stands back gets its
 * share in turns of some 4 milliseconds, during which everybody's answers wait; one that leaves by
 * itself is preferred to nobody until the others had theirs. To be called in the midst of long work
 * of a thread that nobody waits for; costs it a tenth of a millisecond.
 */
export function stepAside(): void {
  Atomics.wait(NEVER_NOTIFIED, 0, 0, ASIDE_MS);
}

const NEVER_NOTIFIED = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
/** The system makes more of it. */
const ASIDE_MS = 0.01;

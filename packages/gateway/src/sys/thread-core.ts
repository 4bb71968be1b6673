/**
 * The core of the thread that decides. The scheduler likes to put that thread on the core of
 * whoever wakes it, a client on the same machine or the gateway's own threads, where it then waits
 * its turn while another core is idle; bound to a core it does not. On Linux alone, by the program
 * taskset, because Node has no call for it.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { availableParallelism } from "node:os";

/** Why the main thread cannot be bound to this core; null where it can. */
export function coreProblem(core: number): string | null {
  if (process.platform !== "linux") return "works on Linux only";
  const cores = processCores();
  if (!coresOf(cores).includes(core)) return `is none of the cores this process may use: ${cores}`;
  const found = spawnSync("taskset", ["--version"]).status === 0;
  return found ? null : "needs the program taskset, of the package util-linux";
}

/**
 * Binds the main thread to a core, where it stays. Threads made before keep all cores; one that it
 * makes later inherits the core, and leaves it by {@link leaveBoundCore}.
 * @throws Error what taskset said
 */
export function bindMainThread(core: number): void {
  moveThread(process.pid, String(core));
}

/** Lets the calling thread, which is not the main one, run on every core of the process again. */
export function leaveBoundCore(): void {
  const cores = processCores();
  const threadId = callingThreadId();
  if (coresOfThread(threadId) !== cores) moveThread(threadId, cores);
}

/** Whether threads of this process can run at the same time. To be asked before it is bound. */
export function hasSeveralCores(): boolean {
  return availableParallelism() > 1;
}

/** As the system numbers threads: the main one has the number of the process. */
export function callingThreadId(): number {
  // "PID/task/TID", of the thread that asks.
  return Number(readlinkSync("/proc/thread-self").split("/").at(-1));
}

/** Numbers of a list as the system writes it: `0-3,8`. */
export function coresOf(list: string): number[] {
  return list.split(",").flatMap((range) => {
    const [first = Number.NaN, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/**
 * The list of whichever of these threads has most cores; a thread may have ended since it was
 * listed.
 */
export function mostCores(threadIds: readonly number[]): string {
  let most = coresOfThread(process.pid);
  for (const threadId of threadIds) {
    const cores = coresIfThere(threadId);
    if (cores !== null && coresOf(cores).length > coresOf(most).length) most = cores;
  }
  return most;
}

/** Those of the freest thread: what is bound has fewer, and Node's own are never bound. */
function processCores(): string {
  return mostCores(readdirSync("/proc/self/task").map(Number));
}

function coresIfThere(threadId: number): string | null {
  try {
    return coresOfThread(threadId);
  } catch (error) {
    // Which of the two it is depends on whether the thread ended before its file was opened.
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return null;
    throw error;
  }
}

function coresOfThread(threadId: number): string {
  const status = readFileSync(`/proc/self/task/${threadId}/status`, "utf8");
  return /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? "";
}

function moveThread(threadId: number, cores: string): void {
  const moved = spawnSync("taskset", ["-c", "-p", cores, String(threadId)]);
  if (moved.status !== 0) throw new Error(`taskset: ${moved.error ?? moved.stderr}`);
}

/**
 * A thread that is the journal's or an archive's, one after the other: each gets a port of its own,
 * and the code is loaded once.
 */
import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { assert } from "@countermand/core/assert";
import { standBack } from "./sys/thread-priority.ts";

/** What the host is made with. */
export interface HostData {
  readonly role: keyof typeof ROLES;
}

/** One life of the thread; null in place of it is its end. */
export interface HostedStart {
  readonly port: MessagePort;
  readonly start: never;
}

type Role = () => Promise<(port: MessagePort, start: never) => void>;

const ROLES = {
  journal: async () => (await import("./journal/journal-worker.ts")).startJournalThread,
  archive: async () => {
    const { startArchiveThread } = await import("./archive/archive-worker.ts");
    standBack();
    return startArchiveThread;
  },
} satisfies Record<string, Role>;

assert(parentPort !== null, "it is a thread");
const host = parentPort;
const run: Awaited<ReturnType<Role>> = await ROLES[(workerData as HostData).role]();
host.on("message", (next: HostedStart | null) => {
  if (next === null) return host.close();
  const { port, start } = next;
  port.once("close", () => host.postMessage("over"));
  run(port, start);
  // One that waits for nothing has ended.
  if (port.listenerCount("message") === 0) port.close();
});

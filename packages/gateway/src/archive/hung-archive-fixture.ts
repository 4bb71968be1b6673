/** An archive's thread that says it is ready, and hears nothing more: for tests. */
import { parentPort } from "node:worker_threads";
import { waitAtGate } from "../sys/gated-thread.ts";
import type { FromArchive } from "./archive-messages.ts";

if (parentPort !== null) {
  waitAtGate(parentPort);
  const ready: FromArchive = { type: "ready", positions: new Map(), rebuilt: null };
  parentPort.postMessage(ready);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)), 0, 0);
}

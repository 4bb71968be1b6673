import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { GatedThread } from "./gated-thread.ts";

/** Says that it is loaded, waits, and says what it was started with. */
const CODE = `
import { parentPort } from "node:worker_threads";
import { waitAtGate } from ${JSON.stringify(new URL("./gated-thread.ts", import.meta.url).href)};
parentPort.postMessage("loaded");
parentPort.postMessage(waitAtGate(parentPort).name);
`;

function thread(code: string): GatedThread<{ name: string }> {
  return new GatedThread(new URL(`data:text/javascript,${encodeURIComponent(code)}`));
}

test("gated thread: loads at once, begins when told", async () => {
  const told = thread(CODE);
  const { worker } = told;
  const messages: unknown[] = [];
  worker.on("message", (message) => messages.push(message));
  await once(worker, "message");
  assert.deepEqual(messages, ["loaded"]);
  told.begin({ name: "first" });
  await once(worker, "exit");
  assert.deepEqual(messages, ["loaded", "first"]);
});

test("gated thread: one that was told before it loaded does not wait", async () => {
  const told = thread(CODE);
  const { worker } = told;
  told.begin({ name: "first" });
  const [exitCode] = await once(worker, "exit");
  assert.equal(exitCode, 0);
});

test("gated thread: abandoned at the gate, it never begins", async () => {
  const waiting = thread(CODE);
  const messages: unknown[] = [];
  waiting.worker.on("message", (message) => messages.push(message));
  await once(waiting.worker, "message");
  await waiting.abandon();
  assert.deepEqual(messages, ["loaded"]);
});

test("gated thread: one that is abandoned is let through the gate, to its end", async () => {
  const waiting = thread(`
import { parentPort, workerData } from "node:worker_threads";
import { waitAtGate } from ${JSON.stringify(new URL("./gated-thread.ts", import.meta.url).href)};
parentPort.postMessage(workerData.gate);
waitAtGate(parentPort);
parentPort.postMessage("begun");
`);
  const messages: unknown[] = [];
  waiting.worker.on("message", (message) => messages.push(message));
  await once(waiting.worker, "message");
  await waiting.abandon();
  const [gate, ...more] = messages;
  assert.ok(gate instanceof Int32Array);
  assert.equal(Atomics.wait(gate, 0, 0, 0), "not-equal", "whoever comes now would not wait");
  assert.deepEqual(more, []);
});

test("gated thread: one that cannot load says why", async () => {
  const broken = thread("throw new Error('no such code')");
  assert.equal(broken.problem, null);
  await new Promise((resolve) => broken.worker.once("exit", resolve));
  assert.equal(broken.problem, "no such code");
  await broken.abandon();
});

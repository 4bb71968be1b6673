import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { bindMainThread, callingThreadId, coreProblem, coresOf, mostCores } from "./thread-core.ts";

test("core: a list of cores is read as the system writes it", () => {
  assert.deepEqual(coresOf("0"), [0]);
  assert.deepEqual(coresOf("0-3"), [0, 1, 2, 3]);
  assert.deepEqual(coresOf("1,3-5,64"), [1, 3, 4, 5, 64]);
  assert.deepEqual(coresOf(""), [0], "what it never writes");
});

test("core: one that the process does not have is refused, with those it has", () => {
  const [own = 0] = coresOf(coresOfMain());
  assert.equal(coreProblem(own), null);
  assert.match(coreProblem(9_999) ?? "", /is none of the cores this process may use: \d/);
});

test("core: a thread that ended since it was listed is passed over", () => {
  const beyondAllThreads = 2 ** 30;
  assert.equal(mostCores([beyondAllThreads, process.pid]), coresOfMain());
  assert.equal(mostCores([]), coresOfMain());
});

test("core: the main thread keeps to it, a thread made later leaves it when it asks", async (t) => {
  const before = coresOfMain();
  const [core = 0] = coresOf(before);
  t.after(() => spawnSync("taskset", ["-c", "-p", before, String(process.pid)]));
  bindMainThread(core);
  assert.equal(coresOfMain(), String(core));
  assert.equal(callingThreadId(), process.pid);
  const worker = new Worker(
    `const { parentPort, workerData } = require("node:worker_threads");
     const { readFileSync } = require("node:fs");
     import(workerData).then(({ leaveBoundCore, callingThreadId }) => {
       const list = () => /^Cpus_allowed_list:\\s*(\\S+)$/m.exec(
         readFileSync("/proc/self/task/" + callingThreadId() + "/status", "utf8"))[1];
       const inherited = list();
       leaveBoundCore();
       parentPort.postMessage([inherited, list()]);
     });`,
    { eval: true, workerData: new URL("./thread-core.ts", import.meta.url).href },
  );
  assert.deepEqual(await once(worker, "message"), [[String(core), before]]);
  assert.equal(coresOfMain(), String(core), "it stays where it is");
  assert.equal(coreProblem(coresOf(before).at(-1) ?? core), null, "the process has what it had");
});

function coresOfMain(): string {
  const status = readFileSync(`/proc/self/task/${process.pid}/status`, "utf8");
  return /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? "";
}

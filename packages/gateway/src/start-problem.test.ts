import assert from "node:assert/strict";
import { test } from "node:test";
import { startProblem } from "./start-problem.ts";

const problemOf = (message: string, code: string) => {
  return startProblem(Object.assign(new Error(message), { code }));
};

test("start problem: what the system lacks comes with what to do", () => {
  for (const [code, advice] of [
    ["EADDRINUSE", "stop the other process or set COUNTERMAND_PORT, or COUNTERMAND_OPERATOR_PORT"],
    ["EMFILE", "raise the process's limit of open files: ulimit -n, or LimitNOFILE of the service"],
    ["ENFILE", /^the whole machine has too many files open: /],
  ] as const) {
    const [line = "", ...others] = problemOf(`listen ${code}:\n no more`, code);
    const [said, told = ""] = line.split("; ", 2);
    assert.equal(said, `listen ${code}: no more`);
    if (typeof advice === "string") assert.equal(told, advice);
    else assert.match(told, advice);
    assert.deepEqual(others, []);
  }
});

test("start problem: any other is one line, and faults of the configuration are one each", () => {
  assert.deepEqual(problemOf(" no\n such  host ", "ENOTFOUND"), ["no such host"]);
  const faults = ["COUNTERMAND_PORT=x: …", "COUNTERMAND_HOST=y: …"];
  assert.deepEqual(startProblem(Object.assign(new Error("both"), { faults })), faults);
});

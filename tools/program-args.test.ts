import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { positiveNumber, programArgs, UsageError, wholeNumber } from "./program-args.ts";

const ROOT = join(import.meta.dirname, "..");
const OPTIONS = { seeds: { type: "string" }, long: { type: "boolean" } } as const;

const refusal = (text: string) => new UsageError(text);

test("program arguments: options and names in any order", () => {
  const { values, positionals } = programArgs(["kill", "--seeds=3", "torn", "--long"], OPTIONS);
  assert.deepEqual({ ...values }, { seeds: "3", long: true });
  assert.deepEqual(positionals, ["kill", "torn"]);
});

test("program arguments: what is not understood is one sentence", () => {
  assert.throws(() => programArgs(["--bogus"], OPTIONS), refusal("Unknown option '--bogus'"));
  const lacks = "Option '--seeds <value>' argument missing";
  assert.throws(() => programArgs(["--seeds"], OPTIONS), refusal(lacks));
  const hasOne = "Option '--long' does not take an argument";
  assert.throws(() => programArgs(["--long=1"], OPTIONS), refusal(hasOne));
});

test("program arguments: numbers are whole texts, from the least that makes sense", () => {
  assert.equal(wholeNumber("--seeds", "20", 1), 20);
  for (const text of ["", "abc", "1.5", "-1", "0", "1e3", "9007199254740992"]) {
    const told = refusal(`--seeds ${text}: expected a whole number from 1`);
    assert.throws(() => wholeNumber("--seeds", text, 1), told);
  }
  assert.equal(positiveNumber("--minutes", "0.5"), 0.5);
  for (const text of ["", "soon", "0", "-1", "1e3", ".5"]) {
    const told = refusal(`--minutes ${text}: expected a number above zero`);
    assert.throws(() => positiveNumber("--minutes", text), told);
  }
});

/** Of the proofs that anyone can run. */
const PROGRAMS = [
  "test/sim/main.ts",
  "test/e2e/crash/run.ts",
  "test/hostile/run.ts",
  "test/properties/run.ts",
  "bench/load/run.ts",
  "bench/run.ts",
];

for (const program of PROGRAMS) {
  test(`program arguments: ${program} tells its usage, and refuses what it does not know`, () => {
    const helped = spawnSync(process.execPath, [program, "--help"], { cwd: ROOT });
    assert.equal(helped.status, 0, String(helped.stderr));
    const usage = String(helped.stdout);
    assert.match(usage, /^ {2}npm run [a-z]+/m);
    const refused = spawnSync(process.execPath, [program, "--bogus"], { cwd: ROOT });
    assert.equal(refused.status, 2);
    assert.equal(String(refused.stderr), `Unknown option '--bogus'\n\n${usage}`);
    assert.equal(String(refused.stdout), "");
  });
}

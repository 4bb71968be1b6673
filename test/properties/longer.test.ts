import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../e2e/gateway-process.ts";

/** A program in place of a test file, with what is preloaded before those. */
function run(text: string) {
  const preloaded = `--import=${join(import.meta.dirname, "longer.ts")}`;
  const args = [preloaded, "--input-type=module", `--eval=import fc from "fast-check"; ${text}`];
  return spawnSync(process.execPath, args, {
    cwd: ROOT,
    encoding: "utf8",
    env: { ...process.env, PROPERTY_SECONDS: "0.05" },
  });
}

test("properties: each is checked again until its time is over, whether it waits or not", () => {
  const { status, stdout } = run(`
    let nowMs = 0;
    performance.now = () => (nowMs += 10);
    const seen = new Set();
    const once = { numRuns: 1 };
    fc.assert(fc.property(fc.nat(), (n) => void seen.add(n)), once);
    const count = seen.size;
    await fc.assert(fc.asyncProperty(fc.nat(), async (n) => void seen.add(n)), once);
    if (count < 3 || seen.size < count + 3) process.exitCode = 1;
  `);
  assert.equal(status, 0);
  assert.match(stdout, /: 2 properties, 10 runs\n$/);
});

test("properties: what does not hold is told with its seed and the shrunk case", () => {
  const { status, stderr } = run("fc.assert(fc.property(fc.nat(), (n) => n < 1_000));");
  assert.notEqual(status, 0);
  assert.match(stderr, /seed: -?\d+/);
  assert.match(stderr, /Counterexample: \[1000\]/);
});

// The whole gateway in a simulated world: a fixed set of seeds, and that a seed is a story.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { installDoors, plantIn } from "./doors/install.ts";
import { PLANTED_BUGS } from "./planted-bugs.ts";
import type { runSeed as RunSeed } from "./run-seed.ts";

/** Chosen so that every kind of fault, market and day, and almost every refusal, is among them. */
const SEEDS = [5, 12, 14, 33, 42, 49, 53, 58, 60, 69, 79, 81, 83];

/** What they came to, for the tests behind. */
const outcomes = new Map<number, Awaited<ReturnType<typeof RunSeed>>>();

let runSeed: typeof RunSeed;

before(async () => {
  installDoors();
  ({ runSeed } = await import("./run-seed.ts"));
});

for (const seed of SEEDS) {
  test(`simulation: seed ${seed} keeps every promise`, async () => {
    const outcome = await runSeed(seed);
    outcomes.set(seed, outcome);
    const { violation, story, answerCount, pushCount } = outcome;
    assert.equal(violation, null, `npm run sim -- ${seed}\n${story.slice(-20).join("\n")}`);
    assert.ok(answerCount > 20 && pushCount > 20, "clients were told something");
  });
}

test("simulation: a crash in the middle of a change of the disk", async () => {
  for (const [atChange, end] of [
    [40, "powerCut"],
    [150, "powerCut"],
    [300, "killed"],
  ] as const) {
    const { faults, violation } = await runSeed(7, { oneCrash: { atChange, end } });
    assert.equal(violation, null, `${end} at change ${atChange}`);
    assert.equal(faults[end], 1, "it struck");
  }
});

test("simulation: the same seed is the same story, to the last byte", async () => {
  const first = outcomes.get(33) ?? (await runSeed(33));
  assert.deepEqual(await runSeed(33), first);
  const other = outcomes.get(14) ?? (await runSeed(14));
  assert.notEqual(first.traceHash, other.traceHash);
});

for (const { name, plants } of PLANTED_BUGS) {
  test(`planted bug: ${name} has its place in the sources`, () => {
    for (const plant of plants) {
      const source = readFileSync(new URL(`../../${plant.file}`, import.meta.url), "utf8");
      assert.notEqual(plantIn(source, plant), source);
    }
  });
}

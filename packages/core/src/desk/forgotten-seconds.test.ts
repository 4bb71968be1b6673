import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ForgottenSeconds } from "./forgotten-seconds.ts";

const numRuns = Number(process.env["PROPERTY_RUNS"] ?? 500);

function of(...seconds: number[]): ForgottenSeconds {
  const forgotten = new ForgottenSeconds();
  for (const second of seconds) forgotten.add(second);
  return forgotten;
}

test("forgotten seconds: what lies near each other is one range, in whatever order it comes", () => {
  const ranges = [
    [1_000, 1_020],
    [1_031, 1_031],
  ];
  assert.deepEqual(of(1_000, 1_010, 1_020, 1_031).ranges, ranges);
  assert.deepEqual(of(1_031, 1_020, 1_000, 1_010).ranges, ranges);
  assert.deepEqual(of(1_020, 1_000).ranges.length, 2);
});

test("forgotten seconds: the last range that has any of the seconds is found", () => {
  const forgotten = of(1_000, 1_010, 5_000, 9_000);
  assert.deepEqual(forgotten.find(1_005, 1_005), [1_000, 1_010]);
  assert.deepEqual(forgotten.find(1_010, 4_999), [1_000, 1_010]);
  assert.deepEqual(forgotten.find(0, Number.POSITIVE_INFINITY), [9_000, 9_000]);
  assert.equal(forgotten.find(1_011, 4_999), null);
  assert.equal(forgotten.find(9_001, Number.POSITIVE_INFINITY), null);
  assert.equal(new ForgottenSeconds().find(0, Number.POSITIVE_INFINITY), null);
});

test("forgotten seconds: a few ranges hold all there ever were, and the latest gaps stay", () => {
  const seconds = fc.array(fc.nat({ max: 9_000 }), { maxLength: 400, size: "max" });
  fc.assert(
    fc.property(seconds, (added) => {
      const forgotten = of(...added);
      const { ranges } = forgotten;
      assert.ok(ranges.length <= 256);
      for (const second of added) assert.ok(forgotten.find(second, second) !== null);
      for (const [index, [fromS, throughS]] of ranges.entries()) {
        assert.ok(added.includes(fromS) && added.includes(throughS), "ends were forgotten");
        const next = ranges[index + 1];
        assert.ok(next === undefined || next[0] - throughS > 10, "and lie apart");
      }
      const again = new ForgottenSeconds();
      again.restore(ranges);
      assert.deepEqual(again.ranges, ranges);
    }),
    { numRuns },
  );
});

test("forgotten seconds: one range too many takes the earliest gap of those that are alike", () => {
  const forgotten = of(...Array.from({ length: 257 }, (_, index) => index * 1_000));
  assert.equal(forgotten.ranges.length, 256);
  assert.deepEqual(forgotten.ranges[0], [0, 1_000]);
  assert.equal(forgotten.find(15_001, 15_999), null);
});

test("forgotten seconds: what lies between two clocks stays free, however long one was astray", () => {
  const forgotten = of(1_000);
  for (let second = 87_400; second < 97_400; second += 15) forgotten.add(second);
  assert.equal(forgotten.ranges.length, 256);
  assert.equal(forgotten.find(1_001, 87_399), null);
  // Set back: the right clock's seconds come before them, and are many as well.
  for (let second = 4_000; second < 14_000; second += 15) forgotten.add(second);
  assert.equal(forgotten.ranges.length, 256);
  assert.equal(forgotten.find(1_001, 3_999), null);
  assert.equal(forgotten.find(14_000, 87_399), null);
});

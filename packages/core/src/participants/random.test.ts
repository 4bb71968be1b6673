import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { InvariantError } from "../assert.ts";
import { Random, type RandomState, runSeed } from "./random.ts";

const MASK = 0xffff_ffffn;
const numRuns = 300;

const word = fc.nat({ max: 0xffff_ffff });
const states = fc
  .tuple(word, word, word, word)
  .filter((words) => words.some((each) => each !== 0)) as fc.Arbitrary<RandomState>;

test("random: the first draws of the state 1, 2, 3, 4, worked out by hand", () => {
  const random = new Random([1, 2, 3, 4]);
  const draws = Array.from({ length: 4 }, () => random.next());
  assert.deepEqual(draws, [11_520, 0, 5_927_040, 70_819_200]);
});

test("random: draws are those of the definition, computed on integers without a size", () => {
  fc.assert(
    fc.property(states, (state) => {
      const random = new Random(state);
      const words = state.map(BigInt);
      for (let count = 0; count < 20; count += 1) {
        assert.equal(BigInt(random.next()), definedNext(words));
        assert.deepEqual(random.state.map(BigInt), words);
      }
    }),
    { numRuns },
  );
});

test("random: a state, written and read again, has the same future", () => {
  fc.assert(
    fc.property(states, (state) => {
      const random = new Random(state);
      random.next();
      const again = new Random(JSON.parse(JSON.stringify(random.state)));
      for (let count = 0; count < 5; count += 1) assert.equal(again.next(), random.next());
    }),
    { numRuns },
  );
});

test("random: what is no state is a bug", () => {
  const states: readonly RandomState[] = [
    [0, 0, 0, 0],
    [1, -1, 1, 1],
    [1, 1, 0.5, 1],
    [1, 1, 1, 2 ** 32],
  ];
  for (const state of states) assert.throws(() => new Random(state), InvariantError);
});

test("random: seeds and streams have draws of their own", () => {
  const firsts = new Set<number>();
  for (let seed = 0; seed < 20; seed += 1) {
    for (const stream of ["a", "b", "ab", "ba", ""]) {
      firsts.add(Random.seeded(seed, stream).next());
      assert.equal(Random.seeded(seed, stream).next(), Random.seeded(seed, stream).next());
    }
  }
  assert.equal(firsts.size, 100);
});

test("random: a run's seed differs by journal position", () => {
  const seeds = Array.from({ length: 100 }, (_, position) => runSeed(1, position));
  assert.equal(new Set(seeds).size, 100);
  assert.equal(runSeed(1, 99), seeds[99]);
});

test("random: below stays below, and every number comes about equally often", () => {
  const random = Random.seeded(7, "below");
  const counts = new Array<number>(10).fill(0);
  for (let draw = 0; draw < 10_000; draw += 1) {
    const drawn = random.below(10);
    counts[drawn] = (counts[drawn] ?? 0) + 1;
  }
  assert.equal(counts.length, 10);
  for (const count of counts) assert.ok(count > 900 && count < 1_100, counts.join(" "));
});

test("random: chances are kept, and the certain and the impossible are", () => {
  const random = Random.seeded(7, "chance");
  let count = 0;
  for (let draw = 0; draw < 10_000; draw += 1) {
    if (random.chance(250_000)) count += 1;
    assert.equal(random.chance(0), false);
    assert.equal(random.chance(1_000_000), true);
  }
  assert.ok(count > 2_350 && count < 2_650, String(count));
});

test("random: stepped draws are on the steps, both ends among them", () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer(), fc.nat({ max: 5 }), fc.nat(1_000), (seed, min, n, step) => {
      const random = Random.seeded(seed, "stepped");
      const [low, size] = [BigInt(min), BigInt(step) + 1n];
      const high = low + BigInt(n) * size;
      const drawn = new Set<bigint>();
      for (let draw = 0; draw < 200; draw += 1) drawn.add(random.stepped(low, high, size));
      assert.equal(drawn.size, n + 1);
      for (const each of drawn)
        assert.ok(each >= low && each <= high && (each - low) % size === 0n);
    }),
    { numRuns: 50 },
  );
});

test("random: ranges that are none are bugs", () => {
  const random = Random.seeded(1, "");
  for (const count of [0, -1, 1.5, 2 ** 22]) {
    assert.throws(() => random.below(count), InvariantError);
  }
  assert.throws(() => random.stepped(2n, 1n, 1n), InvariantError);
  assert.throws(() => random.stepped(1n, 2n, 2n), InvariantError);
  assert.throws(() => random.pick([]), InvariantError);
});

/** xoshiro128** on a list of words, in place. */
function definedNext(words: bigint[]): bigint {
  let [a = 0n, b = 0n, c = 0n, d = 0n] = words;
  const result = (rotated((b * 5n) & MASK, 7n) * 9n) & MASK;
  const shifted = (b << 9n) & MASK;
  c ^= a;
  d ^= b;
  b ^= c;
  a ^= d;
  c ^= shifted;
  d = rotated(d, 11n);
  words.splice(0, 4, a, b, c, d);
  return result;
}

function rotated(value: bigint, bits: bigint): bigint {
  return ((value << bits) | (value >> (32n - bits))) & MASK;
}

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BookSide, CHUNK_LEVELS_MAX } from "./book-side.ts";

interface Level {
  readonly ticks: number;
}

const newLevel = (ticks: number): Level => ({ ticks });

test("book side: prices stay in order while levels come and go over many chunks", () => {
  const price = fc.integer({ min: 1, max: 20 * CHUNK_LEVELS_MAX });
  const prices = fc.uniqueArray(price, { minLength: 1, maxLength: 6 * CHUNK_LEVELS_MAX });
  const side = fc.constantFrom("highest" as const, "lowest" as const);
  fc.assert(
    fc.property(side, prices, prices, (best, added, touched) => {
      const side = new BookSide(best, newLevel);
      const expected = new Set<number>();
      for (const ticks of [...added, ...touched]) {
        const level = side.levelAt(ticks);
        assert.equal(level.ticks, ticks);
        assert.equal(side.levelAt(ticks), level);
        if (expected.has(ticks)) side.remove(level);
        if (!expected.delete(ticks)) expected.add(ticks);
      }
      assertLevels(side, best, expected);
      for (const ticks of added) if (expected.delete(ticks)) side.remove(side.levelAt(ticks));
      assertLevels(side, best, expected);
    }),
    { numRuns: 40 },
  );
});

test("book side: a side built up, emptied from its best price, and built up again", () => {
  const side = new BookSide("lowest", newLevel);
  const priceCount = 10 * CHUNK_LEVELS_MAX;
  for (let round = 0; round < 2; round += 1) {
    for (let ticks = priceCount; ticks >= 1; ticks -= 1) side.levelAt(ticks);
    for (let ticks = 1; ticks <= priceCount; ticks += 1) {
      assert.equal(side.best?.ticks, ticks);
      side.remove(side.levelAt(ticks));
    }
    assert.equal(side.best, undefined);
  }
});

test("book side: a level of the other side cannot be removed", () => {
  const bids = new BookSide("highest", newLevel);
  bids.levelAt(5);
  const stranger = new BookSide("lowest", newLevel).levelAt(5);
  assert.throws(() => bids.remove(stranger), /the level is on this side/);
});

function assertLevels(side: BookSide<Level>, best: string, expected: ReadonlySet<number>): void {
  const bestFirst = [...expected].sort((a, b) => (best === "highest" ? b - a : a - b));
  assert.deepEqual(
    [...side].map((level) => level.ticks),
    bestFirst,
  );
  const walked: number[] = [];
  for (let level = side.best; level !== undefined; level = side.after(level)) {
    walked.push(level.ticks);
  }
  assert.deepEqual(walked, bestFirst);
  assert.equal(side.best?.ticks, bestFirst[0]);
}

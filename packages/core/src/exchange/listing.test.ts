import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ONE, type Price, type Qty, REFERENCE_INSTRUMENTS } from "../model/index.ts";
import { Listing } from "./listing.ts";

const [SHARE] = REFERENCE_INSTRUMENTS;
assert.ok(SHARE);

/** Steps whose multiples reach beyond the safe integers, and steps that do themselves. */
const anyStep = fc.oneof(
  fc.bigInt({ min: 1n, max: 1_000_000n }),
  fc.bigInt({ min: 1n, max: 100n * ONE }),
  fc.bigInt({ min: 1n, max: 1n << 60n }),
);

test("listing: a value in steps is exact, and one off the grid is a bug, however large", () => {
  const count = fc.integer({ min: 0, max: 1_000_000_000 });
  fc.assert(
    fc.property(anyStep, count, fc.bigInt({ min: 0n, max: 1n << 60n }), (step, steps, any) => {
      const listing = new Listing({ ...SHARE, priceTick: step as Price, lotQty: step as Qty });
      const value = BigInt(steps) * step;
      assert.equal(listing.ticksOf(value as Price), steps);
      assert.equal(listing.lotsOf(value as Qty), steps);
      assert.equal(listing.priceOf(steps), value);
      const off = value + (any % step);
      if (off === value) return;
      assert.throws(() => listing.ticksOf(off as Price), /lie on the grid/);
      assert.throws(() => listing.lotsOf(off as Qty), /lie on the grid/);
    }),
    { numRuns: 2_000 },
  );
});

test("listing: values of 64 bits and more are no smaller ones", () => {
  for (const step of [1n << 32n, 1n << 60n, 1n << 63n, 1n << 64n]) {
    const listing = new Listing({ ...SHARE, priceTick: step as Price });
    for (const steps of [1, 2, 8, 16, 2 ** 32]) {
      assert.equal(listing.ticksOf((BigInt(steps) * step) as Price), steps);
    }
  }
});

test("listing: the least step off the grid is seen up to the last safe integer", () => {
  const max = BigInt(Number.MAX_SAFE_INTEGER);
  for (const step of [2n, 3n, 7n, 1_000_003n, ONE, max / 2n, max / 3n, max - 1n]) {
    const listing = new Listing({ ...SHARE, priceTick: step as Price });
    const highest = (max / step) * step;
    assert.equal(BigInt(listing.ticksOf(highest as Price)) * step, highest);
    for (const value of [highest - 1n, highest + 1n]) {
      assert.throws(() => listing.ticksOf(value as Price), /lie on the grid/, String(step));
    }
  }
});

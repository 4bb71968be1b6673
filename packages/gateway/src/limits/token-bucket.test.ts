import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TokenBucket } from "./token-bucket.ts";

test("token bucket: is full at the start, empties, and fills evenly", () => {
  const bucket = new TokenBucket(10, 5, 0);
  assert.equal(bucket.count(0), 10);
  bucket.take(10, 0);
  assert.deepEqual([bucket.count(499), bucket.count(500), bucket.count(4_999)], [0, 1, 9]);
  assert.equal(bucket.count(60_000), 10);
});

test("token bucket: says when there are enough, and never waits for more than it holds", () => {
  const bucket = new TokenBucket(3, 1, 0);
  bucket.take(3, 0);
  assert.deepEqual(
    [bucket.waitMs(1, 0), bucket.waitMs(3, 0), bucket.waitMs(9, 0)],
    [334, 1000, 1000],
  );
  assert.equal(bucket.waitMs(1, 333), 1);
  assert.equal(bucket.waitMs(1, 334), 0);
});

test("token bucket: what is put back does not overflow", () => {
  const bucket = new TokenBucket(3, 1, 0);
  bucket.take(1, 0);
  bucket.add(7, 0);
  assert.equal(bucket.count(0), 3);
});

test("token bucket: a clock that stands still or goes back fills nothing", () => {
  const bucket = new TokenBucket(3, 1, 10_000);
  bucket.take(3, 10_000);
  assert.equal(bucket.count(10_000), 0);
  assert.equal(bucket.count(5_000), 0);
});

test("token bucket: never gives more than its size and what time brought", () => {
  const takes = fc.array(fc.record({ count: fc.nat(5), afterMs: fc.nat(3_000) }));
  const shape = {
    size: fc.integer({ min: 1, max: 1_000_000 }),
    seconds: fc.integer({ min: 1, max: 3_600 }),
  };
  fc.assert(
    fc.property(shape.size, shape.seconds, takes, (size, seconds, steps) => {
      const bucket = new TokenBucket(size, seconds, 0);
      let [nowMs, given] = [0, 0];
      for (const { count, afterMs } of steps) {
        nowMs += afterMs;
        const isThere = bucket.count(nowMs) >= count;
        if (count <= size) assert.equal(bucket.waitMs(count, nowMs) === 0, isThere);
        if (!isThere) continue;
        bucket.take(count, nowMs);
        given += count;
        assert.ok(given <= size + (nowMs * size) / (seconds * 1000));
      }
    }),
  );
});

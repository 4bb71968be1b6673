import assert from "node:assert/strict";
import { test } from "node:test";
import { ServerClock } from "./clock.ts";

test("clock: the shortest round trip counts, and its middle is the server's moment", () => {
  const clock = new ServerClock(() => 1_000_000);
  clock.measured([
    { sentMs: 0, receivedMs: 400, serverMs: 9_999 },
    { sentMs: 1_000, receivedMs: 1_020, serverMs: 6_010 },
    { sentMs: 2_000, receivedMs: 2_100, serverMs: 9_999 },
  ]);
  assert.equal(clock.offsetMs, 5_000);
  assert.equal(clock.errorMs, 10);
  assert.equal(clock.nowMs(), 1_005_000);
});

test("clock: an exchange during which ours was set back says least of all", () => {
  const clock = new ServerClock(() => 1_000_000);
  const setBack = { sentMs: 20_000, receivedMs: 10_010, serverMs: 25_000 };
  clock.measured([setBack, { sentMs: 10_020, receivedMs: 10_040, serverMs: 25_030 }]);
  assert.deepEqual([clock.offsetMs, clock.errorMs], [15_000, 10]);
  clock.measured([setBack]);
  assert.equal(clock.errorMs, Number.POSITIVE_INFINITY);
});

test("clock: no two stamps are equal, however many are taken in one millisecond", () => {
  const clock = new ServerClock(() => 5_000);
  const stamps = Array.from({ length: 100 }, () => clock.stampMs());
  assert.equal(new Set(stamps).size, stamps.length);
  assert.equal(stamps[0], 5_000);
});

test("clock: a measure brings stamps back that a wrong clock had carried far ahead", () => {
  let nowMs = 10_000_000;
  const clock = new ServerClock(() => nowMs);
  clock.stampMs();
  nowMs = 10_000_001;
  clock.measured([{ sentMs: nowMs, receivedMs: nowMs, serverMs: 1_000_000 }]);
  assert.equal(clock.stampMs(), 1_000_000);
});

test("clock: stamps that run ahead a little stay ahead, so that none is given twice", () => {
  const clock = new ServerClock(() => 5_000);
  const stamps = Array.from({ length: 500 }, () => clock.stampMs());
  clock.stampsRefused();
  stamps.push(clock.stampMs());
  clock.measured([{ sentMs: 5_000, receivedMs: 5_000, serverMs: 5_000 }]);
  stamps.push(clock.stampMs());
  clock.measured([]);
  assert.equal(clock.errorMs, 0);
  assert.equal(new Set(stamps).size, stamps.length);
  clock.stampMs();
  clock.stampsRefused();
  assert.equal(clock.stampMs(), 5_000);
});

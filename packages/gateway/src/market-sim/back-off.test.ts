import assert from "node:assert/strict";
import { test } from "node:test";
import { InvariantError } from "@countermand/core/assert";
import { BackOff } from "./back-off.ts";

test("back-off: pauses double up to the longest, and begin short again after it worked", () => {
  const backOff = new BackOff(100, 500);
  assert.ok(backOff.isOver(0));
  let nowMs = 0;
  const pauseMs = () => {
    backOff.failed(nowMs);
    const failedMs = nowMs;
    while (!backOff.isOver(nowMs)) nowMs += 1;
    return nowMs - failedMs;
  };
  assert.deepEqual(
    [pauseMs(), pauseMs(), pauseMs(), pauseMs(), pauseMs()],
    [100, 200, 400, 500, 500],
  );
  backOff.worked();
  assert.deepEqual([pauseMs(), pauseMs()], [100, 200]);
});

test("back-off: failures within a pause change nothing", () => {
  const backOff = new BackOff(100, 500);
  backOff.failed(0);
  for (let nowMs = 0; nowMs < 100; nowMs += 10) backOff.failed(nowMs);
  assert.ok(!backOff.isOver(99) && backOff.isOver(100));
  backOff.failed(100);
  assert.ok(!backOff.isOver(299) && backOff.isOver(300));
});

test("back-off: a pause that is none, or ends before it begins, is a bug", () => {
  assert.throws(() => new BackOff(0, 500), InvariantError);
  assert.throws(() => new BackOff(501, 500), InvariantError);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../sys/fake-clock.ts";
import { ArchiveError } from "./archive-error.ts";
import { PositionWaiters } from "./position-waiters.ts";

/** Waits for some positions; `log` says what became of them. */
function waitFor(positions: readonly (readonly [partition: string, seq: number, ms?: number])[]) {
  const clock = new FakeClock();
  const waiters = new PositionWaiters(clock);
  const log: string[] = [];
  for (const [partition, seq, withinMs] of positions) {
    waiters.wait(partition, seq, withinMs ?? null).then(
      () => log.push(`${partition} ${seq}`),
      ({ message }) => log.push(`${partition} ${seq}: ${message.split(": ")[1]}`),
    );
  }
  return { clock, waiters, log };
}

const settled = () => new Promise(setImmediate);

test("position waiters: those of the partition are told, up to what is reached", async () => {
  const { clock, waiters, log } = waitFor([
    ["a", 5],
    ["a", 3, 100],
    ["b", 3],
    ["a", 6, 100],
  ]);
  waiters.reached("a", 5);
  await settled();
  assert.deepEqual(log, ["a 5", "a 3"]);
  assert.equal(clock.timerCount, 1);
  waiters.reached("a", 5);
  waiters.reached("b", 100);
  await settled();
  assert.deepEqual(log, ["a 5", "a 3", "b 3"]);
});

test("position waiters: who waits too long is told so, the others wait on", async () => {
  const { clock, waiters, log } = waitFor([
    ["a", 5, 100],
    ["a", 5, 200],
    ["a", 5],
  ]);
  clock.advance(100);
  await settled();
  assert.deepEqual(log, ["a 5: it has not caught up in time"]);
  waiters.reached("a", 5);
  await settled();
  assert.deepEqual(log.slice(1), ["a 5", "a 5"]);
  assert.equal(clock.timerCount, 0);
});

test("position waiters: all are refused at once, and leave no timer", async () => {
  const { clock, waiters, log } = waitFor([
    ["a", 5, 100],
    ["b", 1],
  ]);
  waiters.refuseAll(new ArchiveError("it is closed"));
  waiters.reached("a", 5);
  await settled();
  assert.deepEqual(log, ["a 5: it is closed", "b 1: it is closed"]);
  assert.equal(clock.timerCount, 0);
});

test("position waiters: what is awaited lies behind one position and up to another", () => {
  const { waiters } = waitFor([["a", 5]]);
  for (const [partition, afterSeq, throughSeq, isAwaited] of [
    ["a", 4, 5, true],
    ["a", 0, 9, true],
    ["a", 5, 9, false],
    ["a", 0, 4, false],
    ["b", 0, 9, false],
  ] as const) {
    assert.equal(waiters.isAwaited(partition, afterSeq, throughSeq), isAwaited);
  }
  waiters.reached("a", 5);
  assert.equal(waiters.isAwaited("a", 4, 5), false);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { EventQueue } from "./event-queue.ts";

/** A queue of 2 events, and what it has said. */
function queueOfTwo() {
  const said: string[] = [];
  const queue = new EventQueue<number>(2, {
    full: () => said.push("full"),
    drained: () => said.push("drained"),
  });
  return { queue, said };
}

const END = { done: true, value: undefined };

function value(event: number) {
  return { done: false, value: event };
}

test("event queue: readers get the events in order, whichever of both waits", async () => {
  const { queue } = queueOfTwo();
  queue.push(1);
  assert.equal(queue.begin(), false);
  assert.deepEqual(await queue.next(), value(1));
  const waiting = [queue.next(), queue.next()];
  queue.push(2);
  queue.push(3);
  assert.deepEqual(await Promise.all(waiting), [value(2), value(3)]);
});

test("event queue: a full one says so, keeps all, and says when it is read", async () => {
  const { queue, said } = queueOfTwo();
  queue.begin();
  for (const event of [1, 2, 3]) queue.push(event);
  assert.deepEqual([said, queue.isFull], [["full"], true]);
  for (const event of [1, 2]) assert.deepEqual(await queue.next(), value(event));
  assert.deepEqual([said, queue.isFull], [["full"], true]);
  assert.deepEqual(await queue.next(), value(3));
  assert.deepEqual([said, queue.isFull], [["full", "drained"], false]);
});

test("event queue: one that nobody reads forgets what it cannot keep, and tells it", async () => {
  const { queue, said } = queueOfTwo();
  for (const event of [1, 2, 3]) queue.push(event);
  assert.deepEqual([said, queue.isFull], [[], false]);
  assert.equal(queue.begin(), true);
  queue.push(4);
  assert.deepEqual(await queue.next(), value(4));
});

test("event queue: its end comes after what waits, and to everybody who waits", async () => {
  const { queue, said } = queueOfTwo();
  queue.begin();
  queue.push(1);
  queue.push(2);
  queue.end(null);
  assert.deepEqual([await queue.next(), await queue.next()], [value(1), value(2)]);
  assert.deepEqual([await queue.next(), said], [END, ["full"]]);

  const { queue: failing } = queueOfTwo();
  const waiting = failing.next();
  failing.end(new Error("not let in"));
  for (const read of [waiting, failing.next()]) await assert.rejects(read, /not let in/);
});

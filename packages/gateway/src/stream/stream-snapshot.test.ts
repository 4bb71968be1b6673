// Goal: a snapshot is one whole message before all others, and only who reads it holds its memory.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMITS } from "@countermand/contract";
import {
  feedAt,
  HEARTBEAT_MS,
  lastMessage,
  runOut,
  type Subscribed,
  settled,
  stalledPort,
  subscribe,
} from "./stream-fixture.ts";
import { StreamText } from "./stream-text.ts";

const SLOW_MS = LIMITS.slowReaderMsMax.value;

test("stream session: a snapshot comes first, then what is later than it", async () => {
  const feed = feedAt(5);
  feed.stagedCount = 2;
  const subscribed = subscribe({ from: "snapshot" }, feed);
  subscribed.publish(1);
  await runOut(subscribed);
  assert.deepEqual(subscribed.port.texts, [], "the snapshot is not durable yet");
  subscribed.publish(3);
  await runOut(subscribed);
  assert.equal(subscribed.session.mode, "live");
  assert.deepEqual(subscribed.port.types(), ["snapshot", "order", "order"]);
  assert.deepEqual(subscribed.port.seqs(), [8, 9]);
});

/** One who has been sent a snapshot of 2 MB and has read nothing of it. */
async function beforeSnapshot(): Promise<Subscribed> {
  const feed = feedAt(5);
  feed.snapshot = () =>
    Promise.resolve({ seq: 5, body: new StreamText(`"${"x".repeat(2_000_000)}"`) });
  const subscribed = subscribe({ from: "snapshot" }, feed, stalledPort());
  await settled();
  return subscribed;
}

test("stream session: a large snapshot is no lateness", async () => {
  const subscribed = await beforeSnapshot();
  subscribed.publish(2);
  for (let look = 0; look < 10; look += 1) {
    subscribed.clock.advance(SLOW_MS - 1);
    subscribed.session.moved();
  }
  assert.equal(subscribed.session.mode, "replaying");
  assert.deepEqual(subscribed.port.seqs(), []);
  await runOut(subscribed);
  assert.deepEqual(subscribed.port.seqs(), [6, 7]);
});

test("stream session: who reads nothing of a snapshot is cut, and it takes up no more room", async () => {
  const { clock, counts, feed, port, session } = await beforeSnapshot();
  const isCutAfter = (ms: number): boolean => {
    clock.advance(ms);
    return port.isTerminated;
  };
  assert.equal(isCutAfter(SLOW_MS - 1), false);
  session.moved();
  assert.equal(isCutAfter(1), false);
  // A process that stood still has not heard yet what was read.
  clock.pass(3 * SLOW_MS);
  assert.equal(isCutAfter(0), false);
  assert.equal(isCutAfter(SLOW_MS - 1), false);
  assert.equal(feed.snapshotGoneCount, 0);
  assert.equal(isCutAfter(1), true);
  assert.deepEqual([counts.tooSlow, counts.left, feed.snapshotGoneCount], [1, 1, 1]);
  assert.equal(port.closed, null, "in the middle of a message nothing can be said");
  session.ended();
  assert.equal(clock.timerCount, 0);
});

test("stream session: who reads a snapshot slowly is not silent, though no pong comes by", async () => {
  const { clock, port, session } = await beforeSnapshot();
  session.alive();
  for (let step = 0; step < 100; step += 1) {
    clock.advance(HEARTBEAT_MS / 5);
    session.moved();
  }
  assert.equal(port.isTerminated, false);
});

test("stream session: who has a snapshot may be still for as long as he likes", async () => {
  const { clock, port } = await beforeSnapshot();
  port.drain();
  port.isStalled = false;
  for (let look = 0; look < 10; look += 1) clock.advance(SLOW_MS);
  assert.equal(port.isTerminated, false);
});

test("stream session: a snapshot that finds no room in memory is refused", async () => {
  const feed = feedAt(5);
  feed.snapshot = () => Promise.resolve(null);
  const subscribed = subscribe({ from: "snapshot" }, feed);
  await settled();
  assert.equal(lastMessage(subscribed)["reason"], "unavailable");
  assert.deepEqual(subscribed.port.closed, { code: 1013, reason: "unavailable" });
});

test("stream session: a snapshot takes up room until it was read, or is given up", async () => {
  const read = subscribe({ from: "snapshot" }, feedAt(5));
  await runOut(read);
  assert.ok(read.feed.snapshotGoneCount > 0);

  const left = subscribe({ from: "snapshot" }, feedAt(5));
  left.session.ended();
  assert.equal(left.feed.snapshotGoneCount, 0, "it is still being written");
  await runOut(left);
  assert.equal(left.feed.snapshotGoneCount, 1);

  const unread = subscribe({ from: "snapshot" }, feedAt(5), stalledPort());
  unread.feed.answer();
  await settled();
  assert.deepEqual([unread.port.types(), unread.feed.snapshotGoneCount], [["snapshot"], 0]);
  unread.session.ended();
  assert.equal(unread.feed.snapshotGoneCount, 1);
});

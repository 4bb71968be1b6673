// Goal: whatever happens in whatever order, a session sends each durable report once, in order,
// without gaps, and a reader that does not read costs nobody else anything.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMITS } from "@countermand/contract";
import fc from "fast-check";
import {
  ARCHIVE_RETRY_MS,
  ARCHIVE_TRIES_MAX,
  CLOSE_ANSWER_MS,
  LIVE_BUFFER_BYTES_MAX,
  PEER_SILENCE_MARGIN_MS,
  REPLAY_CHUNK_REPORTS,
  REPLAY_LOW_WATER_BYTES,
} from "./limits.ts";
import {
  FakeFeed,
  FakePort,
  feedAt,
  HEARTBEAT_MS,
  lastMessage,
  MESSAGE_BYTES,
  runOut,
  type Subscribed,
  settled,
  stalledPort,
  subscribe,
  upTo,
} from "./stream-fixture.ts";
import type { StreamStart } from "./stream-session.ts";

const SLOW_MS = LIMITS.slowReaderMsMax.value;

test("stream session: without a start position it sends what is published from now on", () => {
  const subscribed = subscribe({ from: "latest" }, feedAt(7));
  assert.equal(subscribed.session.mode, "live");
  subscribed.publish(2);
  subscribed.publish(1);
  assert.deepEqual(subscribed.port.seqs(), [8, 9, 10]);
  assert.equal(subscribed.counts.sent, 3);
});

test("stream session: after_seq at the latest goes live at once", () => {
  const subscribed = subscribe({ from: "seq", afterSeq: 7 }, feedAt(7));
  assert.equal(subscribed.session.mode, "live");
  subscribed.publish(1);
  assert.deepEqual(subscribed.port.seqs(), [8]);
});

test("stream session: after_seq 0 of an account without reports goes live at once", () => {
  const subscribed = subscribe({ from: "seq", afterSeq: 0 }, feedAt(0));
  assert.equal(subscribed.session.mode, "live");
});

test("stream session: a replay from memory is sent in chunks, one per turn, then goes live", () => {
  const subscribed = subscribe({ from: "seq", afterSeq: 3 }, feedAt(3 + REPLAY_CHUNK_REPORTS + 5));
  assert.deepEqual(subscribed.port.seqs(), []);
  subscribed.clock.endTurn();
  assert.equal(subscribed.port.seqs().length, REPLAY_CHUNK_REPORTS);
  assert.equal(subscribed.session.mode, "replaying");
  subscribed.publish(2);
  subscribed.clock.endTurn();
  assert.equal(subscribed.session.mode, "live");
  subscribed.publish(1);
  assert.deepEqual(subscribed.port.seqs(), upTo(3 + REPLAY_CHUNK_REPORTS + 8, 4));
});

test("stream session: a replay begins in the archive and ends in memory", async () => {
  const subscribed = subscribe({ from: "seq", afterSeq: 0 }, feedAt(200, 150));
  await runOut(subscribed);
  assert.equal(subscribed.session.mode, "live");
  assert.deepEqual(subscribed.port.seqs(), upTo(200));
});

test("stream session: a replay waits for a reader that does not read, without being late", () => {
  const subscribed = subscribe({ from: "seq", afterSeq: 0 }, feedAt(10_000), stalledPort());
  const { clock, port, session } = subscribed;
  for (let turn = 0; turn < 10; turn += 1) clock.endTurn();
  const sentBytes = port.bufferedBytes();
  assert.ok(sentBytes <= REPLAY_LOW_WATER_BYTES + REPLAY_CHUNK_REPORTS * MESSAGE_BYTES);
  subscribed.publish(5_000);
  clock.advance(2 * SLOW_MS);
  assert.equal(session.mode, "replaying");
  assert.ok(port.bufferedBytes() <= sentBytes + 100);
  for (let isMoving = true; isMoving; ) isMoving = port.drain() || clock.endTurn();
  assert.equal(session.mode, "live");
  assert.deepEqual(port.seqs(), upTo(15_000));
});

test("stream session: after_seq beyond the latest is refused with the range", async () => {
  const subscribed = subscribe({ from: "seq", afterSeq: 8 }, feedAt(7));
  subscribed.feed.earliest = 3;
  await runOut(subscribed);
  const { type, reason, earliest_seq, latest_seq } = lastMessage(subscribed);
  assert.deepEqual([type, reason, earliest_seq, latest_seq], ["error", "seq_out_of_range", 3, 7]);
  assert.deepEqual(subscribed.port.closed, { code: 1008, reason: "seq_out_of_range" });
  assert.equal(subscribed.counts.left, 1);
});

test("stream session: who asks for the history is told it first, and only when let in", async () => {
  const told = '{"type":"history","history":"h1"}';
  const begin = (start: StreamStart) => {
    return subscribe(start, feedAt(7), new FakePort(), { history: "h1" });
  };
  for (const start of [
    { from: "latest" },
    { from: "snapshot" },
    { from: "seq", afterSeq: 5 },
  ] as const) {
    const subscribed = begin(start);
    await runOut(subscribed);
    assert.equal(subscribed.port.texts[0], told, start.from);
  }
  const beyond = begin({ from: "seq", afterSeq: 8 });
  await runOut(beyond);
  assert.deepEqual(beyond.port.types(), ["error"]);
  const reached = begin({ from: "seq", afterSeq: 8 });
  reached.publish(1);
  await runOut(reached);
  assert.deepEqual(reached.port.types(), ["history"]);
});

test("stream session: a position of another history is refused, and nothing told", async () => {
  const elsewhere = { from: "elsewhere", afterSeq: 5 } as const;
  const subscribed = subscribe(elsewhere, feedAt(7), new FakePort(), { history: "h1" });
  subscribed.publish(1);
  await runOut(subscribed);
  const { details, earliest_seq, latest_seq, reason } = lastMessage(subscribed);
  assert.deepEqual([reason, earliest_seq, latest_seq], ["seq_out_of_range", 1, 8]);
  assert.match(String(details), /^after_seq 5 cannot be continued: the history that it is of is/);
  assert.deepEqual(subscribed.port.types(), ["error"]);
  assert.equal(subscribed.port.closed?.code, 1008);
});

test("stream session: who asks is told once that all it lacked is sent, behind it", async () => {
  const begin = (start: StreamStart, port = new FakePort()) => {
    return subscribe(start, feedAt(7), port, { history: "h1", tellsLive: true });
  };
  const live = (seq: number) => `{"type":"live","seq":${seq}}`;
  for (const start of [{ from: "latest" }, { from: "seq", afterSeq: 7 }] as const) {
    const subscribed = begin(start);
    assert.deepEqual(subscribed.port.texts.slice(1), [live(7)], start.from);
    subscribed.publish(1);
    assert.deepEqual(subscribed.port.types(), ["history", "live", "order"]);
  }
  const replayed = begin({ from: "seq", afterSeq: 4 });
  replayed.publish(1);
  await runOut(replayed);
  assert.deepEqual(replayed.port.seqs(), [5, 6, 7, 8]);
  assert.equal(replayed.port.texts.at(-1), live(8));
  const shown = begin({ from: "snapshot" });
  await runOut(shown);
  assert.deepEqual(shown.port.types(), ["history", "snapshot", "live"]);
  shown.publish(1);
  assert.deepEqual(shown.port.types().slice(3), ["order"]);
});

test("stream session: one that falls behind and catches up again is not told so", async () => {
  const port = new FakePort();
  const subscribed = subscribe({ from: "latest" }, feedAt(0), port, { tellsLive: true });
  port.isStalled = true;
  subscribed.publish(2 + Math.ceil(LIVE_BUFFER_BYTES_MAX / MESSAGE_BYTES));
  subscribed.publish(1);
  assert.equal(subscribed.session.mode, "late");
  port.isStalled = false;
  await runOut(subscribed);
  assert.equal(subscribed.session.mode, "live");
  assert.deepEqual(port.types().indexOf("live", 1), -1);
});

test("stream session: after_seq that the stream reaches meanwhile goes on", async () => {
  const subscribed = subscribe({ from: "seq", afterSeq: 8 }, feedAt(7));
  subscribed.publish(3);
  await runOut(subscribed);
  assert.equal(subscribed.session.mode, "live");
  assert.deepEqual(subscribed.port.seqs(), [9, 10]);
});

test("stream session: after_seq before the earliest kept is refused with the range", async () => {
  const feed = feedAt(20, 15);
  feed.earliest = 5;
  const kept = subscribe({ from: "seq", afterSeq: 4 }, feed);
  await runOut(kept);
  assert.deepEqual(kept.port.seqs(), upTo(20, 5));
  const lost = subscribe({ from: "seq", afterSeq: 3 }, feed);
  await runOut(lost);
  assert.equal(lost.port.closed?.code, 1008);
  assert.deepEqual([lastMessage(lost)["earliest_seq"], lastMessage(lost)["latest_seq"]], [5, 20]);
});

test("stream session: an archive that cannot answer is asked again", async () => {
  const subscribed = subscribe({ from: "seq", afterSeq: 0 }, feedAt(20, 10));
  const { clock, feed } = subscribed;
  clock.endTurn();
  feed.refuse();
  await settled();
  assert.equal(feed.questionCount, 0);
  clock.advance(ARCHIVE_RETRY_MS);
  assert.equal(feed.questionCount, 1);
  await runOut(subscribed);
  assert.deepEqual(subscribed.port.seqs(), upTo(20));
});

test("stream session: an archive that never answers ends the replay as unavailable", async () => {
  const subscribed = subscribe({ from: "seq", afterSeq: 0 }, feedAt(20, 10));
  const { clock, feed, port } = subscribed;
  clock.endTurn();
  for (let tries = 0; tries < ARCHIVE_TRIES_MAX; tries += 1) {
    assert.equal(port.closed, null);
    feed.refuse();
    await settled();
    clock.advance(ARCHIVE_RETRY_MS);
  }
  assert.equal(lastMessage(subscribed)["reason"], "unavailable");
  assert.deepEqual(port.closed, { code: 1013, reason: "unavailable" });
});

test("stream session: an archive that answers in between may fail any number of times", async () => {
  const tries = 2 * ARCHIVE_TRIES_MAX;
  const count = tries * REPLAY_CHUNK_REPORTS;
  const subscribed = subscribe({ from: "seq", afterSeq: 0 }, feedAt(count, count));
  const { clock, feed, port } = subscribed;
  for (let index = 0; index < tries; index += 1) {
    clock.endTurn();
    feed.refuse();
    await settled();
    clock.advance(ARCHIVE_RETRY_MS);
    feed.answer();
    await settled();
    port.drain();
  }
  assert.equal(port.closed, null);
  assert.deepEqual(port.seqs(), upTo(count));
});

test("stream session: who leaves while the archive is to be asked again leaves no timer", async () => {
  const { clock, feed, session } = subscribe({ from: "seq", afterSeq: 0 }, feedAt(20, 10));
  clock.endTurn();
  feed.refuse();
  await settled();
  session.ended();
  assert.equal(clock.timerCount, 0);
});

test("stream session: heartbeats do not pile up before a reader that stalls in its replay", async () => {
  const subscribed = subscribe({ from: "seq", afterSeq: 0 }, feedAt(5_000), stalledPort());
  await settled();
  const { clock, port } = subscribed;
  for (let beat = 0; beat < 3; beat += 1) clock.advance(HEARTBEAT_MS);
  const waitingBytes = port.bufferedBytes();
  for (let beat = 0; beat < 1_000; beat += 1) clock.advance(HEARTBEAT_MS);
  assert.equal(port.bufferedBytes(), waitingBytes);
  await runOut(subscribed);
  assert.deepEqual(port.seqs(), upTo(5_000));
});

test("stream session: a peer that has closed is replayed nothing any more", async () => {
  for (const archivedSeq of [0, 1_000]) {
    const subscribed = subscribe({ from: "seq", afterSeq: 0 }, feedAt(1_000, archivedSeq));
    const { clock, feed, port, session } = subscribed;
    for (let turn = 0; turn < 3; turn += 1) {
      clock.endTurn();
      feed.answer();
      await settled();
    }
    const sentCount = port.texts.length;
    assert.ok(sentCount > 0);
    port.isClosing = true;
    await runOut(subscribed);
    const most = sentCount + REPLAY_CHUNK_REPORTS;
    assert.ok(port.texts.length <= most, `${port.texts.length} of at most ${most}`);
    session.ended();
    assert.equal(subscribed.counts.left, 1);
  }
});

test("stream session: notices behind a replay that nobody reads are bounded", () => {
  const { value: bytesMax } = LIMITS.slowReaderBytesMax;
  const notice = JSON.stringify({ type: "notice", padding: "x".repeat(bytesMax / 8 - 100) });
  const subscribed = subscribe({ from: "seq", afterSeq: 0 }, feedAt(200), stalledPort());
  const { clock, port, session } = subscribed;
  while (clock.endTurn());
  for (let count = 0; count < 8; count += 1) session.notify(notice);
  // What was read makes room for others.
  port.isStalled = false;
  port.drain();
  session.notify(notice);
  port.isStalled = true;
  subscribed.publish(200);
  while (clock.endTurn());
  for (let count = 0; count < 8; count += 1) session.notify(notice);
  assert.notEqual(lastMessage(subscribed)["reason"], "slow_reader");
  session.notify(notice);
  assert.equal(lastMessage(subscribed)["reason"], "slow_reader");
  assert.equal(port.closed?.code, 1013);
  assert.equal(subscribed.counts.tooSlow, 1);
});

test("stream session: a large burst is sent at the reader's pace", async () => {
  const subscribed = subscribe({ from: "latest" }, feedAt(0), stalledPort());
  subscribed.publish(5_000);
  assert.equal(subscribed.session.mode, "late");
  assert.ok(subscribed.port.bufferedBytes() <= LIVE_BUFFER_BYTES_MAX + MESSAGE_BYTES);
  subscribed.publish(3);
  await runOut(subscribed);
  assert.equal(subscribed.session.mode, "live");
  subscribed.clock.advance(2 * SLOW_MS);
  assert.equal(subscribed.session.mode, "live");
  assert.deepEqual(subscribed.port.seqs(), upTo(5_003));
});

test("stream session: a late reader is sent what left memory from the archive", async () => {
  const subscribed = subscribe({ from: "latest" }, feedAt(0), stalledPort());
  subscribed.publish(700);
  subscribed.feed.archivedSeq = 650;
  await runOut(subscribed);
  assert.deepEqual(subscribed.port.seqs(), upTo(700));
});

test("stream session: reports that a late reader is still owed may grow and shrink", async () => {
  // Their instrument is renamed before they are handed over.
  for (const [before, after] of [
    ["", "a longer name"],
    ["a longer name", ""],
  ] as const) {
    const subscribed = subscribe({ from: "latest" }, feedAt(0), stalledPort());
    const { clock, feed, port, session } = subscribed;
    feed.name = before;
    subscribed.publish(700);
    feed.name = after;
    await runOut(subscribed);
    assert.equal(session.mode, "live");
    assert.deepEqual(port.seqs(), upTo(700));
    // And a report is late from when it is published, as ever.
    subscribed.publish(1);
    clock.advance(SLOW_MS);
    assert.equal(session.mode, "live");
    clock.advance(2_000);
    assert.equal(port.closed?.reason, "slow_reader");
  }
});

test("stream session: more than 1 MiB behind at two looks closes, with bounded memory", () => {
  const subscribed = subscribe({ from: "latest" }, feedAt(0), stalledPort());
  const { clock, counts, port, session } = subscribed;
  subscribed.publish(1_100);
  clock.advance(1_000);
  assert.equal(session.mode, "late");
  clock.advance(1_000);
  assert.equal(session.mode, "closed");
  assert.equal(lastMessage(subscribed)["reason"], "slow_reader");
  assert.deepEqual(port.closed, { code: 1013, reason: "slow_reader" });
  assert.deepEqual([counts.tooSlow, counts.left], [1, 1]);
  assert.ok(port.bufferedBytes() < LIVE_BUFFER_BYTES_MAX + 2 * MESSAGE_BYTES);
  assert.equal(port.isTerminated, false);
  clock.advance(CLOSE_ANSWER_MS);
  assert.equal(port.isTerminated, true);
});

test("stream session: a single report that waits for more than 10 s closes", () => {
  const subscribed = subscribe({ from: "latest" }, feedAt(0), stalledPort());
  subscribed.publish(1);
  subscribed.clock.advance(SLOW_MS);
  assert.equal(subscribed.session.mode, "live");
  subscribed.clock.advance(2_000);
  assert.deepEqual(subscribed.port.closed, { code: 1013, reason: "slow_reader" });
});

test("stream session: a reader that is always a little behind is never too slow", () => {
  const subscribed = subscribe({ from: "latest" }, feedAt(0), stalledPort());
  const { clock, port, session } = subscribed;
  subscribed.publish(10);
  for (let second = 0; second < 60; second += 1) {
    session.alive();
    subscribed.publish(10);
    port.drain(1);
    clock.advance(1_000);
  }
  assert.equal(session.mode, "live");
});

test("stream session: a reader that stays 12 s behind is too slow however little that is", () => {
  const subscribed = subscribe({ from: "latest" }, feedAt(0), stalledPort());
  for (let second = 0; second < 20; second += 1) {
    subscribed.publish(1);
    if (second >= 12) subscribed.port.drain(1);
    subscribed.clock.advance(1_000);
  }
  assert.equal(subscribed.port.closed?.code, 1013);
});

test("stream session: what waits of a replay when it goes live is not lateness", () => {
  const subscribed = subscribe({ from: "seq", afterSeq: 0 }, feedAt(30), stalledPort());
  const { clock, session } = subscribed;
  clock.endTurn();
  assert.equal(session.mode, "live");
  clock.advance(2 * SLOW_MS);
  assert.equal(session.mode, "live");
});

test("stream session: a peer that answers the close is not cut, and no timer is left", () => {
  const { clock, port, session } = subscribe({ from: "latest" });
  session.shutDown();
  session.ended();
  clock.advance(CLOSE_ANSWER_MS);
  assert.equal(port.isTerminated, false);
  assert.equal(clock.timerCount, 0);
});

test("stream session: heartbeats come at whole periods, with the latest durable seq", () => {
  const subscribed = subscribe({ from: "latest" }, feedAt(41));
  const { clock, port, session } = subscribed;
  const startMs = clock.wallMs();
  clock.advance(HEARTBEAT_MS - 1);
  assert.deepEqual(port.texts, []);
  clock.advance(1);
  const timestamp = startMs + HEARTBEAT_MS;
  assert.deepEqual(lastMessage(subscribed), { type: "heartbeat", data: { timestamp, seq: 41 } });
  session.alive();
  subscribed.publish(1);
  clock.jumpWall(-3_600_000);
  clock.advance(HEARTBEAT_MS);
  assert.deepEqual(lastMessage(subscribed), {
    type: "heartbeat",
    data: { timestamp: timestamp + HEARTBEAT_MS - 3_600_000, seq: 42 },
  });
  assert.equal(port.pingCount, 2);
});

test("stream session: a peer that fell silent is cut after two periods and a margin", () => {
  const { clock, counts, port, session } = subscribe({ from: "latest" });
  session.alive();
  clock.advance(2 * HEARTBEAT_MS + PEER_SILENCE_MARGIN_MS);
  assert.equal(port.isTerminated, false);
  clock.advance(HEARTBEAT_MS);
  assert.equal(port.isTerminated, true);
  assert.equal(counts.left, 1);
  assert.equal(clock.timerCount, 0);
});

test("stream session: a pause of this process is not its peer's silence", () => {
  const { clock, port, session } = subscribe({ from: "latest" });
  session.alive();
  clock.advance(HEARTBEAT_MS);
  session.alive();
  // Timers are run before what came meanwhile is read.
  clock.pass(10 * HEARTBEAT_MS);
  clock.advance(1);
  assert.equal(port.isTerminated, false);
  clock.advance(3 * HEARTBEAT_MS + PEER_SILENCE_MARGIN_MS);
  assert.equal(port.isTerminated, true, "after it, it counts");
});

test("stream session: a pause of this process makes no reader slow", () => {
  for (const reads of [true, false]) {
    const subscribed = subscribe({ from: "latest" }, feedAt(0), stalledPort());
    const { clock, port } = subscribed;
    const closedWith = () => port.closed?.code ?? null;
    subscribed.publish(1);
    clock.pass(3 * SLOW_MS);
    clock.advance(1);
    assert.equal(closedWith(), null);
    if (reads) {
      port.isStalled = false;
      port.drain();
    }
    clock.advance(3_000);
    assert.equal(closedWith(), reads ? null : 1013);
  }
});

test("stream session: a peer that never answered a ping is not cut for its silence", () => {
  const { clock, port, session } = subscribe({ from: "latest" }, feedAt(0));
  for (let beat = 0; beat < 10; beat += 1) clock.advance(HEARTBEAT_MS);
  assert.equal(port.isTerminated, false);
  assert.equal(session.mode, "live");
});

test("stream session: a peer that reads a replay slowly and never pongs is alive", () => {
  const { clock, port, session } = subscribe(
    { from: "seq", afterSeq: 0 },
    feedAt(100_000),
    stalledPort(),
  );
  session.alive();
  for (let minute = 0; minute < 10; minute += 1) {
    clock.advance(HEARTBEAT_MS);
    port.drain(1);
    clock.advance(HEARTBEAT_MS);
  }
  assert.equal(session.mode, "replaying");
});

const STARTS: readonly (readonly [string, StreamStart, FakeFeed])[] = [
  ["snapshot", { from: "snapshot" }, feedAt(5)],
  ["replaying", { from: "seq", afterSeq: 0 }, feedAt(500)],
  ["replaying from the archive", { from: "seq", afterSeq: 0 }, feedAt(500, 500)],
  ["live", { from: "latest" }, feedAt(5)],
];

for (const [mode, start, feed] of STARTS) {
  for (const isStalled of [false, true]) {
    const outbox = isStalled ? "full" : "empty";
    test(`stream session: ${mode}, outbox ${outbox}: a stop says so and closes`, async () => {
      const port = new FakePort();
      port.isStalled = isStalled;
      const subscribed = subscribe(start, feed, port);
      subscribed.clock.endTurn();
      if (isStalled && mode === "live") subscribed.publish(1_000);
      const sentCount = port.seqs().length;
      subscribed.session.shutDown();
      assert.equal(port.types().at(-1), "notice");
      assert.deepEqual(port.closed, { code: 1012, reason: "shutting_down" });
      await runOut(subscribed);
      subscribed.session.send("{}");
      assert.equal(port.seqs().length, sentCount, "nothing follows the close");
      subscribed.clock.advance(CLOSE_ANSWER_MS);
      assert.equal(port.isTerminated, true);
      assert.equal(subscribed.counts.left, 1);
      assert.equal(subscribed.clock.timerCount, 0);
    });
  }
}

type Step =
  | { readonly do: "publish"; readonly count: number }
  | { readonly do: "drain"; readonly sendCount: number }
  | { readonly do: "time"; readonly ms: number }
  | { readonly do: "stall"; readonly isStalled: boolean }
  | { readonly do: "turn" | "answer" | "refuse" | "archive" | "talk" };

const STEP: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant("publish" as const), count: fc.integer({ min: 1, max: 150 }) }),
  fc.record({ do: fc.constant("drain" as const), sendCount: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ do: fc.constant("time" as const), ms: fc.integer({ min: 1, max: 900 }) }),
  fc.record({ do: fc.constant("stall" as const), isStalled: fc.boolean() }),
  fc.record({ do: fc.constantFrom("turn", "answer", "refuse", "archive", "talk") }),
);

function perform(step: Step, subscribed: Subscribed): void {
  const { clock, feed, port, session } = subscribed;
  switch (step.do) {
    case "publish":
      subscribed.publish(step.count);
      break;
    case "drain":
      port.drain(step.sendCount);
      break;
    case "time":
      clock.advance(step.ms);
      break;
    case "stall":
      port.isStalled = step.isStalled;
      break;
    case "turn":
      clock.endTurn();
      break;
    case "answer":
      feed.answer();
      break;
    case "refuse":
      feed.refuse();
      break;
    case "archive":
      feed.archivedSeq = feed.durableSeq;
      break;
    case "talk":
      session.send('{"type":"reply"}');
      break;
  }
}

test("stream session: any interleaving gives each report once, in order", async () => {
  let completeCount = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom("latest" as const, "seq" as const, "snapshot" as const),
      fc.nat({ max: 300 }),
      fc.nat({ max: 300 }),
      fc.array(STEP, { maxLength: 60 }),
      async (from, startSeq, behind, steps) => {
        const feed = new FakeFeed(4 * MESSAGE_BYTES);
        feed.durableSeq = startSeq + behind;
        feed.archivedSeq = Math.floor(behind / 2);
        feed.stagedCount = behind % 5;
        const start: StreamStart = from === "seq" ? { from, afterSeq: startSeq } : { from };
        const subscribed = subscribe(start, feed);
        const { port, session } = subscribed;
        for (const step of steps) {
          perform(step, subscribed);
          await settled();
          session.alive();
        }
        subscribed.publish(5);
        await runOut(subscribed);
        subscribed.clock.advance(ARCHIVE_RETRY_MS);
        await runOut(subscribed);
        const snapshot = port.types().indexOf("snapshot");
        if (from === "snapshot" && session.mode !== "closed") assert.ok(snapshot >= 0);
        const snapshotSeq = startSeq + behind + (behind % 5);
        const first =
          from === "seq" ? startSeq : from === "latest" ? startSeq + behind : snapshotSeq;
        const seqs = port.seqs();
        const isComplete = session.mode !== "closed";
        const last = isComplete ? feed.durableSeq : first + seqs.length;
        assert.deepEqual(seqs, upTo(last, first + 1));
        if (from === "snapshot") {
          assert.ok(!port.types().slice(0, Math.max(0, snapshot)).includes("order"));
        }
        if (isComplete) assert.equal(session.mode, "live");
        else assert.equal(port.closed?.code, 1013);
        completeCount += Number(isComplete);
      },
    ),
    { numRuns: 300 },
  );
  assert.ok(completeCount > 200, "most of the interleavings are of readers that are not too slow");
});

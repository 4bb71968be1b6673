// Goal: what the journal's thread says, in which order, and when it does what nobody waits for; all
// of it without a thread, on a port and on timers that the test moves.
import assert from "node:assert/strict";
import fs, { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { MessageChannel, type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { temporaryFolder } from "../sys/temporary-folder-fixture.ts";
import { CommitMark } from "./commit-mark.ts";
import { readHead } from "./head-file.ts";
import { inspectJournal } from "./inspect.ts";
import type { Lease } from "./journal.ts";
import { journalFiles } from "./journal-schema.ts";
import { type JournalCall, type JournalMessage, startJournalThread } from "./journal-worker.ts";
import { RESERVE_RETRY_MS, RESERVE_SLICE_BYTES } from "./limits.ts";
import { SqliteJournal } from "./sqlite-journal.ts";

/** As the worker has them. */
const HEAD_DELAY_MS = 75;
const TURN_REQUESTS_MAX = 256;

class Bench {
  readonly folder: string;
  readonly mark: CommitMark;
  readonly #port: MessagePort;
  #lastId = 0;
  readonly #unheard: JournalMessage[] = [];
  #hasFailed = false;
  #isOver = false;

  private constructor(folder: string, port: MessagePort, memory: SharedArrayBuffer) {
    this.folder = folder;
    this.mark = new CommitMark(memory);
    this.#port = port;
    port.once("close", () => {
      this.#isOver = true;
    });
  }

  static begin(t: TestContext, reserveBytes = 0, folder = temporaryFolder(t)): Bench {
    const { port1, port2 } = new MessageChannel();
    const commitMark = CommitMark.memory();
    const bench = new Bench(folder, port2, commitMark);
    t.after(() => bench.#close());
    startJournalThread(port1, { dataDir: folder, reserveBytes, commitMark });
    return bench;
  }

  /** Asks for these in one turn of the thread. */
  ask(...calls: readonly JournalCall[]): number[] {
    return calls.map((call) => {
      this.#lastId += 1;
      this.#port.postMessage({ id: this.#lastId, call });
      return this.#lastId;
    });
  }

  /** What was said and not looked at so far. */
  said(): JournalMessage[] {
    const all = this.#unheard.splice(0);
    for (let next = this.#next(); next !== undefined; next = this.#next()) all.push(next);
    return all;
  }

  /** The next thing it says. */
  async hears(): Promise<JournalMessage> {
    for (;;) {
      const next = this.#next();
      if (next !== undefined) return next;
      await setImmediate();
    }
  }

  async answered(...calls: readonly JournalCall[]): Promise<unknown[]> {
    this.ask(...calls);
    const message = await this.hears();
    assert.ok(message.type === "answers", JSON.stringify(message));
    return message.answers.map(({ value }) => value);
  }

  /** A partition to append to. */
  async claimed(): Promise<Lease> {
    const [lease] = await this.answered({ type: "claim", partition: "desk", owner: "me" });
    return lease as Lease;
  }

  /** Resolves when nothing can be said any more. */
  async ended(): Promise<void> {
    // A port that nobody listens to keeps no process, so it is not enough to wait for it; nor does
    // it end before everything was taken from it.
    while (!this.#isOver) {
      this.#unheard.push(...this.said());
      await setImmediate();
    }
  }

  /** Leaves no file open. */
  async #close(): Promise<void> {
    if (this.#hasFailed) this.#port.close();
    else this.ask({ type: "close" });
    await this.ended();
  }

  get headSeq(): number | undefined {
    return readHead(journalFiles(this.folder).head)?.get("desk")?.seq;
  }

  #next(): JournalMessage | undefined {
    const message = receiveMessageOnPort(this.#port)?.message as JournalMessage | undefined;
    if (message?.type === "failed") this.#hasFailed = true;
    return message;
  }
}

function appendAt({ epoch }: Lease, expectedSeq: number): JournalCall {
  const batch = [{ partition: "desk", epoch, expectedSeq, payloads: [`event ${expectedSeq + 1}`] }];
  return { type: "append", batch };
}

/** Timers stand still but for `tick`, and so does the clock beside them but for `pass`. */
function standingTime(t: TestContext) {
  let nowMs = 1_000_000;
  t.mock.timers.enable({ apis: ["setTimeout"] });
  t.mock.method(performance, "now", () => nowMs);
  return {
    tick: (ms: number) => {
      nowMs += ms;
      t.mock.timers.tick(ms);
    },
    /** A steady stream of messages keeps timers waiting. */
    pass: (ms: number) => {
      nowMs += ms;
    },
  };
}

/** The disk says that it has no room until the test gives it back. */
function fullDisk(t: TestContext): () => void {
  const full = t.mock.method(fs, "statfsSync", () => ({ bavail: 0, bsize: 1 }));
  syncBuiltinESMExports();
  const giveBack = (): void => {
    full.mock.restore();
    syncBuiltinESMExports();
  };
  t.after(giveBack);
  return giveBack;
}

test("journal thread: what waits is answered in one turn, in its order", async (t) => {
  const bench = Bench.begin(t);
  assert.deepEqual(bench.said(), [{ type: "opened", disk: { isFull: false, reserveBytes: 0 } }]);
  const lease = await bench.claimed();
  const read = { type: "read", partition: "desk", afterSeq: 1, limit: 9 } as const;
  const [first = 0, ...others] = bench.ask(
    appendAt(lease, 0),
    appendAt(lease, 1),
    read,
    appendAt(lease, 2),
    { type: "renew", lease },
    { type: "release", lease },
    { type: "renew", lease },
  );
  const answers = await bench.hears();
  const values = [
    "committed",
    "committed",
    [{ seq: 2, payload: "event 2" }],
    "committed",
    true,
    undefined,
    false,
  ];
  const ids = [first, ...others];
  const expected = values.map((value, index) => ({ id: ids[index], value }));
  assert.deepEqual(answers, { type: "answers", answers: expected });
  assert.deepEqual(
    ids.map((id) => bench.mark.covers(id)),
    [true, true, true, true, false, false, false],
    "the last append is the third one",
  );
});

test("journal thread: a turn answers so many and no more", async (t) => {
  const bench = Bench.begin(t);
  bench.said();
  const lease = await bench.claimed();
  bench.ask(...Array.from({ length: TURN_REQUESTS_MAX + 1 }, (_, seq) => appendAt(lease, seq)));
  const counts: number[] = [];
  for (const message of [await bench.hears(), await bench.hears()]) {
    assert.ok(message.type === "answers");
    counts.push(message.answers.length);
  }
  assert.deepEqual(counts, [TURN_REQUESTS_MAX, 1]);
});

test("journal thread: behind an append that was fenced, messages alone say what is durable", async (t) => {
  const bench = Bench.begin(t);
  bench.said();
  const lease = await bench.claimed();
  const ids = bench.ask(appendAt(lease, 0), appendAt(lease, 5), appendAt(lease, 1));
  const message = await bench.hears();
  assert.ok(message.type === "answers");
  assert.deepEqual(
    message.answers.map(({ value }) => value),
    ["committed", "fenced", "committed"],
  );
  assert.deepEqual(await bench.answered(appendAt(lease, 2)), ["committed"]);
  assert.ok(!ids.some((id) => bench.mark.covers(id)));
});

test("journal thread: a close comes last, leaves the head and lets go", async (t) => {
  const bench = Bench.begin(t);
  bench.said();
  const lease = await bench.claimed();
  const [append, close] = bench.ask(appendAt(lease, 0), { type: "close" });
  assert.deepEqual(
    [await bench.hears(), await bench.hears()],
    [
      { type: "answers", answers: [{ id: append, value: "committed" }] },
      { type: "answers", answers: [{ id: close, value: undefined }] },
    ],
  );
  await bench.ended();
  assert.equal(bench.headSeq, 1);
  assert.equal(existsSync(journalFiles(bench.folder).wal), false, "its log is in the database");
  assert.equal(inspectJournal(bench.folder).partitions.get("desk")?.lastSeq, 1);
  const idle = Bench.begin(t);
  idle.said();
  const [id] = idle.ask({ type: "close" });
  await idle.ended();
  assert.deepEqual(idle.said(), [{ type: "answers", answers: [{ id, value: undefined }] }]);
});

test("journal thread: a close waits for the head that is on its way", async (t) => {
  const time = standingTime(t);
  const arrived = Promise.withResolvers<void>();
  t.mock.method(SqliteJournal.prototype, "writeHeadLater", () => arrived.promise);
  const bench = Bench.begin(t);
  bench.said();
  const lease = await bench.claimed();
  await bench.answered(appendAt(lease, 0));
  time.tick(HEAD_DELAY_MS);
  const [, close] = bench.ask({ type: "renew", lease }, { type: "close" });
  const renewed = await bench.hears();
  assert.ok(renewed.type === "answers" && renewed.answers.length === 1);
  await setImmediate();
  assert.deepEqual(bench.said(), [], "the head is not there yet");
  arrived.resolve();
  await bench.ended();
  assert.deepEqual(bench.said(), [{ type: "answers", answers: [{ id: close, value: undefined }] }]);
});

test("journal thread: a close leaves no timer, which would keep the thread", async (t) => {
  fullDisk(t);
  const due = new Set<unknown>();
  // None of them comes.
  t.mock.method(globalThis, "setTimeout", () => {
    const timer = {};
    due.add(timer);
    return timer;
  });
  t.mock.method(globalThis, "clearTimeout", (timer: unknown) => void due.delete(timer));
  const bench = Bench.begin(t, RESERVE_SLICE_BYTES);
  bench.said();
  const lease = await bench.claimed();
  await bench.answered(appendAt(lease, 0));
  assert.equal(due.size, 2, "for the disk and for the head");
  bench.ask({ type: "close" });
  await bench.ended();
  assert.equal(due.size, 0);
});

test("journal thread: the head follows by a timer, or by the clock where timers wait", async (t) => {
  const time = standingTime(t);
  for (const goOn of [time.tick, time.pass]) {
    const bench = Bench.begin(t);
    bench.said();
    const lease = await bench.claimed();
    await bench.answered(appendAt(lease, 0));
    goOn(HEAD_DELAY_MS - 1);
    await bench.answered(appendAt(lease, 1));
    assert.equal(bench.headSeq, undefined);
    goOn(1);
    await bench.answered({ type: "renew", lease });
    while (bench.headSeq === undefined) await setImmediate();
    assert.equal(bench.headSeq, 2);
  }
});

test("journal thread: heads are written one at a time, and one follows for what came", async (t) => {
  const time = standingTime(t);
  const arrived = Promise.withResolvers<void>();
  const { writeHeadLater } = SqliteJournal.prototype;
  const heads = t.mock.method(
    SqliteJournal.prototype,
    "writeHeadLater",
    async function slow(this: SqliteJournal) {
      await writeHeadLater.call(this);
      await arrived.promise;
    },
  );
  const bench = Bench.begin(t);
  bench.said();
  const lease = await bench.claimed();
  await bench.answered(appendAt(lease, 0));
  time.tick(HEAD_DELAY_MS);
  await bench.answered(appendAt(lease, 1));
  time.tick(HEAD_DELAY_MS);
  await bench.answered({ type: "renew", lease });
  assert.equal(heads.mock.callCount(), 1);
  arrived.resolve();
  await heads.mock.calls[0]?.result;
  await setImmediate();
  assert.equal(bench.headSeq, 1);
  time.tick(HEAD_DELAY_MS - 1);
  assert.equal(heads.mock.callCount(), 1, "it is behind for no time yet");
  time.tick(1);
  assert.equal(heads.mock.callCount(), 2);
  await heads.mock.calls[1]?.result;
  assert.equal(bench.headSeq, 2);
});

test("journal thread: a head that cannot be written ends it, and that is its last word", async (t) => {
  const time = standingTime(t);
  const bench = Bench.begin(t);
  bench.said();
  const lease = await bench.claimed();
  mkdirSync(`${journalFiles(bench.folder).head}.next.tmp`);
  await bench.answered(appendAt(lease, 0));
  time.tick(HEAD_DELAY_MS);
  const failed = await bench.hears();
  assert.ok(failed.type === "failed");
  assert.equal(failed.failure.code, "JOURNAL_WRITE_FAILED");
  assert.equal(failed.failure.file, journalFiles(bench.folder).head);
  await bench.ended();
  assert.deepEqual(bench.said(), []);
});

test("journal thread: where the journal cannot be opened it says why, and nothing else", (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "journal.db"), "no database".repeat(100));
  const [failed, ...more] = Bench.begin(t, 0, folder).said();
  assert.ok(failed?.type === "failed" && more.length === 0);
  assert.equal(failed.failure.code, "JOURNAL_UNREADABLE");
});

test("journal thread: a disk without room is told, and looked at again until it has some", async (t) => {
  const time = standingTime(t);
  const giveBack = fullDisk(t);
  const bench = Bench.begin(t, RESERVE_SLICE_BYTES);
  assert.deepEqual(bench.said(), [{ type: "opened", disk: { isFull: true, reserveBytes: 0 } }]);
  time.tick(RESERVE_RETRY_MS);
  assert.deepEqual(bench.said(), [], "nothing has changed");
  giveBack();
  time.tick(RESERVE_RETRY_MS - 1);
  assert.deepEqual(bench.said(), []);
  time.tick(1);
  const disk = { isFull: false, reserveBytes: RESERVE_SLICE_BYTES };
  assert.deepEqual(bench.said(), [{ type: "disk", disk }]);
  time.tick(10 * RESERVE_RETRY_MS);
  assert.deepEqual(bench.said(), []);
});

test("journal thread: a steady stream of requests does not keep the room of a disk waiting", async (t) => {
  const time = standingTime(t);
  const giveBack = fullDisk(t);
  const bench = Bench.begin(t, RESERVE_SLICE_BYTES);
  bench.said();
  giveBack();
  const lease = await bench.claimed();
  time.pass(RESERVE_RETRY_MS - 1);
  assert.deepEqual(await bench.answered({ type: "renew", lease }), [true]);
  assert.deepEqual(bench.said(), []);
  time.pass(1);
  assert.deepEqual(await bench.answered({ type: "renew", lease }), [true]);
  const disk = { isFull: false, reserveBytes: RESERVE_SLICE_BYTES };
  assert.deepEqual(await bench.hears(), { type: "disk", disk }, "behind the answers");
});

test("journal thread: what the reserve gave is told before what came in its room", async (t) => {
  const time = standingTime(t);
  const bench = Bench.begin(t, 3 * RESERVE_SLICE_BYTES);
  bench.said();
  let lease = await bench.claimed();
  const writes = t.mock.method(fs, "writeFileSync", fs.writeFileSync);
  syncBuiltinESMExports();
  t.after(() => {
    writes.mock.restore();
    syncBuiltinESMExports();
  });
  for (const slices of [2, 1]) {
    await bench.answered(appendAt(lease, 2 - slices));
    // The head follows a claim by one at most: this one writes it, and finds no room at first.
    writes.mock.mockImplementationOnce(() => {
      throw Object.assign(new Error("full"), { code: "ENOSPC", syscall: "write" });
    });
    bench.ask({ type: "claim", partition: "desk", owner: "me" });
    const disk = { isFull: true, reserveBytes: slices * RESERVE_SLICE_BYTES };
    assert.deepEqual(await bench.hears(), { type: "disk", disk });
    const claimed = await bench.hears();
    assert.ok(claimed.type === "answers");
    lease = claimed.answers[0]?.value as Lease;
    assert.deepEqual(await bench.answered({ type: "renew", lease }), [true], "it is told once");
  }
  time.tick(RESERVE_RETRY_MS);
  const whole = { isFull: false, reserveBytes: 3 * RESERVE_SLICE_BYTES };
  assert.deepEqual(bench.said(), [{ type: "disk", disk: whole }]);
});

test("journal thread: what the reserve gave for a checkpoint is told behind it", async (t) => {
  const bench = Bench.begin(t, 2 * RESERVE_SLICE_BYTES);
  bench.said();
  const lease = await bench.claimed();
  t.mock.method(SqliteJournal.prototype, "checkpointDue", () => true, { getter: true });
  t.mock.method(SqliteJournal.prototype, "checkpoint", function pay(this: SqliteJournal) {
    this.reserve.makeRoom();
  });
  assert.deepEqual(await bench.answered({ type: "renew", lease }), [true]);
  const disk = { isFull: true, reserveBytes: RESERVE_SLICE_BYTES };
  assert.deepEqual(await bench.hears(), { type: "disk", disk });
  t.mock.restoreAll();
});

test("journal thread: a log that has grown long starts over behind the answers", async (t) => {
  const bench = Bench.begin(t);
  bench.said();
  const lease = await bench.claimed();
  const { wal } = journalFiles(bench.folder);
  const payloads = Array.from({ length: 5 }, () => "x".repeat(1_000_000));
  const { epoch } = lease;
  const long = [{ partition: "desk", epoch, expectedSeq: 0, payloads }];
  await bench.answered({ type: "append", batch: long });
  const { size } = statSync(wal);
  await bench.answered(appendAt(lease, payloads.length));
  assert.equal(statSync(wal).size, size, "there is room in front");
});

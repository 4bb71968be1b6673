// Goal: what becomes of each call to the journal, whatever its thread says and however it ends. The
// thread is the test's: it says what it is told to.
import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { temporaryFolder } from "../sys/temporary-folder-fixture.ts";
import { CommitMark } from "./commit-mark.ts";
import { lockDataDir } from "./data-dir-lock.ts";
import { JournalError } from "./journal.ts";
import type { JournalThread } from "./journal-thread.ts";
import type { JournalMessage, JournalRequest, JournalWorkerStart } from "./journal-worker.ts";
import { ThreadedJournal, type ThreadedJournalOptions } from "./threaded-journal.ts";

const LEASE = { partition: "desk", epoch: 1, lastSeq: 0 };
const NO_DISK = { isFull: false, reserveBytes: 0 };

class FakeThread implements JournalThread {
  readonly asked: JournalRequest[] = [];
  readonly worker = Object.assign(new EventEmitter(), {
    postMessage: (request: JournalRequest) => void this.asked.push(request),
    terminate: async () => 0,
  });
  problem: string | null = null;
  isAbandoned = false;
  start: JournalWorkerStart | null = null;
  readonly #begun: (thread: FakeThread) => void;

  /** `begun` says what it does first. */
  constructor(begun = (thread: FakeThread) => thread.say({ type: "opened", disk: NO_DISK })) {
    this.#begun = begun;
  }

  begin(start: JournalWorkerStart): void {
    this.start = start;
    this.#begun(this);
  }

  async abandon(): Promise<void> {
    this.isAbandoned = true;
  }

  say(message: JournalMessage): void {
    this.worker.emit("message", message);
  }

  /** Answers what was asked as the so manieth, from 0 on. */
  answer(index: number, value: unknown): void {
    const { id } = this.asked[index] ?? assert.fail(`nothing was asked as ${index}`);
    this.say({ type: "answers", answers: [{ id, value }] });
  }

  exit(exitCode = 0): void {
    this.worker.emit("exit", exitCode);
  }
}

async function opened(t: TestContext, options: ThreadedJournalOptions = {}) {
  const folder = temporaryFolder(t);
  const thread = new FakeThread();
  const told: JournalError[] = [];
  const onFailure = (error: JournalError): void => void told.push(error);
  const journal = await ThreadedJournal.open(folder, { onFailure, ...options, thread });
  const mark = new CommitMark(thread.start?.commitMark ?? CommitMark.memory());
  const append = (expectedSeq: number) =>
    journal.append([{ ...LEASE, expectedSeq, payloads: ["x"] }]);
  t.after(() => {
    thread.exit();
    return journal.close().catch(() => {});
  });
  return { folder, thread, told, journal, mark, append };
}

/** Whether a promise is done by now, and what came of it. */
async function stateOf(promise: Promise<unknown>): Promise<unknown> {
  return await Promise.race([promise, setImmediate("waits")]);
}

const FAILURE = { code: "JOURNAL_WRITE_FAILED", file: "/j", problem: "EIO" } as const;

test("journal calls: appends up to the mark are settled before their answers, no other", async (t) => {
  const { thread, journal, mark, append } = await opened(t);
  const calls = [append(0), journal.renew(LEASE), append(1), append(2)];
  const states = () => Promise.all(calls.map(stateOf));
  journal.settle();
  assert.deepEqual(await states(), ["waits", "waits", "waits", "waits"]);
  mark.move(3);
  journal.settle();
  assert.deepEqual(await states(), ["committed", "waits", "committed", "waits"]);
  for (const [index, value] of ["committed", true, "committed", "fenced"].entries()) {
    thread.answer(index, value);
  }
  journal.settle();
  assert.deepEqual(await states(), ["committed", true, "committed", "fenced"]);
});

test("journal calls: a failure ends all that waits and all that comes, and is told once", async (t) => {
  const { thread, told, journal, append } = await opened(t);
  const calls: Promise<unknown>[] = [append(0), journal.read("desk", 0, 1)];
  thread.say({ type: "failed", failure: FAILURE });
  thread.worker.emit("error", new Error("and then it broke"));
  thread.exit(1);
  calls.push(journal.renew(LEASE));
  for (const call of calls)
    await assert.rejects(call, new JournalError("JOURNAL_WRITE_FAILED", "/j", "EIO"));
  assert.equal(told.length, 1);
  await journal.close();
  assert.equal(thread.asked.length, 2, "it is asked for nothing any more, no close either");
});

test("journal calls: a thread that breaks, or goes without a word, has failed", async (t) => {
  for (const [end, problem] of [
    [(thread: FakeThread) => thread.worker.emit("error", new Error("a bug")), /ended: a bug/],
    [(thread: FakeThread) => thread.exit(7), /ended: exit code 7/],
  ] as const) {
    const { thread, told, append } = await opened(t);
    end(thread);
    await assert.rejects(append(0), problem);
    assert.equal(told.length, 1);
  }
});

test("journal calls: a close is the last one, and lets go when the thread is gone", async (t) => {
  const { folder, thread, told, journal, append } = await opened(t);
  const before = append(0);
  const closed = journal.close();
  await assert.rejects(append(1), { code: "JOURNAL_CLOSED" });
  assert.deepEqual(
    thread.asked.map(({ call }) => call.type),
    ["append", "close"],
  );
  thread.answer(0, "committed");
  thread.answer(1, undefined);
  assert.equal(await before, "committed");
  assert.equal(await stateOf(closed), "waits");
  assert.throws(() => lockDataDir(folder), { code: "JOURNAL_IN_USE" });
  thread.exit();
  await closed;
  lockDataDir(folder).release();
  assert.deepEqual(told, []);
});

test("journal calls: a close without an answer is told as a failure, and lets go all the same", async (t) => {
  const { folder, thread, told, journal } = await opened(t);
  const closed = journal.close();
  thread.exit(9);
  await assert.rejects(closed, /exit code 9/);
  assert.equal(told.length, 1);
  lockDataDir(folder).release();
});

test("journal calls: how the disk is is told at once, and when it changes", async (t) => {
  const { thread, journal } = await opened(t);
  const told: unknown[] = [];
  journal.watchDisk((disk) => told.push(disk));
  assert.deepEqual(told, [NO_DISK]);
  const disk = { isFull: true, reserveBytes: 5 };
  thread.say({ type: "disk", disk });
  assert.deepEqual([told.at(-1), journal.disk, told.length], [disk, disk, 2]);
});

test("journal calls: a thread that cannot open is let go with the directory, and says why", async (t) => {
  const failing = (thread: FakeThread): void => {
    thread.say({ type: "failed", failure: { ...FAILURE, problem: "no room" } });
    thread.exit();
  };
  const broken = (thread: FakeThread): void =>
    void thread.worker.emit("error", new Error("no code"));
  const early = new FakeThread(() => assert.fail("it has ended already"));
  early.problem = "no memory";
  for (const [thread, problem] of [
    [new FakeThread(failing), /no room/],
    [new FakeThread(broken), /the writer thread ended: no code/],
    [early, /the writer thread ended: no memory/],
  ] as const) {
    const folder = temporaryFolder(t);
    await assert.rejects(ThreadedJournal.open(folder, { thread }), problem);
    assert.ok(thread.isAbandoned);
    lockDataDir(folder).release();
  }
});

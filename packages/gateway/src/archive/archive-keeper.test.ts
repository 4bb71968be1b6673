import assert from "node:assert/strict";
import { test } from "node:test";
import { at } from "@countermand/core/assert";
import { FakeClock } from "../sys/fake-clock.ts";
import { DESK } from "./archive-fixture.ts";
import { ArchiveKeeper, type ArchiveNotice } from "./archive-keeper.ts";
import { ARCHIVE_STOP_MS, RETRY_MS_MAX, RETRY_MS_MIN } from "./archive-limits.ts";
import { FakeArchiveThread } from "./fake-archive-thread.ts";

/** A keeper with fake threads, and a log of what it does to them and says of them. */
class Stage {
  readonly clock = new FakeClock();
  readonly threads: FakeArchiveThread[] = [];
  readonly log: string[] = [];
  readonly keeper: ArchiveKeeper;
  /** Why the system gives no thread; null while it does. */
  shortage: string | null = null;
  /** Does more at a notice than to write it down. */
  onNotice: (notice: ArchiveNotice) => void = () => {};

  constructor(first = new FakeArchiveThread()) {
    this.threads.push(first);
    this.keeper = new ArchiveKeeper({
      first,
      newThread: () => this.#newThread(),
      start: () => ({ dataDir: "/data", partitions: [DESK], required: new Map() }),
      clock: this.clock,
      onNotice: (notice) => {
        this.log.push("retryInMs" in notice ? `Failed ${notice.retryInMs}` : notice.type);
        this.onNotice(notice);
      },
      onReady: () => this.log.push("ready"),
      onReply: ({ type }) => this.log.push(type),
      onLost: ({ message }) => this.log.push(`lost: ${message.split(": ")[1]}`),
    });
    this.keeper.opened.then(
      () => this.log.push("opened"),
      ({ message }) => this.log.push(`not opened: ${message.split(": ")[1]}`),
    );
  }

  get thread(): FakeArchiveThread {
    return at(this.threads, this.threads.length - 1);
  }

  close(): void {
    void this.keeper.close().then(() => this.log.push("closed"));
  }

  fail(): void {
    this.thread.say({ type: "failed", problem: "a full disk", retryInMs: 7 });
  }

  #newThread(): FakeArchiveThread {
    if (this.shortage !== null) throw new Error(this.shortage);
    const thread = new FakeArchiveThread();
    this.threads.push(thread);
    return thread;
  }

  /** What was logged since, and what was done to the threads, in one line. */
  async told(act: () => void): Promise<string> {
    this.log.length = 0;
    const heardCount = this.thread.told.length;
    const { isTerminated } = this.thread.worker;
    const [thread, count] = [this.thread, this.threads.length];
    act();
    await new Promise(setImmediate);
    const heard = thread.told.slice(heardCount).map((type) => `thread hears ${type}`);
    const terminated = thread.worker.isTerminated && !isTerminated ? ["terminated"] : [];
    const begun = this.threads.slice(count).map(({ start }) => (start === null ? "made" : "begun"));
    return [...heard, ...terminated, ...begun, ...this.log].join(", ");
  }
}

/** Each brings a new keeper into a state. */
const ENTER = {
  Opening: () => {},
  Running: (stage: Stage) => stage.thread.ready(),
  Paused: (stage: Stage) => {
    stage.thread.ready();
    stage.fail();
  },
  Resting: (stage: Stage) => {
    stage.thread.ready();
    stage.thread.crash("a bug");
  },
  Starting: (stage: Stage) => {
    ENTER.Resting(stage);
    stage.clock.advance(RETRY_MS_MIN);
  },
  Closing: (stage: Stage) => {
    stage.thread.ready();
    stage.close();
  },
  "Closing, not ready": (stage: Stage) => {
    ENTER.Starting(stage);
    stage.close();
  },
  Closed: (stage: Stage) => {
    ENTER.Closing(stage);
    stage.thread.end();
  },
} as const;

const EVENTS = {
  send: ({ keeper }: Stage) => keeper.send({ type: "hold", isHeld: true }),
  ready: ({ thread }: Stage) => thread.ready(),
  projected: ({ thread }: Stage) => thread.say({ type: "projected", partition: DESK, seq: 1 }),
  answer: ({ thread }: Stage) => thread.say({ type: "answer", id: 1, answer: null }),
  failed: (stage: Stage) => stage.fail(),
  crash: ({ thread }: Stage) => thread.crash("another bug"),
  time: ({ clock }: Stage) => clock.advance(ARCHIVE_STOP_MS),
  close: (stage: Stage) => stage.close(),
} as const;

type Row = Partial<Record<keyof typeof EVENTS, string>>;

/** What each event does in each state. One that is not named does nothing there. */
const TABLE: Record<keyof typeof ENTER, Row> = {
  Opening: {
    ready: "ready, opened",
    crash: "not opened: another bug",
    close: "thread hears close",
  },
  Running: {
    send: "thread hears hold",
    projected: "projected",
    answer: "answer",
    failed: "Failed 7",
    crash: "lost: another bug, Failed 100",
    close: "thread hears close",
  },
  Paused: {
    send: "thread hears hold",
    projected: "Recovered, projected",
    answer: "answer",
    failed: "Failed 7",
    crash: "lost: another bug, Failed 100",
    close: "thread hears close",
  },
  Resting: {
    time: "begun",
    close: "closed",
  },
  Starting: {
    ready: "Recovered, ready",
    crash: "lost: another bug, Failed 200",
    close: "thread hears close",
  },
  Closing: {
    projected: "projected",
    answer: "answer",
    crash: "closed",
    time: "terminated, closed",
  },
  "Closing, not ready": {
    projected: "projected",
    answer: "answer",
    crash: "closed",
    time: "terminated, closed",
  },
  Closed: {
    close: "closed",
  },
};

for (const [state, row] of Object.entries(TABLE) as [keyof typeof ENTER, Row][]) {
  for (const [event, act] of Object.entries(EVENTS) as [keyof Row, (stage: Stage) => void][]) {
    test(`keeper: ${state}: ${event}: ${row[event] ?? "nothing"}`, async () => {
      const stage = new Stage();
      await stage.told(() => ENTER[state](stage));
      assert.equal(await stage.told(() => act(stage)), row[event] ?? "");
      // Whatever happened, a close ends it, with nothing left.
      stage.close();
      stage.thread.end();
      stage.close();
      await new Promise(setImmediate);
      assert.deepEqual(stage.log.slice(-2), ["closed", "closed"]);
      assert.equal(stage.clock.timerCount, 0);
      assert.equal(stage.keeper.refusal, "it is closed");
    });
  }
}

test("keeper: it can be asked while a thread is ready, and says why when not", () => {
  const refusals = Object.entries(ENTER).map(([state, enter]) => {
    const stage = new Stage();
    stage.keeper.opened.catch(() => {});
    enter(stage);
    return `${state}: ${stage.keeper.refusal ?? "asked"}, ${stage.keeper.isClosed}`;
  });
  assert.deepEqual(refusals, [
    "Opening: it failed and is tried again soon, false",
    "Running: asked, false",
    "Paused: asked, false",
    "Resting: it failed and is tried again soon, false",
    "Starting: it failed and is tried again soon, false",
    "Closing: it is closed, true",
    "Closing, not ready: it is closed, true",
    "Closed: it is closed, true",
  ]);
});

test("keeper: each pause in vain is twice the last, up to a limit", async () => {
  const stage = new Stage();
  await stage.told(() => stage.thread.ready());
  const told: string[] = [];
  for (let pauseMs = RETRY_MS_MIN; told.length < 9; pauseMs = Math.min(2 * pauseMs, RETRY_MS_MAX)) {
    told.push(await stage.told(() => stage.thread.crash("a bug")));
    assert.equal(await stage.told(() => stage.clock.advance(pauseMs - 1)), "");
    assert.equal(await stage.told(() => stage.clock.advance(1)), "begun");
  }
  assert.match(at(told, 1), /Failed 200$/);
  assert.match(at(told, 8), new RegExp(`Failed ${RETRY_MS_MAX}$`));
});

test("keeper: a thread that worked for long fails anew, one that did not fails again", async () => {
  const stage = new Stage();
  await stage.told(() => ENTER.Starting(stage));
  stage.thread.ready();
  stage.clock.advance(RETRY_MS_MAX);
  assert.equal(await stage.told(() => stage.thread.crash("a bug")), "lost: a bug, Failed 200");
  stage.clock.advance(2 * RETRY_MS_MIN);
  stage.thread.ready();
  stage.clock.advance(RETRY_MS_MAX + 1);
  assert.equal(await stage.told(() => stage.thread.crash("a bug")), "lost: a bug, Failed 100");
});

test("keeper: where the system gives no thread it rests again", async () => {
  const stage = new Stage();
  await stage.told(() => ENTER.Resting(stage));
  stage.shortage = "no thread";
  const inVain = await stage.told(() => stage.clock.advance(RETRY_MS_MIN));
  assert.equal(inVain, "lost: no thread, Failed 200");
  stage.shortage = null;
  assert.equal(await stage.told(() => stage.clock.advance(2 * RETRY_MS_MIN)), "begun");
  assert.equal(await stage.told(() => stage.thread.ready()), "Recovered, ready");
});

test("keeper: a first thread that ended at its gate is not waited for", async () => {
  const stage = new Stage(new FakeArchiveThread("a syntax error"));
  assert.equal(await stage.told(() => {}), "not opened: a syntax error");
  assert.equal(stage.thread.start, null);
  assert.equal(await stage.told(() => stage.close()), "closed");
});

test("keeper: closed before the first thread is ready, it does not open", async () => {
  const stage = new Stage();
  stage.close();
  stage.thread.ready();
  assert.equal(await stage.told(() => stage.thread.end()), "not opened: it is closed, closed");
});

test("keeper: whoever hears that it failed may close it", async () => {
  const stage = new Stage();
  stage.onNotice = () => stage.close();
  await stage.told(() => stage.thread.ready());
  const told = await stage.told(() => stage.thread.crash("a bug"));
  assert.equal(told, "lost: a bug, Failed 100, closed");
  assert.equal(stage.clock.timerCount, 0);
});

test("keeper: what was built anew is told before it goes on", async () => {
  const stage = new Stage();
  const said = { type: "ready", positions: new Map(), rebuilt: "Missing" } as const;
  assert.equal(await stage.told(() => stage.thread.say(said)), "Rebuilding, ready, opened");
  stage.thread.crash("a bug");
  stage.clock.advance(RETRY_MS_MIN);
  const again = await stage.told(() => stage.thread.say(said));
  assert.equal(again, "Rebuilding, Recovered, ready");
});

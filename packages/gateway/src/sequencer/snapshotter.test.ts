import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../sys/fake-clock.ts";
import { QUIET_EVENTS_MAX, QUIET_LOOK_MS, SNAPSHOT_LATE_FACTOR } from "./limits.ts";
import type { SnapshotOrder } from "./snapshot-worker.ts";
import { makeInThread, type SnapshotInMaking, Snapshotter } from "./snapshotter.ts";

const EVERY = 10 * QUIET_EVENTS_MAX;

class Making implements SnapshotInMaking {
  readonly order: SnapshotOrder;
  isStopped = false;
  resolve: (path: string) => void = () => {};
  reject: (error: Error) => void = () => {};
  readonly made = new Promise<string>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });

  constructor(order: SnapshotOrder) {
    this.order = order;
  }

  async stop(): Promise<void> {
    this.isStopped = true;
  }
}

class Bench {
  readonly clock = new FakeClock();
  readonly makings: Making[] = [];
  readonly told: string[] = [];
  openCount = 0;
  isThreadRefused = false;
  seq = 0;
  readonly snapshotter: Snapshotter;

  constructor(replayedCount = 0) {
    this.snapshotter = new Snapshotter(
      {
        dataDir: "/data",
        layout: {} as never,
        clock: this.clock,
        everyEventCount: EVERY,
        openCount: () => this.openCount,
        positions: () => new Map([["desk-22", this.seq]]),
        make: (order) => {
          if (this.isThreadRefused) throw new Error("no thread");
          const making = new Making(order);
          this.makings.push(making);
          return making;
        },
        onWritten: (path) => this.told.push(path),
        onFailed: ({ message }) => this.told.push(message),
      },
      replayedCount,
    );
  }

  commit(eventCount: number): void {
    this.seq += eventCount;
    this.snapshotter.committed(eventCount);
  }

  /** So much time, in which so many events are committed. */
  pass(eventCount = 0): void {
    this.commit(eventCount);
    this.clock.advance(QUIET_LOOK_MS);
  }

  /** Up to which a snapshot each is ordered. */
  get ordered(): (number | undefined)[] {
    return this.makings.map(({ order }) => order.upTo.get("desk-22"));
  }
}

test("snapshotter: one is made in the first quiet moment after enough events", () => {
  const bench = new Bench();
  bench.pass(EVERY - 1);
  bench.pass();
  assert.deepEqual(bench.ordered, []);
  // Enough, and then a burst goes on.
  bench.commit(1);
  bench.pass(QUIET_EVENTS_MAX + 1);
  bench.pass(QUIET_EVENTS_MAX + 1);
  assert.deepEqual(bench.ordered, []);
  bench.pass(QUIET_EVENTS_MAX);
  assert.deepEqual(bench.ordered, [EVERY + 3 * QUIET_EVENTS_MAX + 2]);
});

test("snapshotter: one is made though it is not quiet when there are too many events", () => {
  const bench = new Bench();
  bench.commit(EVERY);
  let count = EVERY;
  for (; count < SNAPSHOT_LATE_FACTOR * EVERY; count += 2 * QUIET_EVENTS_MAX) {
    assert.deepEqual(bench.ordered, []);
    bench.pass(2 * QUIET_EVENTS_MAX);
  }
  assert.deepEqual(bench.ordered, [count]);
});

test("snapshotter: what was replayed counts, and so do open orders", () => {
  const replayed = new Bench(EVERY - 1);
  replayed.pass(1);
  assert.deepEqual(replayed.ordered, [1]);
  const enough = new Bench(EVERY);
  enough.pass();
  assert.deepEqual(enough.ordered, [0]);
  const bench = new Bench();
  bench.openCount = EVERY + 1;
  bench.pass(EVERY);
  assert.deepEqual(bench.ordered, []);
  bench.pass(1);
  assert.deepEqual(bench.ordered, [EVERY + 1]);
});

test("snapshotter: one at a time, whatever becomes of it", async () => {
  const bench = new Bench();
  bench.pass(EVERY);
  bench.pass(EVERY);
  assert.equal(bench.makings.length, 1);
  bench.makings[0]?.reject(new Error("no room"));
  await bench.makings[0]?.made.catch(() => {});
  await Promise.resolve();
  bench.pass(1);
  assert.equal(bench.makings.length, 2);
  bench.makings[1]?.resolve("/data/snapshots/2");
  await bench.makings[1]?.made;
  await new Promise(setImmediate);
  assert.deepEqual(bench.told, ["no room", "/data/snapshots/2"]);
  bench.pass(EVERY);
  assert.equal(bench.makings.length, 3);
});

test("snapshotter: a thread that the system does not give has failed, and ends nothing", () => {
  const bench = new Bench();
  bench.isThreadRefused = true;
  bench.pass(EVERY);
  assert.deepEqual(bench.told, ["no thread"]);
  bench.isThreadRefused = false;
  bench.pass(EVERY);
  assert.equal(bench.makings.length, 1);
});

test("snapshotter: held it begins none, and goes on with the next event", () => {
  const bench = new Bench();
  bench.commit(EVERY);
  bench.snapshotter.isHeld = true;
  bench.pass(1);
  bench.pass(1);
  assert.deepEqual(bench.ordered, []);
  bench.snapshotter.isHeld = false;
  bench.pass(1);
  assert.deepEqual(bench.ordered, [EVERY + 3]);
});

test("snapshotter: closed it drops what is unfinished, and begins none", async () => {
  const bench = new Bench();
  bench.pass(EVERY);
  await bench.snapshotter.close();
  assert.equal(bench.makings[0]?.isStopped, true);
  bench.pass(EVERY);
  assert.equal(bench.makings.length, 1);
  // The disk has room again while the last commits of a stop are told.
  bench.snapshotter.isHeld = false;
  bench.pass(EVERY);
  bench.pass();
  assert.equal(bench.makings.length, 1);
  const waiting = new Bench();
  waiting.commit(EVERY);
  await waiting.snapshotter.close();
  assert.equal(waiting.clock.timerCount, 0);
  waiting.pass(EVERY);
  assert.deepEqual(waiting.ordered, []);
});

test("snapshotter: behind one that is made, events count anew", async () => {
  const bench = new Bench();
  bench.pass(EVERY);
  bench.makings[0]?.resolve("first");
  await bench.makings[0]?.made;
  await Promise.resolve();
  for (const eventCount of [EVERY - 1, 1]) {
    assert.equal(bench.makings.length, 1);
    bench.pass(eventCount);
    bench.pass();
  }
  assert.deepEqual(bench.ordered, [EVERY, 2 * EVERY]);
});

test("snapshotter: a thread that ends without a word has failed, so that another one may begin", async () => {
  const order: SnapshotOrder = { dataDir: "/data", layout: {} as never, upTo: new Map() };
  const silent = makeInThread(order, new URL("data:text/javascript,"));
  await assert.rejects(silent.made, /its thread ended without a word/);
  const stopped = makeInThread(order, new URL("data:text/javascript,setInterval(()=>{},1000)"));
  let settled = false;
  stopped.made.finally(() => {
    settled = true;
  });
  await stopped.stop();
  await new Promise(setImmediate);
  assert.equal(settled, false);
});

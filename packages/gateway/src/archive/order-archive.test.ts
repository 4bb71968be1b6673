import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import type { Worker } from "node:worker_threads";
import { type Account, type ClOrdId, decodeDeskEvent, type OrderId } from "@countermand/core/model";
import Database from "better-sqlite3";
import { FakeClock } from "../sys/fake-clock.ts";
import { GatedThread } from "../sys/gated-thread.ts";
import { ALICE, BOB, DESK, trade } from "./archive-fixture.ts";
import {
  ARCHIVE_STOP_MS,
  FOLLOW_GATHER_EVENTS,
  FOLLOW_GATHER_MS,
  RETRY_MS_MIN,
} from "./archive-limits.ts";
import { type ArchiveThread, archiveThread } from "./archive-thread.ts";
import { FakeArchiveThread } from "./fake-archive-thread.ts";
import {
  assertComplete,
  projectAll,
  type Setting,
  UNAVAILABLE,
  withDatabase,
  withDesk,
} from "./order-archive-fixture.ts";

test("archive: a closed order is found by its number and by the client's name", () =>
  withDesk(async ({ desk, open }) => {
    const first = desk.place(ALICE, { clOrdId: "mine" });
    const second = desk.place(ALICE, { clOrdId: "mine" });
    const stillOpen = desk.place(ALICE, { clOrdId: "mine" });
    const unnamed = desk.place(ALICE);
    for (const orderId of [second, first, unnamed]) desk.cancel(orderId);
    const archive = await open();
    await projectAll(archive, desk);
    for (const orderId of [first, second, unnamed]) {
      assert.deepEqual(await archive.findClosed(ALICE, { orderId }), desk.order(orderId));
      assert.equal(await archive.findClosed(BOB, { orderId }), null);
    }
    const mine = { clOrdId: "mine" as ClOrdId };
    assert.deepEqual(await archive.findClosed(ALICE, mine), desk.order(second));
    assert.equal(await archive.findClosed(BOB, mine), null);
    assert.equal(await archive.findClosed(ALICE, { orderId: stillOpen }), null);
    assert.equal(await archive.findClosed(ALICE, { clOrdId: "" as ClOrdId }), null);
    for (const other of [`0${first}`, `${first}.0`, "", "x", "99999999999999999999"]) {
      assert.equal(await archive.findClosed(ALICE, { orderId: other as OrderId }), null);
    }
  }));

test("archive: what simulated participants did is left out, everybody else's is whole", () =>
  withDesk(async ({ desk, open }) => {
    const simulated = "SIM00001" as Account;
    const theirs = desk.place(simulated, { clOrdId: "x" });
    const mine = desk.place(ALICE, { clOrdId: "x" });
    for (const orderId of [theirs, mine]) desk.cancel(orderId);
    const archive = await open();
    await projectAll(archive, desk);
    assert.equal(await archive.findClosed(simulated, { orderId: theirs }), null);
    assert.deepEqual(await archive.findClosed(ALICE, { orderId: mine }), desk.order(mine));
  }));

test("archive: it never reads behind the position it was told", () =>
  withDesk(async ({ desk, open }) => {
    trade(desk, ALICE, 9);
    desk.commit();
    const archive = await open();
    archive.follow(DESK, 7);
    await archive.reached(DESK, 7);
    assert.equal(archive.position(DESK), 7);
    assert.equal(archive.lag(DESK), 0);
    assert.deepEqual(await archive.reports(ALICE, 0, 100), desk.reportsOf(ALICE).slice(0, 7));
    assert.equal(await archive.reportPayload(DESK, 8), null);
    const { positions } = await archive.list(ALICE, {}, 0, 10);
    assert.deepEqual(positions, new Map([[DESK, 7]]));
  }));

test("archive: what is durable at a start is projected at once, not after what comes is gathered", () =>
  withDesk(async ({ desk, open }) => {
    trade(desk, ALICE, 10);
    desk.commit();
    const clock = new FakeClock();
    const archive = await open({ clock, gatherMs: FOLLOW_GATHER_MS });
    archive.follow(DESK, desk.durableSeq);
    await archive.reached(DESK, desk.durableSeq);
    const { durableSeq } = desk;
    trade(desk, ALICE, 10);
    desk.commit();
    archive.follow(DESK, desk.durableSeq);
    await archive.findClosed(ALICE, { orderId: "22000000001" as OrderId });
    assert.equal(archive.position(DESK), durableSeq);
    clock.advance(FOLLOW_GATHER_MS);
    await archive.reached(DESK, desk.durableSeq);
  }));

test("archive: who waits for a position does not wait until what comes is gathered", () =>
  withDesk(async ({ desk, open }) => {
    const archive = await open({ clock: new FakeClock(), gatherMs: FOLLOW_GATHER_MS });
    for (const _ of ["at the start", "later"]) {
      trade(desk, ALICE, 5);
      await projectAll(archive, desk);
    }
    trade(desk, ALICE, 5);
    const waiting = archive.reached(DESK, desk.seq);
    desk.commit();
    archive.follow(DESK, desk.durableSeq);
    await waiting;
    assert.equal(archive.position(DESK), desk.durableSeq);
  }));

test("archive: much that comes is projected before the time is up", () =>
  withDesk(async ({ desk, open }) => {
    const archive = await open({ clock: new FakeClock(), gatherMs: FOLLOW_GATHER_MS });
    trade(desk, ALICE, 1);
    await projectAll(archive, desk);
    const before = desk.durableSeq;
    while (desk.seq - before < FOLLOW_GATHER_EVENTS) trade(desk, ALICE, 30);
    desk.commit();
    archive.follow(DESK, desk.durableSeq);
    // A list comes behind the transactions that begin before it.
    await archive.list(ALICE, {}, 0, 1);
    assert.equal(archive.position(DESK), desk.durableSeq);
  }));

test("archive: reports replay as they were written, in pages, from any number", () =>
  withDesk(async ({ desk, open }) => {
    for (let round = 0; round < 20; round += 1) {
      trade(desk, ALICE, 7);
      desk.answer(ALICE);
      trade(desk, BOB, 2);
    }
    const archive = await open();
    await projectAll(archive, desk);
    const written = desk.reportsOf(ALICE);
    const replayed = [];
    for (let page = await archive.reports(ALICE, 0, 33); page.length > 0; ) {
      replayed.push(...page);
      page = await archive.reports(ALICE, replayed.length, 33);
    }
    assert.deepEqual(replayed, written);
    assert.deepEqual(await archive.reports(ALICE, 100, 5), written.slice(100, 105));
    assert.deepEqual(await archive.reports(ALICE, written.length, 5), []);
    assert.equal(await archive.earliestStreamSeq(ALICE), 1);
  }));

test("archive: the payload of one event, whatever its kind", () =>
  withDesk(async ({ desk, open }) => {
    desk.place(ALICE);
    const seq = desk.answer(ALICE);
    const archive = await open();
    await projectAll(archive, desk);
    const payload = await archive.reportPayload(DESK, seq);
    assert.equal(decodeDeskEvent(payload ?? "").type, "RequestAnswered");
    assert.equal(await archive.reportPayload(DESK, 0), null);
    assert.equal(await archive.reportPayload(DESK, seq + 1), null);
  }));

test("archive: a restart goes on where it was", () =>
  withDesk(async ({ desk, open, notices }) => {
    trade(desk, ALICE, 50);
    const first = await open();
    await projectAll(first, desk);
    const before = first.position(DESK);
    await first.close();
    trade(desk, BOB, 30);
    trade(desk, ALICE, 30);
    const projected: number[] = [];
    const second = await open({ onProjected: (_, seq) => void projected.push(seq) });
    assert.deepEqual(projected, [before]);
    await projectAll(second, desk);
    await assertComplete(second, desk);
    assert.deepEqual(notices, [{ type: "Rebuilding", reason: "Missing" }]);
  }));

test("archive: what it must know before it answers, and what it once knew", () =>
  withDesk(async ({ desk, open }) => {
    trade(desk, ALICE, 30);
    desk.commit();
    const archive = await open();
    archive.requireThrough(DESK, 20);
    const orderId = "22000000001" as OrderId;
    await assert.rejects(archive.findClosed(ALICE, { orderId }), UNAVAILABLE);
    await assert.rejects(archive.list(ALICE, {}, 0, 10), UNAVAILABLE);
    await assert.rejects(archive.reports(ALICE, 0, 10), UNAVAILABLE);
    archive.follow(DESK, 20);
    await archive.reached(DESK, 20);
    assert.deepEqual(await archive.findClosed(ALICE, { orderId }), desk.order(orderId));
  }));

test("archive: while a lock keeps it from writing it answers, then it catches up", () =>
  withDesk(async ({ folder, desk, open, notices, noticed }) => {
    trade(desk, ALICE, 10);
    const failing = noticed("Failed");
    const archive = await open();
    await projectAll(archive, desk);
    const locker = new Database(join(folder, "archive.db"));
    locker.exec("BEGIN IMMEDIATE");
    trade(desk, ALICE, 10);
    desk.commit();
    archive.follow(DESK, desk.durableSeq);
    await failing;
    const orderId = "22000000001" as OrderId;
    assert.deepEqual(await archive.findClosed(ALICE, { orderId }), desk.order(orderId));
    assert.ok(archive.lag(DESK) > 0);
    locker.close();
    await archive.reached(DESK, desk.durableSeq);
    await assertComplete(archive, desk);
    const types = notices.map(({ type }) => type);
    assert.equal(types[0], "Rebuilding");
    assert.equal(types[1], "Failed");
    assert.equal(types.at(-1), "Recovered");
  }));

test("archive: closed while a lock keeps it from writing, it ends at once", () =>
  withDesk(async ({ folder, desk, open, noticed }) => {
    const failing = noticed("Failed");
    const clock = new FakeClock();
    const archive = await open({ clock, thread: archiveThread() });
    await projectAll(archive, desk);
    const locker = new Database(join(folder, "archive.db"));
    locker.exec("BEGIN IMMEDIATE");
    trade(desk, ALICE, 1);
    desk.commit();
    archive.follow(DESK, desk.durableSeq);
    clock.advance(FOLLOW_GATHER_MS);
    await failing;
    await archive.close();
    locker.close();
  }));

test("archive: it says why it cannot be opened", () =>
  withDesk(async ({ folder, open }) => {
    const file = join(folder, "archive.db");
    mkdirSync(file);
    await assert.rejects(open(), { code: "ARCHIVE_UNAVAILABLE", message: /not a regular file/ });
  }));

/** Its thread has failed over a wrong row, and is not tried again before the clock moves. */
async function failedArchive({ folder, desk, open, noticed }: Setting) {
  const orderId = desk.place(ALICE);
  desk.cancel(orderId);
  const clock = new FakeClock();
  const archive = await open({ clock });
  await projectAll(archive, desk);
  withDatabase(join(folder, "archive.db"), "UPDATE closed_orders SET seq = 1");
  const failed = noticed("Failed");
  await assert.rejects(archive.findClosed(ALICE, { orderId }), UNAVAILABLE);
  await failed;
  return { archive, clock, orderId };
}

test("archive: while the system gives no thread it is tried again", () =>
  withDesk(async (setting) => {
    const { notices, noticed } = setting;
    const { clock } = await failedArchive(setting);
    const refused = noticed("Failed");
    await withoutThreads(async () => {
      clock.advance(RETRY_MS_MIN);
      await refused;
    });
    const recovered = noticed("Recovered");
    clock.advance(2 * RETRY_MS_MIN);
    await recovered;
    assert.deepEqual(
      notices.map(({ type }) => type),
      ["Rebuilding", "Failed", "Failed", "Rebuilding", "Recovered"],
    );
  }));

/** Meanwhile the system gives none to whoever makes one. */
async function withoutThreads(run: () => Promise<void>): Promise<void> {
  const threads: { Worker: typeof Worker } = process.getBuiltinModule("node:worker_threads");
  const given = threads.Worker;
  threads.Worker = class {
    constructor() {
      throw new Error("no thread");
    }
  } as unknown as typeof Worker;
  syncBuiltinESMExports();
  try {
    await run();
  } finally {
    threads.Worker = given;
    syncBuiltinESMExports();
  }
}

test("archive: closed, it refuses", () =>
  withDesk(async ({ desk, open }) => {
    const archive = await open();
    const waiting = assert.rejects(archive.reached(DESK, 5), UNAVAILABLE);
    const asked = archive.list(ALICE, {}, 0, 10).catch(({ code }) => code);
    await archive.close();
    await waiting;
    assert.ok((await asked) === "ARCHIVE_UNAVAILABLE" || (await asked).total === 0);
    const orderId = desk.place(ALICE);
    await assert.rejects(archive.findClosed(ALICE, { orderId }), UNAVAILABLE);
    await archive.close();
  }));

test("archive: a thread that hangs is not waited for at the end, and ended", () =>
  withDesk(async ({ open }) => {
    const clock = new FakeClock();
    const file = new URL("./hung-archive-fixture.ts", import.meta.url);
    const thread: ArchiveThread = new GatedThread(file);
    const gone = once(thread.worker, "exit");
    const archive = await open({ clock, thread });
    const asked = assert.rejects(archive.list(ALICE, {}, 0, 10), UNAVAILABLE);
    const closed = archive.close();
    clock.advance(ARCHIVE_STOP_MS);
    await closed;
    await asked;
    await gone;
    assert.equal(clock.timerCount, 0);
  }));

test("archive: what a thread that was given up says late is heard by nobody", () =>
  withDesk(async ({ open, notices }) => {
    const clock = new FakeClock();
    const thread = new FakeArchiveThread();
    const projected: number[] = [];
    const opening = open({ clock, thread, onProjected: (_, seq) => void projected.push(seq) });
    thread.ready();
    const archive = await opening;
    const asked = assert.rejects(archive.earliestStreamSeq(ALICE), UNAVAILABLE);
    const closed = archive.close();
    clock.advance(ARCHIVE_STOP_MS);
    await closed;
    await asked;
    thread.say({ type: "projected", partition: DESK, seq: 7 });
    thread.say({ type: "answer", id: 1, answer: 1 });
    thread.say({ type: "failed", problem: "a slow disk", retryInMs: RETRY_MS_MIN });
    assert.deepEqual(projected, [0]);
    assert.deepEqual(notices, []);
  }));

test("archive: closed, it is told positions all the same, and sets no timer for them", () =>
  withDesk(async ({ open }) => {
    const clock = new FakeClock();
    const thread = new FakeArchiveThread();
    const opening = open({ clock, thread, gatherMs: FOLLOW_GATHER_MS });
    thread.ready();
    const archive = await opening;
    const closed = archive.close();
    archive.follow(DESK, 1);
    archive.follow(DESK, 2);
    thread.end();
    await closed;
    archive.follow(DESK, 3);
    assert.equal(clock.timerCount, 0);
    assert.equal(archive.lag(DESK), 3);
  }));

test("archive: a thread that was begun before hears what is required since", () =>
  withDesk(async (setting) => {
    const { desk, noticed } = setting;
    const { archive, clock, orderId } = await failedArchive(setting);
    const recovered = noticed("Recovered");
    clock.advance(RETRY_MS_MIN);
    archive.requireThrough(DESK, desk.durableSeq + 1);
    await recovered;
    await archive.reached(DESK, desk.durableSeq);
    await assert.rejects(archive.findClosed(ALICE, { orderId }), UNAVAILABLE);
  }));

test("archive: who waits for a position that it does not reach is told so in time", () =>
  withDesk(async ({ open }) => {
    const clock = new FakeClock();
    const archive = await open({ clock });
    const waiting = assert.rejects(archive.reached(DESK, 1, 50), UNAVAILABLE);
    clock.advance(50);
    await waiting;
    assert.equal(clock.timerCount, 0);
  }));

test("archive: a story is followed back to the order's first report", () =>
  withDesk(async ({ desk, open }) => {
    const [first, second] = [1, 2].map(() => desk.place(ALICE, { clOrdId: "mine", units: 3 }));
    assert.ok(first !== undefined && second !== undefined);
    desk.fill(first);
    desk.fill(second);
    desk.cancel(first);
    const archive = await open();
    await projectAll(archive, desk);
    const heads = [{ orderNumber: Number(second), streamSeq: desk.order(second).streamSeq }];
    const page = { open: { account: ALICE, heads }, beforeSeq: desk.durableSeq + 1, limit: 100 };
    const sought = { account: ALICE, clOrdId: "mine" };
    const story = await archive.story({ sought, cursor: null, ...page });
    assert.deepEqual(
      story?.events.map(({ seq }) => seq),
      [1, 2, 3, 4, 5],
    );
    assert.equal(story?.isComplete, true);
    const only = { sought: { orderNumber: Number(first) }, cursor: null, ...page, open: null };
    assert.deepEqual(
      (await archive.story(only))?.events.map(({ seq }) => seq),
      [1, 3, 5],
    );
    const early = await archive.story({ ...only, beforeSeq: 5 });
    assert.deepEqual(
      early?.events.map(({ seq }) => seq),
      [1, 3],
    );
  }));

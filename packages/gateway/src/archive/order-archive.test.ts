import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { test } from "node:test";
import type { Worker } from "node:worker_threads";
import {
  type Account,
  type ClOrdId,
  decodeDeskEvent,
  type OrderId,
  Side,
} from "@countermand/core/model";
import { isClosed } from "@countermand/core/order";
import Database from "better-sqlite3";
import { inFolder } from "../journal/journal-fixture.ts";
import type { SqliteJournal } from "../journal/sqlite-journal.ts";
import { reusedArchiveThread } from "../reused-threads-fixture.ts";
import { FakeClock } from "../sys/fake-clock.ts";
import { GatedThread } from "../sys/gated-thread.ts";
import { ALICE, BOB, DESK, openDesk, type ScriptedDesk, trade } from "./archive-fixture.ts";
import type { ArchiveNotice } from "./archive-keeper.ts";
import {
  ARCHIVE_STOP_MS,
  FOLLOW_GATHER_EVENTS,
  FOLLOW_GATHER_MS,
  RETRY_MS_MIN,
  RUN_REPORTS_MAX,
} from "./archive-limits.ts";
import { type ArchiveThread, archiveThread } from "./archive-thread.ts";
import { FakeArchiveThread } from "./fake-archive-thread.ts";
import { type ArchiveOptions, OrderArchive } from "./order-archive.ts";

const UNAVAILABLE = { name: "ArchiveError", code: "ARCHIVE_UNAVAILABLE" };

interface Setting {
  readonly folder: string;
  readonly journal: SqliteJournal;
  readonly desk: ScriptedDesk;
  readonly notices: ArchiveNotice[];
  open(options?: ArchiveOptions): Promise<OrderArchive>;
  /** Resolves at the next notice of that type. */
  noticed(type: ArchiveNotice["type"]): Promise<void>;
}

/** Runs a test with a journal and a desk; closes whatever archives it opens. */
async function withDesk(run: (setting: Setting) => Promise<void>): Promise<void> {
  await inFolder(async (folder) => {
    const { journal, desk } = openDesk(folder);
    const notices: ArchiveNotice[] = [];
    const opened: OrderArchive[] = [];
    const waiting = new Map<ArchiveNotice["type"], () => void>();
    const noticed = (type: ArchiveNotice["type"]) => {
      return new Promise<void>((resolve) => waiting.set(type, resolve));
    };
    const onNotice = (notice: ArchiveNotice): void => {
      notices.push(notice);
      waiting.get(notice.type)?.();
    };
    const open = async (options: ArchiveOptions = {}) => {
      const archive = await OrderArchive.open(folder, [DESK], {
        onNotice,
        gatherMs: 0,
        thread: reusedArchiveThread(),
        ...options,
      });
      opened.push(archive);
      return archive;
    };
    try {
      await run({ folder, journal, desk, notices, open, noticed });
    } finally {
      for (const archive of opened) await archive.close();
      journal.close();
    }
  });
}

async function projectAll(archive: OrderArchive, desk: ScriptedDesk): Promise<void> {
  desk.commit();
  archive.follow(DESK, desk.durableSeq);
  await archive.reached(DESK, desk.durableSeq);
}

/** The archive holds what the desk closed, no more and no less. */
async function assertComplete(archive: OrderArchive, desk: ScriptedDesk): Promise<void> {
  for (const account of [ALICE, BOB]) {
    const closed = desk.matching(account, {}).filter(isClosed);
    const listed = await archive.list(account, {}, 0, 1_000);
    assert.equal(listed.total, closed.length);
    assert.deepEqual(await archive.orders(account, listed.orderNumbers, {}), closed);
    assert.deepEqual(await archive.reports(account, 0, 1_000), desk.reportsOf(account));
  }
}

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

/** Each spoils the closed archive of a data directory. */
const spoilings = {
  Missing: [(file: string) => rmSync(file)],
  Damaged: [
    (file: string) => writeFileSync(file, "this is no database, but long enough to be looked at"),
    (file: string) => truncateSync(file, 0),
    (file: string) => truncateSync(file, 5_000),
    (file: string) => withDatabase(file, "DROP TABLE closed_orders"),
    (file: string) => withDatabase(file, "PRAGMA application_id = 1"),
  ],
  OtherFormat: [(file: string) => withDatabase(file, "PRAGMA user_version = 99")],
  ForeignJournal: [
    (file: string) => withDatabase(file, "UPDATE partitions SET hash = upper(hash)"),
    (file: string) => withDatabase(file, "UPDATE partitions SET seq = seq + 1000"),
  ],
} as const;

function withDatabase(file: string, sql: string): void {
  const database = new Database(file);
  database.exec(sql);
  database.close();
}

for (const [reason, spoils] of Object.entries(spoilings)) {
  for (const [index, spoil] of spoils.entries()) {
    test(`archive: built again, ${reason} ${index + 1}`, () =>
      withDesk(async ({ folder, desk, open, notices }) => {
        trade(desk, ALICE, 40);
        trade(desk, BOB, 10);
        const first = await open();
        await projectAll(first, desk);
        await first.close();
        notices.length = 0;
        const file = join(folder, "archive.db");
        spoil(file);
        const spoiled = existsSync(file) ? readFileSync(file) : null;
        const second = await open();
        assert.deepEqual(notices, [{ type: "Rebuilding", reason }]);
        assert.equal(second.position(DESK), 0);
        await projectAll(second, desk);
        await assertComplete(second, desk);
        const aside = `${file}.damaged`;
        if (reason === "Damaged")
          assert.ok(spoiled !== null && readFileSync(aside).equals(spoiled));
        else assert.ok(!existsSync(aside));
      }));
  }
}

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

test("archive: damage found while it works is put aside and built again", () =>
  withDesk(async ({ folder, desk, open, notices, noticed }) => {
    const orderId = desk.place(ALICE);
    desk.cancel(orderId);
    trade(desk, ALICE, 20);
    const recovered = noticed("Recovered");
    const archive = await open();
    await projectAll(archive, desk);
    withDatabase(join(folder, "archive.db"), "UPDATE closed_orders SET seq = 1");
    await assert.rejects(archive.findClosed(ALICE, { orderId }), UNAVAILABLE);
    await recovered;
    // What it once knew is refused, not missed, until it is known again.
    await archive.findClosed(ALICE, { orderId }).then(
      (order) => assert.deepEqual(order, desk.order(orderId)),
      (error) => assert.equal(error.code, "ARCHIVE_UNAVAILABLE"),
    );
    await archive.reached(DESK, desk.durableSeq);
    await assertComplete(archive, desk);
    const shapes = notices.map((notice) => ("reason" in notice ? notice.reason : notice.type));
    assert.deepEqual(shapes, ["Missing", "Failed", "Missing", "Recovered"]);
    assert.ok(existsSync(join(folder, "archive.db.damaged")));
  }));

const DAMAGES = {
  "a report's place names another one": "UPDATE stream_runs SET seq = seq + 1",
  "a report's place names what is none": "UPDATE stream_runs SET seq = 1",
  "a report's place is beyond every journal": "UPDATE stream_runs SET seq = 1 << 41",
  "a report's place is beyond what a number holds": "UPDATE stream_runs SET seq = 1 << 62",
  "the places of the first reports are missing": "DELETE FROM stream_runs WHERE stream_seq = 1",
  "a report's place is missing":
    "INSERT INTO stream_runs SELECT account_id, 1000, partition_id, seq, x'' FROM stream_runs",
  "a booking's place names what is none":
    "UPDATE bookings SET seq = 1 WHERE seq = (SELECT max(seq) FROM bookings)",
  "a booking's place names another account's":
    "UPDATE bookings SET seq = (SELECT max(seq) FROM bookings) WHERE account_id = 1 AND seq = " +
    "(SELECT max(seq) FROM bookings WHERE account_id = 1)",
  "a row says that an order is of another side": "UPDATE closed_orders SET traits = traits | 1",
  "a client's name leads to an order of another name":
    "UPDATE closed_orders SET cl_ord_id = 'ref-5' WHERE cl_ord_id = 'ref-3'",
  "a refusal's place names another order's report": "UPDATE refusals SET seq = seq + 1",
  "a refusal's place names what no story tells": "UPDATE refusals SET seq = 1",
  "a refusal's place names another order's refusal":
    "UPDATE refusals SET seq = (SELECT max(seq) FROM refusals)",
  "a client's name leads to the story of another name":
    "UPDATE closed_orders SET cl_ord_id = 'story' WHERE cl_ord_id = 'ref-3'",
} as const;

const REFUSED = "22000000001" as OrderId;

/** Refuses a cancel of one order and, with an event between, of another. */
function refuseTwo(desk: ScriptedDesk): void {
  desk.refuse(REFUSED);
  desk.refuse(desk.place(ALICE));
}

async function askedOf(archive: OrderArchive, desk: ScriptedDesk, sql: string): Promise<unknown> {
  if (sql.includes("refusals")) {
    const sought = { orderNumber: Number(REFUSED) };
    const page = { open: null, cursor: null, beforeSeq: desk.durableSeq + 1, limit: 10 };
    return await archive.story({ sought, ...page });
  }
  if (sql.includes("traits")) {
    const filter = { side: Side.Sell };
    const { orderNumbers } = await archive.list(ALICE, filter, 0, 10);
    return await archive.orders(ALICE, orderNumbers, filter);
  }
  if (sql.includes("story")) {
    const sought = { account: ALICE, clOrdId: "story" };
    const page = { open: null, cursor: null, beforeSeq: desk.durableSeq + 1, limit: 10 };
    return await archive.story({ sought, ...page });
  }
  if (sql.includes("closed_orders")) {
    return archive.findClosed(ALICE, { clOrdId: "ref-5" as ClOrdId });
  }
  if (!sql.includes("bookings")) return archive.reports(ALICE, 0, 10);
  const page = { fromIndex: 0, limit: 10, throughSeq: desk.durableSeq };
  return archive.bookings({ account: ALICE, partition: DESK, filter: { rows: "Lines" }, ...page });
}

for (const [what, sql] of Object.entries(DAMAGES)) {
  test(`archive: ${what}: refused and built again, never told and never fatal`, () =>
    withDesk(async ({ folder, desk, open, noticed }) => {
      desk.answer(ALICE);
      desk.openAccount(ALICE);
      trade(desk, ALICE, sql.includes("DELETE") ? RUN_REPORTS_MAX : 4);
      if (sql.includes("account_id")) desk.openAccount(BOB);
      if (sql.includes("refusals")) refuseTwo(desk);
      const recovered = noticed("Recovered");
      const archive = await open();
      await projectAll(archive, desk);
      withDatabase(join(folder, "archive.db"), sql);
      const asked = askedOf(archive, desk, sql);
      await assert.rejects(asked, UNAVAILABLE);
      await recovered;
      await archive.reached(DESK, desk.durableSeq);
      await assertComplete(archive, desk);
    }));
}

test("archive: it says why it cannot be opened", () =>
  withDesk(async ({ folder, open }) => {
    const file = join(folder, "archive.db");
    mkdirSync(file);
    await assert.rejects(open(), { code: "ARCHIVE_UNAVAILABLE", message: /not a regular file/ });
  }));

test("archive: while the system gives no thread it is tried again", () =>
  withDesk(async ({ folder, desk, open, notices, noticed }) => {
    const orderId = desk.place(ALICE);
    desk.cancel(orderId);
    const clock = new FakeClock();
    const archive = await open({ clock });
    await projectAll(archive, desk);
    withDatabase(join(folder, "archive.db"), "UPDATE closed_orders SET seq = 1");
    const ended = noticed("Failed");
    await assert.rejects(archive.findClosed(ALICE, { orderId }), UNAVAILABLE);
    await ended;
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
  withDesk(async ({ folder, desk, open, noticed }) => {
    const orderId = desk.place(ALICE);
    desk.cancel(orderId);
    const clock = new FakeClock();
    const archive = await open({ clock });
    await projectAll(archive, desk);
    withDatabase(join(folder, "archive.db"), "UPDATE closed_orders SET seq = 1");
    const ended = noticed("Failed");
    await assert.rejects(archive.findClosed(ALICE, { orderId }), UNAVAILABLE);
    await ended;
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

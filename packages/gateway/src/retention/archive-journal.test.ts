// A journal that is cut goes on as it was, and what was cut proves itself.
import assert from "node:assert/strict";
import { hash } from "node:crypto";
import fs, {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import {
  decodeAddInstrument,
  decodeInstrumentChange,
  isFault,
  JsonFault,
  type JsonValue,
  parseExact,
  UNCONDITIONAL,
} from "@countermand/contract";
import { decodeExchangeEvent, type ExchangeEvent } from "@countermand/core/exchange";
import type { UnixMs } from "@countermand/core/model";
import Database from "better-sqlite3";
import fc from "fast-check";
import { openArchive } from "../archive/archive-file.ts";
import { projectWhole } from "../archive/archive-fixture.ts";
import { StreamRuns } from "../archive/stream-runs.ts";
import { orderStories } from "../audit/order-story.ts";
import { backUp } from "../journal/backup.ts";
import { inspectJournal } from "../journal/inspect.ts";
import { JournalReader } from "../journal/journal-reader.ts";
import { writeSnapshot } from "../journal/snapshot-file.ts";
import { verifyJournal } from "../journal/verify.ts";
import type { RunningNode } from "../running-node.ts";
import { recoverState, snapshotFolder } from "../sequencer/recovery.ts";
import { deskNames, stateLines } from "../sequencer/state.ts";
import { writeStateSnapshot } from "../sequencer/state-snapshot.ts";
import { type ArchiveStep, archiveJournal } from "./archive-journal.ts";
import { layoutOfJournal } from "./kept-snapshots.ts";
import { restoreJournal } from "./restore-journal.ts";
import { CALLERS, type Deed, Trading } from "./retention-fixture.ts";

const KINDS = ["buy", "sell", "buy", "sell", "cancel", "amend", "refused", "wait"] as const;

/** A history that does not depend on chance: everything happens in it. */
const DEEDS: readonly Deed[] = Array.from({ length: 64 }, (_, index) => ({
  kind: KINDS[(index * 5) % KINDS.length] ?? "buy",
  pick: (index * 7) % 31,
}));

const anyKind = fc.constantFrom(...KINDS, ...KINDS, "stop" as const, "regrid" as const);
const deeds = fc.array(fc.record({ kind: anyKind, pick: fc.nat(60) }), {
  minLength: 15,
  maxLength: 40,
});

test("retention: after random cuts a start, the audit and the verification are as before", async (t) => {
  const cutAt = fc.array(fc.double({ min: 0.1, max: 1, noNaN: true }), {
    minLength: 1,
    maxLength: 2,
  });
  await fc.assert(
    fc.asyncProperty(deeds, deeds, cutAt, fc.nat(), async (first, second, shares, place) => {
      const trading = new Trading(t);
      const beganMs = trading.nowMs;
      let after: unknown = null;
      for (const [index, part] of [first, second].entries()) {
        const node = await trading.start();
        await trading.act(node, part);
        // Time that passed since has done to the accounts what it does.
        if (index === 1) trading.nowMs += 3_600_000;
        await trading.act(node, [{ kind: "buy", pick: 0 }]);
        const before = await node.stateHash();
        await trading.stop();
        const stories = trading.stories(index === 0 ? null : trading.segments);
        for (const share of shares.toSorted()) {
          trading.archive(beganMs + share * (trading.nowMs - beganMs));
          assert.equal(trading.recoveredHash(), before.hash);
          assertWhole(trading);
        }
        assert.deepEqual(trading.stories(trading.segments), stories);
        after = before;
      }
      const again = await trading.start();
      assert.deepEqual(await again.stateHash(), after);
      await trading.stop();
      assertArchiveIsAsRebuilt(trading);
      assertFlipsAreFound(trading, place);
      restoreAll(trading);
      rmSync(trading.root, { recursive: true });
    }),
    { numRuns: 1, endOnFailure: true },
  );
});

/** Journal and segments, one after the other. */
function assertWhole({ dataDir, segments }: Trading): void {
  assert.equal(verifyJournal(dataDir).problem, null);
  const isCut = verifyJournal(dataDir).partitions.some(({ archivedSeq }) => archivedSeq > 0);
  if (isCut) assert.equal(verifyJournal(dataDir, { segments }).problem, null);
}

/** What the cut took out of the archive is all that a new archive would not have. */
function assertArchiveIsAsRebuilt({ dataDir, root }: Trading): void {
  const bare = join(root, "bare");
  cpSync(dataDir, bare, { recursive: true });
  rmSync(join(bare, "archive.db"));
  const contents = [dataDir, bare].map((folder) => {
    const reader = new JournalReader(folder);
    const { database } = openArchive(folder, reader, deskNames(3));
    for (const partition of deskNames(3)) {
      const from = database.positions().get(partition)?.seq ?? 0;
      const records = [...reader.records(partition, from)];
      const seq = records.at(-1)?.seq ?? from;
      const hash = reader.hashAt(partition, seq) ?? "";
      if (seq > from) projectWhole(database, partition, records, { seq, hash });
    }
    database.close();
    reader.close();
    return rowsOf(join(folder, "archive.db"));
  });
  assert.deepEqual(contents[0], contents[1]);
}

/** By names instead of ids, which are given out as accounts come. */
function rowsOf(file: string): unknown[][] {
  const database = new Database(file, { readonly: true });
  const whose =
    "JOIN accounts ON accounts.id = account_id JOIN partitions ON partitions.id = partition_id";
  const queries = [
    "SELECT account, closed_count FROM accounts WHERE closed_count > 0 ORDER BY 1",
    "SELECT name, seq, hash, archived_seq FROM partitions ORDER BY 1",
    `SELECT account, name, order_number, cl_ord_id, traits & 127, symbol, closed_orders.seq
      FROM closed_orders ${whose} JOIN symbols ON symbols.id = traits >> 7 ORDER BY 1, 3`,
    `SELECT account, name, order_number, refusals.seq FROM refusals ${whose} ORDER BY 1, 4`,
    `SELECT account, name, bookings.seq, execution_no, line_no FROM bookings ${whose} ORDER BY 1, 3`,
  ];
  const rows = queries.map((query) => database.prepare(query).raw().all());
  const runs = new StreamRuns(database);
  const accounts = database.prepare<[], string>("SELECT account FROM accounts ORDER BY 1").pluck();
  const places = accounts.all().map((account) => runs.placesAfter(account, 0, 1_000_000));
  database.close();
  return [...rows, places.filter((each) => each.length > 0)];
}

/** A byte anywhere in a segment, a hash or a payload in the journal. */
function assertFlipsAreFound(trading: Trading, place: number): void {
  const { dataDir, root, segments } = trading;
  const paths = readdirSync(segments).map((name) => join(segments, name));
  for (const [index, path] of paths.entries()) {
    const bytes = readFileSync(path);
    const at = (place + index * 7_919) % bytes.length;
    const flipped = Buffer.from(bytes);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (place % 8));
    writeFileSync(path, flipped);
    const { problem } = verifyJournal(dataDir, { segments });
    assert.ok(problem !== null, `${path} byte ${at}`);
    writeFileSync(path, bytes);
  }
  for (const change of [
    "UPDATE anchors SET hash = randomblob(32)",
    "UPDATE anchors SET seq = seq + 1",
    "UPDATE anchors SET epoch = 1000",
    "DELETE FROM anchors",
    "UPDATE blocks SET payloads = replace(payloads, '0', '1') WHERE id = (SELECT max(id) FROM blocks)",
    "DELETE FROM blocks WHERE id = (SELECT min(id) FROM blocks)",
  ]) {
    if (paths.length === 0 && change.includes("anchors")) continue;
    const changed = trading.copied(`changed-${change.length}`);
    const database = new Database(join(changed, "journal.db"));
    database.exec(change);
    database.close();
    assert.ok(verifyJournal(changed, { segments }).problem !== null, change);
  }
  assert.equal(verifyJournal(dataDir, paths.length > 0 ? { segments } : {}).problem, null, root);
}

/** All events back: as if it had never been cut. */
function restoreAll(trading: Trading): void {
  const { dataDir, segments } = trading;
  const [stories, hash] = [trading.stories(segments), trading.recoveredHash()];
  restoreJournal(dataDir, segments);
  rmSync(join(dataDir, "snapshots"), { recursive: true });
  assert.equal(trading.recoveredHash(), hash, "from the first event on");
  assert.deepEqual(trading.stories(null), stories);
  assert.ok(verifyJournal(dataDir).partitions.every(({ archivedSeq }) => archivedSeq === 0));
}

/** A gateway with a history that has stopped. */
async function traded(t: TestContext, laterMs = 0): Promise<{ trading: Trading; hash: string }> {
  const trading = new Trading(t);
  trading.nowMs += laterMs;
  const node = await trading.start();
  await trading.act(node, DEEDS);
  trading.nowMs += 3_600_000;
  await trading.act(
    node,
    [1, 2, 3, 4].map((pick) => ({ kind: "buy", pick })),
  );
  const { hash } = await node.stateHash();
  await trading.stop();
  return { trading, hash };
}

test("retention: a crash at any step leaves the journal as it was or as it was to be", async (t) => {
  const { trading, hash } = await traded(t);
  const steps = new Set<ArchiveStep>();
  const copies: { step: string; data: string; segments: string }[] = [];
  const { dataDir, segments, nowMs } = trading;
  mkdirSync(segments);
  archiveJournal({
    dataDir,
    folder: segments,
    beforeMs: nowMs,
    onStep: (step) => {
      steps.add(step);
      const name = `crash-${copies.length}`;
      const ofSegments = join(trading.root, `${name}-segments`);
      cpSync(segments, ofSegments, { recursive: true, force: true });
      copies.push({ step, data: trading.copied(name), segments: ofSegments });
    },
  });
  const all = ["inspected", "snapshots kept", "segment written", "verified", "rows deleted"];
  assert.deepEqual([...steps], [...all, "committed", "log emptied"]);
  const { partitions: done } = verifyJournal(dataDir);
  for (const { step, data, segments: folder } of copies) {
    const { partitions, problem } = verifyJournal(data);
    assert.equal(problem, null, step);
    const seqs = partitions.map(({ archivedSeq }) => archivedSeq);
    const isDone = step === "committed" || step === "log emptied";
    const expected = done.map(({ archivedSeq }) => (isDone ? archivedSeq : 0));
    assert.deepEqual(seqs, expected, step);
    // Cut anew at another place, beside what the crash left.
    trading.archive(nowMs - 20 * 60_000, data, folder);
    assert.equal(verifyJournal(data, { segments: folder }).problem, null, step);
    assert.equal(trading.recoveredHash(data), hash, step);
  }
});

test("retention: what a killed run has left is flushed before anything is deleted", async (t) => {
  const { trading } = await traded(t);
  const { dataDir, segments, nowMs: beforeMs, root } = trading;
  const killed = (step: ArchiveStep) => {
    if (step === "verified") throw new Error("killed");
  };
  const order = { dataDir, folder: segments, beforeMs };
  assert.throws(() => archiveJournal({ ...order, onStep: killed }), /killed/);
  const written = readdirSync(segments).map((name) => join(segments, name));
  assert.ok(written.length >= 2);
  const flushed = flushedPaths(t);
  let before: string[] = [];
  const onStep = (step: ArchiveStep) => {
    if (step === "rows deleted") before = [...flushed];
  };
  archiveJournal({ ...order, onStep });
  for (const path of [...written, segments, root, join(dataDir, "snapshots")]) {
    assert.ok(before.includes(path), path);
  }
});

/** What is flushed from now on, until the test is over. */
function flushedPaths(t: TestContext): Set<string> {
  const { fsyncSync, openSync } = fs;
  const paths = new Map<number, string>();
  const flushed = new Set<string>();
  t.mock.method(fs, "openSync", (path: string, flags: string, mode?: number) => {
    const descriptor = openSync(path, flags, mode);
    paths.set(descriptor, path);
    return descriptor;
  });
  t.mock.method(fs, "fsyncSync", (descriptor: number) => {
    fsyncSync(descriptor);
    flushed.add(paths.get(descriptor) ?? "");
  });
  syncBuiltinESMExports();
  t.after(() => {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  });
  return flushed;
}

test("retention: what fails before the commit changes nothing, and can be done again", async (t) => {
  const { trading, hash } = await traded(t);
  const { dataDir, segments: folder, nowMs: beforeMs } = trading;
  for (const failing of ["snapshots kept", "segment written", "verified", "rows deleted"]) {
    const onStep = (step: ArchiveStep) => {
      if (step === failing) throw new Error(`injected: ${step}`);
    };
    assert.throws(() => archiveJournal({ dataDir, folder, beforeMs, onStep }), /injected/);
    const { partitions, problem } = verifyJournal(dataDir);
    assert.equal(problem, null);
    assert.ok(
      partitions.every(({ archivedSeq }) => archivedSeq === 0),
      failing,
    );
  }
  const report = trading.archive(beforeMs);
  assert.equal(report.shrinkProblem, null);
  assert.ok(report.partitions.filter(({ moved }) => moved !== null).length >= 2);
  assert.equal(trading.recoveredHash(), hash);
});

test("retention: a segment of another journal is not taken for this one's, nor written over", async (t) => {
  const [{ trading, hash }, { trading: other }] = [await traded(t), await traded(t, 1)];
  const { segments, dataDir, nowMs } = trading;
  other.archive(other.nowMs, other.dataDir, segments);
  const before = readdirSync(segments).map((name) => readFileSync(join(segments, name)));
  assert.throws(() => trading.archive(nowMs), { code: "SEGMENT_DAMAGED" });
  const after = readdirSync(segments).map((name) => readFileSync(join(segments, name)));
  assert.deepEqual(after, before);
  assert.ok(verifyJournal(dataDir).partitions.every(({ archivedSeq }) => archivedSeq === 0));
  assert.equal(trading.recoveredHash(), hash);
});

test("retention: nothing is archived behind a snapshot that leads to another state", async (t) => {
  const { trading, hash } = await traded(t);
  const { dataDir } = trading;
  const layout = layoutOfJournal(dataDir, inspectJournal(dataDir));
  const end = recoverState({ dataDir, layout });
  const upTo = new Map([...end.positions].map(([partition, seq]) => [partition, seq - 1]));
  const before = recoverState({ dataDir, layout, upTo, endsCommand: true });
  const reader = new JournalReader(dataDir);
  const positions = [...before.positions].map(([partition, seq]) => {
    return { partition, seq, hash: reader.hashAt(partition, seq) ?? "" };
  });
  reader.close();
  // Whole, and not what its events came to: no check of the file or the journal finds that.
  const lines = [...stateLines(before.state)].map((line) => {
    const cells = JSON.parse(line.startsWith("[") ? line : "[]");
    if (cells[0] !== "account") return line;
    const [, name, streamSeq, isShortAllowed, ...rest] = cells;
    return JSON.stringify(["account", name, streamSeq, !isShortAllowed, ...rest]);
  });
  rmSync(snapshotFolder(dataDir), { recursive: true, force: true });
  writeSnapshot(snapshotFolder(dataDir), { positions }, lines);
  writeStateSnapshot(dataDir, end);
  assert.throws(() => trading.archive(trading.nowMs), /leads to another state than the newer one/);
  assert.ok(verifyJournal(dataDir).partitions.every(({ archivedSeq }) => archivedSeq === 0));
  assert.equal(trading.recoveredHash(), hash);
});

test("retention: nothing is archived before a start has kept a damaged tail aside", async (t) => {
  const trading = new Trading(t);
  const node = await trading.start();
  // As the crash finds it: one that follows in time names events which the tail had.
  const head = readFileSync(join(trading.dataDir, "head"));
  await trading.act(node, DEEDS.slice(0, 16));
  const crashed = trading.copied("crashed");
  await trading.stop();
  writeFileSync(join(crashed, "head"), head);
  const path = join(crashed, "journal.db-wal");
  const log = readFileSync(path);
  const at = log.length - 100;
  log.writeUInt8(log.readUInt8(at) ^ 1, at);
  writeFileSync(path, log);
  const archive = () => trading.archive(trading.nowMs, crashed);
  assert.throws(archive, /damaged tail: start the gateway once/);
  assert.deepEqual(readFileSync(path), log, "it is there for the start");
  await trading.start(crashed);
  await trading.stop();
  assert.ok(archive().partitions.some(({ moved }) => moved !== null));
});

test("retention: a story that is read while its events are archived is whole", async (t) => {
  const { trading } = await traded(t);
  const { segments } = trading;
  const [orderId] = trading.orderIds;
  const [before] = trading.stories(null);
  assert.ok(orderId !== undefined);
  const uncut = trading.copied("uncut");
  // The segments are there when a cut begins.
  trading.archive(trading.nowMs + 1);
  let isCut = false;
  const sought = {
    /** Asked for when the journal is open. */
    get orderId() {
      const { partitions } = trading.archive(trading.nowMs + 1, uncut);
      isCut ||= partitions.some(({ moved }) => moved !== null);
      return orderId;
    },
  };
  assert.deepEqual([...orderStories(uncut, sought, segments)], before);
  assert.equal(isCut, true);
});

test("retention: desks and exchange are cut, but for what is remembered and the last", async (t) => {
  const { trading } = await traded(t);
  const lastSeqs = new Map(
    verifyJournal(trading.dataDir).partitions.map(({ partition, lastSeq }) => [partition, lastSeq]),
  );
  const report = trading.archive(trading.nowMs + 1);
  for (const { partition, moved, keptBy } of report.partitions) {
    assert.ok(partition === "exchange" || partition.startsWith("desk-"), partition);
    assert.ok(moved === null || moved.lastSeq < (lastSeqs.get(partition) ?? 0));
    assert.ok(["age", "end", "remembered"].includes(keptBy), keptBy);
  }
  assert.ok(report.partitions.some(({ keptBy }) => keptBy === "remembered"));
  const again = trading.archive(trading.nowMs + 1);
  assert.ok(
    again.partitions.every(({ moved }) => moved === null),
    "nothing more can go",
  );
});

test("retention: a cut behind a trade that brings a stop order in", async (t) => {
  const trading = new Trading(t);
  const node = await trading.start();
  // The trade is the last one that is old; what it brings in comes behind it.
  await trading.act(node, [
    { kind: "stop", pick: 0 },
    { kind: "sell", pick: 2 },
    { kind: "buy", pick: 3 },
  ]);
  const beforeMs = trading.nowMs + 1;
  trading.nowMs += 3_600_000;
  await trading.act(node, [
    { kind: "sell", pick: 4 },
    { kind: "buy", pick: 5 },
  ]);
  const { hash } = await node.stateHash();
  await trading.stop();
  const { partitions } = trading.archive(beforeMs);
  const exchange = partitions.find(({ partition }) => partition === "exchange");
  assert.ok(exchange?.moved !== null, "it was cut");
  const [behind] = recordsOf(trading.dataDir, "exchange");
  assert.equal(behind?.type, "Triggered", "in the middle of a command");
  assert.equal(trading.recoveredHash(), hash);
  assert.equal((await (await trading.start()).stateHash()).hash, hash);
});

test("retention: a cut within the trades of one order", async (t) => {
  const trading = new Trading(t);
  const node = await trading.start();
  // It trades twice and rests: after the first trade what rests would meet the second.
  await trading.act(node, [
    { kind: "sell", pick: 8 },
    { kind: "sell", pick: 12 },
    { kind: "buy", pick: 7 },
  ]);
  const { hash } = await node.stateHash();
  await trading.stop();
  trading.archive(trading.nowMs + 1);
  const left = recordsOf(trading.dataDir, "exchange").map(({ type }) => type);
  assert.deepEqual(left, ["Traded"], "all but the last event went");
  assert.equal(trading.recoveredHash(), hash);
  assert.equal((await (await trading.start()).stateHash()).hash, hash);
});

function recordsOf(dataDir: string, partition: string): ExchangeEvent[] {
  const reader = new JournalReader(dataDir);
  try {
    const records = reader.records(partition, reader.anchor(partition)?.seq ?? 0);
    return [...records].map(({ payload }) => decodeExchangeEvent(payload));
  } finally {
    reader.close();
  }
}

test("retention: a remembered request gets its answer after the cut", async (t) => {
  const trading = new Trading(t);
  const node = await trading.start();
  await trading.act(node, DEEDS);
  const [caller] = CALLERS;
  await trading.act(node, [{ kind: "buy", pick: 0 }]);
  const expiresAtMs = (trading.nowMs + 300_000) as UnixMs;
  const identity = { fingerprint: "f-kept", contentDigest: "", expiresAtMs };
  const options = { identity, rememberAlways: true, representation: true };
  const orderId = trading.orderIds.at(-1);
  assert.ok(orderId !== undefined);
  const request = { target: { by: "orderId", orderId }, condition: UNCONDITIONAL } as const;
  const first = await node.services.trade.cancel(caller, request, options);
  assert.equal(first.httpStatus, 200, first.body);
  await trading.stop();
  trading.archive(trading.nowMs + 1);
  const again = await trading.start();
  await caughtUp(again, caller);
  const second = await again.services.trade.cancel(caller, request, options);
  assert.deepEqual([second.body, second.replayed], [first.body, true]);
});

test("retention: a backup of a cut journal has a whole snapshot, or is none", async (t) => {
  const { trading } = await traded(t);
  trading.archive(trading.nowMs);
  const good = join(trading.root, "good");
  await backUp(trading.dataDir, good);
  assert.equal(trading.recoveredHash(good), trading.recoveredHash());
  const snapshots = join(trading.dataDir, "snapshots");
  for (const name of readdirSync(snapshots)) {
    const path = join(snapshots, name);
    writeFileSync(path, readFileSync(path, "utf8").replace("a", "b"));
  }
  const bad = join(trading.root, "bad");
  await assert.rejects(backUp(trading.dataDir, bad), { code: "JOURNAL_DAMAGED" });
  assert.deepEqual([existsSync(bad), existsSync(`${bad}.partial`)], [false, false]);
});

test("retention: a start without snapshots says what is missing; put back, it goes on", async (t) => {
  const { trading, hash } = await traded(t);
  trading.archive(trading.nowMs);
  rmSync(join(trading.dataDir, "snapshots"), { recursive: true });
  await assert.rejects(trading.start(), { code: "JOURNAL_CUT", message: /restore-journal/ });
  const counts = restoreJournal(trading.dataDir, trading.segments);
  assert.ok(counts.size >= 2);
  const node = await trading.start();
  assert.equal((await node.stateHash()).hash, hash);
});

test("retention: the running gateway tells what is left of a story, and where streams begin", async (t) => {
  const { trading } = await traded(t);
  trading.archive(trading.nowMs + 1);
  const node = await trading.start();
  for (const caller of CALLERS) await caughtUp(node, caller);
  const whole = trading.stories(trading.segments);
  const { audit } = node.operator.service;
  for (const [index, rest] of trading.stories(null).entries()) {
    const orderId = trading.orderIds[index] ?? "";
    const { httpStatus, body } = await audit.story({ orderId }, { cursor: null, limit: 500 });
    const { data } = JSON.parse(body) as { data?: { events: object[]; complete: boolean } };
    if (data === undefined) {
      assert.deepEqual([httpStatus, rest], [404, []], orderId);
      continue;
    }
    assert.deepEqual(
      data.events,
      rest.map((json) => JSON.parse(json)),
    );
    assert.equal(data.complete, rest.length === whole[index]?.length, orderId);
  }
  assert.ok(whole.flat().length > trading.stories(null).flat().length, "something was cut");
});

/** Closed orders are refused until the archive has what the snapshot stood for. */
async function caughtUp(
  { services }: RunningNode,
  caller: (typeof CALLERS)[number],
): Promise<void> {
  for (let status = 503; status === 503; ) {
    const page = await services.trade.orders(caller, { pageIndex: 1, pageSize: 1 });
    status = page.httpStatus;
  }
}

/** What operators do to instruments, as they send it. */
async function changeInstruments(node: RunningNode, nowMs: number): Promise<void> {
  const { sequencer, service } = node.operator;
  const wallMs = nowMs as UnixMs;
  const listed = `{"reason":"x","symbol":"NVDA","name":"NVIDIA","currency":"USD","product":"NVDA",
    "markets":["usex","nasdaq"],"tick":0.01,"lot":1,"price_max":100000,"qty_max":1000000}`;
  const added = decodeAddInstrument(parsed(listed));
  const grid = decodeInstrumentChange(
    parsed('{"reason":"x","halted":true,"tick":0.5,"lot":50,"resting":"cancel"}'),
  );
  assert.ok(!isFault(added) && !isFault(grid));
  const answers = await sequencer.operate((turnMs) => {
    const turn = { operator: "kim", apiKey: null, requestId: "", wallMs, nowMs: turnMs };
    return [service.addInstrument(turn, added), service.changeInstrument(turn, "00700", grid)].map(
      ({ httpStatus, body }) => (httpStatus === 200 ? 200 : body),
    );
  });
  assert.deepEqual(answers, [200, 200]);
}

function parsed(text: string): JsonValue {
  const value = parseExact(text);
  assert.ok(!(value instanceof JsonFault));
  return value;
}

test("retention: what instruments became in between is as it was after the cut", async (t) => {
  const trading = new Trading(t);
  const first = await trading.start();
  await trading.act(first, DEEDS);
  await changeInstruments(first, trading.nowMs);
  await trading.act(first, DEEDS);
  const { hash } = await first.stateHash();
  await trading.stop();
  const half = trading.nowMs - 40 * 60_000;
  for (const beforeMs of [half, trading.nowMs]) {
    trading.archive(beforeMs);
    assert.equal(trading.recoveredHash(), hash);
  }
  const again = await trading.start();
  assert.equal((await again.stateHash()).hash, hash);
});

test("retention: snapshots of another version stay where nothing else stands for what was cut", async (t) => {
  const trading = new Trading(t);
  const beganMs = trading.nowMs;
  const node = await trading.start();
  await trading.act(node, DEEDS.slice(0, 8));
  trading.nowMs += 3_600_000;
  await trading.act(node, DEEDS.slice(8, 16));
  await trading.stop();
  const { partitions } = trading.archive(beganMs + 1_800_000);
  assert.ok(partitions.some(({ moved }) => moved !== null));
  const folder = join(trading.dataDir, "snapshots");
  const names = readdirSync(folder);
  for (const name of names) {
    const path = join(folder, name);
    const text = readFileSync(path, "latin1").replace(/^{"format":\d+/, '{"format":1');
    const covered = text.slice(0, text.lastIndexOf("sha256 "));
    const digest = hash("sha256", Buffer.from(covered, "latin1"));
    writeFileSync(path, `${covered}sha256 ${digest}\n`, "latin1");
  }
  assert.throws(() => trading.archive(trading.nowMs), { code: "JOURNAL_CUT" });
  assert.deepEqual(readdirSync(folder), names);
});

import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { cutJournal, uncutJournal } from "./journal-cut.ts";
import { closedJournal, inFolder } from "./journal-fixture.ts";
import { JournalReader } from "./journal-reader.ts";
import { journalFiles } from "./journal-schema.ts";
import { SegmentChain } from "./segment-chain.ts";
import { segmentEvents, segmentPaths, writeSegment } from "./segment-file.ts";
import { verifyJournal } from "./verify.ts";

const DESK = "desk";
const LAST = 30;

interface Place {
  readonly data: string;
  readonly segments: string;
  /** Writes a segment of events that the journal has. */
  write(firstSeq: number, lastSeq: number, folder?: string): string;
  cut(seq: number): void;
  problem(): string | null;
}

/** @param restartSeqs where the journal was closed and opened again */
function placeIn(folder: string, restartSeqs: readonly number[] = []): Place {
  const [data, segments] = [join(folder, "data"), join(folder, "segments")];
  const whole = join(folder, "whole");
  for (const each of [data, whole]) {
    for (const lastSeq of [...restartSeqs, LAST]) {
      closedJournal(each, { [DESK]: lastSeq, control: 3 });
    }
  }
  const write = (firstSeq: number, lastSeq: number, to = segments) => {
    const reader = new JournalReader(whole);
    const events = [...reader.containing(DESK, "")].slice(firstSeq - 1, lastSeq);
    const [previousHash, lastHash] = [firstSeq - 1, lastSeq].map((seq) => reader.hashAt(DESK, seq));
    reader.close();
    assert.ok(previousHash && lastHash);
    const header = { partition: DESK, firstSeq, lastSeq, previousHash, lastHash };
    return writeSegment(to, header, events);
  };
  const cut = (seq: number) => {
    const reader = new JournalReader(whole);
    const event = reader.sealed(DESK, seq);
    reader.close();
    assert.ok(event !== null);
    const anchor = { seq, epoch: event.epoch, hash: event.hash };
    cutJournal(data, [{ partition: DESK, anchor }], () => {});
  };
  const problem = () => verifyJournal(data, { segments }).problem?.what ?? null;
  return { data, segments, write, cut, problem };
}

test("segments: the anchor has the epoch of its event", () =>
  inFolder((folder) => {
    const { write, cut, problem, data } = placeIn(folder, [10]);
    write(1, 20);
    cut(20);
    assert.equal(problem(), null);
    const database = new Database(journalFiles(data).database);
    database.prepare("UPDATE anchors SET epoch = 1").run();
    database.close();
    assert.match(problem() ?? "", /anchor of partition "desk" has epoch 1, and its event 2;?$/);
  }));

test("segments: with the journal they are one history; what a cut left over may overlap", () =>
  inFolder((folder) => {
    const { write, cut, problem, data, segments } = placeIn(folder);
    write(1, 7);
    write(8, 20);
    cut(20);
    assert.equal(problem(), null);
    assert.equal(verifyJournal(data, { segments }).segmentEventCount, 20);
    for (const [first, last] of [
      [1, 3],
      [1, 12],
      [8, 9],
      [21, 25],
      [8, 29],
    ] as const) {
      write(first, last);
      assert.equal(problem(), null, `${first} to ${last}`);
    }
    assert.equal(verifyJournal(data, { segments }).segmentEventCount, 20, "each event counts once");
  }));

test("segments: a missing, renamed or foreign one is named", () =>
  inFolder((folder) => {
    const { write, cut, problem, segments } = placeIn(folder);
    const [first, second, third] = [write(1, 7), write(8, 13), write(14, 20)];
    cut(20);
    const kept = join(folder, "kept");
    mkdirSync(kept);
    const without = (path: string) => {
      renameSync(path, join(kept, basename(path)));
      const told = problem();
      renameSync(join(kept, basename(path)), path);
      return told;
    };
    assert.match(without(first) ?? "", /no segment has events 1 to 7 of partition "desk"/);
    assert.match(without(second) ?? "", /events 8 to 13/);
    assert.match(without(third) ?? "", /events 14 to 20/);
    assert.equal(problem(), null);
    copyFileSync(second, third);
    assert.match(problem() ?? "", /holds what belongs into desk\.0{11}8-0{10}13\.segment/);
    rmSync(third);
    write(14, 20);
    const other = join(folder, "other");
    closedJournal(join(other, "data"), { desk: 3, exchange: 9 });
    const foreign = { partition: "exchange", firstSeq: 1, lastSeq: 9 };
    const reader = new JournalReader(join(other, "data"));
    const [previousHash, lastHash] = [0, 9].map((seq) => reader.hashAt("exchange", seq));
    assert.ok(previousHash && lastHash);
    const events = [...reader.containing("exchange", "")];
    const path = writeSegment(segments, { ...foreign, previousHash, lastHash }, events);
    reader.close();
    assert.match(problem() ?? "", /the journal has no partition "exchange"/);
    rmSync(path);
    for (const each of segmentPaths(segments)) rmSync(each);
    assert.match(problem() ?? "", /has no segments/);
  }));

test("segments: a single event that is missing is named, between them and behind them", () => {
  for (const [ranges, missing] of [
    [
      [
        [1, 7],
        [9, 20],
      ],
      8,
    ],
    [[[2, 20]], 1],
    [[[1, 19]], 20],
  ] as [[number, number][], number][]) {
    inFolder((folder) => {
      const { write, cut, problem } = placeIn(folder);
      for (const [first, last] of ranges) write(first, last);
      cut(20);
      assert.match(problem() ?? "", new RegExp(`no segment has event ${missing} of partition`));
    });
  }
});

test("segments: one of another history does not fit, though it is whole by itself", () =>
  inFolder((folder) => {
    const { write, cut, problem, segments } = placeIn(folder);
    write(1, 20);
    cut(20);
    // The same payloads under another epoch: whole, and sealed otherwise.
    const twin = join(folder, "twin");
    closedJournal(twin, { [DESK]: 4 });
    closedJournal(twin, { [DESK]: 12 });
    const reader = new JournalReader(twin);
    const events = [...reader.containing(DESK, "")];
    const hash = reader.hashAt(DESK, 12) ?? "";
    reader.close();
    const header = { partition: DESK, firstSeq: 1, lastSeq: 12, previousHash: "0".repeat(64) };
    const path = writeSegment(segments, { ...header, lastHash: hash }, events);
    assert.equal([...segmentEvents(path)].length, 12);
    assert.match(problem() ?? "", /event 12 is not the one/);
  }));

test("segments: every flipped bit and every cut of a file is found", () =>
  inFolder((folder) => {
    const path = placeIn(folder).write(5, 8);
    const bytes = readFileSync(path);
    const readAll = () => [...segmentEvents(path)].length;
    assert.equal(readAll(), 4);
    for (let at = 0; at < bytes.length; at += 1) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
      writeFileSync(path, changed);
      assert.throws(readAll, { code: "SEGMENT_DAMAGED" }, `byte ${at}`);
      writeFileSync(path, bytes.subarray(0, at));
      assert.throws(readAll, { code: "SEGMENT_DAMAGED" }, `cut at ${at}`);
    }
    writeFileSync(path, Buffer.concat([bytes, Buffer.from("5 1\n")]));
    assert.throws(readAll, /goes on behind its end/);
  }));

test("segments: put back, the journal is as it was", () =>
  inFolder((folder) => {
    const { data, segments, write, cut } = placeIn(folder);
    const before = verifyJournal(data).partitions;
    write(1, 20);
    cut(12);
    cut(20);
    const reader = new JournalReader(data);
    assert.throws(() => reader.read(DESK, 19, 1), { code: "JOURNAL_CUT" });
    assert.equal(reader.read(DESK, 20, 1)[0]?.seq, 21);
    assert.equal(reader.hashAt(DESK, 20), reader.anchor(DESK)?.hash);
    const events = new SegmentChain(segments).events(DESK, reader.beginning(DESK));
    uncutJournal(data, new Map([[DESK, events]]));
    reader.close();
    assert.deepEqual(verifyJournal(data).partitions, before);
  }));

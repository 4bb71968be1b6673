import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { encodeReceiptStatement } from "@countermand/contract";
import { decodeDeskEvent, type UnixMs } from "@countermand/core/model";
import Database from "better-sqlite3";
import { CHAIN_START, eventHash } from "../journal/event-chain.ts";
import { cutJournal } from "../journal/journal-cut.ts";
import { inFolder } from "../journal/journal-fixture.ts";
import { JournalReader } from "../journal/journal-reader.ts";
import { writeSegment } from "../journal/segment-file.ts";
import { SqliteJournal } from "../journal/sqlite-journal.ts";
import { type ReceiptKeys, receiptKeys } from "./receipt-keys.ts";
import { journalProblem, verifyReceipt } from "./receipt-verification.ts";

const GOLDEN = new URL("../../../../test/golden/desk-events.jsonl", import.meta.url);
const PAYLOADS = readFileSync(GOLDEN, "utf8").trimEnd().split("\n");
const PARTITION = "desk-22";
const ISSUED_AT = 1_718_000_000_000 as UnixMs;

/** Position of the first cancel among the golden events. */
const CANCEL_SEQ = 1 + PAYLOADS.findIndex((payload) => payload.startsWith('["R","4"'));

function goldenJournal(folder: string): ReceiptKeys {
  const journal = SqliteJournal.open(folder);
  const { epoch } = journal.claim(PARTITION, "test");
  journal.append([[{ partition: PARTITION, epoch, expectedSeq: 0, payloads: PAYLOADS }]]);
  journal.close();
  const keys = receiptKeys("auto", folder);
  assert.ok(keys !== null);
  return keys;
}

/** Of the cancel's event. */
const HASH = PAYLOADS.slice(0, CANCEL_SEQ).reduce((before, payload, index) => {
  return eventHash(before, PARTITION, index + 1, 1, payload);
}, CHAIN_START.hash);

/** What the journal says of the receipt of an order, after a change of the receipt's facts. */
function problemOf(
  folder: string,
  keys: ReceiptKeys,
  change: object = {},
  segments: string | null = null,
): string | null {
  return journalProblem(folder, goodVerdict(keys, change), segments);
}

function goodVerdict(keys: ReceiptKeys, change: object = {}) {
  const facts = { partition: PARTITION, seq: CANCEL_SEQ, hash: HASH, ...change };
  const event = decodeDeskEvent(PAYLOADS[CANCEL_SEQ - 1] ?? "");
  assert.ok(event.type === "ExecutionReported");
  const order = { ...event.order, ...change };
  const content = encodeReceiptStatement(order, facts, keys.keyId, ISSUED_AT);
  const verdict = verifyReceipt(keys.signed(content), JSON.parse(keys.jwksJson));
  assert.ok(verdict.isGood);
  return verdict;
}

test("journal receipts: the journal bears out what it says, and nothing else", async () => {
  await inFolder((folder) => {
    const keys = goldenJournal(folder);
    assert.equal(problemOf(folder, keys), null);
    const cases: [object, RegExp][] = [
      [{ orderId: "22000000099" }, /says something else at partition "desk-22", seq/],
      [{ updatedAtMs: 1 }, /says something else/],
      [{ seq: CANCEL_SEQ + 1 }, /has another event/],
      [{ hash: "0".repeat(64) }, /has another event/],
      [{ seq: PAYLOADS.length + 1 }, /has no event/],
      [{ partition: "desk-23" }, /has no event/],
      [{ seq: 0 }, /has no event/],
      [{ seq: 1.5 }, /has no event/],
    ];
    for (const [change, problem] of cases) {
      assert.match(problemOf(folder, keys, change) ?? "", problem, JSON.stringify(change));
    }
  });
});

test("journal receipts: a journal that was changed does not bear one out", async () => {
  // Also one that seems to have more events in a block than there can be before its last one.
  for (const text of ["', '", "char(10)"]) {
    await inFolder((folder) => {
      const keys = goldenJournal(folder);
      const database = new Database(join(folder, "journal.db"));
      database.exec(`UPDATE blocks SET payloads = replace(payloads, ',', ${text})`);
      database.close();
      assert.match(problemOf(folder, keys) ?? "", /chain of hashes breaks/);
    });
  }
});

/** Writes the segment of what leads to the cancel; the cut that goes with it. */
function archiving(folder: string): { readonly segments: string; readonly cut: () => void } {
  const reader = new JournalReader(folder);
  const events = [...reader.containing(PARTITION, "")].slice(0, CANCEL_SEQ);
  const last = events.at(-1);
  reader.close();
  assert.ok(last !== undefined);
  const { seq, epoch, hash } = last;
  const ends = { previousHash: CHAIN_START.hash, lastHash: hash };
  const segments = join(folder, "segments");
  const header = { partition: PARTITION, firstSeq: 1, lastSeq: seq, ...ends };
  writeSegment(segments, header, events);
  const anchor = { seq, epoch, hash };
  return { segments, cut: () => cutJournal(folder, [{ partition: PARTITION, anchor }], () => {}) };
}

test("journal receipts: one is borne out while its event is archived", async () => {
  await inFolder((folder) => {
    const keys = goldenJournal(folder);
    const { segments, cut } = archiving(folder);
    let isCut = false;
    const facts = {
      /** Asked for when the journal is open. */
      get partition(): string {
        if (!isCut) cut();
        isCut = true;
        return PARTITION;
      },
      journal_seq: CANCEL_SEQ,
    };
    const verdict = goodVerdict(keys);
    const { partition: _partition, ...statement } = verdict.statement;
    const asked = Object.defineProperties(facts, Object.getOwnPropertyDescriptors(statement));
    const given = { ...verdict, statement: asked as typeof verdict.statement };
    assert.equal(journalProblem(folder, given, segments), null);
    assert.equal(isCut, true);
  });
});

test("journal receipts: an archived event bears one out from its segment", async () => {
  await inFolder((folder) => {
    const keys = goldenJournal(folder);
    const { segments, cut } = archiving(folder);
    cut();
    assert.match(problemOf(folder, keys) ?? "", /was archived: give its folder with --segments/);
    assert.equal(problemOf(folder, keys, {}, segments), null);
    const other = { orderId: "22000000099" };
    assert.match(problemOf(folder, keys, other, segments) ?? "", /says something else/);
    const before = { seq: CANCEL_SEQ - 1 };
    assert.match(problemOf(folder, keys, before, segments) ?? "", /has another event/);
  });
});

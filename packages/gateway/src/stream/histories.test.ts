// Goal: of any position that a reader of this gateway's past names, what it has in common with this
// one is known, also when the journal was put back; and what is kept of that is bounded.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Histories } from "./histories.ts";
import { HISTORIES_KEPT_MAX, HISTORY_ACCOUNTS_PER_RECORD } from "./limits.ts";

const ACCOUNT = "80114138";

type Streams = readonly (readonly [account: string, seq: number])[];

/** A journal's records, to which starts add theirs. */
class Journal {
  readonly payloads: string[] = [];

  start(name: string, streams: Streams = []): Histories {
    const histories = new Histories(this.payloads.map((payload) => ({ payload })));
    const begun = histories.decideBegin(name, streams);
    this.payloads.push(...begun);
    for (const payload of begun) histories.apply(payload);
    return histories;
  }

  copy(): Journal {
    const copy = new Journal();
    copy.payloads.push(...this.payloads);
    return copy;
  }
}

test("histories: a restart ends no history for who has read it to its end", () => {
  const journal = new Journal();
  assert.equal(journal.start("a").sharedSeq("a", ACCOUNT), Number.POSITIVE_INFINITY);
  journal.start("b", [[ACCOUNT, 7]]);
  const histories = journal.start("c", [[ACCOUNT, 7]]);
  assert.equal(histories.current, "c");
  assert.equal(histories.sharedSeq("a", ACCOUNT), 7);
  assert.equal(histories.sharedSeq("b", ACCOUNT), 7);
  assert.equal(histories.sharedSeq("a", "another"), 0);
  assert.equal(histories.sharedSeq("never", ACCOUNT), null);
  const later = journal.start("d", [[ACCOUNT, 9]]);
  assert.deepEqual(
    ["a", "b", "c"].map((name) => later.sharedSeq(name, ACCOUNT)),
    [7, 7, 9],
  );
});

test("histories: a journal that was put back shares what was before its backup", () => {
  const journal = new Journal();
  journal.start("a");
  const backup = journal.copy();
  journal.start("b", [[ACCOUNT, 7]]);
  const restored = backup.start("c", [[ACCOUNT, 5]]);
  assert.equal(restored.sharedSeq("a", ACCOUNT), 5);
  assert.equal(restored.sharedSeq("b", ACCOUNT), null);
  assert.equal(backup.start("d", [[ACCOUNT, 50]]).sharedSeq("a", ACCOUNT), 5);
});

test("histories: the first start of a gateway whose streams have moved already", () => {
  const journal = new Journal();
  journal.start("a", [[ACCOUNT, 7]]);
  const histories = journal.start("b", [[ACCOUNT, 9]]);
  assert.equal(histories.sharedSeq("a", ACCOUNT), 9);
});

test("histories: a start notes the streams that have moved, many in several records", () => {
  const journal = new Journal();
  const streams: Streams = Array.from({ length: HISTORY_ACCOUNTS_PER_RECORD + 1 }, (_, index) => [
    `account-${index}`,
    1,
  ]);
  journal.start("a", streams);
  assert.equal(journal.payloads.length, 2);
  journal.start("b", [...streams.slice(1), ["account-0", 2]]);
  assert.equal(journal.payloads[2], '["begun","b",[["account-0",2]]]');
  const histories = journal.start("c", [...streams.slice(1), ["account-0", 3]]);
  assert.equal(histories.sharedSeq("a", "account-100"), 1);
  assert.equal(histories.sharedSeq("b", "account-0"), 3);
});

test("histories: the oldest ones are forgotten, and no other", () => {
  const journal = new Journal();
  const running = new Histories();
  for (let index = 0; index <= HISTORIES_KEPT_MAX; index += 1) {
    const begun = running.decideBegin(`h${index}`, [[ACCOUNT, index]]);
    for (const payload of begun) running.apply(payload);
    journal.payloads.push(...begun);
  }
  const histories = journal.start("last", [[ACCOUNT, 5_000]]);
  assert.equal(histories.sharedSeq("h1", ACCOUNT), null);
  assert.equal(histories.sharedSeq("h2", ACCOUNT), 3);
  assert.equal(histories.sharedSeq(`h${HISTORIES_KEPT_MAX}`, ACCOUNT), 5_000);
});

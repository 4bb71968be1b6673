// Goal: a journal that is replayed while it is verified comes to the same state, and to the same
// refusal, as one that is verified first.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { UNCONDITIONAL } from "@countermand/contract";
import { type ClOrdId, Side } from "@countermand/core/model";
import Database from "better-sqlite3";
import { aPlaceRequest } from "./place-request-fixture.ts";
import { FIRST, NodePlace, newRequest, SECOND } from "./running-node-fixture.ts";

/** Every journal is a long one. */
const AT_ONCE = { longJournalBytes: 0 };

const ALL = { pageIndex: 1, pageSize: 50 };

/** A place whose node has traded, cancelled, and stopped. */
async function traded(t: TestContext): Promise<{ place: NodePlace; hash: unknown }> {
  const place = new NodePlace(t);
  const node = await place.start({ deskCount: 3, snapshotEveryEventCount: 12 });
  const { trade } = node.services;
  for (let count = 0; count < 5; count += 1) {
    const clOrdId = `order-${count}` as ClOrdId;
    await trade.place(FIRST, aPlaceRequest({ side: Side.Buy, clOrdId }), newRequest());
    await trade.place(SECOND, aPlaceRequest({ side: Side.Sell, clOrdId }), newRequest());
    await trade.place(FIRST, aPlaceRequest({ side: Side.Buy, clOrdId }), newRequest());
    const cancel = { target: { by: "clOrdId", clOrdId }, condition: UNCONDITIONAL } as const;
    await trade.cancel(FIRST, cancel, newRequest());
  }
  await place.snapshot;
  const hash = await node.stateHash();
  await place.stop();
  return { place, hash };
}

function alter(place: NodePlace, sql: string): void {
  const database = new Database(join(place.folder, "journal.db"));
  try {
    assert.equal(database.prepare(sql).run().changes, 1, sql);
  } finally {
    database.close();
  }
}

/** A block that is the first of nobody, and the last of nobody. */
const MIDDLE = "id = (SELECT id FROM blocks ORDER BY id LIMIT 1 OFFSET 6)";

test("long journal: comes to the state it was left in", async (t) => {
  const { place, hash } = await traded(t);
  const node = await place.start(AT_ONCE);
  assert.deepEqual(await node.stateHash(), hash);
  for (const name of ["archive.db", "snapshots"]) {
    await place.stop();
    rmSync(join(place.folder, name), { recursive: true });
    const without = await place.start(AT_ONCE);
    assert.deepEqual(await without.stateHash(), hash, `without ${name}`);
    let answer = await without.services.trade.orders(FIRST, ALL);
    // A new archive is filled behind the start, by a thread whose messages need a turn to come.
    while (answer.httpStatus === 503) {
      await setImmediate();
      answer = await without.services.trade.orders(FIRST, ALL);
    }
    const { body } = answer;
    assert.match(body, /"total_records":10\b/, `closed orders without ${name}`);
  }
});

test("long journal: an archive of a later one, as beside a restored backup, is passed over", async (t) => {
  const { place, hash } = await traded(t);
  const database = new Database(join(place.folder, "archive.db"));
  database.exec("UPDATE partitions SET seq = seq + 1000000 WHERE name LIKE 'desk-%'");
  database.close();
  const node = await place.start(AT_ONCE);
  assert.deepEqual(await node.stateHash(), hash);
  const { recent, desks } = node.partitions;
  for (const { name, lease } of desks) {
    assert.ok(recent.projectedSeq(name) <= lease.seq, "memory holds what comes");
  }
  let answer = await node.services.trade.orders(FIRST, ALL);
  while (answer.httpStatus === 503) {
    await setImmediate();
    answer = await node.services.trade.orders(FIRST, ALL);
  }
  assert.match(answer.body, /"total_records":10\b/);
});

test("long journal: what is damaged is refused as such, whatever its replay came to", async (t) => {
  const { place } = await traded(t);
  rmSync(join(place.folder, "snapshots"), { recursive: true });
  alter(place, `UPDATE blocks SET payloads = '["?"]' WHERE ${MIDDLE}`);
  for (const each of [{}, AT_ONCE]) {
    await assert.rejects(place.start(each), { code: "JOURNAL_DAMAGED" });
  }
  alter(place, `DELETE FROM blocks WHERE ${MIDDLE}`);
  for (const each of [{}, AT_ONCE]) {
    await assert.rejects(place.start(each), { code: "JOURNAL_DAMAGED" });
  }
});

test("long journal: one of other rules is refused as such", async (t) => {
  const { place } = await traded(t);
  const strict = { COUNTERMAND_MARKET_RULES: "strict" };
  const reasons: string[] = [];
  for (const each of [{}, AT_ONCE]) {
    const refusal = await place.start(each, strict).then(null, (error: Error) => error.message);
    reasons.push(String(refusal));
  }
  assert.match(reasons[0] ?? "", /COUNTERMAND_MARKET_RULES is strict/);
  assert.equal(reasons[1], reasons[0]);
});

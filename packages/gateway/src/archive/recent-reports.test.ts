import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClOrdId, OrderId } from "@countermand/core/model";
import { isClosed } from "@countermand/core/order";
import fc from "fast-check";
import { inFolder } from "../journal/journal-fixture.ts";
import { ALICE, BOB, DESK, openDesk, type Recorded, trade } from "./archive-fixture.ts";
import { compareNewestFirst } from "./order-number.ts";
import { RecentReports } from "./recent-reports.ts";

const accounts = [ALICE, BOB];

/** A history to feed from; it needs no commit. */
async function history(count: number): Promise<readonly Recorded[]> {
  return await inFolder((folder) => {
    const { journal, desk } = openDesk(folder);
    for (let index = 0; index < count; index += 1) {
      trade(desk, accounts[index % 2] ?? ALICE, 3);
      if (index % 4 === 0) desk.answer(BOB);
      // Old orders close late: the order of closing is not that of numbers.
      const [oldest] = desk.open();
      if (index % 3 === 0 && oldest !== undefined) desk.cancel(oldest);
    }
    journal.close();
    return desk.recorded;
  });
}

/** Everything a RecentReports can be asked, by looking through all reports. */
function compareWithNaive(recent: RecentReports, held: readonly Recorded[]): void {
  assert.equal(recent.size, held.length);
  for (const account of accounts) {
    const mine = held.filter(({ report }) => report.order.account === account);
    const closed = mine.map(({ report }) => report.order).filter(isClosed);
    for (const { orderId } of closed) {
      const found = closed.find((order) => order.orderId === orderId);
      assert.deepEqual(recent.closed(account, orderId), found);
    }
    for (const clOrdId of ["ref-0", "ref-1", "ref-2", ""] as ClOrdId[]) {
      const named = closed.filter((order) => clOrdId !== "" && order.clOrdId === clOrdId);
      const newest = named.sort(compareNewestFirst)[0] ?? null;
      assert.deepEqual(recent.newestClosedByClOrdId(account, clOrdId), newest);
    }
    const first = mine[0]?.report.order.streamSeq;
    if (first === undefined) continue;
    const last = first + mine.length - 1;
    assert.equal(recent.reportsAfter(account, first - 2, last, 9), null);
    const replayed = recent.reportsAfter(account, first, last, 3);
    assert.deepEqual(
      replayed,
      mine.slice(1, 4).map(({ report }) => report),
    );
  }
}

test("recent reports: agree with a naive model whatever is projected when", async () => {
  const all = await history(60);
  const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 40 }), fc.nat()), { maxLength: 12 });
  fc.assert(
    fc.property(steps, fc.integer({ min: 0, max: 30 }), (script, unindexedMax) => {
      const recent = new RecentReports(unindexedMax);
      let added = 0;
      let projected = 0;
      for (const [count, share] of script) {
        for (const { seq, report } of all.slice(added, added + count))
          recent.add(DESK, seq, report);
        added = Math.min(all.length, added + count);
        const addedSeq = all[added - 1]?.seq ?? 0;
        projected += share % (addedSeq - projected + 1);
        recent.projected(DESK, projected);
        // Not asked each time: what nobody asks for is projected without having been indexed.
        if (share % 3 === 0) continue;
        compareWithNaive(
          recent,
          all.slice(0, added).filter(({ seq }) => seq > projected),
        );
      }
    }),
  );
});

test("recent reports: closed orders behind the positions, or null if some are gone", async () => {
  const all = await history(10);
  const recent = new RecentReports();
  for (const { seq, report } of all) recent.add(DESK, seq, report);
  recent.projected(DESK, 20);
  assert.equal(recent.closedOrders(ALICE, new Map()), null);
  assert.equal(recent.closedOrders(ALICE, new Map([[DESK, 19]])), null);
  for (const position of [20, 25, 1_000]) {
    const expected = all.filter(({ seq }) => seq > position).map(({ report }) => report.order);
    const closed = expected.filter((order) => isClosed(order) && order.account === ALICE);
    assert.deepEqual(recent.closedOrders(ALICE, new Map([[DESK, position]])), closed);
  }
});

test("recent reports: a replay ends at the durable report", async () => {
  const all = await history(10);
  const recent = new RecentReports();
  for (const { seq, report } of all) recent.add(DESK, seq, report);
  const seqs = recent.reportsAfter(ALICE, 2, 5, 100)?.map(({ order }) => order.streamSeq);
  assert.deepEqual(seqs, [3, 4, 5]);
  assert.deepEqual(recent.reportsAfter(ALICE, 5, 5, 100), []);
});

test("recent reports: what is projected already is not held", async () => {
  const all = await history(2);
  const recent = new RecentReports();
  recent.projected(DESK, 1_000);
  for (const { seq, report } of all) recent.add(DESK, seq, report);
  assert.equal(recent.size, 0);
  assert.equal(recent.closed(ALICE, "22000000001" as OrderId), null);
  assert.equal(recent.reportsAfter(ALICE, 0, 5, 100), null);
});

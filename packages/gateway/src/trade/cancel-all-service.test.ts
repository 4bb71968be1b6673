import assert from "node:assert/strict";
import { test } from "node:test";
import { type CancelFilter, LIMITS } from "@countermand/contract";
import type { ClOrdId, UnixMs } from "@countermand/core/model";
import { LIST_STEP_ORDERS } from "../archive/archive-limits.ts";
import { ALICE, BOB, RunsBench } from "../sequencer/cancel-runs-fixture.ts";
import { CANCELS_PER_STEP, WALKS_WAITING_MAX } from "../sequencer/limits.ts";
import { CancelAllService } from "./cancel-all-service.ts";
import { CANCEL_ALL_LOOKS_MAX, CANCEL_ALLS_PER_ACCOUNT_MAX } from "./limits.ts";

const EVERYTHING = { filter: {}, isPreview: false };

class Bench extends RunsBench {
  readonly service = new CancelAllService(this.sequencer);
  #requestCount = 0;

  cancelAll(caller = ALICE, identity = this.identity()) {
    return this.service.cancelAll(caller, EVERYTHING, { identity });
  }

  preview(filter: CancelFilter = {}) {
    const options = { identity: this.identity() };
    return this.service.cancelAll(ALICE, { filter, isPreview: true }, options);
  }

  /** Of another request each time. */
  identity() {
    this.#requestCount += 1;
    const expiresAtMs = (this.nowMs + 1_000) as UnixMs;
    return { fingerprint: String(this.#requestCount), contentDigest: "", expiresAtMs };
  }
}

test("cancel-all: so many large ones of an account, and no more until they are done", async () => {
  const bench = new Bench();
  bench.placeMany(ALICE.account, 2 * CANCELS_PER_STEP);
  bench.placeMany(BOB.account, 1);
  const taken = Array.from({ length: CANCEL_ALLS_PER_ACCOUNT_MAX }, () => bench.cancelAll());
  const refused = bench.cancelAll();
  const bobs = bench.cancelAll(BOB);
  await bench.settle();
  const refusal = await refused;
  assert.equal(refusal.httpStatus, 429);
  assert.equal(JSON.parse(refusal.body).reason, "too_many_cancel_alls");
  assert.equal(JSON.parse((await bobs).body).data.done, 1, "another account is not concerned");
  const counts = await Promise.all(
    taken.map(async (each) => {
      const { data } = JSON.parse((await each).body);
      assert.equal(data.matched, data.done + data.already);
      return data.done as number;
    }),
  );
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    2 * CANCELS_PER_STEP,
  );
  const later = bench.cancelAll();
  await bench.settle();
  assert.equal(JSON.parse((await later).body).data.outcome, "nothing_open");
});

test("cancel-all: repeated while it is worked it is known, and gets the first answer", async () => {
  const bench = new Bench();
  bench.placeMany(ALICE.account, 2 * CANCELS_PER_STEP);
  const identity = bench.identity();
  const isKnown = () => bench.sequencer.remembers(ALICE.account, identity);
  assert.equal(isKnown(), false);
  const first = bench.cancelAll(ALICE, identity);
  assert.equal(isKnown(), true);
  const again = bench.cancelAll(ALICE, identity);
  await bench.settle();
  assert.equal(isKnown(), true);
  assert.deepEqual(await again, { ...(await first), replayed: true });
});

test("cancel-all: a preview of many looks at a step of them in a turn, and shows one moment", async () => {
  const bench = new Bench();
  const count = 3 * LIST_STEP_ORDERS;
  bench.fill(ALICE.account, count);
  const [first, second] = bench.placeMany(ALICE.account, 2);
  assert.ok(first !== undefined && second !== undefined);
  await bench.committed();
  const looks = bench.countLooks(ALICE.account);
  const asked = bench.preview();
  bench.partitions.cancel(first, bench.nowMs);
  bench.place(ALICE.account);
  await bench.settle();
  assert.ok(Math.max(...looks) <= LIST_STEP_ORDERS && looks.length > 3, String(looks));
  const { data } = JSON.parse((await asked).body);
  assert.deepEqual([data.outcome, data.matched, data.done], ["preview", count + 2, count + 2]);
  const listed: string[] = data.orders.map((order: { order_no: string }) => order.order_no);
  assert.equal(listed.length, LIMITS.cancelAllListedMax.value);
  assert.deepEqual([listed[0], listed[1]], ["11000000000", "11000000001"], "oldest first");
});

test("cancel-all: a preview says of what has filled before its cancel that it is too late", async () => {
  const bench = new Bench();
  const { orderId } = bench.fillBeforeCancel(ALICE.account);
  await bench.committed();
  const answers = [bench.preview(), bench.cancelAll()];
  await bench.settle();
  for (const answer of answers) {
    const { data } = JSON.parse((await answer).body);
    assert.deepEqual([data.matched, data.too_late], [1, 1]);
    const [listed] = data.orders;
    assert.deepEqual([listed.order_no, listed.outcome], [orderId, "too_late"]);
    assert.equal(listed.result.reason, "too_late_filled");
  }
});

test("cancel-all: a preview is refused where many take turns already", async () => {
  const bench = new Bench();
  bench.place(ALICE.account);
  await bench.committed();
  const { turns } = bench.sequencer;
  const waiting = Array.from({ length: WALKS_WAITING_MAX }, () => turns.next());
  const { httpStatus, body } = await bench.preview();
  assert.deepEqual([httpStatus, JSON.parse(body).reason], [503, "overloaded"]);
  await bench.settle();
  await Promise.all(waiting);
});

test("cancel-all: whether it cancels any is looked for among so many, and then taken for so", () => {
  const bench = new Bench();
  const filter = { clOrdIdPrefix: "none" as ClOrdId };
  assert.equal(bench.service.mayFindAny(ALICE, filter), false);
  bench.fill(ALICE.account, CANCEL_ALL_LOOKS_MAX);
  assert.equal(bench.service.mayFindAny(ALICE, {}), true);
  assert.equal(bench.service.mayFindAny(ALICE, filter), false);
  bench.place(ALICE.account);
  assert.equal(bench.service.mayFindAny(ALICE, filter), true);
});

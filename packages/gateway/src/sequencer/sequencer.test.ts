import assert from "node:assert/strict";
import { test } from "node:test";
import { UNCONDITIONAL } from "@countermand/contract";
import { type CancelTarget, type OrderId, OrdStatus } from "@countermand/core/model";
import type { CallOptions } from "../trade/trade-service.ts";
import { FIRST_KEY, StreamHarness } from "../ws/stream-harness.ts";
import { ALICE, RunsBench, tick } from "./cancel-runs-fixture.ts";
import {
  COMMIT_GATHER_MS,
  PENDING_PLACES_MAX,
  PENDING_PLACES_SLOW_MAX,
  SLOW_COMMIT_MS,
} from "./limits.ts";
import type { Answer } from "./sequencer.ts";

/** Open orders only: the archive is not asked. */
const OPEN_ORDERS = { status: OrdStatus.New, pageIndex: 1, pageSize: 100 } as const;

function cancelOf({ trade }: StreamHarness, orderId: OrderId): Promise<Answer> {
  assert.ok(FIRST_KEY !== undefined);
  const target: CancelTarget = { by: "orderId", orderId };
  const options = { rememberAlways: false, representation: false } as CallOptions;
  return trade.cancel(FIRST_KEY, { target, condition: UNCONDITIONAL }, options);
}

test("sequencer: while the disk stalls, queries do not take the places of cancels", () =>
  StreamHarness.run(async (harness) => {
    assert.ok(FIRST_KEY !== undefined);
    const caller = FIRST_KEY;
    const { journal, trade } = harness;
    const [orderId] = await harness.place(2);
    assert.ok(orderId !== undefined);
    journal.hold();
    const stalled = harness.place(1);
    const queries = Array.from({ length: PENDING_PLACES_MAX }, () =>
      trade.orders(caller, OPEN_ORDERS),
    );
    // All of them have looked at memory by now.
    await new Promise(setImmediate);
    const refused = await trade.orders(caller, OPEN_ORDERS);
    assert.equal(refused.httpStatus, 503);
    assert.match(refused.body, /"reason":"overloaded"/);

    const cancel = cancelOf(harness, orderId);
    journal.release();
    assert.equal((await cancel).httpStatus, 200);
    await stalled;
    const answers = await Promise.all(queries);
    assert.ok(answers.every(({ httpStatus }) => httpStatus === 200));
  }));

test("sequencer: behind a slow commit queries are refused early, cancels are not", () =>
  StreamHarness.run(async (harness) => {
    assert.ok(FIRST_KEY !== undefined);
    const caller = FIRST_KEY;
    const { fakeClock, journal, sequencer, trade } = harness;
    const [orderId] = await harness.place(2);
    assert.ok(orderId !== undefined);
    journal.hold();
    const stalled = harness.place(PENDING_PLACES_SLOW_MAX);
    while (!journal.isStalled) await new Promise(setImmediate);
    assert.equal(sequencer.refusesQueries, false, "it is not slow yet");
    fakeClock.advance(SLOW_COMMIT_MS);
    assert.equal(sequencer.refusesQueries, true);
    const refused = await trade.orders(caller, OPEN_ORDERS);
    assert.match(refused.body, /"reason":"overloaded"/);

    const cancel = cancelOf(harness, orderId);
    journal.release();
    assert.equal((await cancel).httpStatus, 200);
    await stalled;
    assert.equal(sequencer.refusesQueries, false);
  }));

test("sequencer: in a long turn a write begins the commit that is due", async () => {
  const bench = new RunsBench();
  const write = () => {
    void bench.sequencer.write(ALICE, "place", null, () => {
      bench.place(ALICE.account);
      return { httpStatus: 200, body: "" };
    });
    return tick();
  };
  await write();
  await write();
  assert.deepEqual(bench.commits, [], "it is not due");
  bench.clock.pass(COMMIT_GATHER_MS);
  await write();
  assert.equal(bench.commits.length, 1, "and the turn has not ended");
});

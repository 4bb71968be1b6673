import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Account,
  type Amount,
  CancelReason,
  Channel,
  fixed,
  type Price,
  type UnixMs,
} from "@countermand/core/model";
import { aPlaceRequest } from "../place-request-fixture.ts";
import { FIRST, NodePlace } from "../running-node-fixture.ts";
import { partitionsInMemory } from "../sequencer/partitions-fixture.ts";
import { systemClock } from "../sys/clock.ts";
import { planOf } from "../venue/fault-plan.ts";
import { AccountActs } from "./account-acts.ts";
import { InstrumentActs } from "./instrument-acts.ts";
import { RESTING_CANCELS_MAX } from "./limits.ts";
import type { OperatorTurn } from "./operator-turn.ts";

const SAME = { securityDesc: null, halted: null, grid: {}, resting: null };

test("instrument acts: an empty book has a new tick without a look at the orders of others", async (t) => {
  const node = await new NodePlace(t).start();
  const { partitions, sequencer, operator } = node;
  const looked: string[] = [];
  for (const { desk } of partitions.desks) {
    const books = desk.books.bind(desk);
    desk.books = () => {
      looked.push("books");
      return books();
    };
  }
  const by = { operator: "kim", requestId: "", apiKey: null, wallMs: systemClock.wallMs() };
  const statuses = await sequencer.operate((nowMs) => {
    const turn = { ...by, nowMs } as OperatorTurn;
    const placed = partitions.place(FIRST.account, aPlaceRequest(), nowMs);
    assert.ok(!("refused" in placed));
    const grid = { priceTick: fixed("0.05") as Price };
    const wider = { ...SAME, reason: "wider", grid };
    const changed = operator.service.changeInstrument(turn, "AAPL", wider as never);
    const retired = operator.service.retireInstrument(turn, "AAPL", { reason: "x", resting: null });
    return [changed.httpStatus, retired.httpStatus];
  });
  assert.deepEqual([statuses, looked], [[200, 200], []]);
});

test("instrument acts: as many orders are cancelled as one turn takes, or none", () => {
  const nowMs = 1_794_794_400_000 as UnixMs;
  const partitions = partitionsInMemory();
  const act = { atMs: nowMs, operator: "kim", reason: "a test" };
  const account = "A-1" as Account;
  const adjustments = [
    [{ assetClass: "Cash", name: "HKD" }, fixed("100000000") as Amount],
  ] as const;
  const terms = { reason: "", account, shortSellingAllowed: false, adjustments };
  new AccountActs(partitions).open(act, terms, nowMs);
  const place = () => {
    const placed = partitions.place(account, aPlaceRequest({ price: fixed("1.01") }), nowMs);
    assert.ok(!("refused" in placed));
    return placed;
  };
  const acts = new InstrumentActs(partitions);
  const cause = { channel: Channel.Operator, actor: "kim", requestId: "" };
  const widen = () => {
    const grid = { priceTick: fixed("0.05") as Price };
    const request = { ...SAME, reason: "x", halted: true, grid, resting: "cancel" };
    const row = acts.change({ act, cause, nowMs }, "00700", request as never);
    return "refused" in row ? row.details : `${row.state}, ${row.openCount} open`;
  };
  for (let count = 0; count < RESTING_CANCELS_MAX; count += 1) place();
  const last = place();
  assert.match(widen(), /1001 open orders cannot stay: at most 1000 are cancelled at once/);
  assert.equal(
    acts.list().find(({ instrument }) => instrument.symbol === "00700")?.openCount,
    1001,
  );
  assert.ok(!("refused" in partitions.cancel(last, nowMs)));
  assert.equal(widen(), "halted, 0 open");
});

test("instrument acts: an order whose cancel waits is cancelled for what that was sent for", () => {
  const nowMs = 1_794_794_400_000 as UnixMs;
  const partitions = partitionsInMemory();
  partitions.gate.connect(() => ({ cancel: () => undefined }));
  const act = { atMs: nowMs, operator: "kim", reason: "a test" };
  const account = "A-1" as Account;
  const adjustments = [[{ assetClass: "Cash", name: "HKD" }, fixed("1000000") as Amount]] as const;
  const terms = { reason: "", account, shortSellingAllowed: false, adjustments };
  new AccountActs(partitions).open(act, terms, nowMs);
  const [waiting, open] = [1, 2].map(() => {
    const placed = partitions.place(account, aPlaceRequest({ price: fixed("1.01") }), nowMs);
    assert.ok("orderId" in placed);
    return placed;
  });
  assert.ok(waiting !== undefined && open !== undefined);
  const slow = planOf({ kind: "DelayedCancel", delayMs: 1_000 });
  const faults = { ofOrder: () => null, ofCancel: () => slow, placed: () => undefined };
  partitions.cancel(waiting, nowMs, CancelReason.Requested, faults);
  const request = { ...SAME, reason: "x", halted: true, grid: { priceTick: fixed("0.05") } };
  const turn = { act, cause: { channel: Channel.Operator, actor: "kim", requestId: "" }, nowMs };
  const row = new InstrumentActs(partitions).change(turn, "00700", {
    ...request,
    resting: "cancel",
  } as never);
  assert.ok(!("refused" in row));
  const reasons = [waiting, open].map(({ orderId }) => {
    return partitions.recent.closed(account, orderId)?.cancelReason;
  });
  assert.deepEqual(reasons, [CancelReason.Requested, CancelReason.InstrumentChanged]);
});

// Goal: a latency counts from when its request was due, a load ends when it should, and what was
// not sent is not forgotten.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LATE_MS_MAX, type LoadPlan, LoadRun, type Send, UNANSWERED_MAX } from "./load-run.ts";
import { type BenchAnswer, type BenchRequest, Workload } from "./workload.ts";

const OK: BenchAnswer = { httpStatus: 200, envelope: { code: 0, data: { order_no: "1" } } };
const NEVER = new AbortController().signal;

/** Time that passes while somebody waits, and only then. */
class TestClock {
  ms = 0;
  readonly now = () => this.ms;
  readonly pause = (ms: number) => {
    this.ms += ms;
    return Promise.resolve();
  };
}

/** Takes the milliseconds that `costs` says for each request; the last one again and again. */
function gatewayOf(clock: TestClock, costs: readonly number[]): Send {
  let index = 0;
  return () => {
    clock.ms += costs[Math.min(index, costs.length - 1)] ?? 0;
    index += 1;
    return Promise.resolve(OK);
  };
}

function runOf(plan: Partial<LoadPlan>, clock: TestClock, stopped = NEVER) {
  const workload = new Workload("b-", {}, false);
  const all = { ratePerSecond: null, durationMs: 1_000, requestsMax: Infinity, ...plan };
  return { workload, run: new LoadRun(all, workload, clock, stopped) };
}

test("load: at a rate, who waits behind a stop is late, too", async () => {
  const clock = new TestClock();
  const { run } = runOf({ ratePerSecond: 10 }, clock);
  const result = await run.run([gatewayOf(clock, [550, 1])]);
  assert.deepEqual([result.sentCount, result.unsentCount, result.endedEarly], [10, 0, null]);
  // Due at 0, 100, ... 500 and answered from 550 on: 550, 451, 352, 253, 154, 55; then 1 each.
  const place = run.latencies.place.summary();
  const cancel = run.latencies.cancel.summary();
  assert.deepEqual([place.count, cancel.count], [5, 5]);
  assert.ok(Math.abs(place.max - 550) < 1 && Math.abs(cancel.max - 451) < 1, `${cancel.max}`);
  assert.ok(Math.abs(place.p50 - 154) < 1, `${place.p50}`);
  assert.ok(Math.abs(run.delays.summary().max - 450) < 1);
});

test("load: without a rate it is as fast as the answers, until its time is over", async () => {
  const clock = new TestClock();
  const { run, workload } = runOf({ durationMs: 100 }, clock);
  const result = await run.run([gatewayOf(clock, [10])]);
  assert.deepEqual([result.sentCount, result.seconds], [10, 0.1]);
  assert.deepEqual([workload.placedCount, workload.cancelledCount], [5, 5]);
  assert.ok(Math.abs(run.latencies.place.summary().max - 10) < 0.1);
});

test("load: it ends after so many requests", async () => {
  const clock = new TestClock();
  for (const ratePerSecond of [null, 1_000]) {
    const { run } = runOf({ requestsMax: 7, ratePerSecond }, clock);
    const sends = [gatewayOf(clock, [1]), gatewayOf(clock, [1])];
    assert.equal((await run.run(sends)).sentCount, 7);
  }
});

test("load: what cannot be sent in time is counted", async () => {
  const clock = new TestClock();
  const { run } = runOf({ ratePerSecond: 10 }, clock);
  const result = await run.run([gatewayOf(clock, [LATE_MS_MAX + 1_001])]);
  assert.deepEqual([result.sentCount, result.unsentCount], [1, 9]);
  assert.equal(result.endedEarly, "too_late");
});

test("load: it ends when nobody answers, and when it is told to", async () => {
  const clock = new TestClock();
  const silent: Send = () => Promise.resolve({ problem: "ECONNREFUSED" });
  const { run, workload } = runOf({}, clock);
  assert.equal((await run.run([silent])).endedEarly, "no_answers");
  const unanswered = { http_status: null, code: 0, reason: "ECONNREFUSED", count: UNANSWERED_MAX };
  assert.deepEqual(workload.failures(), [unanswered]);
  const stopping = new AbortController();
  const stops: Send = (request: BenchRequest) => {
    if (request.kind === "cancel") stopping.abort();
    return Promise.resolve(OK);
  };
  const second = runOf({}, clock, stopping.signal);
  const result = await second.run.run([stops]);
  assert.deepEqual([result.sentCount, result.endedEarly], [2, "stopped"]);
});

test("workload: what a batch refuses is counted one by one, and not cancelled", () => {
  const workload = new Workload("b-", { symbol: "00700" }, true);
  const placing = workload.next(0);
  assert.equal(placing.request.kind, "place_batch");
  const data = placing.orders.map((_name, index) => ({
    order_no: String(index),
    result: index < 2 ? { code: 0 } : { code: 11030104, reason: "price_not_positive" },
  }));
  workload.answered("place_batch", placing.orders, {
    httpStatus: 200,
    envelope: { code: 0, data },
  });
  const refused = { http_status: null, code: 11030104, reason: "price_not_positive", count: 3 };
  assert.deepEqual(workload.failures(), [refused]);
  const { request } = workload.next(0);
  assert.deepEqual(request.data, [{ order_no: "0" }, { order_no: "1" }]);
  assert.equal(request.kind, "cancel_batch");
});

test("workload: a push counts from its own request, and a missing one is known", () => {
  const workload = new Workload("b-", {}, false);
  const placing = workload.next(100);
  workload.answered("place", placing.orders, OK);
  assert.equal(workload.missingPushCount, 1);
  workload.pushed("b-1", "new", 107);
  workload.pushed("someone", "new", 107);
  assert.equal(workload.missingPushCount, 0);
  workload.next(200);
  assert.equal(workload.missingPushCount, 1);
  workload.pushed("b-1", "can", 203);
  const { cancel, place } = workload.pushes;
  const rounded = [place, cancel].map((latencies) => Math.round(latencies.summary().max));
  assert.deepEqual(rounded, [7, 3]);
  assert.equal(workload.missingPushCount, 0);
});

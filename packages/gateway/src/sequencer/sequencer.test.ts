import assert from "node:assert/strict";
import { test } from "node:test";
import { UNCONDITIONAL } from "@countermand/contract";
import {
  CancelReason,
  type CancelTarget,
  Channel,
  decodeDeskEvent,
  type OrderId,
  OrdStatus,
  type UnixMs,
} from "@countermand/core/model";
import type { Caller } from "../auth/key-store.ts";
import type { CallOptions } from "../trade/trade-service.ts";
import { FIRST_KEY, StreamHarness } from "../ws/stream-harness.ts";
import { ALICE, BOB, RunsBench, tick } from "./cancel-runs-fixture.ts";
import type { Turn } from "./command-turn.ts";
import {
  CANCELS_PER_STEP,
  COMMIT_GATHER_MS,
  COMMIT_LOOK_MS,
  DISK_SILENT_LOOKS,
  PENDING_CANCELS_MAX,
  PENDING_PLACES_MAX,
  PENDING_PLACES_SLOW_MAX,
  REFUSALS_KEPT_BURST,
  SLOW_COMMIT_MS,
} from "./limits.ts";
import type { Answer, RequestIdentity } from "./sequencer.ts";

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
    await journal.stalled();
    assert.equal(sequencer.refusesQueries, false, "it is not slow yet");
    fakeClock.advance(SLOW_COMMIT_MS);
    assert.equal(sequencer.refusesQueries, true);
    const preview = { filter: {}, isPreview: true };
    for (const refused of await Promise.all([
      trade.orders(caller, OPEN_ORDERS),
      trade.cancelAll(caller, preview, {} as CallOptions),
    ])) {
      assert.match(refused.body, /"reason":"overloaded"/);
    }
    const undecided = () => assert.fail("it is not decided");
    const asked = await sequencer.preview(caller, "cancel", undecided);
    assert.deepEqual(asked, { result: "overloaded" });

    const cancel = cancelOf(harness, orderId);
    journal.release();
    assert.equal((await cancel).httpStatus, 200);
    await stalled;
    assert.equal(sequencer.refusesQueries, false);
  }));

test("sequencer: while the disk is silent only cancels are taken, and done when it answers", () =>
  StreamHarness.run(async (harness) => {
    assert.ok(FIRST_KEY !== undefined);
    const caller = FIRST_KEY;
    const { fakeClock, journal, sequencer, trade } = harness;
    const [orderId] = await harness.place(1);
    assert.ok(orderId !== undefined);
    journal.hold();
    const stalled = harness.place(1);
    await journal.stalled();
    fakeClock.advance(DISK_SILENT_LOOKS * COMMIT_LOOK_MS);
    assert.equal(sequencer.isDiskSilent, true);
    const undecided = () => assert.fail("it is not decided");
    const place = await sequencer.write(caller, "place", null, undecided);
    assert.deepEqual(place, { result: "diskSilent" });
    assert.match((await trade.orders(caller, OPEN_ORDERS)).body, /"reason":"overloaded"/);
    const cancel = cancelOf(harness, orderId);
    journal.release();
    assert.equal((await cancel).httpStatus, 200);
    await stalled;
    assert.equal(sequencer.isDiskSilent, false);
    assert.equal(sequencer.commitWaitingMs, 0);
  }));

test("sequencer: a write that was taken is never said to be undone when it is sent again", () =>
  StreamHarness.run(async (harness) => {
    assert.ok(FIRST_KEY !== undefined);
    const caller = FIRST_KEY;
    const { fakeClock, journal, sequencer } = harness;
    const expiresAtMs = (fakeClock.wallMs() + 60_000) as UnixMs;
    const identity = { fingerprint: "f".repeat(22), contentDigest: "", expiresAtMs };
    let doneCount = 0;
    const place = (turn: Turn) => {
      doneCount += 1;
      turn.keepAnswer();
      return { httpStatus: 200, body: "{}" };
    };
    journal.hold();
    const first = sequencer.write(caller, "place", identity, place);
    const crowd = harness.place(PENDING_PLACES_SLOW_MAX);
    await journal.stalled();
    const again = [];
    for (const ms of [SLOW_COMMIT_MS, DISK_SILENT_LOOKS * COMMIT_LOOK_MS]) {
      fakeClock.advance(ms);
      assert.equal(sequencer.refusesQueries, true);
      again.push(sequencer.write(caller, "place", identity, place));
    }
    assert.equal(sequencer.isDiskSilent, true);
    journal.release();
    await crowd;
    assert.equal((await first).result, "answered");
    for (const each of again) assert.equal((await each).result, "repeated");
    assert.equal(doneCount, 1);
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

const OK: Answer = { httpStatus: 200, body: "" };

/** Of a request that is good for so long. */
function identityOf(bench: RunsBench, validMs: number, contentDigest = "content"): RequestIdentity {
  return { fingerprint: "request", contentDigest, expiresAtMs: (bench.nowMs + validMs) as UnixMs };
}

test("sequencer: after a commit that failed nothing more is decided", async () => {
  const bench = new RunsBench();
  await bench.committed();
  bench.diskError = new Error("EIO");
  bench.place(ALICE.account);
  void bench.sequencer.tick();
  bench.clock.endTurn();
  await tick();
  const undecided = () => assert.fail("nothing is decided");
  void bench.sequencer.perform(undecided);
  void bench.sequencer.operate(undecided);
  let released = 0;
  void bench.sequencer.read(() => "seen").then(() => (released += 1));
  void bench.sequencer.write(ALICE, "cancel", null, () => OK).then(() => (released += 1));
  while (bench.clock.endTurn()) await tick();
  await tick();
  assert.equal(released, 0, "nothing is told");
});

test("sequencer: what works once works once, and not after its time", async () => {
  const bench = new RunsBench();
  await bench.committed();
  const claimed = async (validMs: number) => {
    const claim = bench.sequencer.claimOnce(ALICE.account, identityOf(bench, validMs));
    await bench.settle();
    return (await claim).result;
  };
  assert.equal(await claimed(-1), "late");
  assert.deepEqual([await claimed(60_000), await claimed(60_000)], ["claimed", "used"]);
});

test("sequencer: behind a clock that was set back only what may be forgotten is not done", async () => {
  const bench = new RunsBench();
  await bench.committed();
  const { clock, sequencer } = bench;
  const startMs = bench.nowMs;
  const claimed = async (fingerprint: string, change: Partial<RequestIdentity> = {}) => {
    const expiresAtMs = (bench.nowMs + 60_000) as UnixMs;
    const identity = { fingerprint, contentDigest: "", expiresAtMs, ...change };
    const claim = sequencer.claimOnce(ALICE.account, identity);
    await bench.settle();
    return await claim;
  };
  const expiresAtMs = (startMs + 60_000) as UnixMs;
  await claimed("before");
  clock.jumpWall(200_000);
  await claimed("ahead");
  clock.jumpWall(-190_000);
  const waitMs = 1_000 - (startMs % 1_000);
  const doubtful = { result: "doubtful", waitMs, isReusable: false };
  assert.deepEqual(await claimed("before", { expiresAtMs }), doubtful);
  assert.equal((await claimed("a later one")).result, "claimed");
  const command = { isReusable: true };
  const later = { result: "doubtful", waitMs: 50_000 + waitMs, isReusable: true };
  assert.deepEqual(await claimed("a command", command), later);
  const cancel = { ...command, isIdempotent: true };
  assert.equal((await claimed("a cancel by number", cancel)).result, "claimed");
  clock.jumpWall(50_000 + waitMs);
  assert.equal((await claimed("a command", command)).result, "claimed");
});

test("sequencer: a write that was done is not said to be late a moment past its time", async () => {
  const bench = new RunsBench();
  await bench.committed();
  const identity = identityOf(bench, 50);
  const claimed = async () => {
    const claim = bench.sequencer.claimOnce(ALICE.account, identity);
    await bench.settle();
    return (await claim).result;
  };
  assert.equal(await claimed(), "claimed");
  bench.clock.jumpWall(51);
  assert.equal(await claimed(), "used");
});

test("sequencer: a write past its time is not done", async () => {
  const bench = new RunsBench();
  await bench.committed();
  const undecided = () => assert.fail("it is not decided");
  const identity = identityOf(bench, -1);
  assert.deepEqual(await bench.sequencer.write(ALICE, "place", identity, undecided), {
    result: "late",
  });
  assert.deepEqual(await bench.sequencer.writeMany(ALICE, identity, undecided), {
    result: "late",
  });
});

test("sequencer: while many are cancelled the same request waits, other content is refused", async () => {
  const bench = new RunsBench();
  const orders = bench.placeMany(ALICE.account, 2 * CANCELS_PER_STEP);
  await bench.committed();
  const cancelAll = (contentDigest: string) => {
    const identity = identityOf(bench, 60_000, contentDigest);
    let count = 0;
    return bench.sequencer.writeMany(ALICE, identity, () => ({
      run: {
        scope: { account: ALICE.account, matches: () => true },
        reason: CancelReason.Requested,
        onOutcome: () => {
          count += 1;
        },
      },
      answer: () => ({ answer: { ...OK, body: `${count} cancelled` }, isKept: true }),
    }));
  };
  const first = cancelAll("content");
  const [again, other] = [cancelAll("content"), cancelAll("other")];
  await bench.settle();
  const answer = { ...OK, body: `${orders.length} cancelled` };
  assert.deepEqual(await first, { result: "answered", answer });
  assert.deepEqual(await again, { result: "repeated", answer });
  assert.deepEqual(await other, { result: "identityReused" });
  const later = cancelAll("content");
  await bench.settle();
  assert.deepEqual(await later, { result: "repeated", answer }, "it is remembered");
  const identity = identityOf(bench, 60_000);
  bench.clock.advance(60_001);
  assert.equal(bench.sequencer.remembers(ALICE.account, identity), false, "but not for ever");
});

test("sequencer: cancels have room for so many answers that wait, and no more", async () => {
  const bench = new RunsBench();
  const { sequencer } = bench;
  bench.place(ALICE.account);
  while (sequencer.pendingCount < PENDING_CANCELS_MAX - 1) void sequencer.read(() => null);
  const undecided = () => assert.fail("it is not decided");
  const place = sequencer.write(ALICE, "place", null, undecided);
  const cancel = sequencer.write(ALICE, "cancel", null, () => OK);
  const refused = sequencer.write(ALICE, "cancel", null, undecided);
  const many = sequencer.writeMany(ALICE, identityOf(bench, 60_000), undecided);
  await bench.settle();
  const results = (await Promise.all([place, cancel, refused, many])).map(({ result }) => result);
  assert.deepEqual(results, ["overloaded", "answered", "overloaded", "overloaded"]);
});

test("sequencer: a cancel of what is open counts as one where it is wanted in any case", () => {
  const bench = new RunsBench();
  const { orderId } = bench.place(ALICE.account);
  const counts = (target: CancelTarget, condition: object = {}, caller: Caller = ALICE) => {
    return bench.sequencer.cancels(caller, target, { ...UNCONDITIONAL, ...condition });
  };
  const target = { by: "orderId", orderId } as const;
  assert.equal(counts(target), true);
  assert.equal(counts(target, { unfilled: true }), false);
  assert.equal(counts(target, { version: 1 }), false);
  assert.equal(counts({ by: "orderId", orderId: "1" as OrderId }), false);
  assert.equal(counts(target, {}, BOB), false);
  assert.equal(counts(target, {}, { ...ALICE, portfolioIds: new Set(["other"]) }), false);
});

test("sequencer: a write of many that changed nothing is decided afresh", async () => {
  const bench = new RunsBench();
  await bench.committed();
  let count = 0;
  const asked = async () => {
    const asking = bench.sequencer.writeMany(ALICE, identityOf(bench, 60_000), () => {
      count += 1;
      return { answer: OK, isKept: false };
    });
    await bench.settle();
    return (await asking).result;
  };
  assert.deepEqual([await asked(), await asked(), count], ["answered", "answered", 2]);
});

test("sequencer: refusals are kept as far as budget and disk go, cancels go on", async () => {
  const bench = new RunsBench();
  const [order, ...others] = bench.placeMany(ALICE.account, 2);
  assert.ok(order !== undefined);
  await bench.committed();
  const refused = async (count: number) => {
    const since = bench.records.length;
    const written = bench.sequencer.write(ALICE, "cancel", null, (turn) => {
      for (let index = 0; index < count; index += 1) {
        turn.refused("cancel", order, "TOO_LATE_FILLED");
      }
      return OK;
    });
    await bench.settle();
    assert.equal((await written).result, "answered");
    const kept = bench.records.slice(since);
    assert.ok(kept.every((record) => record.includes("TOO_LATE_FILLED")));
    return kept.length;
  };
  assert.equal(await refused(2), 2);
  bench.sequencer.isDiskFull = true;
  assert.equal(await refused(1), 0);
  const undecided = () => assert.fail("it is not decided");
  const place = await bench.sequencer.write(ALICE, "place", null, undecided);
  assert.deepEqual(place, { result: "diskFull" });
  void bench.sequencer.write(ALICE, "cancel", null, (turn) => {
    for (const each of others) turn.cancel(each);
    return OK;
  });
  assert.deepEqual(bench.open(ALICE.account), [order]);
  await bench.settle();
  bench.sequencer.isDiskFull = false;
  assert.equal(await refused(REFUSALS_KEPT_BURST), REFUSALS_KEPT_BURST - 2);
  assert.equal(bench.sequencer.unkeptRefusalCount, 2);
});

test("sequencer: reports say who asked and how, and those that nobody asked for say nobody", async () => {
  const bench = new RunsBench();
  await bench.committed();
  const since = bench.records.length;
  const asked = [
    [ALICE, { channel: Channel.Http, requestId: "one" }],
    [ALICE, { channel: Channel.Http, requestId: "one" }],
    [ALICE, { channel: Channel.Socket, requestId: "one" }],
    [ALICE, { channel: Channel.Socket, requestId: "two" }],
    [BOB, { channel: Channel.Socket, requestId: "two" }],
  ] as const;
  for (const [caller, origin] of asked) {
    const place = (turn: Turn) => {
      turn.place(bench.buy);
      return OK;
    };
    void bench.sequencer.write(caller, "place", null, place, origin);
  }
  bench.place(ALICE.account);
  await bench.settle();
  const causes = bench.records.slice(since).map((record) => {
    const event = decodeDeskEvent(record);
    return event.type === "ExecutionReported" ? event.origin?.cause : assert.fail(record);
  });
  const expected = asked.map(([{ apiKey }, origin]) => ({ ...origin, actor: apiKey }));
  assert.deepEqual(causes, [...expected, null]);
});

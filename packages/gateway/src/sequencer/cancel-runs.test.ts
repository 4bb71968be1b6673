import assert from "node:assert/strict";
import { test } from "node:test";
import { CancelReason, Side } from "@countermand/core/model";
import fc from "fast-check";
import type { RunOutcome } from "./cancel-runs.ts";
import { ALICE, BOB, RunsBench, tick } from "./cancel-runs-fixture.ts";
import { CANCELS_PER_STEP, LOOKS_PER_CANCEL } from "./limits.ts";

test("cancel runs: a small one is whole in the call that starts it", async () => {
  const bench = new RunsBench();
  const orders = bench.placeMany(ALICE.account, 3);
  const run = bench.run(orders, CancelReason.DeadMan);
  assert.deepEqual(bench.open(ALICE.account), []);
  assert.deepEqual(
    run.outcomes.map(({ outcome, order }) => [outcome, order.orderId, order.cancelReason]),
    orders.map(({ orderId }) => ["done", orderId, "dead_man"]),
  );
  assert.deepEqual([run.isDecided, run.isDurable], [true, false], "durable before told");
  await bench.settle();
  assert.equal(run.isDurable, true);
});

test("cancel runs: one over no orders is over at once", async () => {
  const bench = new RunsBench();
  const run = bench.run([]);
  assert.equal(run.isDecided, true);
  await bench.settle();
  assert.equal(run.isDurable, true);
});

test("cancel runs: a large one goes in bounded steps, and others come in between", async () => {
  const bench = new RunsBench();
  const orders = bench.placeMany(ALICE.account, 3 * CANCELS_PER_STEP + 1);
  const [bobs] = bench.placeMany(BOB.account, 1);
  await bench.committed();
  bench.commits.length = 0;
  const run = bench.run(orders);
  assert.equal(bench.open(ALICE.account).length, orders.length - CANCELS_PER_STEP);
  const cancel = bench.sequencer.write(BOB, "cancel", null, (turn) => {
    assert.ok(bobs !== undefined);
    turn.cancel(bobs);
    return { httpStatus: 200, body: "" };
  });
  let isDecidedBefore: boolean | null = null;
  void cancel.then(() => {
    isDecidedBefore = run.isDecided;
  });
  await bench.settle();
  assert.equal(isDecidedBefore, false, "Bob was answered while the run went on");
  assert.equal(run.isDurable, true);
  assert.equal(run.outcomes.length, orders.length);
  // Two events each: the exchange's and the desk's.
  assert.ok(Math.max(...bench.commits) <= 2 * (CANCELS_PER_STEP + 1), String(bench.commits));
  assert.equal(bench.sequencer.runs.activeCount, 0);
  assert.equal(bench.partitions.onClosed.size, 0, "what is over listens no more");
});

test("cancel runs: what closes before its turn is told as it closes", async () => {
  const bench = new RunsBench();
  const orders = bench.placeMany(ALICE.account, 2 * CANCELS_PER_STEP);
  const first = bench.run(orders);
  const [filled] = bench.open(ALICE.account);
  const other = orders.at(-1);
  assert.ok(filled !== undefined && other !== undefined);
  bench.place(BOB.account, { side: Side.Sell });
  const second = bench.run([other]);
  await bench.settle();
  const outcomeOf = (orderId: string) => {
    return first.outcomes.filter(({ order }) => order.orderId === orderId);
  };
  assert.deepEqual(
    [filled, other].map(({ orderId }) => outcomeOf(orderId).map(({ outcome }) => outcome)),
    [["tooLate"], ["already"]],
  );
  assert.deepEqual(
    second.outcomes.map(({ outcome }) => outcome),
    ["done"],
  );
  assert.equal(first.outcomes.length, orders.length);
});

test("cancel runs: another account's order that closes meanwhile is no concern of it", async () => {
  const bench = new RunsBench();
  bench.placeMany(ALICE.account, 2 * CANCELS_PER_STEP);
  const other = bench.place(BOB.account);
  const told: string[] = [];
  const run = {
    scope: { account: ALICE.account, matches: () => true },
    reason: CancelReason.Requested,
    onOutcome: ({ order }: RunOutcome) => told.push(order.account),
    onDecided: () => {},
  };
  void bench.sequencer.runs.start(run, bench.nowMs);
  bench.partitions.cancel(other, bench.nowMs);
  await bench.settle();
  assert.equal(told.length, 2 * CANCELS_PER_STEP);
  assert.deepEqual(new Set(told), new Set([ALICE.account]));
});

test("cancel runs: what trades in part before its turn is cancelled in its turn", async () => {
  const bench = new RunsBench();
  const orders = bench.placeMany(ALICE.account, CANCELS_PER_STEP);
  const best = bench.place(ALICE.account, { price: 200_000_000n, orderQty: 2n * LOT });
  const run = bench.run([...orders, best]);
  bench.place(BOB.account, { side: Side.Sell, orderQty: LOT });
  assert.deepEqual(bench.open(ALICE.account).map(idOf), [best.orderId]);
  await bench.settle();
  const last = run.outcomes.at(-1);
  assert.deepEqual([last?.outcome, last?.order.orderId], ["done", best.orderId]);
  assert.deepEqual([last?.order.phase, last?.order.cumQty], ["Canceled", LOT]);
});

test("cancel runs: no turn looks at more than a step of many orders, to find a few", async () => {
  const bench = new RunsBench();
  bench.fill(ALICE.account, 3 * CANCELS_PER_STEP * LOOKS_PER_CANCEL);
  const orders = bench.placeMany(ALICE.account, 3);
  await bench.committed();
  const looks = bench.countLooks(ALICE.account);
  const run = bench.run(orders);
  const later = bench.place(ALICE.account);
  await bench.settle();
  assert.deepEqual(
    run.outcomes.map(({ outcome, order }) => [outcome, order.orderId]),
    orders.map(({ orderId }) => ["done", orderId]),
  );
  assert.equal(bench.open(ALICE.account).at(-1)?.orderId, later.orderId);
  assert.ok(Math.max(...looks.slice(0, -1)) <= CANCELS_PER_STEP * LOOKS_PER_CANCEL);
});

test("cancel runs: many together take no more of a turn than one", async () => {
  const bench = new RunsBench();
  const orders = bench.placeMany(ALICE.account, 2 * CANCELS_PER_STEP);
  await bench.committed();
  bench.commits.length = 0;
  const looks = bench.countLooks(ALICE.account);
  const runs = orders.map((order) => bench.run([order]));
  const soonCount = orders.length - bench.open(ALICE.account).length;
  assert.ok(soonCount > 0 && soonCount <= CANCELS_PER_STEP, String(soonCount));
  await bench.settle();
  assert.ok(runs.every(({ isDurable }) => isDurable));
  assert.ok(Math.max(...bench.commits) <= 2 * CANCELS_PER_STEP, String(bench.commits));
  assert.ok(Math.max(...looks) <= 2 * CANCELS_PER_STEP * LOOKS_PER_CANCEL, String(looks));
});

test("cancel runs: draining waits for what is under way", async () => {
  const bench = new RunsBench();
  const run = bench.run(bench.placeMany(ALICE.account, 3 * CANCELS_PER_STEP));
  let isDrained = false;
  void bench.sequencer.drained().then(() => {
    isDrained = true;
  });
  await tick();
  assert.equal(isDrained, false);
  await bench.settle();
  assert.deepEqual([isDrained, run.isDurable], [true, true]);
});

test("cancel runs: stopped, the rest is left, and draining waits for what was decided alone", async () => {
  const bench = new RunsBench();
  const orders = bench.placeMany(ALICE.account, 3 * CANCELS_PER_STEP);
  const run = bench.run(orders);
  let isDrained = false;
  bench.sequencer.runs.stop();
  void bench.sequencer.drained().then(() => {
    isDrained = true;
  });
  const late = bench.run(bench.open(ALICE.account));
  await bench.settle();
  assert.equal(isDrained, true);
  assert.equal(bench.open(ALICE.account).length, orders.length - CANCELS_PER_STEP);
  assert.deepEqual([run.isDecided, run.isDurable, late.isDecided], [false, false, false]);
});

test("cancel runs: however runs overlap, each order has one outcome in each", async () => {
  const anyStep = fc.oneof(
    fc.record({ kind: fc.constant("run" as const), from: fc.nat(700), count: fc.nat(700) }),
    fc.record({ kind: fc.constant("fill" as const), lots: fc.integer({ min: 1, max: 60 }) }),
    fc.constant({ kind: "turn" as const }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 8 }), async (steps) => {
      const bench = new RunsBench();
      const orders = bench.placeMany(ALICE.account, 700);
      const runs: { outcomes: ReturnType<RunsBench["run"]>; asked: string[] }[] = [];
      for (const step of steps) {
        if (step.kind === "run") {
          const ids = new Set(orders.slice(step.from, step.from + step.count).map(idOf));
          const asked = bench.open(ALICE.account).filter((order) => ids.has(order.orderId));
          runs.push({ outcomes: bench.run(asked), asked: asked.map(idOf) });
        } else if (step.kind === "fill") {
          bench.place(BOB.account, { side: Side.Sell, orderQty: BigInt(step.lots) * LOT });
        } else {
          bench.clock.endTurn();
          await tick();
        }
      }
      await bench.settle();
      const doneCounts = new Map<string, number>();
      for (const { outcomes: run, asked } of runs) {
        assert.ok(run.isDurable);
        assert.deepEqual(run.outcomes.map(({ order }) => order.orderId).sort(), asked.sort());
        for (const { outcome, order } of run.outcomes) {
          const phase = outcome === "tooLate" ? "Filled" : "Canceled";
          assert.equal(order.phase, phase);
          if (outcome === "done") {
            doneCounts.set(order.orderId, (doneCounts.get(order.orderId) ?? 0) + 1);
          }
        }
      }
      assert.ok([...doneCounts.values()].every((count) => count === 1));
    }),
    { numRuns: 15 },
  );
});

const LOT = 10_000_000_000n;

function idOf({ orderId }: { readonly orderId: string }): string {
  return orderId;
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import {
  type BlockScope,
  type KillCounts,
  type OperatorAct,
  WHOLE_GATEWAY,
} from "@countermand/core/control";
import { type KeyId, Side, type UnixMs } from "@countermand/core/model";
import { aPlaceRequest } from "../place-request-fixture.ts";
import type { RunningNode } from "../running-node.ts";
import { FIRST, NodePlace, SECOND } from "../running-node-fixture.ts";
import { ALICE, BOB, RunsBench } from "../sequencer/cancel-runs-fixture.ts";
import { LOOKS_PER_CANCEL, PENDING_PLACES_SLOW_MAX } from "../sequencer/limits.ts";
import { planOf } from "../venue/fault-plan.ts";
import { KillSwitch } from "./kill-switch.ts";
import { KILL_RETRY_MS, KILL_STEP_ORDERS } from "./limits.ts";

const DESKS = { deskCount: 3 };

/**
 * Orders of both accounts, whose desks are two of three. So few wait for the disk at a time that
 * none is refused when it is slow.
 */
async function placeOrders({ sequencer }: RunningNode, count: number): Promise<void> {
  for (let placed = 0; placed < count; placed += PENDING_PLACES_SLOW_MAX) {
    const part = Math.min(count - placed, PENDING_PLACES_SLOW_MAX);
    const writes = Array.from({ length: part }, (_, index) => {
      const caller = index % 2 === 0 ? FIRST : SECOND;
      return sequencer.write(caller, "place", null, (turn) => {
        assert.ok(!("refused" in turn.place(aPlaceRequest())));
        return { httpStatus: 200, body: "" };
      });
    });
    for (const { result } of await Promise.all(writes)) assert.equal(result, "answered");
  }
}

function kill(node: RunningNode): Promise<unknown> {
  const { service, sequencer } = node.operator;
  return sequencer.operate((nowMs) => {
    const by = { operator: "kim", apiKey: null, requestId: "" };
    const turn = { ...by, wallMs: 1 as UnixMs, nowMs };
    return service.kill(turn, { reason: "x", scope: WHOLE_GATEWAY, cancels: true });
  });
}

async function killed({ partitions }: RunningNode): Promise<void> {
  while ((partitions.control.block(1)?.kill?.left ?? 0) > 0) await setImmediate();
}

test("kill switch: a start goes on with a kill that a stop cut short, over all desks", async (t) => {
  const place = new NodePlace(t);
  const node = await place.start(DESKS);
  const count = 3 * KILL_STEP_ORDERS + 1;
  await placeOrders(node, count);
  // Its first step would come at the end of this turn: the stop is before it.
  void kill(node);
  const restarted = await place.start(DESKS);
  assert.equal(restarted.partitions.openCount, count, "nothing was cancelled before the stop");
  await killed(restarted);
  assert.equal(restarted.partitions.openCount, 0);
  const nothing = { already: 0, tooLate: 0, failed: 0, left: 0 };
  assert.deepEqual(restarted.partitions.control.block(1)?.kill, { done: count, ...nothing });
});

test("kill switch: between its steps others' commands are decided", async (t) => {
  const place = new NodePlace(t);
  const node = await place.start(DESKS);
  const count = 5 * KILL_STEP_ORDERS;
  await placeOrders(node, count);
  const book = node.partitions.deskOf(FIRST.account).desk.book(FIRST.account);
  const newest = [...(book?.openNewestFirst() ?? [])].slice(0, 2);
  const killing = kill(node);
  // Decided at once, before the kill comes to them; the first is its client's cancel.
  const written = await node.sequencer.write(FIRST, "cancel", null, (turn) => {
    for (const order of newest) assert.ok(!("refused" in turn.cancel(order)));
    return { httpStatus: 200, body: "" };
  });
  assert.equal(written.result, "answered");
  assert.ok(node.partitions.openCount > 0, "the kill is not over");
  await killing;
  await killed(node);
  const { kill: counts } = node.partitions.control.block(1) ?? {};
  assert.deepEqual([counts?.done, counts?.already, counts?.tooLate], [count - 2, 2, 0]);
});

/** A kill switch over memory. */
class Bench extends RunsBench {
  readonly killSwitch = this.another();

  /** As a start makes one over what a stop left. */
  another(): KillSwitch {
    return new KillSwitch({
      sequencer: this.sequencer,
      clock: this.clock,
      onBug: (error) => assert.fail(error),
    });
  }

  block(part: Partial<BlockScope> = {}): void {
    const scope = { ...WHOLE_GATEWAY, ...part };
    void this.sequencer.operate(() => this.killSwitch.block(this.#act, scope, true));
  }

  release(): void {
    void this.sequencer.operate(() => this.killSwitch.release(this.#act, 1));
  }

  get #act(): OperatorAct {
    return { atMs: this.nowMs, operator: "kim", reason: "x" };
  }

  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.settle();
  }

  get counts(): KillCounts | null | undefined {
    return this.partitions.control.block(1)?.kill;
  }
}

test("kill switch: an order that closes before its turn is counted as it closes", async () => {
  const bench = new Bench();
  const [first, second] = bench.placeMany(ALICE.account, 3);
  const filled = bench.place(ALICE.account, { price: 200_000_000n });
  assert.ok(first !== undefined && second !== undefined);
  bench.block({ account: ALICE.account });
  // Their client and the market were faster; whether the archive has them already is all the same.
  assert.ok("orderId" in bench.partitions.cancel(first, bench.nowMs));
  bench.place(BOB.account, { side: Side.Sell, price: filled.price });
  // Nobody asked the venue for it.
  const { orderId, symbol } = second;
  bench.partitions.work({ type: "WithdrawOrder", orderId, symbol }, second, bench.nowMs);
  bench.partitions.recent.projected("desk-22", Number.MAX_SAFE_INTEGER);
  await bench.settle();
  assert.equal(bench.partitions.openCount, 0);
  assert.deepEqual(bench.counts, { done: 1, already: 1, tooLate: 2, failed: 0, left: 0 });
  assert.equal(bench.partitions.onClosed.size, 0, "a kill that is over listens no more");
});

test("kill switch: no turn looks at more than a step of many orders, and none escapes", async () => {
  const stepLooks = KILL_STEP_ORDERS * LOOKS_PER_CANCEL;
  const scopes: [scope: Partial<BlockScope>, done: number][] = [
    [{ portfolioId: "p" }, 4],
    [{ apiKey: "k" }, 2],
    [{ account: ALICE.account, portfolioId: "p" }, 2],
  ];
  for (const [scope, done] of scopes) {
    const bench = new Bench();
    bench.fill(ALICE.account, 3 * stepLooks);
    for (const { account } of [ALICE, BOB, ALICE, BOB]) {
      const enteredBy = (account === ALICE.account ? "k" : "l") as KeyId;
      bench.place(account, { portfolioId: "p", enteredBy });
    }
    await bench.committed();
    const looks = bench.countLooks(ALICE.account);
    bench.block(scope);
    assert.deepEqual([looks, bench.counts?.left], [[0], done], "the block names none");
    await bench.settle();
    assert.deepEqual(bench.counts, { done, already: 0, tooLate: 0, failed: 0, left: 0 });
    assert.ok(Math.max(...looks) <= stepLooks && looks.length > 3, String(looks));
  }
});

test("kill switch: an order whose own cancel the venue refuses is cancelled all the same", async () => {
  const bench = new Bench();
  const order = bench.place(ALICE.account);
  const plan = planOf({ kind: "RejectedCancel", delayMs: 100 });
  const faults = { ofOrder: () => null, ofCancel: () => plan, placed: () => {} };
  bench.partitions.cancel(order, bench.nowMs, undefined, faults);
  bench.block();
  await bench.settle();
  assert.equal(bench.counts?.left, 1, "what the venue has not answered is not done");
  await bench.pass(KILL_RETRY_MS);
  await bench.pass(KILL_RETRY_MS);
  assert.equal(bench.partitions.openCount, 0);
  assert.deepEqual(bench.counts, { done: 1, already: 0, tooLate: 0, failed: 0, left: 0 });
});

test("kill switch: waits for a market that takes no cancels, until a release or a stop", async () => {
  const count = KILL_STEP_ORDERS + 1;
  const ends: [end: (bench: Bench) => void, counts: Partial<KillCounts>][] = [
    [() => {}, { done: count, left: 0 }],
    // What is given up has failed.
    [(bench) => bench.release(), { failed: count, left: 0 }],
    [(bench) => bench.killSwitch.close(), {}],
  ];
  for (const [end, counts] of ends) {
    const bench = new Bench();
    bench.placeMany(ALICE.account, count);
    bench.forbidCancels(true);
    bench.block();
    await bench.settle();
    await bench.pass(KILL_RETRY_MS);
    const waiting = { done: 0, already: 0, tooLate: 0, failed: 0, left: count };
    assert.deepEqual(bench.counts, waiting);
    end(bench);
    await bench.settle();
    bench.forbidCancels(false);
    await bench.pass(KILL_RETRY_MS);
    assert.equal(bench.partitions.openCount, count - (counts.done ?? 0));
    assert.deepEqual(bench.counts, { ...waiting, ...counts });
  }
});

test("kill switch: cancels what its scope covers, and goes on with that alone", async () => {
  const scopes: [scope: Partial<BlockScope>, done: number][] = [
    [{}, 4],
    [{ account: ALICE.account }, 3],
    [{ portfolioId: "p" }, 2],
    [{ account: ALICE.account, portfolioId: "p" }, 1],
    [{ marketGroup: "hkex" }, 4],
    [{ marketGroup: "usex" }, 0],
  ];
  for (const [scope, done] of scopes) {
    for (const resumes of [false, true]) {
      const bench = new Bench();
      bench.placeMany(ALICE.account, 2);
      for (const { account } of [ALICE, BOB]) bench.place(account, { portfolioId: "p" });
      bench.forbidCancels(resumes);
      bench.block(scope);
      await bench.settle();
      bench.forbidCancels(false);
      if (resumes) {
        bench.killSwitch.close();
        bench.another().resume();
      }
      await bench.settle();
      assert.deepEqual([bench.counts?.done, bench.counts?.left], [done, 0]);
      assert.equal(bench.partitions.openCount, 4 - done);
    }
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { Desk, isInScope, REFERENCE_DESK_RULES } from "@countermand/core/desk";
import {
  type ClOrdId,
  type DeadManScope,
  type KeyId,
  type Order,
  type PlaceRequest,
  REFERENCE_INSTRUMENTS,
  type UnixMs,
} from "@countermand/core/model";
import fc from "fast-check";
import { ALICE, BOB, RunsBench } from "../sequencer/cancel-runs-fixture.ts";
import { CANCELS_PER_STEP } from "../sequencer/limits.ts";
import { planOf } from "../venue/fault-plan.ts";
import { DeadManTimers } from "./dead-man-timers.ts";
import { CANCEL_RETRY_MS, DEAD_MAN_LOOK_MS } from "./limits.ts";

const KEY: DeadManScope = { kind: "Key", value: ALICE.apiKey };

class Bench extends RunsBench {
  readonly notices: string[] = [];
  timers = this.#newTimers();

  arm(scope: DeadManScope, timeoutMs: number): void {
    const atMs = this.clock.wallMs() as UnixMs;
    const { account } = ALICE;
    const keyId = ALICE.apiKey as KeyId;
    const event = { type: "DeadManSet", atMs, account, scope, timeoutMs, keyId } as const;
    this.partitions.stageDeskEvent(account, event);
    if (timeoutMs === 0) this.timers.released(account, scope);
    else this.timers.armed(account, scope, timeoutMs);
  }

  tryPlace(change: Partial<PlaceRequest> = {}): Order | string {
    const request = { ...this.buy, enteredBy: ALICE.apiKey as KeyId, ...change };
    const placed = this.partitions.place(ALICE.account, request, this.nowMs);
    return "refused" in placed ? placed.refused : placed;
  }

  isFired(scope: DeadManScope): boolean {
    const { deadMan } = this.partitions.deskOf(ALICE.account).desk.book(ALICE.account) ?? {};
    return deadMan?.get(scope)?.firedAtMs != null;
  }

  /** Time that passes while the process is down and nothing looks. */
  restart(downMs: number): void {
    this.timers.close();
    this.clock.advance(downMs);
    this.timers = this.#newTimers();
    this.timers.start();
  }

  async advance(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.settle();
  }

  #newTimers(): DeadManTimers {
    const { clock, sequencer } = this;
    return new DeadManTimers({
      clock,
      sequencer,
      onNotice: (_account, { kind }, notice) => this.notices.push(`${kind} ${notice}`),
    });
  }
}

test("dead man: fires when it is due, not before, and a refresh puts it off", async () => {
  const bench = new Bench();
  bench.arm(KEY, 60_000);
  bench.place(BOB.account);
  const order = bench.tryPlace();
  await bench.advance(59_000);
  bench.arm(KEY, 60_000);
  await bench.advance(59_999);
  assert.equal(bench.isFired(KEY), false);
  await bench.advance(1 + DEAD_MAN_LOOK_MS);
  assert.equal(bench.isFired(KEY), true);
  assert.deepEqual(bench.open(ALICE.account), []);
  assert.equal(bench.open(BOB.account).length, 1);
  assert.notEqual(typeof order, "string");
  assert.equal(bench.tryPlace(), "DEAD_MAN_BLOCKED");
  assert.deepEqual(bench.notices, ["Key warning", "Key warning", "Key fired"]);
});

test("dead man: warns a third of a short timeout before it fires", async () => {
  const bench = new Bench();
  bench.arm(KEY, 3_000);
  await bench.advance(1_999);
  assert.deepEqual(bench.notices, []);
  await bench.advance(1 + DEAD_MAN_LOOK_MS);
  assert.deepEqual(bench.notices, ["Key warning"]);
});

test("dead man: a jump of the machine's clock neither fires nor spares", async () => {
  const bench = new Bench();
  bench.arm(KEY, 60_000);
  bench.clock.jumpWall(86_400_000);
  await bench.advance(59_000);
  assert.equal(bench.isFired(KEY), false);
  bench.clock.jumpWall(-2 * 86_400_000);
  await bench.advance(1_000 + DEAD_MAN_LOOK_MS);
  assert.equal(bench.isFired(KEY), true);
});

test("dead man: the time while nothing ran counts, and a clock set back gives no more", async () => {
  const bench = new Bench();
  bench.arm(KEY, 60_000);
  bench.restart(50_000);
  await bench.advance(9_000);
  assert.equal(bench.isFired(KEY), false);
  await bench.advance(1_000 + DEAD_MAN_LOOK_MS);
  assert.equal(bench.isFired(KEY), true);
  bench.arm(KEY, 60_000);
  bench.clock.jumpWall(-3_600_000);
  bench.restart(0);
  await bench.advance(60_000 + DEAD_MAN_LOOK_MS);
  assert.equal(bench.isFired(KEY), true);
  bench.arm(KEY, 60_000);
  bench.restart(600_000);
  assert.equal(bench.isFired(KEY), true, "due at the start itself");
});

test("dead man: what a stop left open of a large scope is cancelled after the start", async () => {
  const bench = new Bench();
  bench.arm(KEY, 3_000);
  for (let count = 0; count <= CANCELS_PER_STEP; count += 1) bench.tryPlace();
  const { desk } = bench.partitions.deskOf(ALICE.account);
  desk.apply({ type: "DeadManFired", atMs: bench.nowMs, account: ALICE.account, scope: KEY }, 1);
  bench.restart(0);
  await bench.settle();
  assert.deepEqual(bench.open(ALICE.account), []);
});

test("dead man: blocks amends, and ends with a new arming or a release", async () => {
  const bench = new Bench();
  const scope: DeadManScope = { kind: "ClOrdIdPrefix", value: "a-" };
  bench.arm(scope, 3_000);
  await bench.advance(4_000);
  assert.equal(bench.tryPlace({ clOrdId: "a-1" as ClOrdId }), "DEAD_MAN_BLOCKED");
  assert.notEqual(typeof bench.tryPlace({ clOrdId: "a" as ClOrdId }), "string");
  bench.arm(scope, 3_000);
  const order = bench.tryPlace({ clOrdId: "a-2" as ClOrdId });
  assert.ok(typeof order !== "string");
  const { desk } = bench.partitions.deskOf(ALICE.account);
  desk.apply({ type: "DeadManFired", atMs: bench.nowMs, account: ALICE.account, scope }, 1);
  const amend = {
    target: { by: "orderId", orderId: order.orderId },
    orderQty: null,
    price: 200_000_000n,
    stopPx: null,
    condition: { unfilled: false, version: null },
  } as const;
  const refused = bench.partitions.amend(order, amend, bench.nowMs);
  assert.ok("refused" in refused && refused.refused === "DEAD_MAN_BLOCKED");
  bench.arm(scope, 0);
  assert.ok(!("refused" in bench.partitions.amend(order, amend, bench.nowMs)));
});

test("dead man: an order whose own cancel the venue refuses is cancelled all the same", async () => {
  const bench = new Bench();
  bench.arm(KEY, 3_000);
  const order = bench.tryPlace();
  assert.ok(typeof order !== "string");
  const plan = planOf({ kind: "RejectedCancel", delayMs: 4_000 });
  const faults = { ofOrder: () => null, ofCancel: () => plan, placed: () => {} };
  bench.partitions.cancel(order, bench.nowMs, undefined, faults);
  await bench.advance(3_000 + DEAD_MAN_LOOK_MS);
  assert.equal(bench.isFired(KEY), true);
  assert.equal(bench.open(ALICE.account).length, 1, "the venue has not answered");
  await bench.advance(CANCEL_RETRY_MS);
  assert.deepEqual(bench.open(ALICE.account), []);
});

test("dead man: while a market forbids cancels they are tried again, as long as it has fired", async () => {
  const bench = new Bench();
  bench.arm(KEY, 3_000);
  for (let count = 0; count < 2; count += 1) bench.tryPlace();
  bench.forbidCancels(true);
  await bench.advance(3_000 + DEAD_MAN_LOOK_MS);
  assert.equal(bench.isFired(KEY), true);
  await bench.advance(2 * CANCEL_RETRY_MS);
  assert.equal(bench.open(ALICE.account).length, 2);
  bench.forbidCancels(false);
  await bench.advance(CANCEL_RETRY_MS);
  assert.deepEqual(bench.open(ALICE.account), []);
  assert.equal(bench.clock.timerCount, 0, "nothing is left to try");

  bench.arm(KEY, 3_000);
  bench.tryPlace();
  bench.forbidCancels(true);
  await bench.advance(3_000 + DEAD_MAN_LOOK_MS);
  bench.arm(KEY, 0);
  bench.forbidCancels(false);
  await bench.advance(CANCEL_RETRY_MS);
  assert.equal(bench.open(ALICE.account).length, 1, "it was released meanwhile");
});

test("dead man: once it is closed nothing fires and nothing is tried again", async () => {
  const bench = new Bench();
  bench.arm(KEY, 3_000);
  bench.tryPlace();
  bench.forbidCancels(true);
  await bench.advance(3_000 + DEAD_MAN_LOOK_MS);
  bench.arm({ kind: "Portfolio", value: "p" }, 3_000);
  bench.timers.close();
  assert.equal(bench.clock.timerCount, 0);
  const idle = new Bench();
  idle.timers.close();
  idle.arm(KEY, 3_000);
  assert.equal(idle.clock.timerCount, 0);
});

const SCOPES: readonly DeadManScope[] = [
  KEY,
  { kind: "Portfolio", value: "p" },
  { kind: "Symbol", value: "00700" },
  { kind: "ClOrdIdPrefix", value: "a" },
  { kind: "ClOrdIdPrefix", value: "ab" },
];

test("dead man: under any arming, refreshing, waiting and restarting it does as its model", async () => {
  const anyStep = fc.oneof(
    fc.record({
      do: fc.constant("arm" as const),
      scope: fc.constantFrom(...SCOPES),
      seconds: fc.constantFrom(0, 3, 5, 60),
    }),
    fc.record({ do: fc.constant("wait" as const), seconds: fc.constantFrom(1, 2, 4, 30) }),
    fc.record({ do: fc.constant("restart" as const), seconds: fc.constantFrom(0, 2, 70) }),
    fc.record({
      do: fc.constant("place" as const),
      key: fc.constantFrom(ALICE.apiKey, "other-key"),
      portfolioId: fc.constantFrom("", "p"),
      symbol: fc.constantFrom("00700", "AAPL"),
      clOrdId: fc.constantFrom("", "a", "abc", "b"),
    }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 25 }), async (steps) => {
      const bench = new Bench();
      const model = new Map<DeadManScope, number>();
      const fired = new Set<DeadManScope>();
      let expectedOpen: Order[] = [];
      let nowS = 0;
      for (const step of steps) {
        if (step.do === "arm") {
          bench.arm(step.scope, step.seconds * 1000);
          fired.delete(step.scope);
          if (step.seconds === 0) model.delete(step.scope);
          else model.set(step.scope, nowS + step.seconds);
        } else if (step.do === "place") {
          const { portfolioId, symbol } = step;
          const terms = { portfolioId, symbol, clOrdId: step.clOrdId as ClOrdId };
          const keyId = step.key as KeyId;
          const isUs = symbol === "AAPL";
          const market = isUs ? { market: "usex" as const } : {};
          const placed = bench.tryPlace({ ...terms, ...market, enteredBy: keyId });
          const isBlocked = [...fired].some((scope) => {
            return isInScope({ ...terms, enteredBy: keyId }, scope);
          });
          assert.equal(placed === "DEAD_MAN_BLOCKED", isBlocked);
          if (typeof placed !== "string") expectedOpen.push(placed);
        } else {
          nowS += step.seconds;
          if (step.do === "wait") await bench.advance(step.seconds * 1000);
          else bench.restart(step.seconds * 1000);
          await bench.settle();
          for (const [scope, dueS] of model) {
            if (dueS > nowS) continue;
            model.delete(scope);
            fired.add(scope);
            expectedOpen = expectedOpen.filter((order) => !isInScope(order, scope));
          }
        }
        for (const scope of SCOPES) assert.equal(bench.isFired(scope), fired.has(scope));
        assert.deepEqual(
          bench.open(ALICE.account).map(({ orderId }) => orderId),
          expectedOpen.map(({ orderId }) => orderId),
        );
      }
      const { desk } = bench.partitions.deskOf(ALICE.account);
      const lines = [...desk.snapshotLines()];
      const options = {
        orderNoPrefix: 22,
        instruments: REFERENCE_INSTRUMENTS,
        rules: REFERENCE_DESK_RULES,
      };
      assert.deepEqual([...Desk.restore(options, lines).snapshotLines()], lines);
    }),
    { numRuns: 100 },
  );
});

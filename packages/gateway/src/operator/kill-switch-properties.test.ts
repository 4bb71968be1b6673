// Goal: whatever clients, markets, releases and restarts do meanwhile, a kill leaves nothing open
// in its scope, lets nothing in, and counts each order once.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type BlockScope,
  covers,
  type OperatorAct,
  WHOLE_GATEWAY,
} from "@countermand/core/control";
import {
  CancelReason,
  type KeyId,
  MarketName,
  type Order,
  type OrderId,
  Side,
} from "@countermand/core/model";
import fc from "fast-check";
import { aPlaceRequest } from "../place-request-fixture.ts";
import { ALICE, BOB, RunsBench, tick } from "../sequencer/cancel-runs-fixture.ts";
import { KillSwitch } from "./kill-switch.ts";
import { KILL_RETRY_MS } from "./limits.ts";

const SCOPES: readonly BlockScope[] = [
  WHOLE_GATEWAY,
  { ...WHOLE_GATEWAY, account: ALICE.account },
  { ...WHOLE_GATEWAY, portfolioId: "p" },
  { ...WHOLE_GATEWAY, account: BOB.account, apiKey: "k" },
  { ...WHOLE_GATEWAY, marketGroup: MarketName.Usex },
];
const ORIGINS = [ALICE.account, BOB.account].flatMap((account) => [
  { account, portfolioId: "", enteredBy: "k" as KeyId },
  { account, portfolioId: "p", enteredBy: "l" as KeyId },
]);

type Step =
  | { readonly does: "place"; readonly origin: number; readonly count: number }
  | { readonly does: "cancel" | "fill" | "withdraw"; readonly which: number }
  | { readonly does: "block"; readonly scope: number }
  | { readonly does: "release"; readonly which: number }
  | { readonly does: "forbid"; readonly isForbidden: boolean }
  | { readonly does: "turn" | "wait" | "retry" | "restart" };

const which = fc.nat({ max: 400 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constant("place" as const),
      origin: fc.nat({ max: ORIGINS.length - 1 }),
      count: fc.constantFrom(1, 3, 130),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ does: fc.constantFrom("cancel", "fill", "withdraw"), which }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      does: fc.constant("block" as const),
      scope: fc.nat({ max: SCOPES.length - 1 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ does: fc.constant("release" as const), which }) },
  {
    weight: 1,
    arbitrary: fc.record({ does: fc.constant("forbid" as const), isForbidden: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constantFrom("turn", "turn", "turn", "wait", "retry", "restart"),
    }),
  },
);

/** What a block met when it was set. */
interface Met {
  readonly blockId: number;
  readonly scope: BlockScope;
  readonly orders: ReadonlySet<OrderId>;
  /** A restart counts nothing of what closed and was not journaled before it. */
  isRestarted: boolean;
}

class KillBench extends RunsBench {
  readonly met: Met[] = [];
  readonly closed = new Map<OrderId, Order>();
  #killSwitch = this.#made();

  constructor() {
    super();
    this.partitions.onClosed.add((order) => this.closed.set(order.orderId, order));
  }

  get allOpen(): Order[] {
    return [...this.open(ALICE.account), ...this.open(BOB.account)];
  }

  async take(taken: Step): Promise<void> {
    switch (taken.does) {
      case "place":
        for (let count = 0; count < taken.count; count += 1) this.#place(taken.origin);
        return;
      case "cancel":
      case "fill":
      case "withdraw":
        this.#close(taken.does, taken.which);
        return;
      case "block":
        this.#block(SCOPES[taken.scope] ?? WHOLE_GATEWAY);
        return;
      case "release":
        this.#release(taken.which);
        return;
      case "forbid":
        this.forbidCancels(taken.isForbidden);
        return;
      case "turn":
        this.clock.endTurn();
        await tick();
        return;
      case "wait":
        await this.settle();
        return;
      case "retry":
        this.clock.advance(KILL_RETRY_MS);
        await tick();
        return;
      case "restart":
        await this.#restart();
    }
  }

  /** Until nothing is left to do. */
  async end(): Promise<void> {
    this.forbidCancels(false);
    for (let times = 0; times < 4; times += 1) {
      await this.settle();
      this.clock.advance(KILL_RETRY_MS);
    }
    await this.settle();
  }

  /** Nothing comes in where a block holds. */
  #place(index: number): void {
    const origin = ORIGINS[index];
    assert.ok(origin !== undefined);
    const request = aPlaceRequest({ ...this.buy, ...origin });
    const { account, portfolioId, enteredBy: apiKey } = origin;
    const sought = { account, portfolioId, apiKey, marketGroup: MarketName.Hkex } as const;
    const active = [...this.partitions.control.activeBlocks()];
    const isBlocked = active.some(({ scope }) => covers(scope, sought));
    const placed = this.partitions.place(account, request, this.nowMs);
    assert.equal("refused" in placed ? placed.refused : null, isBlocked ? "BLOCKED" : null);
  }

  #close(how: "cancel" | "fill" | "withdraw", index: number): void {
    const open = this.allOpen;
    const order = open[index % Math.max(1, open.length)];
    if (order === undefined) return;
    const { account, orderId, symbol, price, orderQty } = order;
    if (how === "cancel") this.partitions.cancel(order, this.nowMs);
    if (how === "withdraw") {
      this.partitions.work({ type: "WithdrawOrder", orderId, symbol }, order, this.nowMs);
    }
    if (how === "fill") {
      const other = account === ALICE.account ? BOB.account : ALICE.account;
      this.partitions.place(other, this.#sale(price, orderQty), this.nowMs);
    }
  }

  #sale(price: bigint, orderQty: bigint) {
    return aPlaceRequest({ ...this.buy, side: Side.Sell, price, orderQty });
  }

  #block(scope: BlockScope): void {
    const { account, apiKey, portfolioId, marketGroup } = scope;
    const covered = this.allOpen.filter((order) => {
      const { enteredBy, ...rest } = order;
      return covers(
        { account, apiKey, portfolioId, marketGroup },
        { ...rest, apiKey: enteredBy, marketGroup: MarketName.Hkex },
      );
    });
    void this.sequencer.operate(() => {
      const block = this.#killSwitch.block(this.#act, scope, true);
      assert.ok(!("refused" in block));
      const orders = new Set(covered.map(({ orderId }) => orderId));
      this.met.push({ blockId: block.blockId, scope, orders, isRestarted: false });
    });
  }

  #release(index: number): void {
    const met = this.met[index % Math.max(1, this.met.length)];
    if (met === undefined) return;
    void this.sequencer.operate(() => this.#killSwitch.release(this.#act, met.blockId));
  }

  async #restart(): Promise<void> {
    this.#killSwitch.close();
    await this.settle();
    for (const met of this.met) met.isRestarted = true;
    this.#killSwitch = this.#made();
    void this.sequencer.operate(() => this.#killSwitch.resume());
  }

  #made(): KillSwitch {
    const onBug = (error: Error) => assert.fail(error);
    return new KillSwitch({ sequencer: this.sequencer, clock: this.clock, onBug });
  }

  get #act(): OperatorAct {
    return { atMs: this.nowMs, operator: "kim", reason: "drawn" };
  }
}

function assertCounted(bench: KillBench, { blockId, orders, isRestarted }: Met): void {
  const block = bench.partitions.control.block(blockId);
  assert.ok(block?.kill);
  const { done, already, tooLate, failed, left } = block.kill;
  assert.equal(left, 0);
  const counted = done + already + tooLate + failed;
  if (isRestarted) assert.ok(counted <= orders.size);
  else assert.equal(counted, orders.size);
  if (block.released !== null) return;
  assert.equal(failed, 0);
  for (const orderId of orders) assert.ok(bench.closed.has(orderId), "none escapes");
  if (isRestarted) return;
  const asked = [...orders].filter((orderId) => {
    const { phase, cancelReason } = bench.closed.get(orderId) ?? {};
    return phase === "Canceled" && cancelReason !== CancelReason.Venue;
  });
  assert.equal(done + already, asked.length);
}

test("kill switch: whatever happens meanwhile, none escapes, and each is counted once", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 10, maxLength: 50, size: "max" }),
      async (steps) => {
        const bench = new KillBench();
        for (const each of steps) await bench.take(each);
        await bench.end();
        for (const met of bench.met) assertCounted(bench, met);
        if (bench.met.every(({ isRestarted }) => !isRestarted)) {
          const done = bench.met.reduce((sum, { blockId }) => {
            return sum + (bench.partitions.control.block(blockId)?.kill?.done ?? 0);
          }, 0);
          const killed = [...bench.closed.values()].filter(({ cancelReason }) => {
            return cancelReason === CancelReason.KillSwitch;
          });
          assert.equal(done, killed.length);
        }
        assert.equal(bench.partitions.onClosed.size, 1, "no kill listens any more");
      },
    ),
    { numRuns: 60 },
  );
});

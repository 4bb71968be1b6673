// Goal: whatever goes wrong and whenever the process dies, money is conserved, every order ends
// once, nothing stays pending past its deadline, and the journal alone gives the same state.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FAULT_SPECS, type FaultKind } from "@countermand/contract";
import { ONE, type Order, OrdType, Side } from "@countermand/core/model";
import { isClosed } from "@countermand/core/order";
import fc from "fast-check";
import { VENUE_ANSWER_MS_MAX } from "./limits.ts";
import { ANNE, assertSound, BERT, VenueBench } from "./venue-fixture.ts";

/** A faulty venue's plan and deadline, and those of the cancel that waited for it. */
const ALL_ANSWERED_MS = 2 * VENUE_ANSWER_MS_MAX + 60_000;
const VENUE_KINDS = FAULT_SPECS.filter(({ occasion }) => {
  return occasion === "Order" || occasion === "Cancel";
}).map(({ kind }) => kind);

type Step =
  | {
      readonly do: "arm";
      readonly kind: FaultKind;
      readonly delayMs: number;
      readonly half: boolean;
    }
  | {
      readonly do: "place";
      readonly lots: number;
      readonly px: number;
      readonly isBuy: boolean;
      readonly isAnne: boolean;
      readonly isStop: boolean;
    }
  | { readonly do: "cancel"; readonly index: number }
  | { readonly do: "wait"; readonly ms: number };

const delay = fc.constantFrom(0, 1, 50, 200, 1_000, VENUE_ANSWER_MS_MAX, 40_000);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    arbitrary: fc.record({
      do: fc.constant("arm" as const),
      kind: fc.constantFrom(...VENUE_KINDS),
      delayMs: delay,
      half: fc.boolean(),
    }),
    weight: 3,
  },
  {
    arbitrary: fc.record({
      do: fc.constant("place" as const),
      lots: fc.integer({ min: 1, max: 6 }),
      px: fc.integer({ min: 398, max: 402 }),
      isBuy: fc.boolean(),
      isAnne: fc.boolean(),
      isStop: fc.boolean(),
    }),
    weight: 5,
  },
  { arbitrary: fc.record({ do: fc.constant("cancel" as const), index: fc.nat(20) }), weight: 4 },
  { arbitrary: fc.record({ do: fc.constant("wait" as const), ms: delay }), weight: 3 },
);
/** An order that the venue has not answered. */
const ON_ITS_WAY: Step[] = [
  { do: "arm", kind: "StuckOrder", delayMs: 0, half: false },
  { do: "place", lots: 1, px: 400, isBuy: true, isAnne: true, isStop: false },
];
const steps = fc.array(step, { minLength: 1, maxLength: 30 });

class Run {
  readonly bench = VenueBench.opened();
  readonly #placed: Order[] = [];

  take(each: Step): void {
    const { bench } = this;
    switch (each.do) {
      case "arm": {
        const probability = each.half ? ONE / 2n : ONE;
        if (bench.board.list("demo-key").length < 20) {
          bench.arm(each.kind, { delayMs: each.delayMs, probability, count: 2 });
        }
        break;
      }
      case "place":
        this.#place(each);
        break;
      case "cancel": {
        const order = this.#placed[each.index % Math.max(1, this.#placed.length)];
        const open = order === undefined ? null : bench.find(order);
        if (open !== null && open.phase !== "Filled" && open.phase !== "Rejected") {
          bench.cancel(open, open.account);
        }
        break;
      }
      case "wait":
        bench.clock.advance(each.ms);
    }
  }

  #place({ lots, px, isBuy, isAnne, isStop }: Step & { readonly do: "place" }): void {
    const price = BigInt(px) * ONE;
    const more = {
      price,
      side: isBuy ? Side.Buy : Side.Sell,
      ...(isStop && { ordType: OrdType.StopLimit, stopPx: price }),
    };
    this.#placed.push(this.bench.place(lots, more, isAnne ? ANNE : BERT));
  }
}

test("venue: whatever goes wrong, money is conserved and everything is answered in time", () => {
  fc.assert(
    fc.property(steps, (sequence) => {
      const run = new Run();
      for (const each of sequence) {
        run.take(each);
        assertSound(run.bench);
      }
      run.bench.clock.advance(ALL_ANSWERED_MS);
      assertSound(run.bench);
      assert.deepEqual(run.bench.partitions.pendingOrders(), []);
      assert.equal(run.bench.partitions.gate.heldCount, 0);
      assert.equal(run.bench.clock.timerCount, 0);
      assert.equal(run.bench.crashed(run.bench.commits.length).hash, run.bench.hash);
    }),
    { numRuns: 300 },
  );
});

test("venue: after a crash at any commit all that was on its way is found out", () => {
  let foundCount = 0;
  fc.assert(
    fc.property(steps, (sequence) => {
      const run = new Run();
      for (const each of sequence) run.take(each);
      for (let kept = 1; kept <= run.bench.commits.length; kept += 1) {
        const started = run.bench.crashed(kept);
        const pending = started.partitions.pendingOrders();
        assertSound(started);
        started.reconcile();
        assertSound(started);
        assert.deepEqual(started.partitions.pendingOrders(), []);
        // Nobody wanted these any more, or the venue never had them.
        for (const order of pending) {
          foundCount += 1;
          assert.equal(started.find(order), null);
          assert.equal(isClosed(order), false);
        }
        assert.equal(started.crashed(started.commits.length).hash, started.hash);
      }
    }),
    // Chance alone leaves hardly ever nothing on its way, but sometimes it does.
    { numRuns: 40, examples: [[ON_ITS_WAY]] },
  );
  assert.ok(foundCount > 0);
});

test("venue: the race of fill and cancel has one end, whoever is first", () => {
  const act = fc.constantFrom("fill", "cancel", "wait");
  fc.assert(
    fc.property(
      fc.constantFrom<FaultKind | null>(null, ...VENUE_KINDS),
      delay,
      fc.array(act, { minLength: 2, maxLength: 8 }),
      (kind, delayMs, acts) => {
        const bench = VenueBench.opened();
        if (kind !== null) bench.arm(kind, { delayMs });
        const order = bench.place(4);
        for (const each of acts) {
          const open = bench.find(order);
          if (each === "fill") bench.place(2, { side: Side.Sell }, BERT);
          else if (each === "wait") bench.clock.advance(delayMs);
          else if (open !== null && open.phase !== "Filled") bench.cancel(open);
        }
        bench.clock.advance(ALL_ANSWERED_MS);
        assertSound(bench);
        const lines = bench.news();
        const ends = lines.filter((line) => /^(?:F Filled|4 |8 )/.test(line));
        const last = lines.at(-1) ?? "";
        const isOpen = bench.find(order) !== null;
        assert.equal(ends.length, isOpen ? 0 : 1, lines.join("\n"));
        assert.doesNotMatch(last, /pending/);
        const asked = lines.filter((line) => line.startsWith("6 ")).length;
        const answered = lines.filter((line) => /^(?:4 |R )/.test(line)).length;
        assert.ok(answered >= asked, "every cancel that was sent is answered");
      },
    ),
    { numRuns: 2_000 },
  );
});

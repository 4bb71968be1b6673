// Goal: however turns end, commits take their time and answers are asked for, each is released in
// its turn when all that it may have seen is durable, none before and none never.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { AppendOutcome } from "../journal/journal.ts";
import { FakeClock } from "../sys/fake-clock.ts";
import { tick } from "./cancel-runs-fixture.ts";
import { GroupCommit } from "./group-commit.ts";
import { COMMIT_ANSWERS_MIN, LOOK_MS } from "./limits.ts";

type Step =
  /** So many events are decided in one call, and each has an answer; 0: somebody only looks. */
  | { readonly does: "decide"; readonly events: number }
  | { readonly does: "endTurn" | "tick" | "finish" | "fail" }
  /** Within a turn: time goes by, the disk may be done, and somebody looks up. */
  | { readonly does: "lookUp"; readonly isFlushed: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      does: fc.constant("decide" as const),
      events: fc.constantFrom(0, 1, 2, COMMIT_ANSWERS_MIN),
    }),
  },
  { weight: 4, arbitrary: fc.record({ does: fc.constantFrom("endTurn", "tick", "finish") }) },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constant("lookUp" as const), isFlushed: fc.boolean() }),
  },
);

class Model {
  readonly clock = new FakeClock();
  readonly commits: GroupCommit;
  /** Events at each answer's call, by its number; and those that were released, in order. */
  readonly #seenCounts: number[] = [];
  readonly released: number[] = [];
  #stagedCount = 0;
  #decidedCount = 0;
  #durableCount = 0;
  #append: PromiseWithResolvers<AppendOutcome> | null = null;
  #isFlushed = false;
  failure: Error | null = null;

  constructor(hasSeveralCores: boolean) {
    const model = this;
    this.commits = new GroupCommit({
      hasSeveralCores,
      partitions: {
        get stagedCount() {
          return model.#stagedCount;
        },
        takeStaged: () => this.#takeStaged(),
      },
      journal: {
        append: () => this.#begin(),
        settle: () => {
          if (this.#isFlushed) this.#append?.resolve("committed");
        },
      },
      clock: this.clock,
      onDurable: ({ eventCount }) => {
        assert.equal(this.failure, null, "nothing is durable behind a failure");
        this.#durableCount += eventCount;
        if (eventCount > 0) this.#append = null;
      },
      onFailure: (error) => {
        this.failure = error;
      },
    });
  }

  get askedCount(): number {
    return this.#seenCounts.length;
  }

  async take(taken: Step): Promise<void> {
    switch (taken.does) {
      case "decide":
        this.#decide(taken.events);
        return;
      case "endTurn":
        this.clock.endTurn();
        return;
      case "tick":
        await tick();
        return;
      case "finish":
        this.#append?.resolve("committed");
        await tick();
        return;
      case "fail":
        this.#append?.resolve("fenced" as AppendOutcome);
        await tick();
        return;
      case "lookUp":
        this.clock.pass(LOOK_MS);
        this.#isFlushed = taken.isFlushed;
        this.commits.lookUp();
    }
  }

  /** Until nothing moves any more. */
  async end(): Promise<void> {
    await tick();
    for (let isMoving = true; isMoving; ) {
      isMoving = this.clock.endTurn() || this.#append !== null;
      this.#append?.resolve("committed");
      await tick();
    }
  }

  #decide(events: number): void {
    for (let count = 0; count < Math.max(1, events); count += 1) {
      if (events > 0) this.#stage();
      const number = this.#seenCounts.length;
      this.#seenCounts.push(this.#decidedCount);
      void this.commits.released(number).then((released) => {
        assert.ok(this.#durableCount >= (this.#seenCounts[released] ?? Infinity), "durable first");
        assert.equal(released, this.released.length, "in the order of the calls");
        this.released.push(released);
      });
    }
  }

  #stage(): void {
    this.#stagedCount += 1;
    this.#decidedCount += 1;
  }

  #takeStaged() {
    const eventCount = this.#stagedCount;
    this.#stagedCount = 0;
    const payloads = Array<string>(eventCount).fill("x");
    const append = { partition: "desk", epoch: 1, expectedSeq: 0, payloads };
    return { appends: eventCount > 0 ? [append] : [], reports: [], worked: [], eventCount };
  }

  #begin(): Promise<AppendOutcome> {
    assert.equal(this.#append, null, "one commit at a time");
    this.#isFlushed = false;
    this.#append = Promise.withResolvers();
    return this.#append.promise;
  }
}

const script = fc.array(step, { minLength: 5, maxLength: 60, size: "max" });

test("group commit: whatever the turns and the disk do, each answer leaves in its turn", async () => {
  await fc.assert(
    fc.asyncProperty(script, fc.boolean(), async (steps, hasSeveralCores) => {
      const model = new Model(hasSeveralCores);
      for (const each of steps) await model.take(each);
      let isIdle = false;
      void model.commits.idle().then(() => {
        isIdle = true;
      });
      await model.end();
      assert.equal(model.released.length, model.askedCount, "none waits for ever");
      assert.deepEqual([isIdle, model.commits.pendingCount], [true, 0]);
    }),
    { numRuns: 300 },
  );
});

test("group commit: behind a commit that failed nobody is told anything", async () => {
  await fc.assert(
    fc.asyncProperty(script, script, async (before, behind) => {
      const model = new Model(true);
      for (const each of before) await model.take(each);
      await model.take({ does: "decide", events: 1 });
      for (let tries = 0; model.failure === null; tries += 1) {
        assert.ok(tries < 100, "what is decided is committed");
        await model.take({ does: "endTurn" });
        await model.take({ does: "fail" });
      }
      const releasedCount = model.released.length;
      for (const each of behind) await model.take(each);
      await tick();
      assert.ok(model.commits.hasFailed);
      assert.equal(model.released.length, releasedCount);
    }),
    { numRuns: 200 },
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Account } from "@countermand/core/model";
import { type BudgetRules, Budgets } from "./budgets.ts";

const RULES = { places: 10, fillSeconds: 10, cancelFactor: 2 };
const ALICE = { apiKey: "alice", account: "A" as Account };
const ALICE_2 = { apiKey: "alice-2", account: "A" as Account };

class Bench {
  nowMs = 0;
  open = 0;
  rules: BudgetRules | null = RULES;
  readonly budgets = new Budgets({
    rules: () => this.rules,
    monotonicMs: () => this.nowMs,
    openCount: () => this.open,
  });

  remaining(caller = ALICE): number[] {
    return this.budgets.statesOf(caller).map(({ remaining }) => remaining);
  }
}

test("budgets: the cancel bucket is the larger one, and each key has its own", () => {
  const bench = new Bench();
  assert.deepEqual(bench.remaining(), [10, 20]);
  assert.equal(bench.budgets.takePlaces(ALICE, 10), 0);
  assert.deepEqual(bench.remaining(), [0, 20]);
  assert.deepEqual(bench.remaining(ALICE_2), [10, 20]);
});

test("budgets: what is refused takes nothing, and says when it is worth another try", () => {
  const bench = new Bench();
  bench.budgets.takePlaces(ALICE, 8);
  assert.equal(bench.budgets.takePlaces(ALICE, 5), 3);
  assert.deepEqual(bench.remaining(), [2, 20]);
  bench.nowMs += 2_999;
  assert.equal(bench.budgets.takePlaces(ALICE, 5), 1);
  bench.nowMs += 1;
  assert.equal(bench.budgets.takePlaces(ALICE, 5), 0);
  assert.equal(bench.budgets.refusedCounts.get("place"), 2);
});

test("budgets: a cancel of an open order is never refused, one that finds nothing is", () => {
  const bench = new Bench();
  bench.open = 1_000;
  assert.equal(bench.budgets.takeCancels(ALICE, { named: 20, open: 0 }), 0);
  assert.deepEqual(bench.remaining(), [10, 1_000], "all that is open can be cancelled");
  assert.equal(bench.budgets.takeCancels(ALICE, { named: 1, open: 0 }), 1);
  for (; bench.open > 0; bench.open -= 1) {
    assert.equal(bench.budgets.takeCancels(ALICE, { named: 1, open: 1 }), 0);
  }
  assert.equal(bench.budgets.takeCancels(ALICE, { named: 5, open: 4 }), 1);
  assert.equal(bench.budgets.refusedCounts.get("cancel"), 2);
});

test("budgets: each order placed puts one cancel back, up to a full bucket", () => {
  const bench = new Bench();
  bench.budgets.takeCancels(ALICE, { named: 20, open: 0 });
  bench.budgets.placed(ALICE, 3);
  assert.deepEqual(bench.remaining(), [10, 3]);
  bench.budgets.placed(ALICE, 30);
  assert.deepEqual(bench.remaining(), [10, 20]);
});

test("budgets: say how large they are and when they are full again", () => {
  const bench = new Bench();
  bench.budgets.takePlaces(ALICE, 1);
  bench.nowMs = 1;
  assert.deepEqual(bench.budgets.statesOf(ALICE), [
    { name: "place", quota: 10, windowSeconds: 10, remaining: 9, fullInSeconds: 1 },
    { name: "cancel", quota: 20, windowSeconds: 10, remaining: 20, fullInSeconds: 0 },
  ]);
});

test("budgets: other rules hold at once and begin full; without rules nobody is held to any", () => {
  const bench = new Bench();
  bench.budgets.takePlaces(ALICE, 10);
  bench.rules = { ...RULES, places: 4 };
  assert.deepEqual(bench.remaining(), [4, 8]);
  assert.ok(bench.budgets.takePlaces(ALICE, 5) > 0, "the new size holds");
  bench.rules = null;
  assert.deepEqual([bench.remaining(), bench.budgets.isOn], [[], false]);
  assert.equal(bench.budgets.takePlaces(ALICE, 1_000), 0);
  assert.equal(bench.budgets.takeCancels(ALICE, { named: 1_000, open: 0 }), 0);
  bench.budgets.placed(ALICE, 1);
  bench.rules = RULES;
  assert.deepEqual(bench.remaining(), [10, 20]);
  assert.deepEqual(bench.budgets.refusedCounts, new Map([["place", 1]]));
});

test("budgets: keys that are gone are forgotten, those that have used something up are not", () => {
  const bench = new Bench();
  for (let index = 0; index < 5_000; index += 1) {
    bench.nowMs += 1_000;
    bench.budgets.takePlaces({ ...ALICE, apiKey: `key-${index}` }, 10);
    bench.budgets.takePlaces(ALICE, 1);
  }
  assert.ok(bench.budgets.countedKeys <= 1_025, `${bench.budgets.countedKeys} keys`);
  assert.deepEqual(bench.remaining(), [9, 20]);
});

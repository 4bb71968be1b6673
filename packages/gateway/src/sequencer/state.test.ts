// Goal: nothing that a node knows is missing from its snapshot and its state hash.

import assert from "node:assert/strict";
import { test } from "node:test";
import { REFERENCE_DESK_RULES } from "@countermand/core/desk";
import { type Account, REFERENCE_INSTRUMENTS, type UnixMs } from "@countermand/core/model";
import { aPlaceRequest } from "../place-request-fixture.ts";
import { sandboxAccount } from "../sandbox.ts";
import { emptyState, type NodeState, restoreState, stateHash, stateLines } from "./state.ts";

const LAYOUT = {
  deskCount: 2,
  instruments: REFERENCE_INSTRUMENTS,
  deskRules: REFERENCE_DESK_RULES,
};
const NOW = 1_746_774_142_000 as UnixMs;
const ALICE = "80114138" as Account;

test("state: whatever changes in any partition is in its lines, its hash and its copy", () => {
  const state = emptyState(LAYOUT);
  const seen = new Set([stateHash(state)]);
  const act = { atMs: NOW, operator: "kim", reason: "a new desk" };
  const limits = { openOrders: 1 };
  const [first, second] = [...state.desks.values()];
  assert.ok(first !== undefined && second !== undefined);
  const changes: readonly (() => unknown)[] = [
    () => state.control.apply({ type: "LimitsSet", act, scope: "key", name: "k", limits }),
    () => first.apply(sandboxAccount(ALICE, NOW), 1),
    () => second.apply(sandboxAccount(ALICE, NOW), 1),
    () => place(state),
    () => state.session.apply({ type: "TimeReached", atMs: NOW }),
  ];
  for (const change of changes) {
    change();
    const hash = stateHash(state);
    assert.ok(!seen.has(hash), String(change));
    seen.add(hash);
    assert.equal(stateHash(restoreState(LAYOUT, stateLines(state))), hash);
  }
});

test("state: more lines than are hashed at a time, and each of them counts", () => {
  const full = (reason: string) => {
    const state = emptyState(LAYOUT);
    for (let index = 0; index < 1_000; index += 1) {
      const act = { atMs: NOW, operator: "kim", reason: index === 0 ? reason : "a new desk" };
      const name = `key ${String(index).padStart(4, "0")}`;
      state.control.apply({
        type: "LimitsSet",
        act,
        scope: "key",
        name,
        limits: { openOrders: 1 },
      });
    }
    assert.ok([...stateLines(state)].join("\n").length > 65_536);
    return stateHash(state);
  };
  assert.equal(full("one"), full("one"));
  assert.notEqual(full("one"), full("another"));
});

/** An order at the exchange that no desk knows. */
function place({ exchange }: NodeState): void {
  const { symbol, side, ordType, timeInForce, price, orderQty } = aPlaceRequest();
  exchange.handle({
    type: "NewOrderSingle",
    orderId: "22000000001",
    account: ALICE,
    symbol,
    side,
    ordType,
    timeInForce,
    price,
    stopPx: 0n,
    protectionPx: 0n,
    orderQty,
  } as Parameters<typeof exchange.handle>[0]);
}

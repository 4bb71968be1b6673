// Goal: the bound of limits of single accounts and keys, and what ends them. That records and
// snapshots are read back as they were is in control-state.test.ts.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { UnixMs } from "../model/index.ts";
import { ControlState } from "./control-state.ts";
import { LIMIT_OVERRIDES_MAX, type LimitOverride, LimitOverrides } from "./limit-overrides.ts";

const ACT = { atMs: 1 as UnixMs, operator: "kim", reason: "why" };

function set(overrides: LimitOverrides, name: string, limits: LimitOverride): string | null {
  const event = overrides.decideSet(ACT, "account", name, limits);
  if ("refused" in event) return event.refused;
  overrides.apply(event);
  return null;
}

test("limit overrides: bounded; what is there can be changed and taken away at the bound", () => {
  const overrides = new LimitOverrides();
  for (let index = 0; index < LIMIT_OVERRIDES_MAX; index += 1) {
    set(overrides, `A-${index}`, { openOrders: 1 });
  }
  assert.equal(set(overrides, "B", { openOrders: 1 }), "TOO_MANY_LIMITS");
  assert.equal(set(overrides, "A-7", { openOrders: 2 }), null);
  assert.deepEqual(overrides.find("account", "A-7")?.limits, { openOrders: 2 });
  const removed = overrides.decideRemove(ACT, "account", "A-7");
  assert.ok(removed !== null);
  overrides.apply(removed);
  assert.equal(overrides.find("account", "A-7"), null);
  assert.equal(overrides.decideRemove(ACT, "account", "A-7"), null, "nothing to do");
  assert.equal(set(overrides, "B", { openOrders: 1 }), null);
});

test("limit overrides: those of a key end with it, those of an account of that name do not", () => {
  const state = new ControlState();
  const terms = {
    apiKey: "k",
    algorithm: "hmac",
    accounts: [],
    permissions: [],
    portfolioIds: null,
    addresses: null,
    label: "",
  } as const;
  const credential = { text: "sealed" };
  state.apply({ type: "KeyCreated", act: ACT, terms, expiresAtMs: null, credential });
  for (const scope of ["account", "key"] as const) {
    state.apply({ type: "LimitsSet", act: ACT, scope, name: "k", limits: { orderRate: 1 } });
  }
  state.apply({ type: "KeyRevoked", act: ACT, apiKey: "k" });
  assert.equal(state.limits.find("key", "k"), null);
  assert.deepEqual(state.limits.find("account", "k")?.limits, { orderRate: 1 });
});

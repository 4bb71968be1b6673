// Goal: what an operator set holds before the settings, and a change of either works at once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ControlState } from "@countermand/core/control";
import { type LimitSet, NO_LIMITS } from "@countermand/core/limits";
import type { Account, UnixMs } from "@countermand/core/model";
import { EffectiveLimits } from "./limit-source.ts";

const ANNE = "80114138" as Account;
const ACT = { atMs: 1 as UnixMs, operator: "kim", reason: "a new desk" };

function bench() {
  const control = new ControlState();
  const defaults: { accountLimits: LimitSet; keyLimits: LimitSet } = {
    accountLimits: { ...NO_LIMITS, openOrders: 10, orderRate: 5 },
    keyLimits: NO_LIMITS,
  };
  const set = (scope: "account" | "key", name: string, limits: Partial<LimitSet>) => {
    control.apply({ type: "LimitsSet", act: ACT, scope, name, limits });
  };
  return { control, defaults, set, limits: new EffectiveLimits(control, defaults) };
}

test("effective limits: without a row of its own an owner has the settings' very object", () => {
  const { defaults, limits, set } = bench();
  set("account", "80114139", { openOrders: 1 });
  set("key", ANNE, { openOrders: 1 });
  assert.equal(limits.ofAccount(ANNE), defaults.accountLimits);
  assert.equal(limits.ofKey("demo-key"), NO_LIMITS);
});

test("effective limits: an operator tightens, loosens, and leaves the rest to the settings", () => {
  const { defaults, limits, set } = bench();
  set("account", ANNE, { openOrders: 20, orderRate: null, duplicateMs: 500 });
  const expected = { ...NO_LIMITS, openOrders: 20, duplicateMs: 500 };
  assert.deepEqual(limits.ofAccount(ANNE), expected);
  assert.equal(limits.ofAccount(ANNE), limits.ofAccount(ANNE), "counting goes on");
  defaults.accountLimits = { ...NO_LIMITS, orderQty: 7n, orderRate: 9 };
  assert.deepEqual(limits.ofAccount(ANNE), { ...expected, orderQty: 7n });
  set("account", ANNE, { orderRate: 2 });
  assert.deepEqual(limits.ofAccount(ANNE), { ...NO_LIMITS, orderQty: 7n, orderRate: 2 });
  set("account", ANNE, {});
  assert.equal(limits.ofAccount(ANNE), defaults.accountLimits);
});

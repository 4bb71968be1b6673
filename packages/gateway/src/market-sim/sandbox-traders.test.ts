import assert from "node:assert/strict";
import { test } from "node:test";
import { type LimitSet, NO_LIMITS } from "@countermand/core/limits";
import type { Account } from "@countermand/core/model";
import { ROSTER } from "@countermand/core/participants";
import { exceptSimulated } from "./sandbox-traders.ts";
import { NO_API_KEY } from "./sequencer-port.ts";

test("sandbox traders: limits of accounts and keys are for those who have a key", () => {
  const strict: LimitSet = { ...NO_LIMITS };
  const source = exceptSimulated({ ofAccount: () => strict, ofKey: () => strict });
  for (const { account } of ROSTER) assert.equal(source.ofAccount(account), NO_LIMITS);
  assert.equal(source.ofKey(NO_API_KEY), NO_LIMITS);
  assert.equal(source.ofAccount("80114138" as Account), strict);
  assert.equal(source.ofKey("demo-key"), strict);
});

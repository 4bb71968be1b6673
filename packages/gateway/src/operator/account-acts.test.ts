import assert from "node:assert/strict";
import { test } from "node:test";
import type { OperatorAct } from "@countermand/core/control";
import type { Account, UnixMs } from "@countermand/core/model";
import { partitionsInMemory } from "../sequencer/partitions-fixture.ts";
import { AccountActs } from "./account-acts.ts";

const NOW = 1_794_794_400_000 as UnixMs;
const ACT: OperatorAct = { atMs: NOW, operator: "kim", reason: "a test" };

test("account acts: a list is sorted once, and again when there is another account", () => {
  const acts = new AccountActs(partitionsInMemory());
  const open = (code: string) => {
    const account = code as Account;
    const terms = { reason: "a test", account, shortSellingAllowed: false, adjustments: [] };
    assert.ok(!("refused" in acts.open(ACT, terms, NOW)));
  };
  for (const code of ["B-2", "A-1"]) open(code);
  const before = acts.list();
  assert.deepEqual(
    before.map(({ account }) => account),
    ["A-1", "B-2"],
  );
  assert.equal(acts.list(), before);
  open("A-9");
  assert.deepEqual(
    acts.list().map(({ account }) => account),
    ["A-1", "A-9", "B-2"],
  );
});

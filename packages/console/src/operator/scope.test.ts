// Goal: what an operator reads and types is what is sent.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Scope } from "./operator-wire.ts";
import {
  draftFault,
  killProgress,
  killText,
  type ScopeDraft,
  scopeOf,
  scopePhrase,
  scopeText,
} from "./scope.ts";

const DRAFT: ScopeDraft = {
  kind: "account",
  name: " 80114138 ",
  market: "",
  account: "",
  cancels: true,
  reason: "runaway",
};

const CASES: readonly [Partial<ScopeDraft>, Scope, text: string, phrase: string][] = [
  [{ kind: "gateway", market: "hkex" }, { gateway: true }, "the whole gateway", "gateway"],
  [{ kind: "market", market: "hkex" }, { market: "hkex" }, "market hkex", "hkex"],
  [{}, { account: "80114138" }, "account 80114138", "80114138"],
  [
    { market: "usex" },
    { market: "usex", account: "80114138" },
    "account 80114138 in usex",
    "80114138",
  ],
  [{ kind: "key", name: "cmk_1" }, { api_key: "cmk_1" }, "key cmk_1", "cmk_1"],
  [{ kind: "portfolio", name: "d7" }, { portfolio_id: "d7" }, "portfolio d7", "d7"],
  [
    { kind: "portfolio", name: "d7", account: "B-7", market: "hkex" },
    { market: "hkex", account: "B-7", portfolio_id: "d7" },
    "portfolio d7 of account B-7 in hkex",
    "d7",
  ],
];

test("scope: what is filled in is sent, read and typed", () => {
  for (const [part, scope, text, phrase] of CASES) {
    const draft = { ...DRAFT, ...part };
    assert.equal(draftFault(draft), null);
    assert.deepEqual(scopeOf(draft), scope);
    assert.deepEqual([scopeText(scope), scopePhrase(scope)], [text, phrase]);
  }
});

test("scope: nothing is stopped by a forgotten field", () => {
  assert.match(draftFault({ ...DRAFT, kind: "market" }) ?? "", /market/);
  assert.match(draftFault({ ...DRAFT, name: " " }) ?? "", /Name the account/);
  assert.match(draftFault({ ...DRAFT, kind: "key", name: "" }) ?? "", /Name the API key/);
  assert.match(draftFault({ ...DRAFT, reason: " " }) ?? "", /Give a reason/);
  assert.match(draftFault({ ...DRAFT, reason: "x".repeat(501) }) ?? "", /At most 500/);
});

test("scope: a kill's progress counts every order once", () => {
  const counts = { state: "cancelling", done: 200, already: 1, too_late: 2, failed: 0, left: 97 };
  const kill = { ...counts, state: "cancelling" } as const;
  assert.deepEqual(killProgress(kill), { value: 203, max: 300 });
  assert.equal(killText(kill), "200 cancelled, 1 were already, 2 too late, 97 left");
  assert.equal(
    killText({ ...kill, state: "finished", already: 0, too_late: 0, failed: 3, left: 0 }),
    "all done: 200 cancelled, 3 given up",
  );
  assert.equal(killText(null), "blocks new orders; cancels nothing");
});

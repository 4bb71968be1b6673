// Goal: nobody is signed in as somebody else without a question, and nobody is asked for nothing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Holder, holderIn, holderText, keptText, questionOf } from "./holder.ts";

const ANN: Holder = { account_code: "80114138", api_key: "cmk_a" };
const OTHER_KEY: Holder = { ...ANN, api_key: "cmk_b" };
const OTHER_ACCOUNT: Holder = { ...ANN, account_code: "80114139" };
const KIM: Holder = { operator: "kim" };

test("sign-in: asks where the browser is known to be another's, or another site opened the link", () => {
  type Row = readonly [current: Holder | null, last: Holder | null, isHere: boolean, asks: boolean];
  const rows: readonly Row[] = [
    [null, null, true, false],
    [null, null, false, true],
    // Whoever opened it: it signs in whom the browser is expected to be.
    [ANN, null, false, false],
    [null, ANN, false, false],
    [ANN, OTHER_KEY, false, false],
    [OTHER_KEY, ANN, true, true],
    [OTHER_ACCOUNT, null, true, true],
    [null, OTHER_KEY, true, true],
    [null, KIM, true, true],
  ];
  for (const [current, last, isHere, asks] of rows) {
    const question = questionOf({ meant: ANN, current, last, isHere });
    assert.deepEqual(question, asks ? { meant: ANN, current, last } : null);
  }
});

test("sign-in: whom it was is kept and read back; what is something else is nobody", () => {
  for (const holder of [ANN, KIM]) assert.deepEqual(holderIn(keptText(holder)), holder);
  const spoiled = [
    null,
    "",
    "{",
    "null",
    "{}",
    "[]",
    '["trader"]',
    '["trader","a"]',
    '["operator"]',
  ];
  for (const text of [...spoiled, '["x","a","b"]', '["trader","a",1]', '["operator",{}]']) {
    assert.equal(holderIn(text), null, String(text));
  }
});

test("sign-in: is told by name", () => {
  assert.equal(holderText(ANN), "key cmk_a of account 80114138");
  assert.equal(holderText(KIM), "operator kim");
});

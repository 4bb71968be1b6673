// Goal: a person reads an operator's answers without counting braces.
import assert from "node:assert/strict";
import { test } from "node:test";
import { operatorLines } from "./operator-text.ts";

const ACT = { at: 1_746_775_257_000, operator: "kim", reason: "runaway" };
const KILL = { state: "finished", done: 3, already: 0, too_late: 0, failed: 0, left: 0 };

test("operator text: blocks are a table, one block is facts", () => {
  const block = {
    block_id: 1,
    state: "active",
    scope: { account: "A-1", market: "hkex" },
    blocked: ACT,
    released: null,
    kill: KILL,
  };
  const whole = { ...block, block_id: 22, scope: { gateway: true }, kill: null };
  const [titles, first, second] = operatorLines({ blocks: [block, whole] });
  assert.match(titles ?? "", /^BLOCK ID {2}STATE {3}SCOPE +BLOCKED +KILL$/);
  assert.match(first ?? "", /^ {7}1 {2}active {2}account A-1, market hkex {2}2025-05-09 07:20:57/);
  assert.match(first ?? "", / UTC by kim: runaway {2}state finished, done 3,/);
  assert.match(second ?? "", /^ {6}22 {2}active {2}gateway +2025/);
  assert.deepEqual(operatorLines(block).slice(0, 4), [
    "block id  1",
    "state     active",
    "scope     account A-1, market hkex",
    "blocked   2025-05-09 07:20:57.000 UTC by kim: runaway",
  ]);
  assert.deepEqual(operatorLines({ blocks: [] }), ["none"]);
  assert.equal(
    operatorLines({ set: { ...ACT, request_id: "raise-7" } })[0],
    'set  2025-05-09 07:20:57.000 UTC by kim: runaway (request "raise-7")',
  );
});

test("operator text: modes are one table, all markets first", () => {
  const lines = operatorLines({
    all: { mode: "open", set: null },
    markets: [{ market: "hkex", holds: "halted", mode: "halted", set: ACT }],
  });
  assert.match(lines[0] ?? "", /^MARKET {2}MODE +SET +HOLDS$/);
  assert.match(lines[1] ?? "", /^all +open$/);
  assert.match(lines[2] ?? "", /^hkex +halted +2025.* by kim: runaway +halted$/);
});

test("operator text: an account is facts and tables of what it has", () => {
  const row = { settled: "1000.5", incoming: "0", outgoing: "0", reserved: "0", total: "1000.5" };
  const account = { account: "A-1", state: "open", short_selling: false, cash: { HKD: row } };
  assert.deepEqual(operatorLines({ ...account, holdings: {} }), [
    "account        A-1",
    "state          open",
    "short selling  no",
    "",
    "CASH",
    "OF   SETTLED  INCOMING  OUTGOING  RESERVED   TOTAL",
    "HKD   1000.5         0         0         0  1000.5",
  ]);
  const page = { total_records: 1, page: 1, page_size: 20, accounts: [account] };
  assert.deepEqual(operatorLines(page), [
    "ACCOUNT  STATE  SHORT SELLING  CASH",
    "A-1      open   no             HKD 1000.5",
  ]);
});

test("operator text: what accounts have is left out of a list that is too wide", () => {
  const row = { total: "1".repeat(90) };
  const accounts = ["A", "B"].map((account) => ({
    account,
    state: "open",
    cash: { HKD: row, USD: row },
  }));
  assert.deepEqual(operatorLines({ accounts }), [
    "ACCOUNT  STATE",
    "A        open",
    "B        open",
  ]);
});

test("operator text: a list that is too wide is told one thing after the other", () => {
  const limits = Object.fromEntries(
    Array.from({ length: 6 }, (_, index) => [
      `limit_${index}`,
      { value: `${index}`, from: "settings" },
    ]),
  );
  const lines = operatorLines({
    limits: [
      { scope: "key", limits },
      { scope: "account", limits },
    ],
  });
  assert.deepEqual(lines.slice(0, 4), ["scope  key", "", "LIMITS", "OF       VALUE  FROM"]);
  assert.equal(lines[4], "limit_0      0  settings");
  assert.equal(lines.filter((line) => line === "LIMITS").length, 2);
  assert.ok(lines.includes("scope  account"));
});

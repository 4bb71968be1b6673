import assert from "node:assert/strict";
import { test } from "node:test";
import { type BudgetState, encodeBudget, rateLimitHeaders } from "./budget.ts";
import { encodeHeartbeat } from "./stream.ts";

const STATES: readonly BudgetState[] = [
  { name: "place", quota: 100, windowSeconds: 10, remaining: 93, fullInSeconds: 1 },
  { name: "cancel", quota: 200, windowSeconds: 10, remaining: 200, fullInSeconds: 0 },
];

test("budget: the headers of the draft, one item for each budget", () => {
  assert.deepEqual(rateLimitHeaders(STATES), [
    "RateLimit-Policy",
    '"place";q=100;w=10, "cancel";q=200;w=10',
    "RateLimit",
    '"place";r=93;t=1, "cancel";r=200;t=0',
  ]);
});

test("budget: a heartbeat says what is left, and nothing where there are no budgets", () => {
  assert.equal(encodeBudget(STATES), '{"place":93,"cancel":200}');
  assert.equal(
    encodeHeartbeat(1746774142003, 7, STATES),
    '{"type":"heartbeat","data":{"timestamp":1746774142003,"seq":7,"budget":{"place":93,"cancel":200}}}',
  );
  assert.equal(
    encodeHeartbeat(1746774142003, 7),
    '{"type":"heartbeat","data":{"timestamp":1746774142003,"seq":7}}',
  );
});

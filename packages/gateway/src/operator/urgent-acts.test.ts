// What stops a gateway must not wait for room in the memory of operators' answers.
import assert from "node:assert/strict";
import { test } from "node:test";
import { OPERATOR_ANSWERS_MAX, URGENT_ANSWERS_KEPT } from "@countermand/core/control";
import type { UnixMs } from "@countermand/core/model";
import type { RunningNode } from "../running-node.ts";
import { FIRST, NodePlace } from "../running-node-fixture.ts";
import { systemClock } from "../sys/clock.ts";
import { IDEMPOTENCY_KEY_MS } from "./limits.ts";
import { OperatorServer } from "./operator-server.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";

const reason = "a test";

test("urgent acts: a kill is carried out when no other answer can be remembered", async (t) => {
  const node = await new NodePlace(t).start();
  const { post, server } = await listening(node, () => systemClock.wallMs());
  try {
    fillAnswers(node, ORDINARY_MAX);
    assert.equal(await post("accounts", "open", { reason, account: "A-1" }), 503);
    assert.equal(await post("kill", "kill", { reason, scope: { gateway: true } }), 200);
    assert.equal(await post("modes", "mode", { reason, market: "all", mode: "halted" }), 200);
    assert.equal(await post("instruments/00700", "halt", { reason, halted: true }), 200);
    assert.equal(await post("blocks/1/release", "release", { reason }), 200);
    assert.equal(await post("kill", "kill", { reason, scope: { gateway: true } }), 200);
    assert.equal(node.partitions.control.block(2), null, "the same request again is answered");
  } finally {
    await server.close(Promise.resolve());
  }
});

test("urgent acts: what may be forgotten is not done again, and kills are", async (t) => {
  const node = await new NodePlace(t).start();
  const nowMs = systemClock.wallMs();
  let wallMs = nowMs;
  const { post, server } = await listening(node, () => wallMs);
  const credit = (key: string) => {
    return post("accounts/80114138/adjust", key, { reason, cash: { HKD: 1 } });
  };
  try {
    assert.equal(await credit("once"), 200);
    wallMs += 1;
    fillAnswers(node, ORDINARY_MAX - 1, nowMs + 1);
    // A day and an hour ahead, something is done, and the clock is set back.
    wallMs = nowMs + 25 * HOUR_MS;
    assert.equal(await credit("ahead"), 200);
    wallMs = nowMs + 2;
    assert.equal(await credit("once"), 401);
    assert.equal(await credit("another"), 401, "its name is as unknown");
    assert.equal(await post("kill", "kill", { reason, scope: { gateway: true } }), 200);
    assert.equal(await post("blocks/1/release", "release", { reason }), 200);
    assert.equal(await credit("ahead"), 200, "it is known");
    const { settled } = node.partitions.deskOf(FIRST.account).desk.money(FIRST.account).cash("HKD");
    assert.equal(settled, 100_000_002n * 10n ** 8n);
    wallMs = nowMs + 24 * HOUR_MS + 3;
    assert.equal(await credit("another"), 200);
  } finally {
    await server.close(Promise.resolve());
  }
});

const HOUR_MS = 3_600_000;
const ORDINARY_MAX = OPERATOR_ANSWERS_MAX - URGENT_ANSWERS_KEPT;

async function listening(node: RunningNode, wallMs: () => number) {
  const onBug = (error: Error) => assert.fail(error);
  const parts = () => node.operator;
  const listener = { token: TOKEN, tls: null, wallMs, addressHeader: null, parts, onBug };
  const server = await OperatorServer.listen(listener, "127.0.0.1", 0);
  const post = async (path: string, key: string, body: object) => {
    const headers = {
      Authorization: `Bearer ${TOKEN}`,
      "Content-Type": "application/json",
      "Idempotency-Key": key,
      "X-Operator": "kim",
    };
    const url = `${server.url}/operator/v1/${path}`;
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
    await response.text();
    return response.status;
  };
  return { post, server };
}

function fillAnswers(
  { partitions }: RunningNode,
  count: number,
  fromMs = systemClock.wallMs(),
): void {
  const atMs = fromMs as UnixMs;
  const expiresAtMs = (atMs + IDEMPOTENCY_KEY_MS) as UnixMs;
  const answer = { contentDigest: "", expiresAtMs, httpStatus: 200, body: "" };
  for (let index = 0; index < count; index += 1) {
    const idempotencyKey = `${index}`;
    partitions.stageControlEvent({ type: "OperatorAnswered", atMs, idempotencyKey, ...answer });
  }
}

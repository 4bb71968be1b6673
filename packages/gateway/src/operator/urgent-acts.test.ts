// What stops a gateway must not wait for room in the memory of operators' answers.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
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

test("urgent acts: a kill, its release and a revocation need no room at all", async (t) => {
  const node = await new NodePlace(t).start({}, { COUNTERMAND_MASTER_KEY: MASTER_KEY });
  const { post, ask, server } = await listening(node, () => systemClock.wallMs());
  const kill = () => post("kill", "kill", { reason, scope: { gateway: true } });
  try {
    const { data } = await ask("keys", TOKEN_HEADERS, { reason, permissions: ["operate"] });
    fillAnswers(node, OPERATOR_ANSWERS_MAX);
    assert.equal(await kill(), 200);
    assert.equal(await post("blocks/1/release", "release", { reason }), 200);
    assert.equal(await post(`keys/${data.api_key}/revoke`, "revoke", { reason }), 200);
    assert.equal(await kill(), 200);
    assert.ok(node.partitions.control.block(2), "it was not remembered: another block is safer");
    const halt = { reason, market: "all", mode: "halted" };
    assert.equal(await post("modes", "mode", halt), 503, "done twice it might undo another's");
    assert.equal([...node.partitions.control.answers.all()].length, OPERATOR_ANSWERS_MAX);
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

test("urgent acts: a key that signs waits for minutes only where its request may be forgotten", async (t) => {
  const nowMs = systemClock.wallMs();
  let wallMs = nowMs;
  const clock = { ...systemClock, wallMs: () => wallMs };
  const node = await new NodePlace(t).start({ clock }, { COUNTERMAND_MASTER_KEY: MASTER_KEY });
  const { post, ask, server } = await listening(node, () => wallMs);
  try {
    const permissions = ["operate"];
    const { data } = await ask("keys", TOKEN_HEADERS, { reason, permissions });
    const signed = async (path: string, body: object, timestampMs = wallMs) => {
      const headers = signedHeaders(data, `/operator/v1/${path}`, timestampMs, body);
      const { httpStatus, reason = "done", details = "" } = await ask(path, headers, body);
      return `${httpStatus} ${reason} ${/in \d+ s/.exec(details)?.[0] ?? ""}`.trim();
    };
    const credit = (atMs = wallMs) => signed("accounts/80114138/adjust", CREDIT, atMs);
    assert.equal(await credit(), "200 done");
    fillAnswers(node, ORDINARY_MAX - 1, nowMs + 1);
    // A day and an hour ahead, something is done, and the clock is set back.
    wallMs = nowMs + 25 * HOUR_MS;
    assert.equal(await credit(), "200 done");
    wallMs = nowMs + 1000;
    assert.equal(await credit(nowMs), "401 timestamp_out_of_window in 600 s", "it was done");
    assert.equal(await credit(), "401 timestamp_out_of_window in 600 s", "it is as unknown");
    assert.equal(await signed("kill", { reason, scope: { gateway: true } }), "200 done");
    // What was sent before this cannot be sent again: its timestamp is over.
    wallMs = nowMs + 600_000;
    assert.equal(await credit(), "401 timestamp_out_of_window in 1 s");
    wallMs += 1;
    assert.equal(await credit(), "503 overloaded", "it is new: now it only has no room");
    const byName = await post("accounts/80114138/adjust", "token", CREDIT);
    assert.equal(byName, 401, "what a name was for may be a day old");
    const { settled } = node.partitions.deskOf(FIRST.account).desk.money(FIRST.account).cash("HKD");
    assert.equal(settled, 100_000_002n * 10n ** 8n);
  } finally {
    await server.close(Promise.resolve());
  }
});

const MASTER_KEY = Buffer.alloc(32, 7).toString("base64");
const CREDIT = { reason, cash: { HKD: 1 } };
const HOUR_MS = 3_600_000;
const ORDINARY_MAX = OPERATOR_ANSWERS_MAX - URGENT_ANSWERS_KEPT;

async function listening(node: RunningNode, wallMs: () => number) {
  const onBug = (error: Error) => assert.fail(error);
  const parts = () => node.operator;
  const listener = { token: TOKEN, tls: null, wallMs, addressHeader: null, parts, onBug };
  const server = await OperatorServer.listen(listener, "127.0.0.1", 0);
  const ask = async (path: string, headers: Readonly<Record<string, string>>, body: object) => {
    const url = `${server.url}/operator/v1/${path}`;
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as Told;
    return { ...answer, httpStatus: response.status };
  };
  const post = async (path: string, key: string, body: object) => {
    const { httpStatus } = await ask(path, { ...TOKEN_HEADERS, "Idempotency-Key": key }, body);
    return httpStatus;
  };
  return { post, ask, server };
}

const TOKEN_HEADERS = { Authorization: `Bearer ${TOKEN}`, "X-Operator": "kim" };

interface SecretKey {
  readonly api_key: string;
  readonly secret: string;
}

interface Told {
  readonly reason?: string;
  readonly details?: string;
  readonly data: SecretKey;
}

function signedHeaders(key: SecretKey, path: string, timestampMs: number, body: object) {
  const text = `POST|${path}|${timestampMs}|${JSON.stringify(body)}`;
  return {
    "X-API-Key": key.api_key,
    "X-API-Timestamp": String(timestampMs),
    "X-API-Signature": createHmac("sha256", key.secret).update(text).digest("base64"),
  };
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

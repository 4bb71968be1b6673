// What stops a gateway must not wait: neither for room in the memory of operators' answers, nor for
// a request that never ends.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { OPERATOR_ANSWERS_MAX, URGENT_ANSWERS_KEPT } from "@countermand/core/control";
import type { UnixMs } from "@countermand/core/model";
import type { RunningNode } from "../running-node.ts";
import { NodePlace } from "../running-node-fixture.ts";
import { systemClock } from "../sys/clock.ts";
import { OperatorServer } from "./operator-server.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";

test("operator server: a kill is carried out when no other answer can be remembered", async (t) => {
  const node = await new NodePlace(t).start();
  const onBug = (error: Error) => assert.fail(error);
  const wallMs = () => systemClock.wallMs();
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
  try {
    fillAnswers(node, OPERATOR_ANSWERS_MAX - URGENT_ANSWERS_KEPT);
    const reason = "a test";
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

test("operator server: a request that never ends keeps no stop waiting beyond its deadline", async () => {
  const options = {
    token: "t",
    tls: null,
    wallMs: () => 0,
    addressHeader: null,
    parts: () => null,
    onBug: (error: Error) => assert.fail(error),
  };
  const server = await OperatorServer.listen(options, "127.0.0.1", 0);
  const client = connect({ port: Number(new URL(server.url).port), host: "127.0.0.1" });
  let received = "";
  client.on("data", (chunk) => {
    received += chunk;
  });
  const head = "POST /operator/v1/kill HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n";
  client.write(`${head}Content-Length: 10\r\nExpect: 100-continue\r\n\r\n`);
  await once(client, "data");
  const gone = once(client, "close");
  await server.close(Promise.resolve());
  await gone;
  assert.equal(received, "HTTP/1.1 100 Continue\r\n\r\n", "it is cut, and nobody waited for it");
});

function fillAnswers({ partitions }: RunningNode, count: number): void {
  const atMs = systemClock.wallMs() as UnixMs;
  const expiresAtMs = (atMs + 3_600_000) as UnixMs;
  const answer = { contentDigest: "", expiresAtMs, httpStatus: 200, body: "" };
  for (let index = 0; index < count; index += 1) {
    const idempotencyKey = `${index}`;
    partitions.stageControlEvent({ type: "OperatorAnswered", atMs, idempotencyKey, ...answer });
  }
}

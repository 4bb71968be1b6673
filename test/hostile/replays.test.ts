/**
 * Whoever has recorded signed requests can send them again, while their window is open, at once and
 * after a restart, over HTTP and over the socket: it changes nothing, and says nothing new.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ROUTE_NEEDS } from "../../packages/contract/src/permissions.ts";
import type { Gateway } from "../../packages/gateway/src/gateway.ts";
import { startGateway } from "../e2e/gateway-in-process.ts";
import {
  type Answer,
  isReplay,
  KEY_1,
  SignedClient,
  type SignedRequest,
  sign,
} from "../e2e/signed-client.ts";
import { StreamClient } from "../e2e/stream-client.ts";
import { BUY } from "../e2e/wire-orders.ts";
import { RawWebSocket } from "./raw-web-socket.ts";
import { SIGNED_REQUESTS } from "./valid-requests.ts";

const TIME = { wallMs: Date.now(), marketMs: Date.now() };

/** A gateway that can be started again over the same data. */
async function inLives(t: TestContext): Promise<() => Promise<Gateway>> {
  const folder = mkdtempSync(join(tmpdir(), "countermand-"));
  let gateway: Gateway | null = null;
  t.after(async () => {
    await gateway?.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return async () => {
    await gateway?.stop();
    gateway = await startGateway(TIME, { COUNTERMAND_DATA_DIR: folder });
    return gateway;
  };
}

/** What the account has, as the gateway tells it. */
async function holdings(url: string): Promise<string> {
  const client = new SignedClient(url, KEY_1);
  const paths = [
    "/trade/v1/orders?page_size=100",
    "/account/v1/balance",
    "/trade/v1/dead-man",
    "/account/v1/transactions",
  ];
  const texts: string[] = [];
  for (const path of paths) texts.push((await client.call("GET", path)).text);
  client.close();
  // Time goes on for a switch. That a replay must not refresh it is looked at apart.
  return texts.join("\n").replace(/"fires_(?:in_ms|at)":\d+/g, "");
}

test("replays: a recorded write changes nothing, at once and after a restart", async (t) => {
  const restart = await inLives(t);
  const { url } = await restart();
  const client = new SignedClient(url, KEY_1);
  const orderNo = await client.place(BUY);
  await client.place({ ...BUY, reference_id: "r1" });
  const recorded: {
    readonly name: string;
    readonly request: SignedRequest;
    readonly first: Answer;
  }[] = [];
  for (const [name, requests] of Object.entries(SIGNED_REQUESTS)) {
    if (name === "moveSandboxClock" || name === "armFault") continue;
    for (const { method, target, body } of requests) {
      if (method === "GET") continue;
      const text =
        body === undefined ? "" : JSON.stringify(body).replaceAll("22000000001", orderNo);
      const request = sign(KEY_1, method, target.replaceAll("22000000001", orderNo), text);
      recorded.push({ name, request, first: await client.send(request) });
    }
  }
  client.close();
  assert.ok(recorded.filter(({ first }) => first.status === 200).length > 10, "they did something");
  const before = await holdings(url);
  await sendAgain(url, recorded);
  assert.equal(await holdings(url), before);
  const { url: later } = await restart();
  assert.equal(await holdings(later), before);
  await sendAgain(later, recorded);
  assert.equal(await holdings(later), before);
});

async function sendAgain(
  url: string,
  recorded: readonly {
    readonly name: string;
    readonly request: SignedRequest;
    readonly first: Answer;
  }[],
): Promise<void> {
  const client = new SignedClient(url, KEY_1);
  for (const { name, request, first } of recorded) {
    const again = await client.send(request);
    const isFirstAnswer =
      again.status === first.status && (isReplay(again) || again.text === first.text);
    // What was refused is a fresh try, and may be refused for another reason by now.
    const isRefused = first.status >= 400 && again.status >= 400;
    // A code for the console is made once: who recorded the request gets none.
    const isUsedUp = name === "createSignInCode" && again.status === 409;
    assert.ok(
      isFirstAnswer || isRefused || isUsedUp,
      `${name}: ${first.text} then ${again.status} ${again.text}`,
    );
    if (isReplay(again)) assert.equal(again.text, first.text, name);
    if (name === "setDeadMan") assert.ok(isReplay(again), "it would hold the switch for ever");
  }
  client.close();
}

test("replays: every route that writes is among them", () => {
  const names = Object.keys(ROUTE_NEEDS) as (keyof typeof SIGNED_REQUESTS)[];
  for (const name of names) assert.ok(SIGNED_REQUESTS[name].length > 0, name);
});

test("replays: a recorded handshake with commands opens nothing, also after a restart", async (t) => {
  const restart = await inLives(t);
  const timestampMs = TIME.wallMs;
  for (const query of ["commands=1", "cancel_on_disconnect=1&grace=30"]) {
    const { url } = await restart();
    const first = await StreamClient.open(url, KEY_1, query, { timestampMs });
    await assert.rejects(StreamClient.open(url, KEY_1, query, { timestampMs }), query);
    first.close();
    const { url: later } = await restart();
    await assert.rejects(StreamClient.open(later, KEY_1, query, { timestampMs }), query);
    // One that only listens shows what its key may see anyway.
    await (await RawWebSocket.open(later, "/ws/trade/v1", KEY_1)).destroy();
  }
});

test("replays: a recorded command gets its first reply, also after a restart", async (t) => {
  const restart = await inLives(t);
  const commands = [
    { op: "place", id: "p", data: { ...BUY, reference_id: "to amend" } },
    { op: "place_batch", id: "pb", data: [BUY, { ...BUY, qty: 200 }] },
    { op: "amend", id: "a", data: { reference_id: "to amend", qty: 200 } },
    { op: "cancel_all", id: "ca", data: { portfolio_id: "none" } },
    { op: "cancel", id: "c", data: { order_no: "99" } },
    { op: "cancel_batch", id: "cb", data: [{ order_no: "99" }] },
  ].map((command) => JSON.stringify(command));
  const { url } = await restart();
  const first = await repliesTo(url, commands);
  const before = await holdings(url);
  assert.deepEqual(await repliesTo(url, commands), first);
  assert.equal(await holdings(url), before);
  const { url: later } = await restart();
  assert.deepEqual(await repliesTo(later, commands), first);
  assert.equal(await holdings(later), before);
});

async function repliesTo(url: string, commands: readonly string[]): Promise<string[]> {
  const stream = await StreamClient.open(url, KEY_1, "commands=1");
  const replies: string[] = [];
  for (const command of commands) {
    const { id } = JSON.parse(command) as { id: string };
    stream.send(command);
    const { text } = await stream.seen(
      id,
      ({ message }) => message.type === "reply" && message.id === id,
    );
    replies.push(text);
  }
  stream.close();
  await stream.closed;
  return replies;
}

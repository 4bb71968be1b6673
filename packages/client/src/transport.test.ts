import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError, ConnectionError, OutcomeUnknownError } from "./errors.ts";
import { type Call, Transport } from "./transport.ts";

interface Sent {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

type Reply = Response | Error;

/** A transport whose peer gives these replies, on a clock that only its pauses move. */
function scripted(replies: Reply[], options: { readonly callTimeoutMs?: number } = {}) {
  const sent: Sent[] = [];
  const pauses: number[] = [];
  const time = { nowMs: 1_746_774_142_000 };
  const transport = new Transport({
    baseUrl: "http://127.0.0.1:1/",
    credentials: { apiKey: "demo-key", secret: "demo-secret" },
    now: () => time.nowMs,
    delay: (ms) => {
      pauses.push(ms);
      time.nowMs += ms;
      return Promise.resolve();
    },
    fetch: (input, init) => {
      const headers = init?.headers as Record<string, string>;
      sent.push({ path: new URL(String(input)).pathname, headers });
      const reply = replies.shift();
      assert.ok(reply !== undefined, "one reply for each request");
      return reply instanceof Error ? Promise.reject(reply) : Promise.resolve(reply);
    },
    ...options,
  });
  return { transport, sent, pauses, time };
}

function json(status: number, body: object, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers });
}

function refusal(reason: string) {
  return { code: 11030202, message: "m", details: "d", reason, retryable: false };
}

const PLACE: Call = {
  method: "POST",
  path: "/trade/v1/orders",
  body: "{}",
  signed: true,
  changes: true,
};
const LIST: Call = { method: "GET", path: "/trade/v1/orders", signed: true, changes: false };
const CUT = new TypeError("socket hang up");

test("transport: the signature is that of the published vector", async () => {
  const { transport, sent } = scripted([json(200, { code: 0 })]);
  const body = '{"order_no":"22000000022","reference_id":""}';
  // The clock stands at the vector's time less its three milliseconds.
  for (let count = 0; count < 3; count += 1) transport.clock.stampMs();
  const call: Call = {
    method: "DELETE",
    path: "/trade/v1/orders",
    body,
    signed: true,
    changes: true,
  };
  await transport.call(call);
  assert.equal(sent[0]?.headers["X-API-Timestamp"], "1746774142003");
  const expected = "8Kcb7kOKQ1WSnea4VEvBwtIJQE+nLwFstzHtvktTiF0=";
  assert.equal(sent[0]?.headers["X-API-Signature"], expected);
});

test("transport: after a lost answer the very same bytes are sent again", async () => {
  const replayed = json(200, { code: 0 }, { "X-Idempotent-Replay": "true" });
  const { transport, sent } = scripted([CUT, json(500, {}), replayed]);
  const success = await transport.call(PLACE);
  assert.equal(success.replayed, true);
  assert.equal(sent.length, 3);
  assert.deepEqual(sent[1], sent[0]);
  assert.deepEqual(sent[2], sent[0]);
});

test("transport: a refusal is an error and is not repeated", async () => {
  const { transport, sent } = scripted([json(404, refusal("unknown_order"))]);
  await assert.rejects(transport.call(PLACE), (error: unknown) => {
    assert.ok(error instanceof ApiError);
    assert.deepEqual(
      [error.httpStatus, error.reason, error.code],
      [404, "unknown_order", 11030202],
    );
    return true;
  });
  assert.equal(sent.length, 1);
});

test("transport: 429 and 503 are waited for as the gateway says", async () => {
  const { transport, pauses } = scripted([
    json(429, refusal("rate_limited"), { "Retry-After": "2" }),
    json(503, refusal("overloaded"), { "Retry-After": "1" }),
    json(200, { code: 0 }),
  ]);
  await transport.call(PLACE);
  assert.deepEqual(pauses, [2_000, 1_000]);
});

test("transport: a wrong clock is measured, and the request signed again", async () => {
  const { transport, sent, time } = scripted([
    json(401, refusal("timestamp_out_of_window")),
    ...[1, 2, 3].map(() => json(200, { code: 0, data: { timestamp: 1_746_000_000_000 } })),
    json(200, { code: 0 }),
  ]);
  await transport.call(PLACE);
  assert.equal(sent.at(-1)?.headers["X-API-Timestamp"], "1746000000000");
  assert.equal(transport.clock.offsetMs, 1_746_000_000_000 - time.nowMs);
});

test("transport: a write without any answer in time has an unknown outcome", async () => {
  const cuts = Array.from({ length: 50 }, () => CUT);
  const { transport } = scripted(cuts, { callTimeoutMs: 5_000 });
  await assert.rejects(transport.call(PLACE), (error: unknown) => {
    assert.ok(error instanceof OutcomeUnknownError);
    assert.equal(error.request, "POST /trade/v1/orders");
    assert.ok(error.attempts > 1);
    return true;
  });
});

test("transport: a signature that ran out while the outcome was unknown leaves it unknown", async () => {
  const { transport } = scripted([CUT, json(401, refusal("timestamp_out_of_window"))]);
  await assert.rejects(transport.call(PLACE), OutcomeUnknownError);
});

test("transport: a read without any answer is a failed connection", async () => {
  const cuts = Array.from({ length: 50 }, () => CUT);
  const { transport } = scripted(cuts, { callTimeoutMs: 5_000 });
  await assert.rejects(transport.call(LIST), ConnectionError);
});

test("transport: what a proxy answers in the gateway's place is no answer", async () => {
  const page = new Response("<html>Bad Gateway</html>", { status: 502 });
  const other = new Response("<html>welcome</html>", { status: 200 });
  const { transport, sent } = scripted([page, other, json(200, { code: 0 })]);
  await transport.call(PLACE);
  assert.equal(sent.length, 3);
});

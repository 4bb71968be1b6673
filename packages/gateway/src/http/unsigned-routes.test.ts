// Goal: what whoever has no key is answered, while the gateway starts and when it is there.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fault, MARKET_ROUTES } from "@countermand/contract";
import Fastify, { type InjectOptions } from "fastify";
import { NO_SCHEMAS } from "./no-schemas.ts";
import { UnreadAnswers } from "./unread-answers.ts";
import { NOTHING_UNSIGNED } from "./unsigned-fixture.ts";
import { addUnsignedRoutes, refusePath, type UnsignedRoutesOptions } from "./unsigned-routes.ts";

const PROBES = ["/time", "/health/live", "/health/ready", "/metrics", "/receipt-keys"];
const MARKETS = MARKET_ROUTES.map(({ path }) => path);
const BODY_BYTES_MAX = 1_000;

/** Asks routes that have these options; `app` gives the framework's own answers. */
function asking(options: Partial<UnsignedRoutesOptions> = {}) {
  const app = Fastify({
    bodyLimit: BODY_BYTES_MAX,
    schemaController: NO_SCHEMAS,
    frameworkErrors: refusePath,
  });
  addUnsignedRoutes(app, { ...NOTHING_UNSIGNED, ...options });
  return async (given: InjectOptions | string) => {
    const { statusCode, headers, body } = await app.inject(given);
    const { reason, details, data } = body.startsWith("{") ? JSON.parse(body) : {};
    return { statusCode, headers, body, reason, details, data };
  };
}

test("unsigned routes: while it starts, time and liveness are told, and the rest is to come", async () => {
  const ask = asking({ wallMs: () => 1_234, notReady: () => fault("STARTING", "the journal") });
  assert.deepEqual((await ask("/time")).data, { timestamp: 1_234 });
  const live = await ask("/health/live");
  assert.deepEqual([live.statusCode, live.data], [200, { status: "live" }]);
  const ready = await ask("/health/ready");
  assert.equal(ready.details, "the journal");
  for (const path of ["/health/ready", "/metrics", "/receipt-keys", ...MARKETS]) {
    const { statusCode, reason, headers } = await ask(path);
    assert.deepEqual([statusCode, reason, headers["retry-after"]], [503, "starting", "1"], path);
  }
});

test("unsigned routes: what is there is told as it is, and kept by nobody", async () => {
  const asked: string[] = [];
  const ask = asking({
    readyDetails: () => '{"disk":"fine"}',
    receiptKeys: () => '{"keys":[]}',
    metrics: async () => ({ contentType: "text/plain; version=0.0.4", text: "figures 1\n" }),
    market: (route, rawQuery) => {
      asked.push(`${route}?${rawQuery}`);
      return { httpStatus: 400, body: '{"code":1}' };
    },
  });
  const ready = await ask("/health/ready");
  assert.deepEqual([ready.statusCode, ready.data], [200, { disk: "fine" }]);
  const keys = await ask("/receipt-keys");
  assert.deepEqual([keys.statusCode, keys.body], [200, '{"keys":[]}']);
  assert.equal(keys.headers["content-type"], "application/json; charset=utf-8");
  assert.equal(keys.headers["cache-control"], "no-store");
  const metrics = await ask("/metrics");
  assert.deepEqual([metrics.statusCode, metrics.body], [200, "figures 1\n"]);
  assert.equal(metrics.headers["content-type"], "text/plain; version=0.0.4");
  for (const { name, path } of MARKET_ROUTES) {
    const answer = await ask(`${path}?symbol=00700&x=?%20`);
    assert.deepEqual([answer.statusCode, answer.body], [400, '{"code":1}'], path);
    await ask(path);
    assert.deepEqual(asked.splice(0), [`${name}?symbol=00700&x=?%20`, `${name}?`]);
  }
});

test("unsigned routes: of each path the methods are told, and of others nothing", async () => {
  const ask = asking();
  const documents = ["/docs", "/openapi.json", "/asyncapi.json"];
  for (const url of [...PROBES, ...MARKETS, ...documents]) {
    for (const method of ["POST", "DELETE"] as const) {
      const { statusCode, reason, details, headers } = await ask({ url: `${url}?a=b`, method });
      assert.deepEqual([statusCode, reason], [405, "method_not_allowed"], url);
      assert.deepEqual([headers.allow, details], ["GET, HEAD", `${url} takes GET`]);
    }
  }
  const head = await ask({ url: "/time", method: "HEAD" });
  assert.deepEqual([head.statusCode, head.body], [200, ""]);
  assert.equal((await ask("/docs")).statusCode, 200);
  for (const [url, details] of [
    ["/", /^nothing is served at this path; \/docs and \/console are pages$/],
    ["/nowhere", /^nothing is served at this path$/],
    ["/time/", /^nothing is served at this path$/],
    ["/t%69me", /^nothing is served at this path$/],
    ["/%zz", /^nothing is served at this path$/],
  ] as const) {
    const answer = await ask({ url, headers: { "x-request-id": "r-1" } });
    assert.deepEqual([answer.statusCode, answer.reason], [404, "unknown_path"], url);
    assert.equal(answer.headers["x-request-id"], "r-1");
    assert.match(answer.details, details, url);
  }
});

test("unsigned routes: a browser that opens the bare address is sent to the console", async () => {
  const ask = asking();
  const accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
  for (const method of ["GET", "HEAD"] as const) {
    const { statusCode, headers } = await ask({ url: "/?a=b", method, headers: { accept } });
    // Relative, so that it is right behind a proxy that serves the gateway below a path.
    assert.deepEqual([statusCode, headers.location], [302, "console"], method);
  }
  for (const asked of [
    { url: "/", headers: { accept: "*/*" } },
    { url: "/", headers: { accept: "application/json" } },
    { url: "/", method: "POST", headers: { accept } },
    { url: "/nowhere", headers: { accept } },
  ] as const) {
    assert.equal((await ask(asked)).reason, "unknown_path");
  }
});

test("unsigned routes: a body is nothing to them but its length, and an id comes back", async () => {
  const ask = asking();
  const post = (url: string, length: number, type: string) => {
    const headers = { "content-type": type, "x-request-id": "r-1" };
    return ask({ url, method: "POST", headers, body: "x".repeat(length) });
  };
  for (const [url, length, type, reason] of [
    ["/time", BODY_BYTES_MAX, "nonsense", "method_not_allowed"],
    ["/time", BODY_BYTES_MAX, "text/plain", "method_not_allowed"],
    ["/time", BODY_BYTES_MAX + 1, "text/plain", "body_too_large"],
    ["/nowhere", BODY_BYTES_MAX, "text/plain", "unknown_path"],
  ] as const) {
    const answer = await post(url, length, type);
    assert.deepEqual([answer.reason, answer.headers["x-request-id"]], [reason, "r-1"]);
  }
});

test("unsigned routes: figures that cannot be had end nothing, and are not called missing", async () => {
  for (const more of [{}, { statusCode: 500 }]) {
    const problem = Object.assign(new Error("no figures"), more);
    const { reason, body } = await asking({ metrics: () => Promise.reject(problem) })("/metrics");
    assert.equal(reason, "outcome_unknown");
    assert.ok(!body.includes("no figures"));
  }
});

test("unsigned routes: it is counted what of each answer waits for its reader", async (t) => {
  const { mock } = t.mock.method(UnreadAnswers.prototype, "add");
  const ask = asking({ metrics: async () => ({ contentType: "text/plain", text: "é 1\n" }) });
  for (const path of ["/time", "/metrics", "/receipt-keys", "/nowhere"]) {
    const { body } = await ask(path);
    const counted = mock.calls.map(({ arguments: [, byteCount] }) => byteCount);
    mock.resetCalls();
    assert.deepEqual(counted, [Buffer.byteLength(body)], path);
  }
});

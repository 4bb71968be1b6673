/** The operator API end to end: who may, what it stops, what goes on, and what a restart keeps. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { OPERATOR_TOKEN, OperatorClient } from "./operator-client.ts";
import { APPLE, OperatorPlace, refusal } from "./operator-place.ts";
import { envelope, KEY_1, KEY_2 } from "./signed-client.ts";
import { StreamClient } from "./stream-client.ts";
import { BUY } from "./wire-orders.ts";

test("operator API: nothing without the token, and nothing is told", async (t) => {
  const place = new OperatorPlace(t);
  await place.start();
  for (const authorization of [
    "",
    "Bearer",
    `Bearer ${OPERATOR_TOKEN}x`,
    `Basic ${OPERATOR_TOKEN}`,
  ]) {
    const stranger = new OperatorClient(place.operatorUrl, { Authorization: authorization });
    for (const path of ["blocks", "nowhere"]) {
      const { status, reason, details } = await stranger.get(path);
      assert.deepEqual([status, reason, details], [401, "operator_token_invalid", ""]);
    }
    const kill = await stranger.post("kill", { reason: "x", scope: { gateway: true } });
    assert.equal(kill.status, 401);
  }
  assert.equal(await refusal(place.client(), BUY), "placed");
  const lowerCase = new OperatorClient(place.operatorUrl, {
    Authorization: `bearer ${OPERATOR_TOKEN}`,
  });
  assert.equal((await lowerCase.get("blocks")).status, 200, "the scheme's case does not matter");
});

test("operator API: its listener describes it to everybody, in valid OpenAPI 3.1", async (t) => {
  const place = new OperatorPlace(t);
  await place.start();
  const response = await fetch(`${place.operatorUrl}/openapi.json`);
  assert.equal(response.status, 200);
  const document = (await response.json()) as Readonly<Record<string, unknown>>;
  const { valid, errors } = await new Validator().validate(document);
  assert.ok(valid, JSON.stringify(errors));
  assert.deepEqual(document["servers"], [{ url: place.operatorUrl }]);
  const written = await fetch(`${place.operatorUrl}/openapi.json`, { method: "POST" });
  assert.equal(written.status, 404);
});

test("operator API: bad requests are refused in words and change nothing", async (t) => {
  const place = new OperatorPlace(t);
  const operator = await place.start();
  const scope = { gateway: true };
  const bodies: readonly (readonly [path: string, body: object, reason: string])[] = [
    ["kill", { scope }, "invalid_field"],
    ["kill", { reason: "", scope }, "invalid_field"],
    ["kill", { reason: "x".repeat(501), scope }, "invalid_field"],
    ["kill", { reason: 1, scope }, "invalid_field"],
    ["kill", { reason: "x" }, "invalid_field"],
    ["kill", { reason: "x", scope: {} }, "invalid_field"],
    ["kill", { reason: "x", scope: { gateway: false } }, "invalid_field"],
    ["kill", { reason: "x", scope: { gateway: true, account: "1" } }, "invalid_field"],
    ["kill", { reason: "x", scope: { market: "lse" } }, "invalid_field"],
    ["kill", { reason: "x", scope: { acount: "1" } }, "unknown_field"],
    ["kill", { reason: "x", scope, cancel: false }, "unknown_field"],
    ["kill", { reason: "x", scope, cancel_orders: "no" }, "invalid_field"],
    ["kill", { reason: "x", scope: { account: "8011413" } }, "unknown_account"],
    ["kill", [], "malformed_body"],
    ["modes", { reason: "x", market: "hkex", mode: "shut" }, "invalid_field"],
    ["modes", { reason: "x", mode: "halted" }, "invalid_field"],
    ["modes", { reason: "x", market: "lse", mode: "halted" }, "invalid_field"],
    ["blocks/1/release", { reason: "x" }, "unknown_block"],
    ["blocks/0/release", { reason: "x" }, "unknown_block"],
    ["blocks/x/release", { reason: "x" }, "unknown_block"],
  ];
  for (const [path, body, reason] of bodies) {
    const answer = await operator.post(path, body);
    assert.equal(answer.reason, reason, `${path} ${JSON.stringify(body)}`);
    assert.ok(answer.status === 400 || answer.status === 404);
  }
  const json = { "Content-Type": "application/json" };
  const sends = [
    [await operator.send("POST", "kill", "{", json), 400, "malformed_json"],
    [
      await operator.send("POST", "kill", "{}", { "Content-Type": "text/plain" }),
      415,
      "unsupported_media_type",
    ],
    [await operator.send("POST", "kill", null), 400, "body_missing"],
    [await operator.send("POST", "kill", "x".repeat(20_000), json), 413, "body_too_large"],
    [await operator.send("POST", "kill?x=1", "{}", json), 400, "unknown_query_parameter"],
    [await operator.send("DELETE", "blocks", null), 405, "method_not_allowed"],
    [await operator.send("GET", "nowhere", null), 404, "unknown_path"],
    [await operator.get("blocks?state=old"), 400, "invalid_query_parameter"],
    [await operator.get("blocks?state=all?x"), 400, "invalid_query_parameter"],
    [await operator.get("blocks?state=all&state=all"), 400, "invalid_query_parameter"],
    [await operator.get("accounts?page_index=0"), 400, "invalid_query_parameter"],
    [await operator.get("accounts?page_size=101"), 400, "invalid_query_parameter"],
    [await operator.get("accounts?page_size=1e1"), 400, "invalid_query_parameter"],
    [await operator.get("accounts?page_size=100"), 200, undefined],
    [await operator.get("blocks/7"), 404, "unknown_block"],
    [await operator.get("blocks/07"), 404, "unknown_block"],
    [await operator.post("modes", {}, { "X-Operator": "" }), 400, "invalid_operator_name"],
    [
      await operator.post("modes", {}, { "X-Operator": "x".repeat(65) }),
      400,
      "invalid_operator_name",
    ],
    [await operator.post("modes", {}, { "Idempotency-Key": "" }), 400, "invalid_idempotency_key"],
  ] as const;
  for (const [answer, status, reason] of sends) {
    assert.deepEqual([answer.status, answer.reason], [status, reason]);
  }
  assert.deepEqual((await operator.get("blocks?state=all")).data, { blocks: [] });
  assert.equal(await refusal(place.client(), BUY), "placed");
});

test("kill switch: blocks an account, cancels its orders and leaves the others alone", async (t) => {
  const place = new OperatorPlace(t);
  const operator = await place.start();
  const [first, second] = [place.client(), place.client(KEY_2)];
  const mine: string[] = [];
  // More than one step, and markets of both kinds.
  for (let count = 0; count < 130; count += 1)
    mine.push(await first.place(count % 2 ? BUY : APPLE));
  const foreign = await second.place(BUY);
  const scope = { account: KEY_1.account };
  const { status, data } = await operator.post("kill", { reason: "runaway", scope });
  assert.equal(status, 200);
  assert.deepEqual([data.block_id, data.state, data.scope], [1, "active", scope]);
  assert.equal(data.blocked.operator, "kim");
  assert.equal(data.blocked.reason, "runaway");
  const { kill } = await operator.killed(1);
  assert.deepEqual(kill, {
    state: "finished",
    done: 130,
    already: 0,
    too_late: 0,
    failed: 0,
    left: 0,
  });
  const orders = await first.orders();
  assert.deepEqual(
    new Set(orders.map(({ cancel_reason }) => cancel_reason)),
    new Set(["kill_switch"]),
  );
  assert.equal(orders.length, 130);
  assert.equal(await refusal(first, BUY), "blocked");
  assert.equal(await refusal(second, BUY), "placed");
  const [open] = await second.orders(`order_no=${foreign}`);
  assert.equal(open?.order_status, "new");
  const again = await first.call("DELETE", "/trade/v1/orders", { order_no: mine[0] });
  assert.equal(again.text, '{"code":0}', "a cancel of what the kill cancelled is done already");

  const released = await operator.post("blocks/1/release", { reason: "mended" });
  assert.equal(released.data.state, "released");
  assert.equal(released.data.released.reason, "mended");
  assert.equal(
    (await operator.post("blocks/1/release", { reason: "again" })).data.released.reason,
    "mended",
  );
  assert.equal(await refusal(first, BUY), "placed");
  assert.deepEqual((await operator.get("blocks")).data.blocks, []);
  assert.equal((await operator.get("blocks?state=released")).data.blocks.length, 1);
});

test("kill switch: scopes by key, portfolio and market, and of amends", async (t) => {
  const place = new OperatorPlace(t);
  const operator = await place.start();
  const client = place.client();
  const kill = async (scope: object, cancel_orders: boolean): Promise<number> => {
    const { data } = await operator.post("kill", { reason: "x", scope, cancel_orders });
    return data.block_id;
  };
  const release = (blockId: number) => operator.post(`blocks/${blockId}/release`, { reason: "x" });
  const core = { ...BUY, portfolio_id: "core" };
  const orderNo = await client.place(core);
  const amend = async () => {
    const body = { order_no: orderNo, price: 399 };
    return envelope(await client.call("PUT", "/trade/v1/orders", body)).reason ?? "amended";
  };
  const byPortfolio = await kill({ portfolio_id: "core" }, false);
  assert.deepEqual(
    [await refusal(client, core), await refusal(client, BUY)],
    ["blocked", "placed"],
  );
  assert.equal(await amend(), "blocked");
  await release(byPortfolio);
  const byMarket = await kill({ market: "usex" }, false);
  assert.deepEqual(
    [await refusal(client, APPLE), await refusal(client, BUY)],
    ["blocked", "placed"],
  );
  await release(byMarket);
  const byOtherKey = await kill({ api_key: KEY_2.apiKey }, true);
  assert.equal(await refusal(client, BUY), "placed");
  assert.equal((await operator.killed(byOtherKey)).kill?.done, 0);
  const byKey = await kill({ api_key: KEY_1.apiKey, market: "hkex" }, true);
  assert.deepEqual(
    [await refusal(client, BUY), await refusal(client, APPLE)],
    ["blocked", "placed"],
  );
  assert.equal((await operator.killed(byKey)).kill?.done, 4);
  const everything = await kill({ gateway: true }, true);
  assert.equal((await operator.killed(everything)).kill?.done, 1);
  assert.equal(await refusal(place.client(KEY_2), APPLE), "blocked");
  const listed = async (state: string): Promise<readonly number[]> => {
    const { blocks } = (await operator.get(`blocks?state=${state}`)).data;
    return blocks.map(({ block_id }: { block_id: number }) => block_id);
  };
  const newestFirst = [everything, byKey, byOtherKey, byMarket, byPortfolio];
  assert.deepEqual(await listed("all"), newestFirst);
  assert.deepEqual(await listed("active"), newestFirst.slice(0, 3));
  assert.deepEqual(await listed("released"), newestFirst.slice(3));
  const metrics = await (await fetch(`${place.gateway.url}/metrics`)).text();
  for (const [scope, count] of [
    ["portfolio", 2],
    ["market", 1],
    ["key", 2],
    ["gateway", 0],
    ["account", 0],
  ] as const) {
    const row = `countermand_operator_refusals_total{scope="${scope}",reason="blocked"} ${count}`;
    assert.ok(metrics.split("\n").includes(row), row);
  }
});

test("kill switch: a key that nobody has is refused, and nothing is blocked", async (t) => {
  const place = new OperatorPlace(t);
  const operator = await place.start();
  const kill = (api_key: string) => operator.post("kill", { reason: "x", scope: { api_key } });
  const refused = await kill("demo-kye");
  assert.deepEqual([refused.status, refused.reason], [404, "unknown_key"]);
  assert.deepEqual((await operator.get("blocks")).data.blocks, [], "nothing was blocked");
  assert.equal((await kill(KEY_2.apiKey)).status, 200);
});

test("kill switch: a block and its counts survive a restart", async (t) => {
  const place = new OperatorPlace(t);
  const operator = await place.start();
  const client = place.client();
  for (let count = 0; count < 3; count += 1) await client.place(BUY);
  await operator.post("kill", { reason: "x", scope: { market: "hkex" } });
  const before = await operator.killed(1);
  await operator.post("modes", { reason: "y", market: "usex", mode: "halted" });
  const hash = await place.gateway.stateHash();
  const restarted = await place.start();
  assert.deepEqual(await place.gateway.stateHash(), hash);
  assert.deepEqual((await restarted.get("blocks/1")).data, before);
  assert.equal(await refusal(place.client(), BUY), "blocked");
  assert.equal(await refusal(place.client(), APPLE), "market_halted");
});

test("operator API: a request with a key is done once, also across a restart", async (t) => {
  const place = new OperatorPlace(t);
  const operator = await place.start();
  const body = { reason: "x", scope: { gateway: true }, cancel_orders: false };
  const key = { "Idempotency-Key": "first" };
  const first = await operator.post("kill", body, key);
  const restarted = await place.start();
  const second = await restarted.post("kill", body, key);
  assert.equal(second.headers.get("x-idempotent-replay"), "true");
  assert.deepEqual(second.data, first.data);
  const other = await restarted.post("kill", { ...body, reason: "y" }, key);
  assert.deepEqual([other.status, other.reason], [409, "idempotency_key_reused"]);
  assert.equal((await restarted.get("blocks")).data.blocks.length, 1);
  // Nothing was changed: the key stays free.
  const refused = await restarted.post(
    "blocks/9/release",
    { reason: "x" },
    { "Idempotency-Key": "b" },
  );
  assert.equal(refused.status, 404);
  assert.equal((await restarted.post("kill", body, { "Idempotency-Key": "b" })).data.block_id, 2);
});

test("operator API: a request that had nothing to do undoes nothing when it comes again", async (t) => {
  const place = new OperatorPlace(t);
  const operator = await place.start();
  const limits = `limits/accounts/${KEY_1.account}`;
  const json = { "Content-Type": "application/json" };
  const clear = (to: OperatorClient) => {
    return to.send("DELETE", limits, '{"reason":"none"}', { ...json, "Idempotency-Key": "clear" });
  };
  const tickOf = async (to: OperatorClient): Promise<number> => {
    const { instruments } = (await to.get("instruments")).data;
    return instruments.find(({ symbol }: { symbol: string }) => symbol === "AAPL").tick;
  };
  const setTick = (to: OperatorClient, tick: number, key: string) => {
    return to.post("instruments/AAPL", { reason: "x", tick }, { "Idempotency-Key": key });
  };
  const tick = await tickOf(operator);
  const first = [await clear(operator), await setTick(operator, tick, "as-before")];
  const body = '{"reason":"risk","limits":{"open_orders_max":5}}';
  assert.equal((await operator.send("PUT", limits, body, json)).status, 200);
  assert.equal((await setTick(operator, 5 * tick, "wider")).status, 200);
  const restarted = await place.start();
  const again = [await clear(restarted), await setTick(restarted, tick, "as-before")];
  for (const [index, { data, headers }] of again.entries()) {
    assert.equal(headers.get("x-idempotent-replay"), "true");
    assert.deepEqual(data, first[index]?.data);
  }
  assert.equal((await restarted.get(limits)).data.limits.open_orders_max.value, 5);
  assert.equal(await tickOf(restarted), 5 * tick);
});

test("modes: orders and amends are refused, cancels and queries go on", async (t) => {
  const place = new OperatorPlace(t);
  const operator = await place.start();
  const client = place.client();
  const orderNo = await client.place(BUY);
  const set = (market: string, mode: string) =>
    operator.post("modes", { reason: "x", market, mode });
  const answer = await set("hkex", "cancel_only");
  assert.equal(answer.data.markets[0].holds, "cancel_only");
  assert.equal(await refusal(client, BUY), "market_cancel_only");
  assert.equal(await refusal(client, APPLE), "placed");
  const amended = await client.call("PUT", "/trade/v1/orders", { order_no: orderNo, qty: 200 });
  assert.equal(envelope(amended).reason, "market_cancel_only");
  await set("all", "halted");
  assert.equal(await refusal(client, BUY), "market_halted");
  assert.equal(await refusal(client, APPLE), "market_halted");
  const canceled = await client.call("DELETE", "/trade/v1/orders", { order_no: orderNo });
  assert.equal(canceled.text, '{"code":0}');
  assert.equal((await client.orders(`order_no=${orderNo}`))[0]?.cancel_reason, "requested");
  await set("all", "open");
  assert.equal(await refusal(client, BUY), "market_cancel_only");
  await set("nasdaq", "halted");
  assert.equal(await refusal(client, { ...APPLE, market: "usex" }), "market_halted");
});

test("modes: a change is told on the streams, in health and in the metrics", async (t) => {
  const place = new OperatorPlace(t);
  const operator = await place.start();
  const ready = async () => {
    const response = await fetch(`${place.gateway.url}/health/ready`);
    return ((await response.json()) as { data: object }).data;
  };
  const stream = await StreamClient.open(place.gateway.url, KEY_1);
  t.after(() => stream.close());
  assert.deepEqual(await ready(), { status: "ready" });
  await operator.post("modes", { reason: "x", market: "nasdaq", mode: "halted" });
  const { text } = await stream.seen("a notice", ({ message }) => message.type === "notice");
  const { code: _, message: __, details, ...rest } = JSON.parse(text);
  assert.match(details, /usex is halted/);
  const words = { reason: "mode_changed", retryable: true, market: "usex", mode: "halted" };
  assert.deepEqual(rest, { type: "notice", ...words });
  await operator.post("kill", { reason: "x", scope: { market: "hkex" } });
  assert.deepEqual(await ready(), { status: "ready", modes: { usex: "halted" }, blocks: 1 });
  const metrics = await (await fetch(`${place.gateway.url}/metrics`)).text();
  assert.match(metrics, /countermand_market_mode\{market="usex"\} 2/);
  assert.match(metrics, /countermand_active_blocks 1/);
});

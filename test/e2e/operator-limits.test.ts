/** Limits of single accounts and keys, as operators set them and as orders meet them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { KeyedGateway, makeKey } from "./key-fixture.ts";
import type { OperatorAnswer, OperatorClient } from "./operator-client.ts";
import { OperatorPlace, refusal } from "./operator-place.ts";
import { envelope, KEY_1, KEY_2, SignedClient } from "./signed-client.ts";
import { BUY } from "./wire-orders.ts";

const ACCOUNT = `limits/accounts/${KEY_1.account}`;
const KEY = `limits/keys/${KEY_1.apiKey}`;
const JSON_BODY = { "Content-Type": "application/json" };

function put(
  operator: OperatorClient,
  path: string,
  limits: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<OperatorAnswer> {
  const body = JSON.stringify({ reason: "risk", limits });
  return operator.send("PUT", path, body, { ...JSON_BODY, ...headers });
}

function ifMatch({ headers }: OperatorAnswer): Record<string, string> {
  return { "If-Match": headers.get("ETag") ?? "" };
}

function clear(
  operator: OperatorClient,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<OperatorAnswer> {
  return operator.send("DELETE", path, '{"reason":"over"}', { ...JSON_BODY, ...headers });
}

/** `value from` of a limit in an answer. */
function held({ data }: OperatorAnswer, limit: string): string {
  const { value, from } = data.limits[limit];
  return `${JSON.stringify(value)} ${from}`;
}

test("operator limits: tighten and loosen one account, at once and over a restart", async (t) => {
  const place = new OperatorPlace(t, { COUNTERMAND_ACCOUNT_ORDER_QTY_MAX: "500" });
  const operator = await place.start();
  const two = { ...BUY, qty: 200 };
  const many = { ...BUY, qty: 600 };
  const places = async (key = KEY_1) => {
    const client = place.client(key);
    return [await refusal(client, two), await refusal(client, many)];
  };
  assert.deepEqual(await places(), ["placed", "order_qty_limit"]);
  const tight = await put(operator, ACCOUNT, { order_qty_max: "100" });
  assert.deepEqual([tight.status, tight.data.name], [200, KEY_1.account]);
  assert.equal(held(tight, "order_qty_max"), "100 operator");
  assert.equal(held(tight, "open_orders_max"), '"off" settings');
  assert.equal(tight.data.set.operator, "kim");
  assert.deepEqual(await places(), ["order_qty_limit", "order_qty_limit"]);
  assert.deepEqual(await places(KEY_2), ["placed", "order_qty_limit"], "nobody else's");
  const loose = await put(operator, ACCOUNT, { order_qty_max: "off" });
  assert.equal(held(loose, "order_qty_max"), '"off" operator');
  assert.deepEqual(await places(), ["placed", "placed"]);
  const { hash } = await place.gateway.stateHash();
  const restarted = await place.start();
  assert.equal((await place.gateway.stateHash()).hash, hash);
  assert.deepEqual(await places(), ["placed", "placed"]);
  assert.deepEqual((await restarted.get(ACCOUNT)).data, loose.data);
  const cleared = await clear(restarted, ACCOUNT);
  assert.equal(held(cleared, "order_qty_max"), "500 settings");
  assert.equal(cleared.data.set, null);
  assert.deepEqual((await clear(restarted, ACCOUNT)).data, cleared.data, "again changes nothing");
  assert.deepEqual(await places(), ["placed", "order_qty_limit"]);
});

test("operator limits: of a key beside its account; every limit is shown as it was set", async (t) => {
  const place = new OperatorPlace(t);
  const operator = await place.start();
  const amounts = { HKD: 50_000.5, "*": "9" };
  const limits = {
    order_qty_max: 1_000,
    order_value_max: amounts,
    price_distance_max: "0.05",
    duplicate_ms: 500,
    open_orders_max: 1,
    gross_exposure_max: "7000000",
    orders_per_second_max: 100,
  };
  const { data } = await put(operator, KEY, limits);
  const values = Object.entries(data.limits).map(([name, limit]) => [
    name,
    (limit as { value: unknown }).value,
  ]);
  assert.deepEqual(Object.fromEntries(values), {
    ...limits,
    order_value_max: { HKD: 50_000.5, "*": 9 },
    price_distance_max: 0.05,
    gross_exposure_max: 7_000_000,
  });
  const client = place.client();
  assert.equal(await refusal(client, BUY), "placed");
  assert.equal(await refusal(client, { ...BUY, price: 399 }), "open_orders_limit");
  await put(operator, ACCOUNT, { open_orders_max: 5 });
  const list = (await operator.get("limits?page_size=1")).data;
  assert.deepEqual([list.total_records, list.limits[0].scope], [2, "account"]);
  assert.equal((await operator.get("limits?page_size=1&page_index=2")).data.limits[0].scope, "key");
  await put(operator, KEY, { duplicate_ms: 1 });
  assert.equal(
    held(await operator.get(KEY), "open_orders_max"),
    '"off" settings',
    "set as a whole",
  );
  const metrics = await (await fetch(`${place.gateway.url}/metrics`)).text();
  assert.match(metrics, /_limit_refusals_total\{scope="key",reason="open_orders_limit"\} 1/);
});

test("operator limits: what they cannot be, and whose", async (t) => {
  const place = new OperatorPlace(t);
  const operator = await place.start();
  const cases: readonly (readonly [
    path: string,
    limits: unknown,
    status: number,
    reason: string,
  ])[] = [
    ["limits/accounts/A-9", { open_orders_max: 1 }, 404, "unknown_account"],
    ["limits/keys/nobody", { open_orders_max: 1 }, 404, "unknown_key"],
    [ACCOUNT, {}, 400, "invalid_field"],
    [ACCOUNT, [], 400, "invalid_field"],
    [ACCOUNT, { open_orders: 1 }, 400, "invalid_field"],
    [ACCOUNT, { open_orders_max: null }, 400, "invalid_field"],
    [ACCOUNT, { open_orders_max: true }, 400, "invalid_field"],
    [ACCOUNT, { open_orders_max: 0 }, 400, "invalid_field"],
    [ACCOUNT, { open_orders_max: 1.5 }, 400, "invalid_field"],
    [ACCOUNT, { open_orders_max: 10_000_001 }, 400, "invalid_field"],
    [ACCOUNT, { open_orders_max: { HKD: 1 } }, 400, "invalid_field"],
    [ACCOUNT, { price_distance_max: 1.1 }, 400, "invalid_field"],
    [ACCOUNT, { order_qty_max: -1 }, 400, "invalid_field"],
    [ACCOUNT, { order_qty_max: "" }, 400, "invalid_field"],
    [ACCOUNT, { duplicate_ms: 600_001 }, 400, "invalid_field"],
    [ACCOUNT, { orders_per_second_max: "many" }, 400, "invalid_field"],
    [ACCOUNT, { order_value_max: {} }, 400, "invalid_field"],
    [ACCOUNT, { order_value_max: { hkd: 1 } }, 400, "invalid_field"],
    [ACCOUNT, { order_value_max: { "HKD:1,USD": 1 } }, 400, "invalid_field"],
    [ACCOUNT, { order_value_max: { HKD: "1,USD:2" } }, 400, "invalid_field"],
    [ACCOUNT, { order_value_max: { HKD: 0 } }, 400, "invalid_field"],
    // One bad limit, and none of the others is set.
    [ACCOUNT, { open_orders_max: 1, duplicate_ms: 0 }, 400, "invalid_field"],
  ];
  for (const [path, limits, status, reason] of cases) {
    const answer = await put(operator, path, limits);
    assert.deepEqual([answer.status, answer.reason], [status, reason], JSON.stringify(limits));
  }
  assert.deepEqual((await operator.get("limits")).data.limits, []);
  for (const path of ["limits/accounts/A-9", "limits/keys/nobody"]) {
    assert.equal((await operator.get(path)).status, 404);
    assert.equal((await clear(operator, path)).status, 404);
  }
  const unexplained = await operator.send("DELETE", ACCOUNT, null);
  assert.equal(unexplained.reason, "body_missing");
  const unnamed = await operator.send(
    "PUT",
    ACCOUNT,
    '{"limits":{"open_orders_max":1}}',
    JSON_BODY,
  );
  assert.equal(unnamed.reason, "invalid_field");
  const posted = await operator.post(ACCOUNT, { reason: "x" });
  assert.deepEqual([posted.status, posted.headers.get("allow")], [405, "GET, PUT, DELETE"]);
  const details = (await put(operator, ACCOUNT, { open_orders_max: 0 })).details;
  assert.equal(details, "open_orders_max must be a whole number from 1 to 10000000, or off");
});

test("operator limits: of two who replace the limits that both read, one is refused", async (t) => {
  const place = new OperatorPlace(t);
  const operator = await place.start();
  const read = await operator.get(ACCOUNT);
  assert.equal(read.headers.get("ETag"), `"${read.data.version}"`);
  const first = await put(operator, ACCOUNT, { open_orders_max: 1 }, ifMatch(read));
  assert.equal(first.status, 200);
  const late = await put(operator, ACCOUNT, { duplicate_ms: 50 }, ifMatch(read));
  assert.deepEqual([late.status, late.code, late.reason], [412, 11031276, "limits_changed"]);
  assert.match(late.details, /kim set them: risk\. Read them again/);
  assert.equal((await clear(operator, ACCOUNT, ifMatch(read))).status, 412);
  const now = await operator.get(ACCOUNT);
  assert.equal(held(now, "open_orders_max"), "1 operator", "nothing of it was done");
  assert.equal(now.headers.get("ETag"), first.headers.get("ETag"));
  const listed = `"no", ${now.headers.get("ETag")}`;
  const second = await put(operator, ACCOUNT, { duplicate_ms: 50 }, { "If-Match": listed });
  assert.equal(held(second, "duplicate_ms"), "50 operator");
  assert.equal((await clear(operator, ACCOUNT, ifMatch(second))).status, 200);
  const gone = await put(operator, ACCOUNT, { open_orders_max: 1 }, ifMatch(second));
  assert.match(gone.details, /the settings' hold now/);
});

test("operator limits: the version that was read, in the body, holds whatever the header says", async (t) => {
  const place = new OperatorPlace(t);
  const operator = await place.start();
  const send = async (method: string, version: string, headers: Record<string, string> = {}) => {
    const limits = method === "PUT" ? { limits: { open_orders_max: 1 } } : {};
    const body = JSON.stringify({ reason: "risk", version, ...limits });
    const answer = await operator.send(method, ACCOUNT, body, { ...JSON_BODY, ...headers });
    return answer.status === 200 ? answer.data.version : answer.reason;
  };
  const { version: read } = (await operator.get(ACCOUNT)).data;
  const now = await send("PUT", read);
  assert.notEqual(now, "limits_changed");
  const fits = { "If-Match": `"${now}"` };
  for (const headers of [{}, { "If-Match": "*" }, fits]) {
    assert.equal(await send("PUT", read, headers), "limits_changed");
    assert.equal(await send("DELETE", read, headers), "limits_changed");
  }
  assert.equal(await send("PUT", now, { "If-Match": `"${read}"` }), "limits_changed");
  assert.equal((await operator.get(ACCOUNT)).data.version, now, "nothing of it was done");
  assert.equal(await send("DELETE", now, fits), read);
});

test("operator limits: what a key signed is done to the limits that it read, or not at all", async (t) => {
  const place = new KeyedGateway(t);
  const operator = await place.start();
  const key = await makeKey(operator, { accounts: undefined, permissions: ["operate"] });
  const signer = new SignedClient(operator.url, { ...key, account: "" });
  t.after(() => signer.close());
  const { version } = (await operator.get(ACCOUNT)).data;
  await put(operator, ACCOUNT, { open_orders_max: 1 });
  // A proxy that held the request back, and dropped its headers: the body it cannot change.
  const body = { reason: "as I read them", limits: { open_orders_max: 9 }, version };
  const late = await signer.call("PUT", `/operator/v1/${ACCOUNT}`, body);
  assert.deepEqual([late.status, envelope(late).reason], [412, "limits_changed"]);
  assert.equal(held(await operator.get(ACCOUNT), "open_orders_max"), "1 operator");
});

test("operator limits: show what the request called itself, as blocks and modes do", async (t) => {
  const place = new OperatorPlace(t);
  const operator = await place.start();
  const named = await put(operator, KEY, { open_orders_max: 1 }, { "X-Request-Id": "raise-7" });
  assert.equal(named.data.set.request_id, "raise-7");
  const restarted = await place.start();
  assert.deepEqual((await restarted.get(KEY)).data, named.data);
  assert.deepEqual((await restarted.get("limits")).data.limits, [named.data]);
  const unnamed = await put(restarted, KEY, { open_orders_max: 1 });
  assert.equal("request_id" in unnamed.data.set, false);
  assert.notEqual(unnamed.data.version, named.data.version);
});

test("operator limits: without If-Match, or with *, they are replaced whatever they are", async (t) => {
  const place = new OperatorPlace(t);
  const operator = await place.start();
  assert.equal((await put(operator, ACCOUNT, { open_orders_max: 1 })).status, 200);
  const any = { "If-Match": "*" };
  assert.equal((await put(operator, ACCOUNT, { open_orders_max: 2 }, any)).status, 200);
  for (const tag of ["", "nonsense", `W/${(await operator.get(ACCOUNT)).headers.get("ETag")}`]) {
    const answer = await put(operator, ACCOUNT, { open_orders_max: 3 }, { "If-Match": tag });
    assert.equal(answer.status, 412, tag);
  }
});

test("operator limits: a repetition under its name gets its answer, whatever came since", async (t) => {
  const place = new OperatorPlace(t);
  const operator = await place.start();
  const named = { ...ifMatch(await operator.get(ACCOUNT)), "Idempotency-Key": "raise-1" };
  const first = await put(operator, ACCOUNT, { open_orders_max: 1 }, named);
  assert.equal((await put(operator, ACCOUNT, { open_orders_max: 2 })).status, 200);
  const again = await put(operator, ACCOUNT, { open_orders_max: 1 }, named);
  assert.deepEqual(again.data, first.data);
  assert.equal(again.headers.get("X-Idempotent-Replay"), "true");
  assert.equal(held(await operator.get(ACCOUNT), "open_orders_max"), "2 operator");
});

/**
 * The whole matrix: every signed route and every command of the socket, asked with what must not
 * see, may not do or is not there. A route that is not classified here fails the first test.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Permission } from "../../packages/contract/src/operator/operator-words.ts";
import { type Need, OP_NEEDS, ROUTE_NEEDS } from "../../packages/contract/src/permissions.ts";
import { ROUTES, type SignedRouteName } from "../../packages/contract/src/routes.ts";
import { COMMAND_OPS } from "../../packages/contract/src/schema/stream-schemas.ts";
import { KeyedGateway, makeKey } from "./key-fixture.ts";
import { type Answer, envelope, KEY_2, type Key, type SignedClient } from "./signed-client.ts";
import { StreamClient } from "./stream-client.ts";
import { BUY } from "./wire-orders.ts";

interface Sample {
  readonly target: string;
  /** Names the order, or what is to be placed. */
  readonly body?: object;
  /** Whether the answer is about the order: then a foreign one must be as good as unknown. */
  readonly isAboutOrder: boolean;
}

const FAULTS = "/sandbox/v1/faults";
const CLOCK = "/sandbox/v1/clock";
const ORDERS = "/trade/v1/orders";
const DEAD_MAN: Sample = { target: "/trade/v1/dead-man", isAboutOrder: false };
const PLACE: Sample = { target: ORDERS, body: BUY, isAboutOrder: false };

/** One good request of each route, about an order where it names one. */
const SAMPLES: Readonly<Record<SignedRouteName, (orderNo: string) => Sample>> = {
  cancelOrder: (order_no) => about(ORDERS, { order_no }),
  cancelOrderByPath: (order_no) => about(`${ORDERS}/${order_no}`),
  cancelOrderByPost: (order_no) => about(`${ORDERS}/cancel`, { order_no }),
  cancelBatch: (order_no) => about(`${ORDERS}/batch`, [{ order_no }]),
  cancelBatchByPost: (order_no) => about(`${ORDERS}/cancel/batch`, [{ order_no }]),
  cancelAll: () => about(`${ORDERS}/all`, { market: "crypto" }),
  cancelAllByPost: () => about(`${ORDERS}/cancel/all`, { market: "crypto" }),
  placeOrder: () => PLACE,
  placeBatch: () => ({ ...PLACE, target: `${ORDERS}/batch`, body: [BUY] }),
  amendOrder: (order_no) => about(ORDERS, { order_no, price: 399 }),
  previewPlace: () => ({ ...PLACE, target: `${ORDERS}/preview` }),
  previewAmend: (order_no) => about(`${ORDERS}/preview`, { order_no, price: 399 }),
  previewCancel: (order_no) => about(`${ORDERS}/cancel/preview`, { order_no }),
  listOrders: (order_no) => about(`${ORDERS}?order_no=${order_no}`),
  estimateQuantity: () => {
    const { market, symbol, order_side, price } = BUY;
    const body = { market, symbol, order_side, price, ratio: 0.5 };
    return { target: `${ORDERS}/quantity`, body, isAboutOrder: false };
  },
  setDeadMan: () => ({ ...DEAD_MAN, body: { scope: "key", timeout: 60 } }),
  showDeadMan: () => DEAD_MAN,
  accountBalance: () => ({ target: "/account/v1/balance", isAboutOrder: false }),
  accountPositions: () => ({ target: "/account/v1/positions", isAboutOrder: false }),
  accountTransactions: () => ({ target: "/account/v1/transactions", isAboutOrder: false }),
  listExecutions: (order_no) => about(`/trade/v1/executions?order_no=${order_no}`),
  tradeRestrictions: () => ({ target: "/trade/v1/restrictions", isAboutOrder: false }),
  createSignInCode: () => ({ target: "/console/v1/sign-in-codes", isAboutOrder: false }),
  sandboxClock: () => ({ target: CLOCK, isAboutOrder: false }),
  armFault: () => ({ target: FAULTS, body: { fault: "lost_answer" }, isAboutOrder: false }),
  listFaults: () => ({ target: FAULTS, isAboutOrder: false }),
  clearFaults: () => ({ target: FAULTS, isAboutOrder: false }),
  moveSandboxClock: () => ({ target: CLOCK, body: { speed: 1 }, isAboutOrder: false }),
};

const OP_SAMPLES: Readonly<Record<(typeof COMMAND_OPS)[number], (orderNo: string) => object>> = {
  cancel: (order_no) => ({ order_no }),
  cancel_batch: (order_no) => [{ order_no }],
  cancel_all: () => ({ market: "crypto" }),
  place: () => BUY,
  place_batch: () => [BUY],
  amend: (order_no) => ({ order_no, qty: 200 }),
};

const SIGNED = ROUTES.filter(({ signed }) => signed);
const NAMES = Object.keys(ROUTE_NEEDS) as SignedRouteName[];
/** No order has it. */
const UNKNOWN_ORDER = "22999999999";

test("matrix: every signed route and every command is classified", () => {
  const names = SIGNED.map(({ name }) => name).sort();
  assert.deepEqual([...NAMES].sort(), names);
  assert.deepEqual(Object.keys(SAMPLES).sort(), names);
  assert.deepEqual(Object.keys(OP_NEEDS).sort(), [...COMMAND_OPS].sort());
});

test("matrix: keys that are not good are one and the same 401", async (t) => {
  const place = new KeyedGateway(t);
  const operator = await place.start();
  const good = await makeKey(operator, {});
  const [revoked, expired] = [await makeKey(operator, {}), await makeKey(operator, {})];
  await operator.post(`keys/${revoked.apiKey}/revoke`, { reason: "x" });
  await operator.post(`keys/${expired.apiKey}/expire`, { reason: "x" });
  const unknown = { ...good, apiKey: "cmk_nobody" };
  const bad = [unknown, { ...good, secret: "wrong" }, revoked, expired];
  for (const name of NAMES) {
    const answers: string[] = [];
    for (const key of bad) {
      const answer = await ask(place.client(key), name, UNKNOWN_ORDER);
      answers.push(`${answer.status} ${withoutNumbers(answer.text)}`);
    }
    assert.match(answers[0] ?? "", /^401 .*signature_invalid/, name);
    assert.deepEqual(new Set(answers).size, 1, name);
  }
  for (const key of bad) await assert.rejects(StreamClient.open(place.url, key));
});

test("matrix: an order of another account or portfolio is an unknown order", async (t) => {
  const place = new KeyedGateway(t);
  const operator = await place.start();
  const whole = await makeKey(operator, {});
  const scoped = await makeKey(operator, { portfolios: ["mine", "ours"] });
  const [foreign, other, named] = await foreignOrders(place, whole);
  const client = place.client(scoped);
  for (const name of NAMES) {
    if (!sampleOf(name, UNKNOWN_ORDER).isAboutOrder) continue;
    const expected = await ask(client, name, UNKNOWN_ORDER);
    for (const orderNo of [foreign, other, named]) {
      const answer = await ask(client, name, orderNo);
      assert.equal(answer.status, expected.status, `${name} ${orderNo}`);
      assert.equal(answer.text.replaceAll(orderNo, UNKNOWN_ORDER), expected.text, name);
    }
  }
  // Nothing was touched, and by its reference an order is no better known than by its number.
  const unknown = await client.call("DELETE", ORDERS, { reference_id: "nothing has this" });
  const byName = await client.call("DELETE", ORDERS, { reference_id: "theirs" });
  assert.deepEqual([byName.status, byName.text], [unknown.status, unknown.text]);
  const open = await place.client(whole).orders("order_status=new");
  assert.deepEqual(open.map(({ order_no }) => order_no).sort(), [other, named].sort());
});

test("matrix: commands of the socket know no foreign orders either", async (t) => {
  const place = new KeyedGateway(t);
  const operator = await place.start();
  const whole = await makeKey(operator, {});
  const scoped = await makeKey(operator, { portfolios: ["mine"] });
  const [foreign, other] = await foreignOrders(place, whole);
  const stream = await StreamClient.open(place.url, scoped, "commands=1");
  for (const op of ["cancel", "cancel_batch", "cancel_all", "amend"] as const) {
    const expected = await command(stream, op, UNKNOWN_ORDER);
    for (const orderNo of [foreign, other]) {
      const answer = await command(stream, op, orderNo);
      assert.equal(answer.replaceAll(orderNo, UNKNOWN_ORDER), expected, op);
    }
  }
  const refused = await command(stream, "place", "");
  assert.match(refused, /portfolio_not_allowed/);
  assert.match(await command(stream, "place_batch", ""), /portfolio_not_allowed/);
  stream.close();
});

test("matrix: what a key has no permission for is refused as such, and nothing else", async (t) => {
  const place = new KeyedGateway(t);
  const operator = await place.start();
  for (const permission of ["read", "cancel", "trade", "operate"] as const) {
    const terms = permission === "operate" ? { accounts: undefined } : {};
    const key = await makeKey(operator, { ...terms, permissions: [permission] });
    const client = place.client(key);
    for (const name of NAMES) {
      const answer = await ask(client, name, UNKNOWN_ORDER);
      checkPermission(name, ROUTE_NEEDS[name], permission, answer);
    }
    await checkSocket(place, key, permission);
  }
});

test("matrix: a good key from another address is told so", async (t) => {
  const place = new KeyedGateway(t);
  const operator = await place.start();
  const key = await makeKey(operator, { addresses: ["10.0.0.0/8", "2001:db8::/32"] });
  const client = place.client(key);
  for (const name of NAMES) {
    const answer = await ask(client, name, UNKNOWN_ORDER);
    assert.deepEqual([answer.status, envelope(answer).reason], [403, "address_not_allowed"], name);
  }
  await assert.rejects(StreamClient.open(place.url, key));
  const near = await makeKey(operator, { addresses: ["127.0.0.0/8", "::1"] });
  assert.equal((await ask(place.client(near), "listOrders", UNKNOWN_ORDER)).status, 200);
  const guess = place.client({ ...key, secret: "wrong" });
  assert.equal((await ask(guess, "listOrders", UNKNOWN_ORDER)).status, 401);
});

test("matrix: what is the whole account's is not shown to a part of it", async (t) => {
  const place = new KeyedGateway(t);
  const operator = await place.start();
  const scoped = place.client(await makeKey(operator, { portfolios: ["mine"] }));
  const copy = place.client(
    await makeKey(operator, { accounts: ["80114138", "80114139"], permissions: ["read"] }),
  );
  for (const name of NAMES) {
    const { reason } = envelope(await ask(scoped, name, UNKNOWN_ORDER));
    assert.equal(reason === "account_wide", ROUTE_NEEDS[name].isAccountWide, `${name} ${reason}`);
    const copied = await ask(copy, name, UNKNOWN_ORDER);
    const canRead = ROUTE_NEEDS[name].anyOf.includes("read");
    const expected = canRead ? "drop_copy_only" : "permission_missing";
    assert.deepEqual([copied.status, envelope(copied).reason], [403, expected], name);
  }
});

function about(target: string, body?: object): Sample {
  return { target, isAboutOrder: true, ...(body !== undefined && { body }) };
}

function sampleOf(name: SignedRouteName, orderNo: string): Sample {
  return SAMPLES[name](orderNo);
}

function ask(client: SignedClient, name: SignedRouteName, orderNo: string): Promise<Answer> {
  const route = SIGNED.find((each) => each.name === name);
  assert.ok(route !== undefined);
  const { target, body } = sampleOf(name, orderNo);
  return client.call(route.method, target, body ?? "");
}

function withoutNumbers(text: string): string {
  return text.replace(/\d{13}|skew -?\d+|SHA-256 [0-9a-f]+/g, "#");
}

/** Open orders: of another account, of no portfolio, and of one that is not the key's, with a name. */
async function foreignOrders(
  place: KeyedGateway,
  whole: Key,
): Promise<readonly [string, string, string]> {
  const foreign = await place.client(KEY_2).place(BUY);
  const client = place.client(whole);
  const other = await client.place(BUY);
  const named = { ...BUY, price: 398, reference_id: "theirs", portfolio_id: "theirs" };
  return [foreign, other, await client.place(named)];
}

async function command(
  stream: StreamClient,
  op: (typeof COMMAND_OPS)[number],
  orderNo: string,
): Promise<string> {
  const id = `${op} ${orderNo}`;
  stream.send(JSON.stringify({ op, id, data: OP_SAMPLES[op](orderNo) }));
  const { text } = await stream.seen(`a reply to ${id}`, ({ message }) => message.id === id);
  return text;
}

function checkPermission(name: string, need: Need, permission: Permission, answer: Answer): void {
  const { reason = "ok" } = envelope(answer);
  const isAllowed = need.anyOf.includes(permission);
  assert.equal(reason === "permission_missing", !isAllowed, `${name} ${permission}: ${reason}`);
  if (!isAllowed) assert.equal(answer.status, 403);
}

async function checkSocket(place: KeyedGateway, key: Key, permission: Permission): Promise<void> {
  const watched = "cancel_on_disconnect=1&grace=0";
  if (permission === "operate") return assert.rejects(StreamClient.open(place.url, key));
  if (permission === "read") {
    await assert.rejects(StreamClient.open(place.url, key, "commands=1"));
    await assert.rejects(StreamClient.open(place.url, key, watched));
    (await StreamClient.open(place.url, key)).close();
    return;
  }
  (await StreamClient.open(place.url, key, watched)).close();
  const stream = await StreamClient.open(place.url, key, "commands=1");
  for (const op of COMMAND_OPS) {
    const isRefused = (await command(stream, op, UNKNOWN_ORDER)).includes("permission_missing");
    assert.equal(isRefused, !OP_NEEDS[op].anyOf.includes(permission), `${op} ${permission}`);
  }
  stream.close();
}

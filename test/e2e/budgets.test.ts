// Budgets of a key, by REST and on the socket, with the gateway in this process.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { readConfig } from "../../packages/gateway/src/config.ts";
import { TURN_REQUESTS_MIN } from "../../packages/gateway/src/limits/limits.ts";
import { REAL_TIME, startInProcess } from "./gateway-in-process.ts";
import { KeyedGateway, makeKey } from "./key-fixture.ts";
import { type Answer, envelope, isReplay, KEY_1, SignedClient } from "./signed-client.ts";
import { type Received, StreamClient } from "./stream-client.ts";
import { startTwoAccounts } from "./two-accounts.ts";
import { restingOrder } from "./wire-orders.ts";

const ORDERS = "/trade/v1/orders";
const BATCH = `${ORDERS}/batch`;
const BUDGET = { COUNTERMAND_BUDGET_PLACES: "5", COUNTERMAND_BUDGET_FILL_SECONDS: "10" };

const ORDER = restingOrder();

function start(t: TestContext, settings: Readonly<Record<string, string>> = BUDGET) {
  return startTwoAccounts(t, settings);
}

/** `place,cancel` that are left, as an answer says. */
function remaining({ headers }: Answer): string {
  const items = /^"place";r=(\d+);t=\d+, "cancel";r=(\d+);t=\d+$/.exec(
    String(headers["ratelimit"]),
  );
  return `${items?.[1]},${items?.[2]}`;
}

function overBudget(answer: Answer, seconds: string): void {
  assert.equal(answer.status, 429);
  assert.equal(answer.headers["retry-after"], seconds);
  const { code, reason, retryable } = envelope(answer);
  assert.deepEqual([code, reason, retryable], [11030055, "rate_limited", true]);
  assert.match(answer.text, new RegExp(`"retry_after":${seconds}}$`));
}

test("budgets: there are none unless they are set", async (t) => {
  const { first, url } = await start(t, {});
  for (let count = 0; count < 30; count += 1) await first.place(ORDER);
  const { headers } = await first.call("GET", `${ORDERS}?page_index=1&page_size=1`);
  assert.equal(headers["ratelimit"], undefined);
  const stream = await StreamClient.open(url, KEY_1, "heartbeat=1");
  const beat = await stream.seen("a heartbeat", ({ message }) => message.type === "heartbeat");
  assert.doesNotMatch(beat.text, /budget/);
  stream.close();
});

test("budgets: every signed answer says what is left, and one place for each order is taken", async (t) => {
  const { first, second } = await start(t);
  const placed = await first.call("POST", ORDERS, ORDER);
  assert.equal(placed.headers["ratelimit-policy"], '"place";q=5;w=10, "cancel";q=10;w=10');
  assert.equal(remaining(placed), "4,10");
  const batch = await first.call("POST", BATCH, [ORDER, ORDER, ORDER]);
  assert.equal(remaining(batch), "1,10");
  const { order_no } = envelope(placed).data as { order_no: string };
  const amended = await first.call("PUT", ORDERS, { order_no, price: 2 });
  assert.equal(remaining(amended), "0,10");
  assert.equal(remaining(await first.call("POST", ORDERS, "no JSON")), "0,10");
  const list = await first.call("GET", `${ORDERS}?page_index=1&page_size=1`);
  assert.equal(list.status, 200, "queries have no budget");
  assert.equal(remaining(list), "0,10");
  assert.equal(remaining(await second.call("POST", ORDERS, ORDER)), "4,10", "of another key");
});

test("budgets: what they do not cover is refused whole, and is taken later", async (t) => {
  const { first, time } = await start(t);
  await first.place(ORDER);
  overBudget(await first.call("POST", BATCH, Array(5).fill(ORDER)), "2");
  assert.equal((await first.orders()).length, 1);
  time.monotonicMs += 2_000;
  assert.equal((await first.call("POST", BATCH, Array(5).fill(ORDER))).status, 200);
  overBudget(await first.call("POST", ORDERS, ORDER), "2");
});

test("budgets: a request that was answered gets its answer again, whatever is left", async (t) => {
  const { first, time } = await start(t);
  const options = { timestamp: String(time.wallMs) };
  const body = JSON.stringify(Array(5).fill(ORDER));
  const placed = await first.call("POST", BATCH, body, options);
  const again = await first.call("POST", BATCH, body, options);
  assert.ok(isReplay(again));
  assert.equal(again.text, placed.text);
  const refused = { timestamp: String(time.wallMs + 1) };
  overBudget(await first.call("POST", BATCH, body, refused), "10");
  time.monotonicMs += 10_000;
  const retried = await first.call("POST", BATCH, body, refused);
  assert.equal(retried.status, 200);
  assert.ok(!isReplay(retried), "a refusal is not remembered");
});

test("budgets: all that is open can be cancelled, what is not open is bounded", async (t) => {
  const { first, time } = await start(t);
  const open: string[] = [];
  for (let count = 0; count < 30; count += 1) {
    open.push(await first.place(ORDER));
    time.monotonicMs += 2_000;
  }
  const unknown = { order_no: "99" };
  for (let count = 0; count < 10; count += 1) await first.call("DELETE", ORDERS, unknown);
  overBudget(await first.call("DELETE", ORDERS, unknown), "1");
  const [kept = "", ...rest] = open;
  const conditional = { order_no: kept, version: 9 };
  const refused = await first.call("DELETE", ORDERS, conditional);
  overBudget(refused, "1");
  assert.equal(remaining(refused), "5,30");
  for (const order_no of rest) {
    assert.equal((await first.call("DELETE", ORDERS, { order_no })).status, 200);
  }
  overBudget(await first.call("DELETE", BATCH, [{ order_no: kept }, unknown]), "1");
  assert.equal((await first.call("DELETE", BATCH, [{ order_no: kept }])).status, 200);
});

test("budgets: who is not known is told nothing and costs nothing", async (t) => {
  const { first, url } = await start(t);
  const forged = new SignedClient(url, { ...KEY_1, secret: "wrong" });
  const unknown = new SignedClient(url, { ...KEY_1, apiKey: "nobody" });
  t.after(() => {
    forged.close();
    unknown.close();
  });
  for (const client of [forged, unknown]) {
    for (let count = 0; count < 12; count += 1) {
      const answer = await client.call("POST", ORDERS, ORDER);
      assert.equal(answer.status, 401);
      assert.equal(answer.headers["ratelimit"], undefined);
    }
  }
  assert.equal(remaining(await first.call("POST", ORDERS, ORDER)), "4,10");
});

test("budgets: commands are counted alike, and heartbeats say what is left", async (t) => {
  const { url } = await start(t);
  const stream = await StreamClient.open(url, KEY_1, "commands=1&heartbeat=1");
  stream.send(JSON.stringify({ op: "place_batch", id: "b", data: Array(5).fill(ORDER) }));
  stream.send(JSON.stringify({ op: "place", id: "p", data: ORDER }));
  const { message, text } = await stream.seen("the refusal", ({ message: { id } }) => id === "p");
  assert.equal(message.reason, "rate_limited");
  assert.match(text, /"retry_after":2}$/);
  await stream.seen("a heartbeat with what is left", (received) =>
    received.text.endsWith('"budget":{"place":0,"cancel":10}}}'),
  );
  stream.close();
  const metrics = await (await fetch(`${url}/metrics`)).text();
  assert.match(metrics, /^countermand_over_budget_total\{budget="place"\} 1$/m);
  assert.match(metrics, /^countermand_over_budget_total\{budget="cancel"\} 0$/m);
});

test("budgets: a cancel-all that cancels anything is never refused, others cost one", async (t) => {
  const { first } = await start(t);
  const all = `${ORDERS}/all`;
  await first.call("POST", BATCH, [ORDER, ORDER]);
  for (let count = 0; count < 10; count += 1) {
    assert.equal((await first.call("DELETE", all, { preview: "1" })).status, 200);
  }
  overBudget(await first.call("DELETE", all, { preview: "1" }), "1");
  overBudget(await first.call("DELETE", all, { symbol: "AAPL" }), "1");
  const matching = { symbol: "00700", portfolio_id: "p" };
  overBudget(await first.call("DELETE", all, matching), "1");
  await first.call("POST", ORDERS, { ...ORDER, portfolio_id: "p" });
  await first.call("DELETE", all, { preview: "1" });
  overBudget(await first.call("DELETE", all, { preview: "1" }), "1");
  const filtered = await first.call("DELETE", all, matching);
  assert.deepEqual([filtered.status, /"done":1/.test(filtered.text)], [200, true]);
  assert.equal((await first.call("DELETE", all, {})).status, 200);
  overBudget(await first.call("DELETE", all, {}), "1");
});

test("budgets: an order of another portfolio is as good as unknown", async (t) => {
  const place = new KeyedGateway(t);
  place.time.monotonicMs = 1_000_000;
  const operator = await place.start(BUDGET);
  const whole = place.client(await makeKey(operator, {}));
  const scoped = place.client(await makeKey(operator, { portfolios: ["mine"] }));
  const foreign = { ...ORDER, portfolio_id: "theirs", reference_id: "known" };
  for (let count = 0; count < 3; count += 1) {
    assert.equal((await whole.call("POST", BATCH, Array(5).fill(foreign))).status, 200);
    place.time.monotonicMs += 10_000;
  }
  const order_no = await whole.place({ ...foreign, reference_id: "named" });
  const unknown = { order_no: "22999999999" };
  assert.equal(remaining(await scoped.call("DELETE", ORDERS, unknown)), "5,9");
  for (let count = 0; count < 9; count += 1) await scoped.call("DELETE", ORDERS, unknown);
  for (const target of [unknown, { order_no }, { reference_id: "named" }]) {
    const answer = await scoped.call("DELETE", ORDERS, target);
    overBudget(answer, "1");
    assert.equal(remaining(answer), "5,0");
  }
  await scoped.place({ ...ORDER, portfolio_id: "mine" });
  assert.equal(remaining(await scoped.call("DELETE", ORDERS, { order_no })), "4,1");
});

test("reload: budgets and the signature window are in force at once", async (t) => {
  const { first, gateway, time } = await start(t, {});
  const base = { COUNTERMAND_PORT: "0", COUNTERMAND_SANDBOX_MARKET: "off" };
  const reload = (settings: Record<string, string>) => {
    return gateway.reload(readConfig({ ...base, ...settings }));
  };
  assert.deepEqual(reload(BUDGET).applied, ["budgets"]);
  assert.equal(remaining(await first.call("POST", ORDERS, ORDER)), "4,10");
  assert.deepEqual(reload({ ...BUDGET, COUNTERMAND_BUDGET_PLACES: "7" }).applied, ["budgets"]);
  assert.equal(remaining(await first.call("POST", ORDERS, ORDER)), "6,14");
  assert.deepEqual(reload({}).applied, ["budgets"]);
  const unbudgeted = await first.call("POST", ORDERS, ORDER);
  assert.deepEqual([unbudgeted.status, unbudgeted.headers["ratelimit"]], [200, undefined]);
  const path = `${ORDERS}?page_index=1&page_size=1`;
  const sentAt = (agoMs: number) => ({ timestamp: String(time.wallMs - agoMs) });
  assert.equal((await first.call("GET", path, "", sentAt(5_000))).status, 200);
  const narrow = reload({ COUNTERMAND_SIGNATURE_WINDOW_MS: "1000" });
  assert.deepEqual(narrow.applied, ["signatureWindowMs"]);
  assert.equal((await first.call("GET", path, "", sentAt(4_000))).status, 401);
  assert.equal((await first.call("GET", path, "", sentAt(500))).status, 200);
});

test("reload: a wider window does not let in twice what was answered under a narrower one", async (t) => {
  const narrow = { COUNTERMAND_SIGNATURE_WINDOW_MS: "1000" };
  const { first, gateway, time } = await start(t, narrow);
  const base = { COUNTERMAND_PORT: "0", COUNTERMAND_SANDBOX_MARKET: "off" };
  const options = { timestamp: String(time.wallMs) };
  const placed = await first.call("POST", ORDERS, ORDER, options);
  assert.equal(placed.status, 200);
  time.wallMs += 60_000;
  await first.call("POST", ORDERS, ORDER, { timestamp: String(time.wallMs) });
  assert.equal((await first.call("POST", ORDERS, ORDER, options)).status, 401);
  gateway.reload(readConfig(base));
  const again = await first.call("POST", ORDERS, ORDER, options);
  assert.ok(isReplay(again), "it is known still");
  assert.equal(again.text, placed.text);
});

test("overload: a burst of orders on one socket waits for its turns", async (t) => {
  const { url } = await startInProcess(t, REAL_TIME);
  const stream = await StreamClient.open(url, KEY_1, "commands=1");
  const count = 5 * TURN_REQUESTS_MIN;
  for (let index = 0; index < count; index += 1) {
    stream.send(JSON.stringify({ op: "place", id: `burst-${index}`, data: ORDER }));
  }
  const replies: Received[] = [];
  await stream.seen("all replies", (received) => {
    if (received.message.type === "reply") replies.push(received);
    return replies.length === count;
  });
  // A disk that is slow just now is another matter.
  const refused = replies.filter(({ text }) => text.includes("came at once"));
  assert.deepEqual(refused, []);
  stream.close();
});

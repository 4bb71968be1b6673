// What an operator sees of an account's orders: open, closed, filtered, in pages.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ConsoleBrowser } from "./console-browser.ts";
import { freePort } from "./free-port.ts";
import { Workplace } from "./gateway-process.ts";
import { OPERATOR_TOKEN, OperatorClient } from "./operator-client.ts";
import { APPLE, OperatorPlace } from "./operator-place.ts";
import { KEY_1, KEY_2, SignedClient } from "./signed-client.ts";
import { restingOrder } from "./wire-orders.ts";

const { account: ACCOUNT } = KEY_1;

interface Row {
  readonly order_no: string;
  readonly cancel_reason: string;
  readonly create_time: number;
  readonly api_key: string;
}

async function rows(operator: OperatorClient, query = "", account = ACCOUNT): Promise<Row[]> {
  const answer = await operator.get(`accounts/${account}/orders${query}`);
  assert.equal(answer.code, 0, answer.details);
  assert.ok(answer.data.total_records >= answer.data.orders.length);
  return answer.data.orders;
}

async function numbers(operator: OperatorClient, query = "", account = ACCOUNT) {
  return (await rows(operator, query, account)).map(({ order_no }) => order_no);
}

function cancel(client: SignedClient, order_no: string) {
  return client.call("DELETE", "/trade/v1/orders", { order_no });
}

test("operator orders: open ones, newest first, as the client sees them, with the key", async (t) => {
  const place = new OperatorPlace(t);
  const operator = await place.start();
  const client = place.client();
  assert.deepEqual(await rows(operator), []);
  const first = await client.place(restingOrder({ reference_id: "a?b&c", portfolio_id: "p1" }));
  const over = await client.place(restingOrder({ reference_id: "gone" }));
  const last = await client.place(restingOrder({ qty: 200 }));
  await cancel(client, over);
  await place.client(KEY_2).place(restingOrder());
  assert.deepEqual(await numbers(operator), [last, first]);
  assert.deepEqual(await numbers(operator, "?state=closed"), [over]);
  assert.deepEqual(await numbers(operator, "?state=all"), [last, over, first]);
  const withKey = (await client.orders()).map((order) => ({ ...order, api_key: KEY_1.apiKey }));
  assert.deepEqual(await rows(operator, "?state=all"), withKey);
  // Whoever names an order finds it, open or not.
  for (const name of [`order_no=${over}`, "reference_id=gone", "order_status=can"]) {
    assert.deepEqual(await numbers(operator, `?${name}`), [over], name);
  }
  // A question mark may stand in a query as it is.
  assert.deepEqual(await numbers(operator, "?reference_id=a?b%26c"), [first]);
  const story = await operator.get(`audit?account=${ACCOUNT}&reference_id=a?b%26c`);
  assert.equal(story.data?.events[0].order_no, first, story.details);
});

test("operator orders: every filter, and pages", async (t) => {
  const place = new OperatorPlace(t);
  const operator = await place.start();
  const client = place.client();
  const named = await client.place(restingOrder({ portfolio_id: "p1" }));
  const apple = await client.place({ ...APPLE, price: 1 });
  const over = await client.place({ ...APPLE, price: 1 });
  await cancel(client, over);
  const [one] = await rows(operator, `?order_no=${named}`);
  const at = one?.create_time ?? 0;
  const open = [apple, named];
  const table: readonly (readonly [query: string, expected: readonly string[]])[] = [
    ["symbol=AAPL", [apple]],
    ["symbol=AAPL&state=all", [over, apple]],
    ["market=nasdaq", [apple]],
    ["market=hkex", [named]],
    ["portfolio_id=p1", [named]],
    ["order_side=buy", open],
    ["order_side=sell", []],
    [`start_time=${at}&end_time=${at}`, open],
    [`start_time=${at + 1}`, []],
    ["order_status=new", open],
    ["order_status=new&state=closed", []],
    ["order_status=can&state=open", []],
    ["page_size=1", [apple]],
    ["page_size=1&page_index=2", [named]],
    ["page_size=2&page_index=2&state=all", [named]],
  ];
  for (const [query, expected] of table) {
    assert.deepEqual(await numbers(operator, `?${query}`), expected, query);
  }
  const { data } = await operator.get(`accounts/${ACCOUNT}/orders?page_size=1&page_index=2`);
  assert.deepEqual([data.total_records, data.page, data.page_size], [2, 2, 1]);
});

test("operator orders: what cannot be asked, and who may not ask", async (t) => {
  const place = new OperatorPlace(t);
  const operator = await place.start();
  const path = `accounts/${ACCOUNT}/orders`;
  const cases: readonly (readonly [path: string, status: number, reason: string])[] = [
    ["accounts/B-7/orders", 404, "unknown_account"],
    [`${path}?state=live`, 400, "invalid_query_parameter"],
    [`${path}?page_size=101`, 400, "invalid_query_parameter"],
    [`${path}?account=${ACCOUNT}`, 400, "unknown_query_parameter"],
    [`${path}?state=open&state=all`, 400, "repeated_query_parameter"],
    [`${path}?symbol=%C3%28`, 400, "malformed_query"],
    [`${path}?end_time=1`, 400, "start_time_missing"],
  ];
  for (const [asked, status, reason] of cases) {
    const answer = await operator.get(asked);
    assert.deepEqual([answer.status, answer.reason], [status, reason], asked);
  }
  const posted = await operator.post(path, {});
  assert.deepEqual([posted.status, posted.headers.get("allow")], [405, "GET"]);
  const other = new OperatorClient(operator.url, { Authorization: `Bearer ${"x".repeat(64)}` });
  assert.equal((await other.get(path)).status, 401);
  // A client's key is none of an operator, also for its own account.
  const signer = new SignedClient(operator.url, KEY_1);
  t.after(() => signer.close());
  assert.equal((await signer.call("GET", `/operator/v1/${path}`)).status, 403);
  const { data } = await operator.post("sign-in-codes", {});
  const page = new ConsoleBrowser(operator.url);
  await page.signIn(data.sign_in_code);
  const paged = await page.ask("GET", `/console/v1/api/operator/v1/${path}`);
  assert.deepEqual([paged.status, paged.data.orders], [200, []]);
});

test("operator orders: a closed account's are listed, also after a restart", async (t) => {
  const place = new OperatorPlace(t);
  const operator = await place.start();
  const orderNo = await place.client().place(restingOrder());
  const gone = { reason: "gone", cancel_orders: true, withdraw: true };
  assert.equal((await operator.post(`accounts/${ACCOUNT}/close`, gone)).status, 200);
  const assertListed = async (asked: OperatorClient) => {
    assert.deepEqual(await numbers(asked), []);
    const [row] = await rows(asked, "?state=closed");
    assert.deepEqual([row?.order_no, row?.cancel_reason], [orderNo, "account_closed"]);
  };
  await assertListed(operator);
  await assertListed(await place.start());
});

test("operator orders: a killed gateway lists what it had told before", async (t) => {
  const workplace = new Workplace();
  t.after(() => workplace.close());
  const port = String(await freePort());
  const settings = { COUNTERMAND_OPERATOR_PORT: port, COUNTERMAND_OPERATOR_TOKEN: OPERATOR_TOKEN };
  const operator = new OperatorClient(`http://127.0.0.1:${port}`);
  const first = await workplace.gateway(workplace.path("data"), settings);
  const client = new SignedClient(first.url, KEY_1);
  t.after(() => client.close());
  const kept = await client.place(restingOrder());
  const over = await client.place(restingOrder());
  await cancel(client, over);
  const before = await rows(operator, "?state=all");
  await first.crash();
  await workplace.gateway(workplace.path("data"), settings);
  assert.deepEqual(await rows(operator, "?state=all"), before);
  assert.deepEqual(await numbers(operator), [kept]);
});

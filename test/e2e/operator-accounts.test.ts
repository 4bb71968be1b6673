/** What operators do to accounts and instruments, and what their owners see of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { OperatorAnswer, OperatorClient } from "./operator-client.ts";
import { APPLE, OperatorPlace, refusal } from "./operator-place.ts";
import { envelope, KEY_1 } from "./signed-client.ts";
import { BUY } from "./wire-orders.ts";

let keyCount = 0;

function keyed(operator: OperatorClient, path: string, body: object): Promise<OperatorAnswer> {
  keyCount += 1;
  return operator.post(path, body, { "Idempotency-Key": `key-${keyCount}` });
}

test("accounts: opened with money, listed, credited and debited in balance", async (t) => {
  const place = new OperatorPlace(t);
  const operator = await place.start();
  const opened = await operator.post("accounts", {
    reason: "a new client",
    account: "B-7",
    cash: { HKD: 1000.5 },
    holdings: { AAPL: "3" },
  });
  const { data } = opened;
  assert.deepEqual(
    [data.account, data.state, data.short_selling, data.open_orders],
    ["B-7", "open", false, 0],
  );
  assert.equal(data.cash.HKD.total, 1000.5);
  assert.equal(data.holdings.AAPL.settled, 3);
  const again = await operator.post("accounts", { reason: "x", account: "B-7" });
  assert.deepEqual([again.status, again.reason], [409, "account_exists"]);
  const adjust = { reason: "fees", cash: { HKD: -0.5, USD: 10 } };
  const noKey = await operator.post("accounts/B-7/adjust", adjust);
  assert.deepEqual([noKey.status, noKey.reason], [400, "idempotency_key_missing"]);
  const adjusted = await operator.post("accounts/B-7/adjust", adjust, { "Idempotency-Key": "a" });
  assert.deepEqual([adjusted.data.cash.HKD.total, adjusted.data.cash.USD.total], [1000, 10]);
  const restarted = await place.start();
  const repeated = await restarted.post("accounts/B-7/adjust", adjust, { "Idempotency-Key": "a" });
  assert.deepEqual(repeated.data, adjusted.data);
  assert.deepEqual((await restarted.get("accounts/B-7")).data, adjusted.data, "once only");
  const { data: page } = await restarted.get("accounts?page_size=2");
  const codes = page.accounts.map(({ account }: { account: string }) => account);
  assert.deepEqual([page.total_records, codes], [3, ["80114138", "80114139"]]);
  assert.equal(
    (await restarted.get("accounts?page_index=2&page_size=2")).data.accounts[0].account,
    "B-7",
  );
});

test("accounts: the sandbox's own codes are nobody's, and no key is made for them", async (t) => {
  const place = new OperatorPlace(t, { COUNTERMAND_SANDBOX_MARKET: "on" });
  const operator = await place.start();
  for (const account of ["SIM00001", "sandbox-liquidity"]) {
    const opened = await operator.post("accounts", { reason: "x", account });
    assert.deepEqual([opened.status, opened.reason], [409, "account_exists"], account);
    const key = { reason: "x", accounts: [account], permissions: ["trade"] };
    const made = await operator.post("keys", key);
    assert.deepEqual([made.status, made.reason], [404, "unknown_account"], account);
  }
  const { status } = await operator.post("accounts", { reason: "x", account: "SIM00099" });
  assert.equal(status, 200);
});

test("accounts: what an adjustment cannot be, and then nothing of it is", async (t) => {
  const place = new OperatorPlace(t);
  const operator = await place.start();
  await operator.post("accounts", { reason: "x", account: "B-7", cash: { HKD: 10 } });
  const cases: readonly (readonly [path: string, body: object, status: number, reason: string])[] =
    [
      ["accounts/B-7/adjust", { cash: { HKD: 1 } }, 400, "invalid_field"],
      ["accounts/B-7/adjust", { reason: "x" }, 400, "invalid_field"],
      ["accounts/B-7/adjust", { reason: "x", cash: { HKD: 0 } }, 400, "invalid_field"],
      ["accounts/B-7/adjust", { reason: "x", cash: { HKD: "1e3" } }, 400, "invalid_field"],
      ["accounts/B-7/adjust", { reason: "x", cash: [] }, 400, "invalid_field"],
      ["accounts/B-7/adjust", { reason: "x", cash: { HKD: 5, USD: -1 } }, 400, "insufficient_cash"],
      [
        "accounts/B-7/adjust",
        { reason: "x", holdings: { AAPL: -1 } },
        400,
        "insufficient_holdings",
      ],
      ["accounts/B-7/adjust", { reason: "x", cash: { XYZ: 1 } }, 400, "unknown_asset"],
      ["accounts/B-7/adjust", { reason: "x", holdings: { HKD: 1 } }, 400, "unknown_asset"],
      ["accounts/B-8/adjust", { reason: "x", cash: { HKD: 1 } }, 404, "unknown_account"],
      ["accounts/B-8/close", { reason: "x" }, 404, "unknown_account"],
      ["accounts", { reason: "x", account: "a b" }, 400, "invalid_field"],
      ["accounts", { reason: "x", account: "B-9", cash: { HKD: -1 } }, 400, "invalid_field"],
      ["accounts", { reason: "x", account: "B-9", cash: { XYZ: 1 } }, 400, "unknown_asset"],
      ["accounts", { reason: "x", account: "B-9", balance: 1 }, 400, "unknown_field"],
    ];
  for (const [path, body, status, reason] of cases) {
    const answer = await keyed(operator, path, body);
    assert.deepEqual([answer.status, answer.reason], [status, reason], JSON.stringify(body));
  }
  assert.equal((await operator.get("accounts/B-7")).data.cash.HKD.total, 10);
  assert.deepEqual(Object.keys((await operator.get("accounts/B-7")).data.cash), ["HKD"]);
  assert.equal((await operator.get("accounts/B-9")).reason, "unknown_account");
});

test("accounts: an account is closed when it is empty, and stays closed", async (t) => {
  const place = new OperatorPlace(t);
  const operator = await place.start();
  const client = place.client();
  const orderNo = await client.place(BUY);
  const path = `accounts/${KEY_1.account}/close`;
  for (const body of [{}, { cancel_orders: true }, { withdraw: true }]) {
    const answer = await operator.post(path, { reason: "gone", ...body });
    assert.deepEqual([answer.status, answer.reason], [409, "account_not_empty"]);
  }
  assert.equal(
    (await client.orders())[0]?.order_status,
    "new",
    "a refused closing cancels nothing",
  );
  const whole = { reason: "gone", cancel_orders: true, withdraw: true };
  const { data } = await operator.post(path, whole);
  assert.deepEqual([data.state, data.open_orders, data.cash, data.holdings], ["closed", 0, {}, {}]);
  const [order] = await client.orders(`order_no=${orderNo}`);
  assert.deepEqual([order?.order_status, order?.cancel_reason], ["can", "account_closed"]);
  assert.equal(await refusal(client, BUY), "account_closed");
  const restarted = await place.start();
  assert.deepEqual((await restarted.post(path, whole)).data, data, "again changes nothing");
  const credit = { reason: "x", cash: { HKD: 1 } };
  const late = await keyed(restarted, `accounts/${KEY_1.account}/adjust`, credit);
  assert.deepEqual([late.status, late.reason], [409, "account_closed"]);
  const reopened = await restarted.post("accounts", { reason: "x", account: KEY_1.account });
  assert.equal(reopened.reason, "account_exists");
});

test("accounts: a close that the venue has not let through yet is repeated under its key", async (t) => {
  const place = new OperatorPlace(t);
  const operator = await place.start();
  const client = place.client(KEY_1);
  const fault = { fault: "delayed_order", delay_ms: 200 };
  assert.equal((await client.call("POST", "/sandbox/v1/faults", fault)).status, 200);
  await client.place(BUY);
  const close = { reason: "left", cancel_orders: true, withdraw: true };
  const path = `accounts/${KEY_1.account}/close`;
  const first = await operator.post(path, close, { "Idempotency-Key": "close" });
  assert.deepEqual([first.status, first.reason], [409, "account_not_empty"], first.details);
  while ((await client.orders("order_status=can")).length === 0);
  const second = await operator.post(path, close, { "Idempotency-Key": "close" });
  assert.deepEqual([second.status, second.data?.state], [200, "closed"]);
  const third = await operator.post(path, close, { "Idempotency-Key": "close" });
  assert.equal(third.headers.get("x-idempotent-replay"), "true");
});

test("instruments: a name follows the operator, and a halted one takes cancels only", async (t) => {
  const place = new OperatorPlace(t);
  const operator = await place.start();
  const client = place.client();
  const orderNo = await client.place(APPLE);
  const change = { reason: "a merger", name: 'APPLE "NEW" INC', halted: true };
  const { data } = await operator.post("instruments/AAPL", change);
  assert.deepEqual([data.name, data.state, data.open_orders], [change.name, "halted", 1]);
  assert.equal(await refusal(client, APPLE), "instrument_halted");
  assert.equal(await refusal(client, BUY), "placed");
  const amended = await client.call("PUT", "/trade/v1/orders", { order_no: orderNo, qty: 2 });
  assert.equal(envelope(amended).reason, "instrument_halted");
  const restarted = await place.start();
  const page = await place.client().call("GET", `/trade/v1/orders?order_no=${orderNo}`);
  const { orders } = envelope(page).data as { orders: { name: string }[] };
  assert.equal(orders[0]?.name, change.name);
  const canceled = await place.client().call("DELETE", "/trade/v1/orders", { order_no: orderNo });
  assert.equal(canceled.text, '{"code":0}');
  await restarted.post("instruments/AAPL", { reason: "x", halted: false });
  assert.equal(await refusal(place.client(), APPLE), "placed");
  const { data: list } = await restarted.get("instruments");
  const apple = list.instruments.find(({ symbol }: { symbol: string }) => symbol === "AAPL");
  assert.deepEqual([apple.name, apple.state], [change.name, "trading"]);
  for (const [symbol, body, reason] of [
    ["XYZ", { reason: "x", halted: true }, "unknown_instrument"],
    ["AAPL", { reason: "x" }, "invalid_field"],
    ["AAPL", { reason: "x", step: 1 }, "unknown_field"],
    ["AAPL", { reason: "x", tick: 0 }, "invalid_field"],
    ["AAPL", { reason: "x", lot: "1e2" }, "invalid_field"],
    ["AAPL", { reason: "x", tick: 1, resting: "drop" }, "invalid_field"],
    ["AAPL", { reason: "x", resting: "keep" }, "invalid_field"],
    ["AAPL", { reason: "x", name: "x".repeat(65) }, "invalid_field"],
  ] as const) {
    assert.equal((await restarted.post(`instruments/${symbol}`, body)).reason, reason);
  }
});

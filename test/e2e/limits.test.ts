// Limits before the trade, on every way an order comes in, with the gateway in this process.
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Answer, envelope, KEY_1, type SignedClient } from "./signed-client.ts";
import { StreamClient } from "./stream-client.ts";
import { startTwoAccounts as start } from "./two-accounts.ts";
import { restingOrder } from "./wire-orders.ts";

const ORDERS = "/trade/v1/orders";

function order(change: object = {}): object {
  return restingOrder({ price: 100, ...change });
}

function place(client: SignedClient, change: object = {}): Promise<Answer> {
  return client.call("POST", ORDERS, order(change));
}

async function reasonOf(answer: Promise<Answer>): Promise<string | undefined> {
  return envelope(await answer).reason;
}

async function metric(url: string, scope: string, reason: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = `countermand_limit_refusals_total{scope="${scope}",reason="${reason}"} `;
  const found = text.split("\n").find((each) => each.startsWith(line));
  assert.ok(found !== undefined, line);
  return Number(found.slice(line.length));
}

/** What each limit refuses, beside an order that keeps to it. */
const CASES = [
  ["ORDER_QTY_MAX", "200", { qty: 300 }, { qty: 200 }, "order_qty_limit"],
  ["ORDER_VALUE_MAX", "HKD:20000,*:5", { price: 201 }, { price: 200 }, "order_value_limit"],
  ["PRICE_DISTANCE_MAX", "0.1", { price: 89 }, { price: 90 }, "price_distance_limit"],
  ["OPEN_ORDERS_MAX", "2", {}, null, "open_orders_limit"],
  // Both accounts hold 1,000,000 of 00700, which count at the last price: 100 after a trade.
  ["GROSS_EXPOSURE_MAX", "HKD:100030000", { qty: 200 }, { qty: 100 }, "gross_exposure_limit"],
] as const;

for (const [setting, value, refused, taken, reason] of CASES) {
  for (const scope of ["account", "key"] as const) {
    test(`limits: ${reason} of the ${scope}, by REST, batch, amend and socket`, async (t) => {
      const name = `COUNTERMAND_${scope.toUpperCase()}_${setting}`;
      const { url, first, second } = await start(t, { [name]: value });
      // The market stands at 100: traded there, and asked.
      await first.place(order());
      await second.place(order({ order_side: "sell" }));
      await second.place(order({ order_side: "sell" }));
      const resting = await first.place(order({ price: 95 }));
      if (setting === "OPEN_ORDERS_MAX") await first.place(order({ price: 95 }));

      const answer = await place(first, refused);
      assert.equal(answer.status, 400);
      assert.equal(envelope(answer).reason, reason);
      assert.match(envelope(answer).details ?? "", new RegExp(`the ${scope}`));
      const elements = taken === null ? [refused] : [refused, { ...taken, price: 90 }];
      const batch = await first.call("POST", `${ORDERS}/batch`, elements.map(order));
      const results = (envelope(batch).data as { result: { reason?: string } }[]).map(
        ({ result }) => result.reason,
      );
      assert.deepEqual(results, [reason, undefined].slice(0, elements.length));
      if (taken !== null) {
        const amend = { order_no: resting, ...refused };
        assert.equal(await reasonOf(first.call("PUT", ORDERS, amend)), reason);
      }
      const stream = await StreamClient.open(url, KEY_1, "commands=1");
      stream.send(JSON.stringify({ op: "place", id: "p", data: order(refused) }));
      const reply = await stream.seen("a reply", ({ message }) => message.type === "reply");
      assert.equal(reply.message.reason, reason);
      stream.close();
      assert.ok((await metric(url, scope, reason)) >= 3);

      const cancel = await first.call("DELETE", ORDERS, { order_no: resting });
      assert.equal(cancel.status, 200, "cancels meet no limits");
    });
  }
}

test("limits: the same order again is refused until its time has passed", async (t) => {
  const { first, second, time } = await start(t, { COUNTERMAND_ACCOUNT_DUPLICATE_MS: "500" });
  const batch = await first.call("POST", `${ORDERS}/batch`, [order(), order()]);
  const codes = (envelope(batch).data as { result: { code: number } }[]).map(
    ({ result }) => result.code,
  );
  assert.deepEqual(codes, [0, 11030173]);
  time.monotonicMs += 499;
  const again = await place(first, { reference_id: "another name" });
  assert.equal(again.status, 400);
  assert.match(envelope(again).details ?? "", /499 ms ago; the account .* after 500 ms/);
  assert.equal(envelope(await place(second)).code, 0, "of another account");
  assert.equal(envelope(await place(first, { price: 99 })).code, 0);
  time.monotonicMs += 1;
  const placed = order();
  assert.equal(envelope(await first.call("POST", ORDERS, placed)).code, 0);
});

test("limits: a retry of the same request is no duplicate, and a refused order is forgotten", async (t) => {
  const { first, time } = await start(t, {
    COUNTERMAND_KEY_DUPLICATE_MS: "500",
    COUNTERMAND_ACCOUNT_OPEN_ORDERS_MAX: "1",
  });
  const body = JSON.stringify(order());
  const options = { timestamp: String(time.wallMs) };
  const placed = await first.call("POST", ORDERS, body, options);
  const retried = await first.call("POST", ORDERS, body, options);
  assert.equal(retried.text, placed.text);
  assert.equal(await reasonOf(place(first, { price: 99 })), "open_orders_limit");
  const { order_no } = envelope(placed).data as { order_no: string };
  await first.call("DELETE", ORDERS, { order_no });
  assert.equal(envelope(await place(first, { price: 99 })).code, 0);
});

test("limits: orders and amends in a second are counted, cancels are not", async (t) => {
  const { first, time, url } = await start(t, { COUNTERMAND_ACCOUNT_ORDERS_PER_SECOND_MAX: "2" });
  const order_no = await first.place(order());
  assert.equal((await first.call("PUT", ORDERS, { order_no, price: 99 })).status, 200);
  const refused = await place(first);
  assert.equal(refused.status, 429);
  assert.equal(refused.headers["retry-after"], "1");
  assert.equal(envelope(refused).reason, "order_rate_limit");
  assert.equal(envelope(refused).retryable, true);
  assert.equal(
    await reasonOf(first.call("PUT", ORDERS, { order_no, price: 98 })),
    "order_rate_limit",
  );
  assert.equal((await first.call("DELETE", ORDERS, { order_no })).status, 200);
  assert.equal(await metric(url, "account", "order_rate_limit"), 2);
  time.monotonicMs += 500;
  assert.equal(envelope(await place(first)).code, 0);
});

test("limits: none is set unless it is asked for", async (t) => {
  const { first, url } = await start(t, {});
  for (let index = 0; index < 20; index += 1) assert.equal(envelope(await place(first)).code, 0);
  assert.equal(await metric(url, "account", "duplicate_order"), 0);
});

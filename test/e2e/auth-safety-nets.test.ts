/** What keys reach by cancel-all, dead-man's switches and the loss of a connection. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMITS } from "../../packages/contract/src/limits.ts";
import { KeyedGateway, makeKey } from "./key-fixture.ts";
import { envelope, KEY_2, type Key, type SignedClient } from "./signed-client.ts";
import { type Received, StreamClient } from "./stream-client.ts";
import { BUY } from "./wire-orders.ts";

const DEAD_MAN = "/trade/v1/dead-man";
const ORDERS = "/trade/v1/orders";
const MINE = { ...BUY, portfolio_id: "mine" };
const THEIRS = { ...BUY, portfolio_id: "theirs", price: 398 };
const ACCOUNTS = ["80114138", "80114139"];

test("safety nets: a key with portfolios cancels all of its own, by request and by command", async (t) => {
  const place = new KeyedGateway(t);
  const operator = await place.start();
  const whole = place.client(await makeKey(operator, {}));
  const scoped = await makeKey(operator, { portfolios: ["mine"] });
  const others = [await whole.place(THEIRS), await whole.place(BUY)];
  const stream = await StreamClient.open(place.url, scoped, "commands=1");
  for (const data of [{}, { portfolio_id: "mine" }, { symbol: "00700" }]) {
    const mine = await whole.place(MINE);
    const id = JSON.stringify(data);
    stream.send(JSON.stringify({ op: "cancel_all", id, data }));
    const { text } = await stream.seen("a reply", ({ message }) => message.id === id);
    assertNames(text, [mine], others);
    assert.match(text, /"outcome":"done"/);
  }
  const client = place.client(scoped);
  const mine = await whole.place(MINE);
  const other = await client.call("DELETE", `${ORDERS}/all?portfolio_id=theirs`);
  assert.match(other.text, /"nothing_open"/);
  assertNames((await client.call("POST", `${ORDERS}/cancel/all`, {})).text, [mine], others);
  assert.deepEqual(await openOf(whole), [...others].sort());
  stream.close();
});

test("safety nets: only a key of a whole account arms a switch, sees one or hears of it", async (t) => {
  const place = new KeyedGateway(t);
  place.time.monotonicMs = 1_000_000;
  const operator = await place.start();
  const [whole, scoped, reader, copy] = [
    await makeKey(operator, { permissions: ["cancel"] }),
    await makeKey(operator, { portfolios: ["mine"] }),
    await makeKey(operator, { permissions: ["read"] }),
    await makeKey(operator, { accounts: ACCOUNTS, permissions: ["read"] }),
  ];
  const own = { scope: "portfolio", value: "mine", timeout: 60 };
  for (const [key, armed, shown] of [
    [scoped, "account_wide", "account_wide"],
    [reader, "permission_missing", undefined],
    [copy, "permission_missing", "drop_copy_only"],
  ] as const) {
    const client = place.client(key);
    for (const body of [own, { ...own, timeout: 0 }, { scope: "key", timeout: 60 }]) {
      assert.equal(envelope(await client.call("POST", DEAD_MAN, body)).reason, armed);
    }
    assert.equal(envelope(await client.call("GET", DEAD_MAN)).reason, shown);
  }
  const switches = envelope(await place.client(whole).call("GET", DEAD_MAN)).data;
  assert.deepEqual((switches as { switches: unknown }).switches, [], "nothing was armed");
  const mine = await place.client(scoped).place(MINE);
  const [ofWhole, ofPart, ofSeveral] = await Promise.all([
    StreamClient.open(place.url, whole),
    StreamClient.open(place.url, scoped),
    StreamClient.open(place.url, copy),
  ]);
  const armed = await place.client(whole).call("POST", DEAD_MAN, own);
  assert.equal(armed.status, 200, armed.text);
  place.time.monotonicMs += 60_000;
  const fired = ({ message }: Received) => message.reason === "dead_man_fired";
  const told = await ofWhole.seen("the firing", fired);
  assert.ok(!told.text.includes("account_code"), told.text);
  const copied = await ofSeveral.seen("the firing", fired);
  assert.match(copied.text, /"account_code":"80114138","switch":\{/);
  await ofPart.seen("the cancel", isCancelOf(mine));
  const notices = ofPart.received.filter(({ message }) => message.type === "notice");
  assert.deepEqual(notices, [], "what is of the whole account is not told to a part of it");
  for (const stream of [ofWhole, ofPart, ofSeveral]) stream.close();
});

test("safety nets: a lost connection cancels what its key placed, and nothing else", async (t) => {
  const place = new KeyedGateway(t);
  const operator = await place.start();
  const whole = place.client(await makeKey(operator, {}));
  const scoped = await makeKey(operator, { portfolios: ["mine", "ours"] });
  const foreign = await place.client(KEY_2).place(BUY);
  const others = [await whole.place(THEIRS), await whole.place(MINE), await whole.place(BUY)];
  const client = place.client(scoped);
  const watched = await StreamClient.open(place.url, scoped, "cancel_on_disconnect=1&grace=0");
  const mine = [await client.place(MINE), await client.place({ ...MINE, portfolio_id: "ours" })];
  const watcher = await StreamClient.open(place.url, scoped, "after_seq=0");
  // A fault of the client, for which the gateway closes.
  watched.send(" ".repeat(LIMITS.messageBytesMax.value + 1));
  assert.equal((await watched.closed).code, 1009);
  for (const order of mine) await watcher.seen("its cancel", isCancelOf(order));
  assert.deepEqual(await openOf(whole), [...others].sort());
  assert.deepEqual(await openOf(place.client(KEY_2)), [foreign]);
  watcher.close();
});

test("safety nets: the end of a key is the loss of its watched stream", async (t) => {
  const place = new KeyedGateway(t);
  const operator = await place.start();
  const whole = await makeKey(operator, {});
  const leaver = await makeKey(operator, {});
  const watcher = await StreamClient.open(place.url, whole);
  const watched = await StreamClient.open(place.url, leaver, "cancel_on_disconnect=1&grace=0");
  const order = await place.client(leaver).place(BUY);
  await operator.post(`keys/${leaver.apiKey}/revoke`, { reason: "left" });
  assert.deepEqual(await watched.closed, { code: 1008, reason: "key_no_longer_good" });
  const { message } = await watcher.seen("the cancel", isCancelOf(order));
  assert.equal(message.data?.["cancel_reason"], "disconnected");
  watcher.close();
});

test("safety nets: whoever may not cancel is refused to be watched", async (t) => {
  const place = new KeyedGateway(t);
  const operator = await place.start();
  const keys: readonly Key[] = [
    await makeKey(operator, { permissions: ["read"] }),
    await makeKey(operator, { permissions: ["read"], portfolios: ["mine"] }),
    await makeKey(operator, { accounts: ACCOUNTS, permissions: ["read"] }),
  ];
  for (const key of keys) {
    await assert.rejects(StreamClient.open(place.url, key, "cancel_on_disconnect=1"));
    (await StreamClient.open(place.url, key)).close();
  }
});

function isCancelOf(orderNo: string) {
  return ({ message }: Received) =>
    message.data?.order_no === orderNo && message.data.order_status === "can";
}

function assertNames(text: string, named: readonly string[], unnamed: readonly string[]): void {
  for (const orderNo of named) assert.ok(text.includes(orderNo), text);
  for (const orderNo of unnamed) assert.ok(!text.includes(orderNo), text);
}

async function openOf(client: SignedClient): Promise<string[]> {
  return (await client.orders("order_status=new")).map(({ order_no }) => order_no).sort();
}

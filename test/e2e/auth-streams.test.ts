/** What keys see of streams: a part of an account, or the streams of several on one socket. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { CountermandClient } from "@countermand/client";
import { KeyedGateway, makeKey } from "./key-fixture.ts";
import { envelope, KEY_2 } from "./signed-client.ts";
import { type Received, StreamClient } from "./stream-client.ts";
import { BUY } from "./wire-orders.ts";

const MINE = { ...BUY, portfolio_id: "mine" };
const THEIRS = { ...BUY, portfolio_id: "theirs", reference_id: "secret-name" };

test("portfolio keys: a stream without gaps and without the others' orders", async (t) => {
  const place = new KeyedGateway(t);
  const operator = await place.start();
  const whole = await makeKey(operator, {});
  const scoped = await makeKey(operator, { portfolios: ["mine"] });
  const client = place.client(whole);
  const live = await StreamClient.open(place.url, scoped, "heartbeat=1");
  const [mine, theirs] = [await client.place(MINE), await client.place(THEIRS)];
  await client.call("DELETE", "/trade/v1/orders", { order_no: mine });
  await seq(live, 3);
  const replayed = await StreamClient.open(place.url, scoped, "after_seq=0");
  await seq(replayed, 3);
  for (const stream of [live, replayed]) {
    assert.deepEqual(kinds(stream.received), ["order 1", "skip 2", "order 3"]);
    for (const { text } of stream.received) {
      assert.ok(!text.includes(theirs) && !text.includes("secret-name"), text);
    }
  }
  const skip = live.received.find(({ message }) => message.type === "skip");
  assert.equal(skip?.text, '{"type":"skip","seq":2}');
  const snapshot = await StreamClient.open(place.url, scoped, "snapshot=1");
  const { text } = await snapshot.seen("it", ({ message }) => message.type === "snapshot");
  assert.equal(text, '{"type":"snapshot","seq":3,"data":{"orders":[]}}');
  for (const stream of [live, replayed, snapshot]) stream.close();
});

test("portfolio keys: lists, names and new orders are of the portfolios alone", async (t) => {
  const place = new KeyedGateway(t);
  const operator = await place.start();
  const client = place.client(await makeKey(operator, {}));
  const scoped = place.client(await makeKey(operator, { portfolios: ["mine"] }));
  const same = "same-name";
  const older = await client.place({ ...MINE, reference_id: same });
  await client.place({ ...THEIRS, reference_id: same });
  assert.deepEqual(
    (await scoped.orders()).map(({ order_no }) => order_no),
    [older],
  );
  assert.deepEqual(await scoped.orders("portfolio_id=theirs"), []);
  // Two live orders share the name, but to this key there is one.
  const cancelled = await scoped.call("DELETE", "/trade/v1/orders", { reference_id: same });
  assert.equal(cancelled.status, 200);
  // Closed ones too: the newest of that name is another portfolio's.
  await client.call("DELETE", "/trade/v1/orders", { reference_id: same });
  const again = await scoped.call(
    "DELETE",
    "/trade/v1/orders",
    { reference_id: same },
    {
      headers: { Prefer: "return=representation" },
    },
  );
  assert.equal((envelope(again).data as { order_no: string }).order_no, older);
  assert.deepEqual(
    (await scoped.orders("order_status=can")).map((row) => row.order_no),
    [older],
  );
  const refused = await scoped.call("POST", "/trade/v1/orders", THEIRS);
  assert.deepEqual([refused.status, envelope(refused).reason], [403, "portfolio_not_allowed"]);
  const mine = await scoped.place(MINE);
  const theirs = await client.place({ ...THEIRS, price: 397 });
  const preview = await scoped.call("DELETE", "/trade/v1/orders/all?preview=1");
  const all = await scoped.call("DELETE", "/trade/v1/orders/all");
  for (const answer of [preview, all]) {
    assert.ok(answer.text.includes(mine) && !answer.text.includes(theirs), answer.text);
  }
  const open = await client.orders("order_status=new");
  assert.deepEqual(
    open.map(({ order_no }) => order_no),
    [theirs],
  );
});

test("drop copy: the streams of its accounts on one socket, resumed by account", async (t) => {
  const place = new KeyedGateway(t);
  const operator = await place.start();
  const first = await makeKey(operator, {});
  const accounts = ["80114138", "80114139"];
  const copy = await makeKey(operator, { accounts, permissions: ["read"] });
  const [one, two] = [place.client(first), place.client(KEY_2)];
  await one.place(BUY);
  await two.place(BUY);
  const live = await StreamClient.open(place.url, copy, "snapshot=1&heartbeat=1");
  await one.place(BUY);
  await two.place({ ...BUY, price: 399 });
  for (const account of accounts) {
    await live.seen("a snapshot", ({ text }) => {
      return text.startsWith(`{"type":"snapshot","account_code":"${account}","seq":1,`);
    });
    await live.seen("an order", ({ message: { type, seq, data } }) => {
      return type === "order" && seq === 2 && data?.account_code === account;
    });
    await live.seen("a heartbeat", ({ text }) => {
      return text.startsWith(`{"type":"heartbeat","account_code":"${account}","data":`);
    });
  }
  const resumed = await StreamClient.open(place.url, copy, "after_seq=80114138:1,80114139:0");
  await resumed.seen("the last", ({ message }) => message.seq === 2 && of(message, "80114139"));
  await resumed.seen("the other", ({ message }) => message.seq === 2 && of(message, "80114138"));
  const seen = resumed.received.map(
    ({ message }) => `${message.data?.account_code} ${message.seq}`,
  );
  assert.deepEqual(seen.sort(), ["80114138 2", "80114139 1", "80114139 2"]);
  const own = await StreamClient.open(place.url, first, "after_seq=80114138:1");
  await own.seen("it", ({ message }) => message.seq === 2);
  assert.equal(own.received.length, 1);
  const beyond = await StreamClient.open(place.url, copy, "after_seq=80114139:7");
  assert.deepEqual(await beyond.closed, { code: 1008, reason: "seq_out_of_range" });
  assert.match(beyond.received.at(-1)?.text ?? "", /"account_code":"80114139","earliest_seq":1/);
  const asked = await StreamClient.open(place.url, copy, "after_seq=80114138:1&history=1&live=1");
  await asked.seen("the last", ({ message }) => message.type === "live" && message.seq === 2);
  await asked.seen("an order", ({ message }) => message.type === "order");
  await asked.seen("the end of its replay", ({ text }) => {
    return text === '{"type":"live","account_code":"80114138","seq":2}';
  });
  assert.deepEqual(
    asked.received.map(({ message }) => message.type),
    ["history", "history", "live", "order", "live"],
  );
  const bad = [
    "after_seq=1",
    "after_seq=80114140:1",
    "commands=1",
    "cancel_on_disconnect=1",
    "after_seq=80114138:1&snapshot=1",
  ];
  for (const query of bad) await assert.rejects(StreamClient.open(place.url, copy, query), query);
  await assert.rejects(StreamClient.open(place.url, first, "after_seq=80114139:1"));
  const { apiKey, secret } = copy;
  const library = new CountermandClient({ baseUrl: place.url, credentials: { apiKey, secret } });
  const followed = library.stream({ heartbeatSeconds: 1 });
  while (accounts.some((account) => followed.openOrdersOf(account)?.seq !== 2)) {
    assert.notEqual(followed.state, "closed");
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(
    accounts.map((account) => followed.openOrdersOf(account)?.size),
    [2, 2],
  );
  for await (const event of followed) {
    if (event.type !== "caughtUp") continue;
    const seqs = Object.entries(event.positions ?? {}).map(([account, position]) => {
      return [account, Number.parseInt(position, 10)];
    });
    assert.deepEqual(Object.fromEntries(seqs), { 80114138: 2, 80114139: 2 });
    break;
  }
  await operator.post(`keys/${copy.apiKey}/revoke`, { reason: "over" });
  assert.equal((await live.closed).code, 1008);
  assert.equal((await resumed.closed).code, 1008);
  own.close();
});

function of({ data }: Received["message"], account: string): boolean {
  return data?.account_code === account;
}

async function seq(stream: StreamClient, last: number): Promise<void> {
  await stream.seen(`seq ${last}`, ({ message }) => message.seq === last);
}

function kinds(received: readonly Received[]): string[] {
  const messages = received.map(({ message }) => message);
  return messages
    .filter(({ type }) => type !== "heartbeat")
    .map((each) => `${each.type} ${each.seq}`);
}

// The client library against a real gateway: through cuts, restarts and slow reading its view of
// the open orders is the gateway's, and a repeated write acts once.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CountermandClient,
  type OrderStream,
  type OrderUpdate,
  type PlaceRequest,
} from "../../packages/client/src/index.ts";
import { Random } from "./crash/random.ts";
import { behindCutWire } from "./cut-wire.ts";

const CREDENTIALS_1 = { apiKey: "demo-key", secret: "demo-secret" };
const CREDENTIALS_2 = { apiKey: "demo-key-2", secret: "demo-secret-2" };

function limitOrder(side: "buy" | "sell", price: number, lots: number): PlaceRequest {
  return {
    market: "hkex",
    order_type: "limit_order",
    symbol: "00700",
    order_side: side,
    price: `${price}`,
    qty: `${100 * lots}`,
  };
}

/** Resolves when the stream has told everything up to a position. */
async function reached(stream: OrderStream, seq: number): Promise<void> {
  while (stream.openOrders.seq < seq) await new Promise((resolve) => setImmediate(resolve));
}

/** The gateway's own list of open orders, as far as a message tells an order. */
async function listedOpen(client: CountermandClient): Promise<Map<string, string>> {
  const listed = new Map<string, string>();
  for await (const order of client.allOrders()) {
    if (order.order_status !== "new" && order.order_status !== "pex") continue;
    listed.set(order.order_no, `${order.version} ${order.price} ${order.outstand_qty}`);
  }
  return listed;
}

function viewOf(stream: OrderStream): Map<string, string> {
  const view = (order: OrderUpdate) => `${order.version} ${order.price} ${order.outstand_qty}`;
  return new Map(stream.openOrders.all().map((order) => [order.order_no, view(order)]));
}

test("client: places, shows, cancels and lists with exact decimals", async (t) => {
  const { wire } = await behindCutWire(t);
  const client = new CountermandClient({ baseUrl: wire.url, credentials: CREDENTIALS_1 });
  const placed = await client.placeAndShow({
    ...limitOrder("buy", 423.83, 10),
    reference_id: "my-first",
  });
  assert.deepEqual([placed.price, placed.qty, placed.order_status], ["423.83", "1000", "new"]);
  const found = await client.order({ reference_id: "my-first" });
  assert.equal(found?.order_no, placed.order_no);
  const ended = await client.cancel({ reference_id: "my-first" });
  assert.equal(ended.outcome, "cancelled");
  assert.equal((await client.cancel({ order_no: placed.order_no })).outcome, "already_cancelled");
  const unknown = await client.cancel({ order_no: "99999999999" });
  assert.deepEqual(unknown.outcome === "refused" && unknown.reason, "unknown_order");
  assert.equal(await client.order({ reference_id: "never-was" }), null);
  const confirmed = await client.cancelAndConfirm({ order_no: placed.order_no });
  assert.equal(confirmed.order_status, "can");
});

test("client: a lost answer is asked for again, and the order is placed once", async (t) => {
  const { wire } = await behindCutWire(t);
  const client = new CountermandClient({ baseUrl: wire.url, credentials: CREDENTIALS_1 });
  wire.answersToLose = 2;
  const placed = await client.place(limitOrder("buy", 100, 1));
  const { orders, total_records } = await client.orders();
  assert.equal(total_records, 1);
  assert.equal(orders[0]?.order_no, placed.order_no);
});

test("client: a cancel after the fill says so, with the order", async (t) => {
  const { wire } = await behindCutWire(t);
  const buyer = new CountermandClient({ baseUrl: wire.url, credentials: CREDENTIALS_1 });
  const seller = new CountermandClient({ baseUrl: wire.url, credentials: CREDENTIALS_2 });
  const { order_no } = await buyer.place(limitOrder("buy", 400, 1));
  await seller.place(limitOrder("sell", 400, 1));
  const ended = await buyer.cancel({ order_no });
  assert.ok(ended.outcome === "refused");
  assert.deepEqual([ended.reason, ended.order?.order_status], ["too_late_filled", "fex"]);
  assert.equal((await buyer.cancelAndConfirm({ order_no })).order_status, "fex");
});

test("client: a program that fails has its orders cancelled, one that says goodbye has not", async (t) => {
  const { wire } = await behindCutWire(t);
  const client = new CountermandClient({ baseUrl: wire.url, credentials: CREDENTIALS_1 });
  const observer = client.stream();
  t.after(() => observer.close());
  const polite = client.stream({ cancelOnDisconnect: { graceSeconds: 300 } });
  const { order_no } = await client.place(limitOrder("buy", 400, 1));
  const failing = async () => {
    const options = { cancelOnDisconnect: { graceSeconds: 0, group: "b" } };
    for await (const event of client.stream(options)) {
      if (event.type !== "snapshot") continue;
      polite.close();
      assert.ok(event.orders.some((order) => order.order_no === order_no));
      throw new Error("cannot go on");
    }
  };
  await assert.rejects(failing(), /cannot go on/);
  for await (const event of observer) {
    if (event.type !== "order" || event.order.order_status !== "can") continue;
    assert.deepEqual(event.order.cancel_reason, "disconnected");
    break;
  }
});

test("client: through cuts and restarts the view stays the gateway's, without a gap", async (t) => {
  const { restart, wire } = await behindCutWire(t);
  const random = new Random(20_251);
  const client = new CountermandClient({ baseUrl: wire.url, credentials: CREDENTIALS_1 });
  const other = new CountermandClient({ baseUrl: wire.url, credentials: CREDENTIALS_2 });
  const stream = client.stream({ heartbeatSeconds: 1, bufferedEventsMax: 25 });
  t.after(() => stream.close());
  const seqs: number[] = [];
  let caughtUpCount = 0;
  let connectedCount = 0;
  let lastSnapshotSeq = 0;
  const reading = (async () => {
    for await (const event of stream) {
      if (event.type === "snapshot") lastSnapshotSeq = event.seq;
      if (event.type === "order") seqs.push(event.seq);
      if (event.type === "connected") connectedCount += 1;
      if (event.type === "caughtUp") {
        caughtUpCount += 1;
        const told = seqs.at(-1) ?? lastSnapshotSeq;
        assert.equal(Number.parseInt(event.position, 10), told, "it comes behind what was missed");
      }
      // Reads more slowly than events come, so that the buffer fills now and then.
      if (random.below(4) === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  let toldSeq = 0;
  for (let step = 1; step <= 240; step += 1) {
    toldSeq = Math.max(toldSeq, await randomStep(client, other, stream, random));
    if (step % 23 === 0) wire.cut();
    if (step % 80 !== 0) continue;
    await restart();
  }
  // One that nobody trades with: the others may all be gone by now.
  await client.place(limitOrder("buy", 2, 1));
  toldSeq = await latestSeq(client);
  await reached(stream, toldSeq);
  const listed = await listedOpen(client);
  assert.ok(listed.size > 0, "some orders are open at the end");
  assert.deepEqual(viewOf(stream), listed);
  stream.close();
  await reading;
  const expected = seqs.map((_seq, index) => lastSnapshotSeq + 1 + index);
  assert.deepEqual(seqs, expected);
  assert.equal(seqs.at(-1), toldSeq);
  assert.ok(caughtUpCount > 0 && caughtUpCount <= connectedCount);
});

/** Does one thing; the account's latest position that it caused. */
async function randomStep(
  client: CountermandClient,
  other: CountermandClient,
  stream: OrderStream,
  random: Random,
): Promise<number> {
  const open = stream.openOrders.all();
  const some = open[random.below(Math.max(1, open.length))];
  const kind = random.below(10);
  if (kind < 5 || some === undefined) {
    const side = kind === 0 ? "sell" : "buy";
    await client.place(limitOrder(side, 400 + random.below(5), 1 + random.below(4)));
    return latestSeq(client);
  }
  if (kind < 7) {
    await other.place(limitOrder("sell", 402 + random.below(3), 1 + random.below(3)));
    return latestSeq(client);
  }
  const ended = await client.cancel({ order_no: some.order_no });
  return ended.outcome === "refused" ? 0 : (ended.order.seq ?? 0);
}

/** The account's position now: only a cancel's answer tells one, so an order is made for it. */
async function latestSeq(client: CountermandClient): Promise<number> {
  const probe = await client.place(limitOrder("buy", 1, 1));
  const ended = await client.cancel({ order_no: probe.order_no });
  assert.ok(ended.outcome !== "refused" && ended.order.seq !== undefined);
  return ended.order.seq;
}

test("client: fills and what they moved, page by page", async (t) => {
  const { wire } = await behindCutWire(t);
  const [buyer, seller] = [CREDENTIALS_1, CREDENTIALS_2].map((credentials) => {
    return new CountermandClient({ baseUrl: wire.url, credentials });
  });
  assert.ok(buyer !== undefined && seller !== undefined);
  await seller.place(limitOrder("sell", 10, 3));
  for (const lots of [1, 2]) await buyer.place(limitOrder("buy", 10, lots));
  const { total_records, executions } = await buyer.executions({ page_size: 1 });
  assert.equal(total_records, 2);
  assert.deepEqual([executions[0]?.last_qty, executions[0]?.last_price], ["200", "10"]);
  const { transactions } = await seller.transactions({ business_type: "trade", io_type: "in" });
  assert.deepEqual(
    transactions.map(({ amt }) => amt),
    ["2000", "1000"],
  );
});

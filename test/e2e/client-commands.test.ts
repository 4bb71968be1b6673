// Orders and cancels of the client library over the socket of its stream, against a real gateway
// that is cut off, restarted, and loses replies: each acts once, and the views agree.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { CountermandClient, type PlaceRequest } from "../../packages/client/src/index.ts";
import { Random } from "./crash/random.ts";
import { behindCutWire } from "./cut-wire.ts";

const CREDENTIALS = { apiKey: "demo-key", secret: "demo-secret" };
const BUY: PlaceRequest = {
  market: "hkex",
  symbol: "00700",
  order_type: "limit_order",
  order_side: "buy",
  price: "300",
  qty: "100",
};

async function overSocket(t: TestContext) {
  const { restart, wire } = await behindCutWire(t);
  const client = new CountermandClient({
    baseUrl: wire.url,
    credentials: CREDENTIALS,
    attemptTimeoutMs: 2_000,
  });
  const stream = client.stream({ commands: true, reconnect: { firstMs: 10, maxMs: 200 } });
  t.after(() => stream.close());
  return { client, socket: client.withSocket(stream), stream, wire, restart };
}

test("client commands: each answers over the socket as it does over HTTP", async (t) => {
  const { client, socket } = await overSocket(t);
  const { order_no } = await socket.place(BUY);
  const { orders } = await client.orders();
  assert.equal(orders[0]?.order_no, order_no);
  const shown = await socket.placeAndShow({ ...BUY, reference_id: "r1" });
  assert.deepEqual([shown.price, shown.order_status, shown.reference_id], ["300", "new", "r1"]);
  const amended = await socket.amend({ order_no, price: "301", version: 1 });
  assert.deepEqual([amended.price, amended.qty, amended.version], ["301", "100", 2]);
  const ended = await socket.cancel({ order_no });
  assert.ok(ended.outcome === "cancelled");
  assert.equal(ended.order.cancelled_qty, "100");
  assert.equal((await socket.cancel({ order_no })).outcome, "already_cancelled");
  const unknown = await socket.cancel({ order_no: "99999999999" });
  assert.ok(unknown.outcome === "refused");
  const overHttp = await client.cancel({ order_no: "99999999999" });
  assert.deepEqual(unknown, overHttp);
  const refusals = await Promise.all(
    [socket, client].map((each) => {
      return each.place({ ...BUY, price: "0" }).catch((error: unknown) => error);
    }),
  );
  assert.deepEqual(refusals[0], refusals[1], "with status, code and words");
  const batch = await socket.placeBatch([BUY, { ...BUY, qty: "1.5" }]);
  assert.deepEqual(
    batch.map(({ result }) => result.code === 0),
    [true, false],
  );
  const names = [{ order_no: batch[0]?.order_no ?? "" }, { order_no: "99999999999" }];
  const cancelled = await socket.cancelBatch(names);
  assert.equal(cancelled[0]?.data?.order_status, "can");
  assert.equal((await socket.cancelAndConfirm({ reference_id: "r1" })).order_status, "can");
  await socket.place(BUY);
  const all = await socket.cancelAll();
  assert.deepEqual([all.outcome, all.done], ["done", 1]);
});

test("client commands: through cuts and restarts each acts once", async (t) => {
  const { client, socket, stream, restart, wire } = await overSocket(t);
  const random = new Random(20_253);
  const placed: string[] = [];
  const cancelled = new Set<string>();
  /** Somewhere on the way of a command, or of its reply. */
  const disturbed = async <T>(doing: Promise<T>): Promise<T> => {
    for (let turns = random.below(12); turns > 0; turns -= 1) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (random.below(3) === 0) wire.cut();
    return doing;
  };
  const trade = async (name: string): Promise<void> => {
    for (let count = 0; count < 12; count += 1) {
      const reference_id = `${name}-${count}`;
      const { order_no } = await disturbed(socket.place({ ...BUY, reference_id }));
      placed.push(reference_id);
      if (placed.length === 18) await restart();
      if (random.below(2) === 0) continue;
      const { outcome } = await disturbed(socket.cancel({ order_no }));
      assert.ok(outcome === "cancelled" || outcome === "already_cancelled", outcome);
      cancelled.add(order_no);
    }
  };
  await Promise.all(["a", "b", "c"].map(trade));
  const orders = [];
  for await (const order of client.allOrders()) orders.push(order);
  assert.deepEqual(orders.map(({ reference_id }) => reference_id).sort(), placed.sort());
  const open = orders.filter(({ order_no }) => !cancelled.has(order_no));
  assert.ok(open.every(({ order_status }) => order_status === "new"));
  while (stream.openOrders.size !== open.length) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.deepEqual(
    stream.openOrders.all().map(({ order_no }) => order_no),
    open.map(({ order_no }) => order_no).reverse(),
  );
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { harness, snapshot } from "./order-stream-fixture.ts";

test("order stream: half a message moves nothing, and what it told is asked for again", async () => {
  const spoiled = [
    { type: "order", seq: 8 },
    { type: "order", seq: 8, data: null },
    { type: "order", seq: 8, data: { order_no: "22000000001" } },
    { type: "order", seq: "8", data: { order_no: "22000000001", order_status: "can" } },
    { type: "skip" },
    { type: "live", seq: -1 },
    { type: "live", seq: 7, account_code: {} },
    { type: "heartbeat" },
    { type: "heartbeat", data: { seq: 7.5 } },
    { type: "history", history: null },
    { type: "reply" },
    { type: "snapshot", seq: 9, data: {} },
    { type: "snapshot", seq: 9, data: { orders: [null] } },
  ];
  for (const message of spoiled) {
    const { stream, connection, runTimer } = harness();
    const { listener } = await connection(1);
    listener.opened();
    listener.received(snapshot(7, ["22000000001"]));
    listener.received(JSON.stringify(message));
    assert.equal(stream.state, "waiting", JSON.stringify(message));
    assert.deepEqual([stream.position, stream.openOrders.size], ["7", 1]);
    runTimer();
    assert.match((await connection(2)).query, /^after_seq=7&/);
    stream.close();
  }
});

test("order stream: closed, it ends what it asks about a refused handshake", async () => {
  const asked = Promise.withResolvers<AbortSignal>();
  const { stream, connection } = harness({}, (signal) => {
    asked.resolve(signal);
    return new Promise(() => {});
  });
  (await connection(1)).listener.closed(1006, "");
  const signal = await asked.promise;
  assert.equal(signal.aborted, false);
  stream.close();
  assert.equal(signal.aborted, true);
});

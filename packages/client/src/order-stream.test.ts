import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "./errors.ts";
import type { OrderStream, StreamEvent } from "./order-stream.ts";
import { harness, heartbeat, live, order, snapshot } from "./order-stream-fixture.ts";

test("order stream: begins with the open orders and follows them", async () => {
  const { stream, connection, timers } = harness();
  const { listener, query } = await connection(1);
  assert.equal(query, "snapshot=1&history=1&live=1&heartbeat=5");
  assert.equal([...timers][0]?.ms, 11_000);
  listener.opened();
  assert.equal(stream.state, "connecting");
  listener.received(snapshot(7, ["22000000002", "22000000001"]));
  assert.equal(stream.state, "live");
  listener.received(order("22000000003", 8));
  listener.received(order("22000000001", 9, "can"));
  assert.deepEqual(
    stream.openOrders.all().map((each) => each.order_no),
    ["22000000002", "22000000003"],
  );
  assert.equal(stream.openOrders.get("22000000003")?.qty, "100.5");
  stream.close();
});

test("order stream: after a cut it resumes where it stopped, and hides what it had", async () => {
  const { stream, connection, runTimer } = harness();
  const first = await connection(1);
  first.listener.opened();
  first.listener.received(snapshot(7, []));
  first.listener.received(order("22000000001", 8));
  first.listener.closed(1006, "");
  assert.equal(stream.state, "waiting");
  runTimer();
  const second = await connection(2);
  assert.equal(second.query, "after_seq=8&history=1&live=1&heartbeat=5");
  second.listener.opened();
  assert.equal(stream.state, "live");
  second.listener.received(order("22000000001", 8));
  second.listener.received(order("22000000002", 9));
  assert.equal(stream.openOrders.seq, 9);
  assert.equal(stream.openOrders.size, 2);
  stream.close();
});

test("order stream: a gap, and a heartbeat that is ahead, make it resume", async () => {
  const { stream, connection, runTimer } = harness();
  const first = await connection(1);
  first.listener.opened();
  first.listener.received(snapshot(7, []));
  first.listener.received(order("22000000001", 9));
  assert.equal(first.closedWith, 1000);
  runTimer();
  const second = await connection(2);
  assert.equal(second.query, "after_seq=7&history=1&live=1&heartbeat=5");
  second.listener.opened();
  second.listener.received(heartbeat(8));
  assert.equal(second.closedWith, 1000);
  stream.close();
});

test("order stream: a heartbeat that is ahead of a replay under way is no loss", async () => {
  const { stream, connection } = harness({ afterSeq: 0 });
  const only = await connection(1);
  const { listener } = only;
  listener.opened();
  listener.received(order("22000000001", 1));
  listener.received(heartbeat(5_000));
  listener.received(order("22000000002", 2));
  listener.received(heartbeat(5_001));
  assert.equal(only.closedWith, null);
  assert.equal(stream.state, "live");
  listener.received(heartbeat(5_002));
  assert.equal(stream.state, "waiting");
  stream.close();
});

test("order stream: a heartbeat that comes before the first snapshot is no loss", async () => {
  const { stream, connection } = harness();
  const { listener } = await connection(1);
  listener.opened();
  listener.received(heartbeat(5));
  listener.received(snapshot(5, []));
  assert.equal(stream.state, "live");
  stream.close();
});

test("order stream: once it has caught up, a heartbeat that is ahead is loss at once", async () => {
  const { stream, connection } = harness({ afterSeq: 0 });
  const { listener } = await connection(1);
  listener.opened();
  listener.received(order("22000000001", 1));
  listener.received(live(1));
  listener.received(order("22000000002", 2));
  listener.received(heartbeat(3));
  assert.equal(stream.state, "waiting");
  stream.close();
});

/** What the stream has told so far, but not the orders. */
async function toldBy(stream: OrderStream): Promise<StreamEvent[]> {
  const events: StreamEvent[] = [];
  stream.close();
  for await (const event of stream) if (event.type !== "order") events.push(event);
  return events;
}

test("order stream: it says once per connection that it has caught up, and where", async () => {
  const { stream, connection, runTimer } = harness({ afterSeq: "3@h1" });
  const first = await connection(1);
  first.listener.opened();
  first.listener.received(order("22000000001", 4));
  first.listener.received(live(4));
  first.listener.received(order("22000000001", 5, "can"));
  first.listener.closed(1006, "");
  runTimer();
  const second = await connection(2);
  second.listener.opened();
  second.listener.received(order("22000000002", 6));
  second.listener.received(live(6));
  const told = await toldBy(stream);
  assert.deepEqual(
    told.map((event) => (event.type === "caughtUp" ? event.position : event.type)),
    ["connected", "4@h1", "disconnected", "connected", "6@h1"],
  );
});

test("order stream: it has not caught up while a message is missing", async () => {
  const { stream, connection, runTimer } = harness({ afterSeq: 3 });
  const first = await connection(1);
  first.listener.opened();
  first.listener.received(live(4));
  assert.equal(stream.state, "waiting");
  runTimer();
  assert.match((await connection(2)).query, /^after_seq=3&/);
  assert.deepEqual(
    (await toldBy(stream)).map(({ type }) => type),
    ["connected", "disconnected"],
  );
});

test("order stream: of several accounts all have caught up, one that nobody named as well", async () => {
  const { stream, connection, runTimer } = harness({ afterSeqs: { A: "3@h1" } });
  const first = await connection(1);
  first.listener.opened();
  const told = (account_code: string, message: object) => {
    first.listener.received(JSON.stringify({ ...message, account_code }));
  };
  for (const account of ["A", "B"]) told(account, { type: "history", history: "h2" });
  told("B", { type: "live", seq: 7 });
  told("B", { type: "skip", seq: 8 });
  told("A", { type: "skip", seq: 4 });
  told("A", { type: "live", seq: 4 });
  first.listener.closed(1006, "");
  runTimer();
  assert.match((await connection(2)).query, /^after_seq=A%3A4%40h2%2CB%3A8%40h2&/);
  const caughtUp = (await toldBy(stream)).filter(({ type }) => type === "caughtUp");
  const positions = { A: "4@h2", B: "8@h2" };
  assert.deepEqual(caughtUp, [{ type: "caughtUp", position: "0", positions }]);
});

test("order stream: an account that has no position yet is not said to have one", async () => {
  const { stream, connection, runTimer } = harness({ afterSeqs: { A: 3 } });
  const first = await connection(1);
  first.listener.opened();
  first.listener.received('{"type":"history","account_code":"B","history":"h1"}');
  first.listener.closed(1006, "");
  runTimer();
  assert.match((await connection(2)).query, /^after_seq=A%3A3&/);
  stream.close();
});

test("order stream: who begins to read late is told where it is, and that it is live", async () => {
  const { stream, connection } = harness({ bufferedEventsMax: 3 });
  const { listener } = await connection(1);
  listener.opened();
  listener.received(snapshot(0, []));
  listener.received(live(0));
  listener.received(order("22000000001", 1));
  const told = [];
  const events = stream[Symbol.asyncIterator]();
  for (let count = 0; count < 2; count += 1) told.push((await events.next()).value);
  assert.deepEqual(
    told.map((event) => event?.type),
    ["snapshot", "caughtUp"],
  );
  stream.close();
});

test("order stream: the program says how long it waits between its tries", async () => {
  const { stream, connection, timers, runTimer } = harness({
    reconnect: { firstMs: 1_000, maxMs: 3_000 },
  });
  for (const [count, ceilingMs] of [1_000, 2_000, 3_000, 3_000].entries()) {
    const { listener } = await connection(count + 1);
    listener.opened();
    listener.closed(1006, "");
    const [{ ms } = { ms: 0 }] = timers;
    assert.ok(ms >= ceilingMs / 2 && ms <= ceilingMs, `${ms} of ${ceilingMs}`);
    runTimer();
  }
  stream.close();
  for (const reconnect of [{ firstMs: 0 }, { firstMs: 5, maxMs: 4 }, { maxMs: Infinity }]) {
    assert.throws(() => harness({ reconnect }), RangeError);
  }
});

test("order stream: silence of twice the heartbeat is a dead connection", async () => {
  const { stream, connection, timers, runTimer } = harness({ heartbeatSeconds: 2 });
  const first = await connection(1);
  first.listener.opened();
  first.listener.received(snapshot(1, []));
  assert.deepEqual(
    [...timers].map(({ ms }) => ms),
    [5_000],
  );
  runTimer();
  assert.equal(first.closedWith, 1000);
  assert.equal(stream.state, "waiting");
  stream.close();
  assert.equal(timers.size, 0);
});

test("order stream: where the past is gone it says so and begins anew", async () => {
  const { stream, connection, runTimer } = harness({ afterSeq: 3 });
  const events: StreamEvent[] = [];
  const reading = (async () => {
    for await (const event of stream) events.push(event);
  })();
  const first = await connection(1);
  assert.equal(first.query, "after_seq=3&history=1&live=1&heartbeat=5");
  first.listener.opened();
  first.listener.received('{"type":"error","code":11030752,"reason":"seq_out_of_range"}');
  first.listener.closed(1008, "");
  runTimer();
  const second = await connection(2);
  assert.equal(second.query, "snapshot=1&history=1&live=1&heartbeat=5");
  second.listener.opened();
  second.listener.received(snapshot(40, ["22000000009"]));
  stream.close();
  await reading;
  const reset = events.find(({ type }) => type === "snapshot");
  assert.deepEqual(reset, {
    type: "snapshot",
    seq: 40,
    position: "40",
    orders: [{ order_no: "22000000009", order_status: "new" }],
    isReset: true,
  });
});

test("order stream: each event says where the stream is with it, whatever came since", async () => {
  const { stream, connection } = harness({ afterSeq: "3@h1" });
  const { listener } = await connection(1);
  listener.opened();
  listener.received('{"type":"history","history":"h2"}');
  listener.received(order("22000000001", 4));
  listener.received(order("22000000002", 5));
  listener.received(order("22000000003", 6));
  const positions: unknown[] = [];
  for await (const event of stream) {
    if (event.type === "order") positions.push([event.position, stream.position]);
    if (positions.length === 2) break;
  }
  assert.deepEqual(positions, [
    ["4@h2", "6@h2"],
    ["5@h2", "6@h2"],
  ]);
});

test("order stream: watched, only a close says goodbye; all else is a loss", async () => {
  const watch = { cancelOnDisconnect: { graceSeconds: 0, group: "desk 7" } };
  const watched = "&cancel_on_disconnect=1&grace=0&group=desk%207";
  const { stream, connection, runTimer } = harness(watch);
  const first = await connection(1);
  assert.equal(first.query, `snapshot=1&history=1&live=1&heartbeat=5${watched}`);
  first.listener.opened();
  first.listener.received(snapshot(7, []));
  first.listener.received(order("22000000001", 9));
  assert.equal(first.closedWith, 4000, "a gap");
  runTimer();
  const second = await connection(2);
  assert.equal(second.query, `after_seq=7&history=1&live=1&heartbeat=5${watched}`);
  second.listener.opened();
  stream.close();
  assert.equal(second.closedWith, 1000);
});

test("order stream: a watch that no gateway takes is refused at once", () => {
  for (const watch of [{ graceSeconds: 301 }, { graceSeconds: 0.5 }, { group: "g".repeat(33) }]) {
    assert.throws(() => harness({ cancelOnDisconnect: watch }), RangeError);
  }
});

test("order stream: a handshake that is refused to a good key says what may be the cause", async () => {
  const { stream, connection } = harness();
  const first = await connection(1);
  first.listener.closed(1006, "");
  for await (const event of stream) {
    assert.ok(event.type === "disconnected");
    assert.match(event.reason, /the key may not do what the stream asks for/);
    break;
  }
});

test("order stream: watched, a loop that is left is a loss", async () => {
  const { stream, connection } = harness({ cancelOnDisconnect: {} });
  const first = await connection(1);
  assert.equal(first.query, "snapshot=1&history=1&live=1&heartbeat=5&cancel_on_disconnect=1");
  first.listener.opened();
  const failing = async () => {
    for await (const { type } of stream) throw new Error(`cannot bear ${type}`);
  };
  await assert.rejects(failing(), /cannot bear connected/);
  assert.equal(first.closedWith, 4000);
  assert.equal(stream.state, "closed");
});

test("order stream: it resumes by the history that it was told, and says where it is", async () => {
  const { stream, connection, runTimer } = harness({ afterSeq: "3@h1" });
  assert.equal(stream.position, "3@h1");
  const first = await connection(1);
  assert.equal(first.query, "after_seq=3%40h1&history=1&live=1&heartbeat=5");
  first.listener.opened();
  first.listener.received('{"type":"history","history":"h2"}');
  first.listener.received('{"type":"skip","seq":4}');
  assert.equal(stream.position, "4@h2");
  first.listener.closed(1006, "");
  runTimer();
  const second = await connection(2);
  assert.equal(second.query, "after_seq=4%40h2&history=1&live=1&heartbeat=5");
  stream.close();
  assert.equal(stream.positionOf("A"), undefined);
  assert.throws(() => harness({ afterSeq: "x@h1" }), RangeError);
});

test("order stream: each of several accounts has its own history", async () => {
  const { stream, connection, runTimer } = harness({ afterSeqs: { A: 3, B: "4@h1" } });
  const first = await connection(1);
  assert.equal(first.query, "after_seq=A%3A3%2CB%3A4%40h1&history=1&live=1&heartbeat=5");
  first.listener.opened();
  first.listener.received('{"type":"history","account_code":"A","history":"h2"}');
  first.listener.closed(1006, "");
  runTimer();
  const second = await connection(2);
  assert.equal(second.query, "after_seq=A%3A3%40h2%2CB%3A4%40h1&history=1&live=1&heartbeat=5");
  assert.equal(stream.positionOf("A"), "3@h2");
  stream.close();
});

test("order stream: a key that is not let in ends it with the gateway's refusal", async () => {
  const failure = { code: 10010008, message: "m", details: "", reason: "r", retryable: false };
  const refused = new ApiError(401, failure);
  const { stream, connection } = harness({}, () => Promise.reject(refused));
  const next = stream[Symbol.asyncIterator]().next();
  const first = await connection(1);
  first.listener.closed(1006, "");
  await assert.rejects(next, refused);
  assert.equal(stream.state, "closed");
  stream.close();
  assert.equal(stream.error, refused, "a close that comes later hides no reason");
});

test("order stream: what it asks in between ends when it is closed", async () => {
  let asked: AbortSignal | undefined;
  const { stream, connection } = harness({}, (signal) => {
    asked = signal;
    return new Promise(() => {});
  });
  (await connection(1)).listener.closed(1006, "");
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  stream.close();
  assert.equal(asked?.aborted, true);
});

const COMMAND = { id: "1", text: "{}" };

test("order stream: nobody knows of a command whose connection is lost or let go", async () => {
  for (const end of ["cut", "full"]) {
    const { stream, connection } = harness({ commands: true, bufferedEventsMax: 3 });
    stream[Symbol.asyncIterator]();
    const { listener } = await connection(1);
    listener.opened();
    const told: unknown[] = [];
    const attempt = stream.commands?.attempt(COMMAND, new AbortController().signal);
    attempt?.then(({ type }) => told.push(type));
    if (end === "cut") listener.closed(1006, "");
    else for (const seq of [1, 2]) listener.received(snapshot(seq, []));
    assert.equal(stream.state, "waiting");
    await Promise.resolve();
    assert.deepEqual(told, ["unknown"]);
    stream.close();
  }
});

test("order stream: a command of a key that is not let in is refused as the stream was", async () => {
  const failure = { code: 10010008, message: "m", details: "", reason: "r", retryable: false };
  const error = new ApiError(401, failure);
  const { stream, connection } = harness({ commands: true }, () => Promise.reject(error));
  const attempt = stream.commands?.attempt(COMMAND, new AbortController().signal);
  (await connection(1)).listener.closed(1006, "");
  assert.deepEqual(await attempt, { type: "refused", error, retryAfterMs: null });
});

test("order stream: a slow reader lets go of the connection and loses nothing", async () => {
  const { stream, connection } = harness({ bufferedEventsMax: 3 });
  const reader = stream[Symbol.asyncIterator]();
  const first = await connection(1);
  first.listener.opened();
  first.listener.received(snapshot(0, []));
  first.listener.received(order("22000000001", 1));
  assert.equal(first.closedWith, 1000);
  first.listener.received(order("22000000002", 2));
  const types = [];
  for (let count = 0; count < 3; count += 1) types.push((await reader.next()).value?.type);
  assert.deepEqual(types, ["connected", "snapshot", "order"]);
  const second = await connection(2);
  assert.equal(second.query, "after_seq=1&history=1&live=1&heartbeat=5");
  second.listener.opened();
  second.listener.received(order("22000000002", 2));
  await reader.next();
  const { value } = await reader.next();
  assert.deepEqual([value?.type, value?.type === "order" && value.seq], ["order", 2]);
  stream.close();
  assert.equal((await reader.next()).done, true);
});

test("order stream: a loss that is one event too many is not taken up before they are read", async () => {
  const { stream, connection, timers } = harness({ bufferedEventsMax: 3 });
  const reader = stream[Symbol.asyncIterator]();
  const first = await connection(1);
  first.listener.opened();
  first.listener.received(snapshot(0, []));
  first.listener.closed(1006, "");
  assert.equal(timers.size, 0);
  for (let count = 0; count < 3; count += 1) await reader.next();
  const second = await connection(2);
  second.listener.opened();
  assert.equal(stream.state, "live");
  stream.close();
});

test("order stream: a gateway that only tells errors is asked less and less often", async () => {
  const { stream, connection, timers, runTimer } = harness();
  let lastMs = 0;
  for (let count = 1; count <= 8; count += 1) {
    const { listener } = await connection(count);
    listener.opened();
    listener.received('{"type":"error","code":11030051,"reason":"unavailable"}');
    listener.closed(1013, "unavailable");
    [lastMs = 0] = [...timers].map(({ ms }) => ms);
    runTimer();
  }
  assert.ok(lastMs >= 5_000, String(lastMs));
  const { listener } = await connection(9);
  listener.opened();
  listener.received(snapshot(1, []));
  listener.closed(1006, "");
  [lastMs = 0] = [...timers].map(({ ms }) => ms);
  assert.ok(lastMs <= 100, String(lastMs));
  stream.close();
});

test("order stream: options that no gateway takes are refused at once", () => {
  for (const heartbeatSeconds of [0, 31, 1.5]) {
    assert.throws(() => harness({ heartbeatSeconds }), RangeError);
  }
  for (const afterSeq of [-1, 0.5]) assert.throws(() => harness({ afterSeq }), RangeError);
  for (const heartbeatSeconds of [1, 30]) harness({ heartbeatSeconds, afterSeq: 0 }).stream.close();
});

test("order stream: what came before anybody iterated is told", async () => {
  const { stream, connection } = harness();
  const { listener } = await connection(1);
  listener.opened();
  listener.received(snapshot(4, []));
  const reader = stream[Symbol.asyncIterator]();
  const types = [];
  for (let count = 0; count < 2; count += 1) types.push((await reader.next()).value?.type);
  assert.deepEqual(types, ["connected", "snapshot"]);
  stream.close();
});

test("order stream: events nobody reads do not stop the view, and a late reader learns so", async () => {
  const { stream, connection } = harness({ bufferedEventsMax: 3 });
  const { closedWith, listener } = await connection(1);
  listener.opened();
  listener.received(snapshot(0, []));
  for (let seq = 1; seq <= 9; seq += 1) listener.received(order(`2200000000${seq}`, seq));
  assert.equal(closedWith, null);
  assert.equal(stream.openOrders.seq, 9);
  const { value } = await stream[Symbol.asyncIterator]().next();
  assert.ok(value?.type === "snapshot");
  assert.deepEqual([value.seq, value.isReset, value.orders.length], [9, true, 9]);
  stream.close();
});

test("order stream: a late reader is not told that nothing is open before it is known", async () => {
  const { stream, connection, runTimer } = harness({ bufferedEventsMax: 2 });
  for (let count = 1; count <= 3; count += 1) {
    const { listener } = await connection(count);
    listener.opened();
    listener.closed(1006, "");
    runTimer();
  }
  const events = stream[Symbol.asyncIterator]();
  const { listener } = await connection(4);
  listener.opened();
  listener.received(snapshot(7, ["22000000001"]));
  const told: StreamEvent[] = [];
  while (told.at(-1)?.type !== "snapshot") told.push((await events.next()).value as StreamEvent);
  const [first] = told.filter(({ type }) => type === "snapshot");
  assert.ok(first?.type === "snapshot");
  assert.deepEqual([first.seq, first.isReset, first.orders.length], [7, false, 1]);
  stream.close();
});

test("order stream: positions of orders a key may not see are passed over", async () => {
  const { stream, connection } = harness();
  const { listener } = await connection(1);
  listener.opened();
  listener.received(snapshot(1, []));
  listener.received('{"type":"skip","seq":2}');
  listener.received(order("22000000001", 3));
  assert.equal(stream.openOrders.seq, 3);
  listener.received('{"type":"skip","seq":5}');
  assert.deepEqual(
    [stream.state, stream.openOrders.seq],
    ["waiting", 3],
    "a gap is one all the same",
  );
  stream.close();
});

test("order stream: a key of several accounts has a view of each, and resumes each", async () => {
  const { stream, connection, runTimer } = harness();
  const first = await connection(1);
  first.listener.opened();
  const told = (account_code: string, text: string) => {
    return JSON.stringify({ ...(JSON.parse(text) as object), account_code });
  };
  const change = (account_code: string, orderNo: string, seq: number, status?: string) => {
    const { data, ...rest } = JSON.parse(order(orderNo, seq, status)) as { data: object };
    return JSON.stringify({ ...rest, data: { ...data, account_code } });
  };
  first.listener.received(told("A", snapshot(7, ["22000000001"])));
  // Cut before the other account's open orders have come: it begins anew.
  first.listener.closed(1006, "");
  runTimer();
  const second = await connection(2);
  assert.equal(second.query, "snapshot=1&history=1&live=1&heartbeat=5");
  second.listener.opened();
  second.listener.received(told("A", snapshot(7, ["22000000001"])));
  second.listener.received(told("B", snapshot(2, [])));
  second.listener.received(told("A", live(7)));
  second.listener.received(told("B", live(2)));
  second.listener.received(change("B", "22000000009", 3));
  second.listener.received(change("A", "22000000001", 8, "can"));
  second.listener.received(told("B", '{"type":"skip","seq":4}'));
  assert.deepEqual(stream.accounts, ["A", "B"]);
  assert.deepEqual([stream.openOrdersOf("A")?.seq, stream.openOrdersOf("A")?.size], [8, 0]);
  assert.deepEqual([stream.openOrdersOf("B")?.seq, stream.openOrdersOf("B")?.size], [4, 1]);
  assert.equal(stream.openOrders.seq, 0);
  second.listener.received(told("B", heartbeat(5)));
  assert.equal(stream.state, "waiting");
  runTimer();
  const third = await connection(3);
  assert.equal(third.query, "after_seq=A%3A8%2CB%3A4&history=1&live=1&heartbeat=5");
  third.listener.opened();
  third.listener.received(
    '{"type":"error","account_code":"B","code":11030752,"reason":"seq_out_of_range"}',
  );
  third.listener.received(told("A", live(8)));
  third.listener.closed(1008, "");
  runTimer();
  assert.equal((await connection(4)).query, "snapshot=1&history=1&live=1&heartbeat=5");
  stream.close();
});

test("order stream: a key that may have a stream alone is no key that is not let in", async () => {
  const failure = { code: 10010054, message: "m", details: "", retryable: false };
  const refused = new ApiError(403, { ...failure, reason: "drop_copy_only" });
  const { stream, connection, timers } = harness({ afterSeqs: { A: 3 } }, () => {
    return Promise.reject(refused);
  });
  const first = await connection(1);
  assert.equal(first.query, "after_seq=A%3A3&history=1&live=1&heartbeat=5");
  first.listener.closed(1006, "");
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  assert.equal(stream.state, "waiting");
  assert.equal(timers.size, 1);
  stream.close();
});

test("order stream: a refusal that is about now is no key that is not let in", async () => {
  for (const httpStatus of [404, 429, 503]) {
    const failure = { code: 1, message: "m", details: "", reason: "r", retryable: true };
    const refused = new ApiError(httpStatus, failure);
    const { stream, connection } = harness({}, () => Promise.reject(refused));
    const { listener } = await connection(1);
    listener.closed(1006, "");
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    assert.equal(stream.state, "waiting");
    stream.close();
  }
});

test("order stream: later message types are passed over, noise is not", async () => {
  for (const noise of ["<html>", "null", "5", '"type"', "{}"]) {
    const { stream, connection } = harness();
    const { listener } = await connection(1);
    listener.opened();
    listener.received('{"type":"weather","seq":2}');
    assert.equal(stream.state, "connecting");
    listener.received(noise);
    assert.equal(stream.state, "waiting");
    stream.close();
  }
});

test("order stream: a connection that was given up tells nothing more, others why they ended", async () => {
  const { stream, connection, runTimer } = harness();
  const events = stream[Symbol.asyncIterator]();
  const reasons: string[] = [];
  const ended = async () => {
    for (;;) {
      const { value } = await events.next();
      if (value?.type === "disconnected") return reasons.push(value.reason);
    }
  };
  const first = await connection(1);
  first.listener.opened();
  first.listener.received(snapshot(7, []));
  first.listener.received(order("22000000001", 9));
  await ended();
  runTimer();
  for (const [count, reason] of [
    [2, ""],
    [3, "the gateway stops"],
  ] as const) {
    const { listener } = await connection(count);
    listener.opened();
    first.listener.opened();
    first.listener.received(order("22000000001", 8));
    first.listener.closed(1000, "late");
    assert.deepEqual([stream.state, stream.openOrders.seq], ["live", 7]);
    listener.closed(1001, reason);
    await ended();
    runTimer();
  }
  assert.deepEqual(reasons, [
    "messages before 9 are missing",
    "closed with 1001",
    "the gateway stops",
  ]);
  stream.close();
});

/** The edges of the signature's window, on a clock that stands still (CONTRACT section 2). */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { startInProcess } from "./gateway-in-process.ts";
import { type Answer, envelope, isReplay, KEY_1, SignedClient, sign } from "./signed-client.ts";
import { StreamClient } from "./stream-client.ts";
import { BUY } from "./wire-orders.ts";

const ORDERS = "/trade/v1/orders";
const WINDOW_MS = 300_000;
const NOW_MS = 1_746_774_142_003;

const ORDER = JSON.stringify(BUY);

test("auth window: both edges are inside, a millisecond beyond is not", async (t) => {
  const gateway = await startInProcess(t, { wallMs: NOW_MS, marketMs: NOW_MS });
  const client = new SignedClient(gateway.url, KEY_1);
  t.after(() => client.close());
  for (const offsetMs of [-WINDOW_MS, 0, WINDOW_MS]) {
    const answer = await client.call("GET", ORDERS, "", { timestamp: String(NOW_MS + offsetMs) });
    assert.equal(answer.status, 200, `${offsetMs} ms`);
  }
  for (const offsetMs of [-WINDOW_MS - 1, WINDOW_MS + 1]) {
    const answer = await client.call("GET", ORDERS, "", { timestamp: String(NOW_MS + offsetMs) });
    assertOutside(answer, offsetMs);
  }
});

test("auth window: a write is remembered for as long as it could be sent again", async (t) => {
  const time = { wallMs: NOW_MS, marketMs: NOW_MS };
  const gateway = await startInProcess(t, time);
  const client = new SignedClient(gateway.url, KEY_1);
  t.after(() => client.close());
  // Sent with a fast clock: it stays valid for twice the window.
  const timestampMs = NOW_MS + WINDOW_MS;
  const signed = sign(KEY_1, "POST", ORDERS, ORDER, { timestamp: String(timestampMs) });
  const first = await client.send(signed);
  assert.equal(envelope(first).code, 0);
  for (const wallMs of [NOW_MS + 1, timestampMs, timestampMs + WINDOW_MS]) {
    time.wallMs = wallMs;
    // Other writes are what drives old ones out of memory.
    const timestamp = String(wallMs);
    const body = ORDER.replace("400", "401");
    const other = await client.call("POST", ORDERS, body, { timestamp });
    assert.equal(envelope(other).code, 0);
    const again = await client.send(signed);
    assert.ok(isReplay(again), `${wallMs - timestampMs} ms after its timestamp`);
    assert.equal(again.text, first.text);
  }
  time.wallMs = timestampMs + WINDOW_MS + 1;
  assertOutside(await client.send(signed), -WINDOW_MS - 1);
});

test("auth window: a clock that is set back does not let a write act twice", async (t) => {
  const time = { wallMs: NOW_MS, marketMs: NOW_MS };
  const gateway = await startInProcess(t, time);
  const client = new SignedClient(gateway.url, KEY_1);
  t.after(() => client.close());
  const signed = sign(KEY_1, "POST", ORDERS, ORDER, { timestamp: String(NOW_MS) });
  const first = await client.send(signed);
  time.wallMs = NOW_MS + WINDOW_MS + 60_000;
  const timestamp = String(time.wallMs);
  assert.equal(envelope(await client.call("POST", ORDERS, ORDER, { timestamp })).code, 0);
  time.wallMs = NOW_MS;
  const again = await client.send(signed);
  const listed = await client.call("GET", ORDERS, "", { timestamp: String(NOW_MS) });
  const { total_records } = envelope(listed).data as { total_records: number };
  assert.equal(total_records, 2, `${first.text} then ${again.text}`);
});

const HOUR_MS = 3_600_000;

/** A gateway on a clock that the test sets, and a client whose clock is always right with it. */
async function onSetClock(t: TestContext) {
  const time = { wallMs: NOW_MS, marketMs: NOW_MS };
  const gateway = await startInProcess(t, time);
  const client = new SignedClient(gateway.url, KEY_1);
  t.after(() => client.close());
  const sign1 = () => sign(KEY_1, "POST", ORDERS, ORDER, { timestamp: String(time.wallMs) });
  const placeAt = (wallMs: number) => {
    time.wallMs = wallMs;
    return client.send(sign1());
  };
  const openCount = async () => {
    const timestamp = String(time.wallMs);
    const listed = await client.call("GET", ORDERS, "", { timestamp });
    return (envelope(listed).data as { total_records: number }).total_records;
  };
  return { time, gateway, client, signed: sign1, placeAt, openCount };
}

test("auth window: a clock that was ahead for a moment refuses and forgets nothing", async (t) => {
  const { time, gateway, client, signed, placeAt, openCount } = await onSetClock(t);
  const before = signed();
  const first = await client.send(before);
  const stream = await StreamClient.open(gateway.url, KEY_1, "commands=1", { timestampMs: NOW_MS });
  const command = (id: string) => {
    stream.send(JSON.stringify({ op: "place", id, data: BUY }));
    return stream.seen(id, ({ message }) => message.type === "reply" && message.id === id);
  };
  assert.equal((await command("before")).message.code, 0);
  assert.equal(envelope(await placeAt(NOW_MS + HOUR_MS)).code, 0);
  assert.equal((await command("ahead")).message.code, 0);
  assert.equal(envelope(await placeAt(NOW_MS + 10_000)).code, 0);
  assert.equal((await command("after")).message.code, 0);
  assert.equal((await client.send(before)).text, first.text);
  stream.send(JSON.stringify({ op: "place", id: "before", data: BUY }));
  assert.equal((await command("last")).message.code, 0);
  assert.equal(await openCount(), 7, "nothing was done twice");
  time.wallMs = NOW_MS + 20_000;
  stream.close();
});

test("auth window: after a clock that was ahead for long only what may be forgotten waits", async (t) => {
  const { time, client, signed, placeAt, openCount } = await onSetClock(t);
  const before = signed();
  const { data } = envelope(await client.send(before));
  for (const passedMs of [HOUR_MS, HOUR_MS + WINDOW_MS, HOUR_MS + 2 * WINDOW_MS + 12_000]) {
    assert.equal(envelope(await placeAt(NOW_MS + passedMs)).code, 0);
  }
  time.wallMs = NOW_MS + 20_000;
  const refused = envelope(await client.send(before));
  assert.equal(refused.reason, "timestamp_out_of_window");
  assert.match(
    refused.details ?? "",
    /^nothing was done now: the gateway's clock was set back, .* a timestamp at least 1 s later/,
  );
  assert.equal(await openCount(), 4);
  assert.equal(envelope(await placeAt(NOW_MS + 1_000)).code, 0, "a second later");
  const cancelled = await client.call("DELETE", ORDERS, JSON.stringify(data), {
    timestamp: String(time.wallMs),
  });
  assert.equal(envelope(cancelled).code, 0);
});

test("auth window: a command's id counts for ten minutes, wherever the clock has been", async (t) => {
  const { time, gateway, client, signed, openCount } = await onSetClock(t);
  const stream = await StreamClient.open(gateway.url, KEY_1, "commands=1", { timestampMs: NOW_MS });
  let replyCount = 0;
  const command = async (op: string, id: string, data: unknown) => {
    stream.send(JSON.stringify({ op, id, data }));
    replyCount += 1;
    await stream.seen(id, () => replies().length === replyCount);
    return replies().at(-1)?.message;
  };
  const replies = () => stream.received.filter(({ message }) => message.type === "reply");
  const placed = await command("place", "first", BUY);
  for (const passedMs of [200_000, 400_000, 600_000, 700_000]) {
    time.wallMs = NOW_MS + passedMs;
    assert.equal((await command("place", `at ${passedMs}`, BUY))?.code, 0);
  }
  time.wallMs = NOW_MS + 90_000;
  const again = (await command("place", "first", BUY)) as { reason?: string; details?: string };
  assert.equal(again.reason, "timestamp_out_of_window");
  assert.match(again.details ?? "", /send it over HTTP, or send it here in 511 s; cancels/);
  assert.equal(await openCount(), 5, "and is not done again");
  assert.equal((await command("cancel", "cancel", placed?.data))?.code, 0);
  assert.equal(envelope(await client.send(signed())).code, 0);
  time.wallMs = NOW_MS + 601_000;
  assert.equal((await command("place", "new", BUY))?.code, 0);
  stream.close();
});

function assertOutside(answer: Answer, skewMs: number): void {
  assert.equal(answer.status, 401);
  const { code, reason, details = "" } = envelope(answer);
  assert.deepEqual([code, reason], [10_010_008, "timestamp_out_of_window"]);
  assert.ok(details.includes(`skew ${skewMs} ms (outside the window)`), details);
}

/** The edges of the signature's window, on a clock that stands still (CONTRACT section 2). */
import assert from "node:assert/strict";
import { test } from "node:test";
import { startInProcess } from "./gateway-in-process.ts";
import { type Answer, envelope, isReplay, KEY_1, SignedClient, sign } from "./signed-client.ts";
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

function assertOutside(answer: Answer, skewMs: number): void {
  assert.equal(answer.status, 401);
  const { code, reason, details = "" } = envelope(answer);
  assert.deepEqual([code, reason], [10_010_008, "timestamp_out_of_window"]);
  assert.ok(details.includes(`skew ${skewMs} ms (outside the window)`), details);
}

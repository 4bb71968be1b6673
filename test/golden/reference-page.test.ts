/**
 * The reference page's own samples against the whole gateway: its requests, its answers, and the
 * message after its cancel. Where the page shows a value, it is that value; what is ours follows
 * the page's.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { startInProcess, type TestTime } from "../e2e/gateway-in-process.ts";
import {
  type Answer,
  envelope,
  KEY_1,
  KEY_2,
  nextTimestampMs,
  SignedClient,
  sign,
} from "../e2e/signed-client.ts";
import { StreamClient } from "../e2e/stream-client.ts";

/** The page's times: of its requests, and of its order as created and as cancelled. */
const REQUEST_MS = 1_746_774_142_003;
const CREATED_MS = 1_746_775_257_000;
const CANCELED_MS = 1_746_775_317_000;

const SINGLE = "/trade/v1/orders";
const BATCH = "/trade/v1/orders/batch";

/** The page's order. */
const ORDER = {
  market: "hkex",
  order_type: "enhanced_limit_order",
  symbol: "00700",
  order_side: "buy",
  price: 423.83,
  qty: 1000,
};

test("reference page: a single cancel, its answer, and the message after it", async (t) => {
  const { time, client, other, stream } = await pageSetting(t);
  assert.equal(await client.place(ORDER), "22000000022");
  time.marketMs = CANCELED_MS;

  const broken = await cancel(client, SINGLE, sample("cancel-single.broken.txt"));
  assertNotJson(broken, /line 3, column 5/);
  const mended = await cancel(client, SINGLE, mend(sample("cancel-single.broken.txt")));
  assert.equal(mended.status, 200);
  assert.equal(mended.text, compact(sample("cancel-accepted.txt")));
  assert.equal(mended.text, '{"code":0}');

  const { text } = await stream.seen("the cancel", ({ message: { data } }) => {
    return data?.order_no === "22000000022" && data.order_status === "can";
  });
  const page = JSON.parse(sample("order-canceled-message.txt")) as { type: string; data: object };
  assert.equal(Object.keys(page.data).length, 21);
  const fields = JSON.stringify(page.data).slice(0, -1);
  assert.match(text, /^\{"type":"order","seq":[1-9]\d*,"data":\{/);
  const data = text.slice(text.indexOf('"data":') + '"data":'.length);
  assert.equal(data.slice(0, fields.length + 1), `${fields},`, "the page's 21 fields come first");

  const again = await cancel(client, SINGLE, sample("cancel-single.json"));
  assert.equal(again.text, '{"code":0}', "a second cancel succeeds too");
  const foreign = await cancel(other, SINGLE, sample("cancel-single.json"));
  assertUnknown(foreign);
});

test("reference page: a batch cancel and its answer", async (t) => {
  const { client, other } = await pageSetting(t);
  assert.equal(await client.place(ORDER), "22000000022");
  assert.equal(await client.place(ORDER), "22000000023");
  // The fillers' last one is a sell at 430: this one trades with it at once.
  assert.equal(await client.place({ ...ORDER, price: 430, qty: 100 }), "22000000024");

  const broken = await cancel(client, BATCH, sample("cancel-batch.broken.txt"));
  assertNotJson(broken, /line 3, column 5/);
  const requests = [mend(sample("cancel-batch.broken.txt")), sample("cancel-batch.json")];
  for (const request of requests) {
    const answer = await cancel(client, BATCH, request);
    assert.equal(answer.status, 200);
    assertBatchAnswer(answer.text);
  }
  const foreign = await cancel(other, BATCH, sample("cancel-batch.json"));
  const { data } = envelope(foreign) as { data: { result: { reason: string } }[] };
  assert.deepEqual(
    data.map(({ result }) => result.reason),
    ["unknown_order", "unknown_order", "unknown_order"],
  );
});

test("reference page: an order that does not exist", async (t) => {
  const { client } = await pageSetting(t);
  assertUnknown(await cancel(client, SINGLE, sample("cancel-single.json")));
});

test("reference page: the sample's signature is the contract's", async (t) => {
  const { client } = await pageSetting(t);
  assert.equal(await client.place(ORDER), "22000000022");
  const { vectors } = JSON.parse(sample("signature-vectors.json")) as {
    vectors: { path: string; payload: string; signature: string }[];
  };
  const [single] = vectors;
  assert.ok(single !== undefined && single.path === SINGLE);
  const answer = await client.send({
    method: "DELETE",
    target: SINGLE,
    body: Buffer.from(single.payload),
    headers: {
      "X-API-Key": KEY_1.apiKey,
      "X-API-Timestamp": String(REQUEST_MS),
      "X-API-Signature": single.signature,
      "Content-Type": "application/json",
    },
  });
  assert.equal(answer.text, '{"code":0}');
});

interface PageSetting {
  readonly time: TestTime;
  readonly client: SignedClient;
  readonly other: SignedClient;
  readonly stream: StreamClient;
}

/** A gateway at the page's time that has given the numbers before 22000000022 away. */
async function pageSetting(t: TestContext): Promise<PageSetting> {
  const time = { wallMs: REQUEST_MS, marketMs: CREATED_MS };
  const gateway = await startInProcess(t, time);
  const client = new PageClient(gateway.url, KEY_1);
  const other = new PageClient(gateway.url, KEY_2);
  const stream = await StreamClient.open(gateway.url, KEY_1, "", { timestampMs: REQUEST_MS });
  t.after(async () => {
    client.close();
    other.close();
    stream.close();
    await stream.closed;
  });
  const filler = { ...ORDER, order_side: "sell", price: 430, qty: 100 };
  for (let count = 1; count <= 20; count += 1) {
    await other.place({ ...filler, price: 500, reference_id: `filler-${count}` });
  }
  assert.equal(await other.place(filler), "22000000021");
  return { time, client, other, stream };
}

/** Signs within the window of the page's time; no two requests share a timestamp. */
class PageClient extends SignedClient {
  override call(method: string, target: string, body: object): Promise<Answer> {
    const offsetMs = nextTimestampMs() % 100_000;
    return super.call(method, target, body, { timestamp: String(REQUEST_MS + offsetMs) });
  }
}

/** The page's cancel: its bytes, signed at its time. */
function cancel(client: SignedClient, target: string, body: string): Promise<Answer> {
  const { key } = client;
  return client.send(sign(key, "DELETE", target, body, { timestamp: String(REQUEST_MS) }));
}

/** The page's answer; what is ours stands behind the page's fields of the element that failed. */
function assertBatchAnswer(text: string): void {
  const page = compact(sample("cancel-batch-answer.json"));
  const ours = text.indexOf(',"details":');
  assert.ok(ours > 0, text);
  assert.equal(text.slice(0, ours), page.slice(0, ours));
  assert.match(
    text.slice(ours),
    /^,"details":"[^"]*","reason":"too_late_filled","retryable":false\}\}\]\}$/,
  );
  assert.equal(page.slice(ours), "}}]}", "nothing of the page's is missing");
}

function assertUnknown(answer: Answer): void {
  assert.equal(answer.status, 404);
  const page = compact(sample("cancel-error.json")).slice(0, -1);
  assert.equal(answer.text, `${page},"reason":"unknown_order","retryable":false}`);
}

function assertNotJson(answer: Answer, where: RegExp): void {
  assert.equal(answer.status, 400);
  const { code, message, details = "", reason } = envelope(answer);
  assert.deepEqual([code, message, reason], [11_030_202, "Invalid Parameter", "malformed_json"]);
  assert.match(details, where);
}

function sample(name: string): string {
  return readFileSync(new URL(name, import.meta.url), "utf8");
}

/** The comma that the page forgot, and nothing else. */
function mend(text: string): string {
  return text.replaceAll(/("order_no": "\d+")\n/g, "$1,\n");
}

function compact(json: string): string {
  return JSON.stringify(JSON.parse(json));
}

/** Authentication and replays (CONTRACT section 2), against the real process. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type GatewayProcess, ROOT, Workplace } from "./gateway-process.ts";
import {
  type Answer,
  envelope,
  type Headers,
  hmac,
  isReplay,
  KEY_1,
  KEY_2,
  nextTimestampMs,
  SignedClient,
  type SignedRequest,
  sign,
  stringToSign,
} from "./signed-client.ts";
import { StreamClient } from "./stream-client.ts";
import { BUY } from "./wire-orders.ts";

const ORDERS = "/trade/v1/orders";
const BATCH = "/trade/v1/orders/batch";
const WINDOW_MS = 300_000;

const place = new Workplace();
let gateway: GatewayProcess;
let client: SignedClient;
let referenceCount = 0;

before(async () => {
  gateway = await place.gateway(place.path("data"));
  client = new SignedClient(gateway.url, KEY_1);
});

after(async () => {
  client.close();
  await place.close();
});

test("auth: the five vectors of the contract", () => {
  const text = readFileSync(join(ROOT, "test", "golden", "signature-vectors.json"), "utf8");
  const { secret, vectors } = JSON.parse(text) as { secret: string; vectors: Vector[] };
  assert.equal(vectors.length, 5);
  for (const { method, path, timestamp, payload, signature } of vectors) {
    const isQuery = method === "GET" || method === "CONNECT";
    const target = isQuery && payload !== "" ? `${path}?${payload}` : path;
    const signed = stringToSign(method, target, timestamp, Buffer.from(isQuery ? "" : payload));
    assert.equal(signed.toString(), `${method}|${path}|${timestamp}|${payload}`);
    assert.equal(hmac(secret, signed, "base64"), signature);
  }
});

test("auth: each way of signing is taken", async () => {
  const orderNo = await client.place(order());
  const query = `${ORDERS}?order_no=${orderNo}&page_index=1&page_size=100&market=hkex`;
  assert.equal((await client.call("GET", query)).status, 200);
  assert.equal((await client.call("GET", ORDERS)).status, 200);
  assert.equal((await client.call("GET", query, "", { form: "hex" })).status, 200);
  const upper = sign(KEY_1, "GET", query, "", { form: "hex" });
  const signature = (upper.headers["X-API-Signature"] ?? "").toUpperCase();
  const shouted = { ...upper, headers: { ...upper.headers, "X-API-Signature": signature } };
  assert.equal((await client.send(shouted)).status, 200);
  const escaped = `${ORDERS}?reference_id=%7e%E4%BA%A4&symbol=00700`;
  assert.equal((await client.call("GET", escaped)).status, 200);
  assert.equal((await client.call("DELETE", `${ORDERS}?order_no=${orderNo}`)).status, 200);
  assert.equal((await client.call("DELETE", `${ORDERS}/${orderNo}`)).status, 200);
  const stream = await StreamClient.open(gateway.url, KEY_1, "snapshot=1&heartbeat=1");
  await stream.seen("the snapshot", ({ message }) => message.type === "snapshot");
  stream.close();
  await stream.closed;
});

test("auth: whatever is changed after signing, the answer is 401", async () => {
  const orderNo = await client.place(order());
  const signed = sign(KEY_1, "DELETE", ORDERS, JSON.stringify({ order_no: orderNo }));
  const headersWith = (more: Headers): SignedRequest => {
    return { ...signed, headers: { ...signed.headers, ...more } };
  };
  const timestamp = signed.headers["X-API-Timestamp"] ?? "";
  const signature = signed.headers["X-API-Signature"] ?? "";
  const changed: readonly SignedRequest[] = [
    { ...signed, body: Buffer.from(`${signed.body} `) },
    { ...signed, body: Buffer.from(signed.body.toString().replace("22", "23")) },
    { ...signed, body: Buffer.alloc(0) },
    { ...signed, method: "POST" },
    { ...signed, target: `${ORDERS}/cancel`, method: "POST" },
    { ...signed, target: `${ORDERS}/${orderNo}` },
    headersWith({ "X-API-Key": KEY_2.apiKey }),
    headersWith({ "X-API-Timestamp": String(Number(timestamp) + 1) }),
    headersWith({ "X-API-Signature": hmac("other", signed.body, "base64") }),
    headersWith({ "X-API-Signature": signature.slice(0, -1) }),
    headersWith({ "X-API-Signature": `${signature}=` }),
    headersWith({ "X-API-Signature": "=".repeat(44) }),
    headersWith({ "X-API-Signature": Buffer.alloc(32).toString("base64") }),
    headersWith({ "X-API-Signature": Buffer.alloc(32).toString("hex") }),
  ];
  for (const each of changed) assertRefused(await client.send(each), "signature_invalid");
  const [resting] = await client.orders(`order_no=${orderNo}`);
  assert.equal(resting?.order_status, "new", "nothing unsigned was acted on");
});

test("auth: a query string of another spelling is another request", async () => {
  const signed = sign(KEY_1, "GET", `${ORDERS}?page_index=1&page_size=5`);
  for (const query of ["page_size=5&page_index=1", "page_index=1&page_size=%35", "page_index=1"]) {
    const answer = await client.send({ ...signed, target: `${ORDERS}?${query}` });
    assertRefused(answer, "signature_invalid");
  }
});

test("auth: the details help and do not tell the signature", async () => {
  const body = '{"order_no":"1"}';
  const signed = sign({ ...KEY_1, secret: "wrong" }, "DELETE", ORDERS, body);
  const answer = await client.send(signed);
  const { code, message, details = "" } = assertRefused(answer, "signature_invalid");
  assert.deepEqual([code, message], [10010008, "Signature verification failed"]);
  const timestamp = signed.headers["X-API-Timestamp"] ?? "";
  const seen = [`DELETE|${ORDERS}|${timestamp}|`, "16 bytes", "SHA-256 ", "server time", "skew"];
  for (const part of seen) assert.ok(details.includes(part), `${part} is in: ${details}`);
  const right = sign(KEY_1, "DELETE", ORDERS, body, { timestamp }).headers["X-API-Signature"] ?? "";
  const hex = Buffer.from(right, "base64").toString("hex");
  assert.ok(!answer.text.includes(right) && !answer.text.includes(hex), details);
});

test("auth: an unknown key and a wrong signature are answered alike", async () => {
  const timestamp = String(nextTimestampMs());
  const answers = await Promise.all(
    [
      { ...KEY_1, apiKey: "no-such-key" },
      { ...KEY_1, secret: "wrong" },
      { ...KEY_2, secret: "wrong" },
    ].map((key) => client.send(sign(key, "GET", `${ORDERS}?page_size=5`, "", { timestamp }))),
  );
  const [first, ...others] = answers.map(withoutTimes);
  for (const other of others) assert.deepEqual(other, first);
});

test("auth: the window is five minutes either way", async () => {
  const get = (offsetMs: number): Promise<Answer> => {
    return client.call("GET", ORDERS, "", { timestamp: String(Date.now() + offsetMs) });
  };
  // A minute's distance from the edges: the edges themselves need a clock that stands still.
  const marginMs = 60_000;
  for (const offsetMs of [-WINDOW_MS + marginMs, WINDOW_MS - marginMs]) {
    assert.equal((await get(offsetMs)).status, 200);
  }
  for (const offsetMs of [-WINDOW_MS - marginMs, WINDOW_MS + marginMs]) {
    const { details = "" } = assertRefused(await get(offsetMs), "timestamp_out_of_window");
    assert.match(details, /skew -?\d+ ms \(outside the window\), window \+-300000 ms/);
  }
});

test("auth: a bad handshake is refused before the upgrade, with the error body", async () => {
  const timestamp = String(nextTimestampMs());
  const good = sign(KEY_1, "CONNECT", "/ws/trade/v1", "", { timestamp }).headers;
  const asGet = sign(KEY_1, "GET", "/ws/trade/v1", "", { timestamp }).headers;
  const otherQuery = sign(KEY_1, "CONNECT", "/ws/trade/v1?snapshot=1", "", { timestamp }).headers;
  for (const headers of [{ ...good, "X-API-Key": "none" }, asGet, otherQuery]) {
    assertRefused(await handshake(headers), "signature_invalid");
  }
  assertRefused(await handshake({}), "authentication_missing");
  assert.equal((await handshake(good)).status, 101);
});

test("auth: the same place again makes no second order and gets the first answer", async () => {
  const body = order();
  const signed = sign(KEY_1, "POST", ORDERS, JSON.stringify(body));
  const first = await client.send(signed);
  assert.equal(envelope(first).code, 0);
  assert.ok(!isReplay(first));
  for (let retry = 0; retry < 3; retry += 1) assertSameAnswer(await client.send(signed), first);
  assert.equal((await ordersOf(body)).length, 1);
});

test("auth: the Base64 and the hex spelling are one request", async () => {
  const body = order();
  const timestamp = String(nextTimestampMs());
  const [base64, hex] = (["base64", "hex"] as const).map((form) => {
    return sign(KEY_1, "POST", ORDERS, JSON.stringify(body), { timestamp, form });
  });
  assert.ok(base64 !== undefined && hex !== undefined);
  const first = await client.send(hex);
  assert.equal(envelope(first).code, 0);
  assertSameAnswer(await client.send(base64), first);
  assert.equal((await ordersOf(body)).length, 1);
});

test("auth: two timestamps or two bodies are two orders", async () => {
  const body = order();
  const first = await client.place(body);
  const second = await client.place(body);
  assert.notEqual(first, second);
  const timestamp = String(nextTimestampMs());
  for (const qty of [100, 200]) {
    const answer = await client.call("POST", ORDERS, { ...body, qty }, { timestamp });
    assert.equal(envelope(answer).code, 0);
  }
  assert.equal((await ordersOf(body)).length, 4);
});

test("auth: a hundred copies at once make one order", async () => {
  const body = order();
  const signed = sign(KEY_1, "POST", ORDERS, JSON.stringify(body));
  const crowd = new SignedClient(gateway.url, KEY_1, 100);
  const answers = await Promise.all(Array.from({ length: 100 }, () => crowd.send(signed)));
  crowd.close();
  assert.deepEqual(new Set(answers.map(({ text }) => text)).size, 1);
  assert.equal(answers.filter((answer) => !isReplay(answer)).length, 1);
  assert.equal((await ordersOf(body)).length, 1);
});

test("auth: batches and cancels by reference_id are remembered too", async () => {
  const [one, two] = [order(), order()];
  const bad = { ...order(), symbol: "NONE" };
  const placed = sign(KEY_1, "POST", BATCH, JSON.stringify([one, bad, two]));
  const first = await client.send(placed);
  assertSameAnswer(await client.send(placed), first);
  assert.equal((await ordersOf(one)).length + (await ordersOf(two)).length, 2);

  const { reference_id } = one;
  const canceled = sign(KEY_1, "DELETE", ORDERS, JSON.stringify({ reference_id }));
  const gone = await client.send(canceled);
  assert.equal(gone.text, '{"code":0}');
  // A new order under the same name must not fall to a late copy of the old cancel.
  const later = await client.place(one);
  assertSameAnswer(await client.send(canceled), gone);
  const [open] = await client.orders(`order_no=${later}`);
  assert.equal(open?.order_status, "new");

  const both = sign(KEY_1, "DELETE", BATCH, JSON.stringify([{ reference_id }, { order_no: "1" }]));
  const batch = await client.send(both);
  const again = await client.place(one);
  assertSameAnswer(await client.send(both), batch);
  assert.equal((await client.orders(`order_no=${again}`))[0]?.order_status, "new");
});

test("auth: a cancel by order_no is idempotent by nature", async () => {
  const orderNo = await client.place(order());
  const signed = sign(KEY_1, "DELETE", ORDERS, JSON.stringify({ order_no: orderNo }));
  for (let retry = 0; retry < 3; retry += 1) {
    const answer = await client.send(signed);
    assert.equal(answer.text, '{"code":0}');
    assert.ok(!isReplay(answer));
  }
});

test("auth: a refusal that changed nothing is not remembered", async () => {
  const body = order();
  const { reference_id } = body;
  const signed = sign(KEY_1, "DELETE", ORDERS, JSON.stringify({ reference_id }));
  const refused = await client.send(signed);
  assert.equal(refused.status, 404);
  const orderNo = await client.place(body);
  const fresh = await client.send(signed);
  assert.equal(fresh.text, '{"code":0}');
  assert.ok(!isReplay(fresh));
  assert.equal((await client.orders(`order_no=${orderNo}`))[0]?.order_status, "can");
});

test("auth: the two keys do not share what is remembered", async () => {
  const body = JSON.stringify(order());
  const timestamp = String(nextTimestampMs());
  const other = new SignedClient(gateway.url, KEY_2);
  const [mine, theirs] = await Promise.all([
    client.send(sign(KEY_1, "POST", ORDERS, body, { timestamp })),
    other.send(sign(KEY_2, "POST", ORDERS, body, { timestamp })),
  ]);
  other.close();
  assert.ok(!isReplay(mine) && !isReplay(theirs));
  assert.notEqual(mine.text, theirs.text);
});

test("auth: X-Request-Id comes back, on a replay the one of the replay", async () => {
  const body = order();
  const signed = sign(KEY_1, "POST", ORDERS, JSON.stringify(body));
  for (const id of ["first", "second"]) {
    const headers = { ...signed.headers, "X-Request-Id": id };
    const answer = await client.send({ ...signed, headers });
    assert.equal(answer.headers["x-request-id"], id);
  }
  assert.equal((await ordersOf(body)).length, 1);
});

test("auth: what is remembered outlives a kill", async () => {
  const body = order();
  const canceled = order();
  await client.place(canceled);
  const { reference_id } = canceled;
  const requests = [
    sign(KEY_1, "POST", ORDERS, JSON.stringify(body)),
    sign(KEY_1, "POST", BATCH, JSON.stringify([order(), { ...order(), qty: 0 }])),
    sign(KEY_1, "DELETE", ORDERS, JSON.stringify({ reference_id })),
  ];
  const answers = await Promise.all(requests.map((each) => client.send(each)));
  const countBefore = (await client.orders()).length;
  client.close();
  await gateway.crash();
  gateway = await place.gateway(place.path("data"));
  client = new SignedClient(gateway.url, KEY_1);
  for (const [index, each] of requests.entries()) {
    const answer = answers[index];
    assert.ok(answer !== undefined);
    assertSameAnswer(await client.send(each), answer);
  }
  assert.equal((await client.orders()).length, countBefore);
});

interface Vector {
  readonly method: string;
  readonly path: string;
  readonly timestamp: string;
  readonly payload: string;
  readonly signature: string;
}

/** A resting order under a name of its own. */
function order() {
  referenceCount += 1;
  return { ...BUY, reference_id: `auth-${referenceCount}` };
}

function ordersOf({ reference_id }: { readonly reference_id: string }) {
  return client.orders(`reference_id=${reference_id}`);
}

function assertRefused(answer: Answer, reason: string): ReturnType<typeof envelope> {
  const body = envelope(answer);
  assert.equal(answer.status, 401, answer.text);
  assert.equal(body.code, 10010008, answer.text);
  assert.equal(body.reason, reason, answer.text);
  return body;
}

function assertSameAnswer(answer: Answer, first: Answer): void {
  assert.ok(isReplay(answer), "the gateway says that it is a replay");
  assert.deepEqual([answer.status, answer.text], [first.status, first.text]);
}

/** An answer without the clock's readings and without headers that only date it. */
function withoutTimes({ status, headers, text }: Answer) {
  const { date: _date, ...others } = headers;
  const timeless = text.replace(/server time \d+/, "").replace(/skew -?\d+/, "");
  return { status, headers: { ...others, "content-length": "" }, text: timeless };
}

/** An upgrade by hand: Node's own WebSocket does not show why it was refused. */
function handshake(headers: Headers): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(`${gateway.url}/ws/trade/v1`, {
      headers: {
        ...headers,
        Connection: "Upgrade",
        Upgrade: "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": Buffer.alloc(16).toString("base64"),
      },
    });
    outgoing.on("upgrade", (incoming, socket) => {
      socket.destroy();
      resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text: "" });
    });
    outgoing.on("response", (incoming) => {
      let text = "";
      incoming.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      incoming.on("end", () => {
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text });
      });
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

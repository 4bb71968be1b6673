/**
 * What must hold behind every proxy: each form of cancel, a batch, a list and the stream through
 * TLS, errors in the gateway's own words, and no request that only one of the two reads as one.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { setDefaultCACertificates, connect as tlsConnect } from "node:tls";
import { CountermandClient } from "../../packages/client/src/index.ts";
import { converse } from "../hostile/http-conversation.ts";
import { LAST_REQUEST, type SmugglingCase, smugglingSet } from "../hostile/smuggling-set.ts";
import { freePort } from "./free-port.ts";
import { type RunningProcess, Workplace } from "./gateway-process.ts";
import { hmac, KEY_1 } from "./signed-client.ts";

const DRAW_MS = 50;
/** No two requests are signed for the same moment. */
let latestMs = 0;

/** Where the proxy is to listen, and what is behind it. */
export interface ProxyPlace {
  readonly place: Workplace;
  readonly port: number;
  readonly gatewayHost: string;
  /** Holds `fullchain.pem`, `privkey.pem` and, both in one, `both.pem`. */
  readonly tls: string;
}

/** Starts a gateway and the proxy in front of it, and checks it all. Throws what does not hold. */
export async function checkBehind(start: (proxy: ProxyPlace) => RunningProcess): Promise<void> {
  const place = new Workplace();
  try {
    const gateway = await place.gateway(place.path("data"));
    const port = await freePort();
    const tls = place.path("tls");
    mkdirSync(tls);
    makeCertificate(tls);
    const gatewayHost = new URL(gateway.url).host;
    const proxy = start({ place, port, gatewayHost, tls });
    const url = `https://127.0.0.1:${port}`;
    await answering(url);
    const checks = [cancelsInEveryForm, batchAndList, streamResumes, errorsAreOurs];
    for (const check of checks) {
      await check(url);
      process.stdout.write(`ok  ${check.name}\n`);
    }
    assert.equal(proxy.stderr, "", "the proxy has nothing to complain about");
    await metricsStayHere(port);
    process.stdout.write("ok  metricsStayHere\n");
    const count = await nothingIsSmuggled(url, port);
    process.stdout.write(`ok  nothingIsSmuggled: ${count} requests\n`);
    assert.equal(gateway.exit, null);
    process.stdout.write(`${checks.length + 2} passed, 0 failed\n`);
  } finally {
    await place.close();
  }
}

/** The sample as it is, but for what differs on this machine. */
export function sampleWith(
  file: string,
  changes: readonly (readonly [there: string, here: string])[],
): string {
  let sample = readFileSync(file, "utf8");
  for (const [there, here] of changes) {
    assert.ok(sample.includes(there), `the sample speaks of ${there}`);
    sample = sample.replaceAll(there, here);
  }
  return sample;
}

function makeCertificate(folder: string): void {
  const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"];
  const files = ["-keyout", join(folder, "privkey.pem"), "-out", join(folder, "fullchain.pem")];
  const made = spawnSync("openssl", [...args, ...names, ...files], { encoding: "utf8" });
  assert.equal(made.status, 0, made.stderr);
  const pems = files.filter((file) => file.endsWith(".pem")).map((file) => readFileSync(file));
  writeFileSync(join(folder, "both.pem"), Buffer.concat(pems), { mode: 0o600 });
  setDefaultCACertificates([readFileSync(join(folder, "fullchain.pem"), "utf8")]);
}

async function cancelsInEveryForm(url: string): Promise<void> {
  const client = clientOf(url);
  const forms: readonly ((orderNo: string) => Promise<Response>)[] = [
    (order_no) => signed(url, "DELETE", "/trade/v1/orders", JSON.stringify({ order_no })),
    (order_no) => signed(url, "DELETE", `/trade/v1/orders?order_no=${order_no}`),
    (order_no) => signed(url, "DELETE", `/trade/v1/orders/${order_no}`),
    (order_no) => signed(url, "POST", "/trade/v1/orders/cancel", JSON.stringify({ order_no })),
  ];
  for (const cancel of forms) {
    const { order_no } = await client.place(buyOrder("100"));
    const response = await cancel(order_no);
    assert.deepEqual([response.status, await response.text()], [200, '{"code":0}']);
  }
}

async function batchAndList(url: string): Promise<void> {
  const client = clientOf(url);
  const { order_no } = await client.place({ ...buyOrder("101"), reference_id: "a&b ü/?=" });
  const found = await client.order({ reference_id: "a&b ü/?=" });
  assert.equal(found?.order_no, order_no);
  const results = await client.cancelBatch([{ order_no }, { order_no: "99999999999" }]);
  assert.deepEqual(
    results.map(({ result }) => result.code),
    [0, 11030202],
  );
}

async function streamResumes(url: string): Promise<void> {
  const client = clientOf(url);
  const stream = client.stream({ afterSeq: 0, heartbeatSeconds: 1 });
  const { order_no } = await client.place(buyOrder("102"));
  await client.cancel({ order_no });
  for await (const event of stream) {
    if (event.type === "disconnected") throw new Error(event.reason);
    if (event.type !== "order" || event.order.order_no !== order_no) continue;
    if (event.order.order_status === "can") break;
  }
  assert.equal(stream.openOrders.size, 0);
}

async function errorsAreOurs(url: string): Promise<void> {
  const tooLarge = await signed(url, "POST", "/trade/v1/orders", `"${"x".repeat(20_000)}"`);
  assert.equal(tooLarge.status, 413);
  assert.equal(((await tooLarge.json()) as { reason: string }).reason, "body_too_large");
  const unsigned = await fetch(`${url}/trade/v1/orders`);
  assert.equal(unsigned.status, 401);
  assert.equal((await fetch(`${url}/nowhere`)).status, 404);
}

/** In no spelling are they for somebody who comes from another address. */
async function metricsStayHere(port: number): Promise<void> {
  const ask = async (localAddress: string, target: string): Promise<boolean> => {
    const head = `GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`;
    const { answers, rest } = await converse(() => {
      const socket = connect({ port, host: "127.0.0.1", localAddress });
      return tlsConnect({ socket, host: "127.0.0.1" });
    }, [Buffer.from(head)]);
    const text = answers.map(({ body }) => body.toString()).join("") + rest.toString();
    return text.includes("process_cpu_user_seconds_total");
  };
  assert.ok(await ask("127.0.0.1", "/metrics"));
  const spellings = ["/metrics", "/metrics?x", "/%6detrics", "/m%65trics?x", "/x/../metrics"];
  for (const target of [...spellings, "//metrics", "http://127.0.0.1/metrics", "/metrics#x"]) {
    assert.ok(!(await ask("127.0.0.2", target)), target);
  }
}

function buyOrder(price: string) {
  return {
    market: "hkex",
    order_type: "limit_order",
    symbol: "00700",
    order_side: "buy",
    price,
    qty: "100",
  } as const;
}

function clientOf(url: string): CountermandClient {
  const { apiKey, secret } = KEY_1;
  return new CountermandClient({ baseUrl: url, credentials: { apiKey, secret } });
}

function signed(url: string, method: string, target: string, body = ""): Promise<Response> {
  latestMs = Math.max(latestMs + 1, Date.now());
  const [path = "", query = ""] = target.split("?");
  const payload = body === "" ? query : body;
  return fetch(`${url}${target}`, {
    method,
    headers: {
      "X-API-Key": KEY_1.apiKey,
      "X-API-Timestamp": String(latestMs),
      "X-API-Signature": hmac(KEY_1.secret, `${method}|${path}|${latestMs}|${payload}`, "base64"),
      ...(body === "" ? {} : { "Content-Type": "application/json" }),
    },
    ...(body === "" ? {} : { body }),
  });
}

/** Resolves when somebody answers there. */
async function answering(url: string): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const isThere = await fetch(`${url}/health/live`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, DRAW_MS));
  }
  throw new Error(`nobody answers at ${url}`);
}

/**
 * The whole set of `test/hostile/smuggling-set.ts`. Whatever the proxy makes of a request, and it
 * may refuse or mend it: who sent it gets the answers, no more than he sent requests, an order was
 * placed only where he was told so, and others on the connections behind get their own answers.
 */
async function nothingIsSmuggled(url: string, port: number): Promise<number> {
  const cases = smugglingSet(KEY_1, "proxied");
  const told = new Set<string>();
  for (const each of cases) {
    const { answers, rest } = await converse(
      () => tlsConnect({ port, host: "127.0.0.1" }),
      [Buffer.concat([each.bytes, LAST_REQUEST])],
    );
    // To HTTP/0.9 a proxy may answer without a status line: one body, then the end.
    assert.ok(
      !/HTTP.1\.[01] \d/.test(rest.toString("latin1")),
      `${each.name}: ${rest.toString("latin1")}`,
    );
    assert.ok(answers.length <= requestsIn(each), `${each.name}: ${answers.length} answers`);
    for (const { status, headers } of answers) {
      const id = headers.get("x-request-id") ?? "";
      assert.ok(["", "the-end", each.reference].includes(id), `${each.name}: the answer of ${id}`);
      if (id === each.reference && status === 200) told.add(id);
    }
    await othersGetTheirOwn(url, each.name);
  }
  const placed = new Set<string>();
  for await (const { reference_id } of clientOf(url).allOrders()) {
    if (!reference_id.startsWith("proxied-")) continue;
    assert.ok(!placed.has(reference_id), `${reference_id} was placed twice`);
    placed.add(reference_id);
  }
  assert.deepEqual([...placed].sort(), [...told].sort(), "an order where its sender was told so");
  return cases.length;
}

/** Its own, the one inside and the last; more where there are more. */
function requestsIn({ outcomes }: SmugglingCase): number {
  return Math.max(3, ...outcomes.map((outcome) => outcome.split(" ").length));
}

async function othersGetTheirOwn(url: string, after: string): Promise<void> {
  latestMs = Math.max(latestMs + 1, Date.now());
  const id = `other-${latestMs}`;
  const response = await fetch(`${url}/time`, { headers: { "X-Request-Id": id } });
  const { code } = (await response.json()) as { code: number };
  assert.deepEqual(
    [response.status, code, response.headers.get("x-request-id")],
    [200, 0, id],
    after,
  );
}

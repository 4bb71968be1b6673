/**
 * The sample configuration of nginx with the real nginx: every form of cancel, a batch, a list and
 * the stream through TLS, and that nothing on the way breaks a signature.
 *
 *   node test/e2e/behind-nginx.ts
 *
 * Needs nginx and openssl. Exit code 0: everything was as without it.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { setDefaultCACertificates } from "node:tls";
import { CountermandClient } from "../../packages/client/src/index.ts";
import { ROOT, Workplace } from "./gateway-process.ts";
import { hmac, KEY_1 } from "./signed-client.ts";

const SAMPLE = join(ROOT, "deploy", "nginx", "countermand.conf");
const DRAW_MS = 50;
/** No two requests are signed for the same moment. */
let latestMs = 0;

const place = new Workplace();
try {
  const gateway = await place.gateway(place.path("data"));
  const port = await freePort();
  const url = `https://127.0.0.1:${port}`;
  const nginx = startNginx(port, new URL(gateway.url).host);
  await answering(url);
  const checks = [cancelsInEveryForm, batchAndList, streamResumes, errorsAreOurs];
  for (const check of checks) {
    await check(url);
    process.stdout.write(`ok  ${check.name}\n`);
  }
  assert.equal(nginx.stderr, "", "nginx has nothing to complain about");
  process.stdout.write(`${checks.length} passed, 0 failed\n`);
} finally {
  await place.close();
}

/** The sample as it is, but for the three things that differ on this machine. */
function startNginx(port: number, gatewayHost: string) {
  const tls = place.path("tls");
  mkdirSync(tls);
  makeCertificate(tls);
  let sample = readFileSync(SAMPLE, "utf8");
  for (const [there, here] of [
    ["127.0.0.1:8080", gatewayHost],
    ["listen 443 ssl", `listen 127.0.0.1:${port} ssl`],
    ["/etc/countermand/tls", tls],
  ] as const) {
    assert.ok(sample.includes(there), `the sample speaks of ${there}`);
    sample = sample.replaceAll(there, here);
  }
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `  ${name}_temp_path ${place.path(name)};`)
    .join("\n");
  const main = `daemon off; master_process off; pid ${place.path("nginx.pid")}; error_log stderr warn;
events { worker_connections 256; }
http {
  access_log off;
${temporary}
${sample}
}
`;
  const path = place.path("nginx.conf");
  writeFileSync(path, main);
  return place.run("nginx", ["-c", path, "-p", place.folder]);
}

function makeCertificate(folder: string): void {
  const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"];
  const files = ["-keyout", join(folder, "privkey.pem"), "-out", join(folder, "fullchain.pem")];
  const made = spawnSync("openssl", [...args, ...names, ...files], { encoding: "utf8" });
  assert.equal(made.status, 0, made.stderr);
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

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

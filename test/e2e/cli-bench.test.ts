// The bench against a gateway in this process: it measures, and leaves nothing open, whatever ends
// it.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { CountermandClient } from "../../packages/client/src/index.ts";
import { temporaryFolder } from "../../packages/gateway/src/sys/temporary-folder-fixture.ts";
import { runCommand } from "./command-line.ts";
import { REAL_TIME, startInProcess } from "./gateway-in-process.ts";
import { BUY_REQUEST } from "./wire-orders.ts";

const CREDENTIALS = { apiKey: "demo-key", secret: "demo-secret" };
const NEVER = new AbortController().signal;
/** Of a fresh sandbox without a market of its own. */
const TERMS = ["--price", "400"];

async function setUp(t: TestContext, settings: Readonly<Record<string, string>> = {}) {
  const home = temporaryFolder(t);
  const gateway = await startInProcess(t, REAL_TIME, settings);
  const client = new CountermandClient({ baseUrl: gateway.url, credentials: CREDENTIALS });
  const bench = (args: readonly string[], stopped?: AbortSignal, url = gateway.url) => {
    const environment = { XDG_CONFIG_HOME: home, COUNTERMAND_URL: url };
    return runCommand(["bench", ...TERMS, ...args], { environment, stopped });
  };
  return { client, bench, gateway };
}

const JSON_RUNS = [
  { args: ["--connections", "2"], kinds: ["place", "cancel"], orders: 1 },
  { args: ["--rate", "1000", "--batch"], kinds: ["place_batch", "cancel_batch"], orders: 5 },
  { args: ["--over", "socket", "--connections", "3"], kinds: ["place", "cancel"], orders: 1 },
] as const;

for (const { args, kinds, orders } of JSON_RUNS) {
  test(`bench: ${args.join(" ")}`, async (t) => {
    const { bench, client } = await setUp(t);
    const { code, output, errors } = await bench([...args, "--requests", "40", "--json"]);
    assert.deepEqual([code, errors], [0, ""]);
    const report = JSON.parse(output);
    assert.deepEqual(Object.keys(report.answer_ms), kinds);
    const [place, cancel] = kinds.map((kind) => report.answer_ms[kind].count);
    assert.equal(place + cancel, 40);
    assert.equal(report.orders_placed, orders * place);
    assert.equal(report.orders_cancelled, orders * cancel);
    assert.deepEqual([report.sent, report.failures, report.left_open], [40, [], 0]);
    assert.equal(report.pushes_missing, 0);
    assert.equal(report.push_ms.place.count, report.orders_placed);
    const all = await client.orders({ page_size: 1 });
    // One more was tried before.
    assert.equal(all.total_records, report.orders_placed + 1);
    assert.equal((await client.previewCancelAll()).matched, 0);
  });
}

test("bench: refusals are counted by code, and are exit code 5", async (t) => {
  const settings = { COUNTERMAND_BUDGET_PLACES: "5", COUNTERMAND_BUDGET_FILL_SECONDS: "3600" };
  const { bench } = await setUp(t, settings);
  const { code, output } = await bench(["--connections", "1", "--requests", "30"]);
  assert.equal(code, 5, output);
  assert.match(output, /^left open +0$/m);
  assert.match(output, /^ +\d+ +429 +\d{8} +rate_limited$/m);
});

test("bench: stopped, it cancels what is open and shows what it has", async (t) => {
  const { bench, client } = await setUp(t);
  await client.place({ ...BUY_REQUEST, reference_id: "mine" });
  const stopping = new AbortController();
  const running = bench(["--connections", "4", "--seconds", "600"], stopping.signal);
  const stream = client.stream({ afterSeq: 0 });
  for await (const event of stream) if (event.type === "order" && event.seq > 20) break;
  stopping.abort();
  const { code, output, errors } = await running;
  assert.equal(code, 0, errors);
  assert.match(output, /ended early: you stopped it/);
  const left = await client.previewCancelAll();
  assert.deepEqual(
    left.orders.map(({ reference_id }) => reference_id),
    ["mine"],
  );
});

test("bench: a gateway that goes away is no reason to call anything cancelled", async (t) => {
  const { bench, client, gateway } = await setUp(t);
  const running = bench(["--connections", "2", "--seconds", "600"]);
  const stream = client.stream({ afterSeq: 0 });
  for await (const event of stream) if (event.type === "order" && event.seq > 20) break;
  await gateway.stop();
  const { code, output, errors } = await running;
  assert.equal(code, 3);
  assert.match(output, /ended early: 100 requests in a row were not answered/);
  assert.match(errors, /Orders may be open: countermand cancel-all --prefix bench-[0-9a-f]{8}-/);
});

test("bench: terms that are refused are one refusal; elsewhere than here it asks", async (t) => {
  const { bench, client, gateway } = await setUp(t);
  const refused = await bench(["--qty", "150"]);
  assert.equal(refused.code, 1);
  assert.match(refused.errors, /Oddlot/);
  assert.equal((await bench(["--symbol", "NONE"])).code, 2);
  const elsewhere = gateway.url.replace("127.0.0.1", "0.0.0.0");
  const asked = await bench([], NEVER, elsewhere);
  assert.equal(asked.code, 2, asked.output);
  assert.match(asked.errors, /not known to be a sandbox on this machine\. Nobody can be asked/);
  assert.equal((await client.orders({})).total_records, 0);
});

test("bench: a first order that cannot be cancelled is told, and is exit code 3", async (t) => {
  const { bench, client, gateway } = await setUp(t);
  const closed = { code: 11030204, message: "Order Limit", details: "", reason: "window_closed" };
  const proxy = createServer(async (request, response) => {
    const { headers, method = "", url = "" } = request;
    if (url === "/trade/v1/orders/cancel") {
      response.writeHead(409).end(JSON.stringify({ ...closed, retryable: true }));
      return;
    }
    const body = method === "GET" ? {} : { body: await buffer(request) };
    const sent = new Headers(headers as Record<string, string>);
    for (const name of ["connection", "content-length", "host"]) sent.delete(name);
    const answer = await fetch(gateway.url + url, { method, headers: sent, ...body });
    response.writeHead(answer.status).end(await answer.text());
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  t.after(() => proxy.close());
  const { port } = proxy.address() as AddressInfo;
  const { code, errors } = await bench(["--requests", "2"], NEVER, `http://127.0.0.1:${port}`);
  assert.equal(code, 3, errors);
  assert.match(errors, /Orders may be open: countermand cancel-all --prefix bench-[0-9a-f]{8}-/);
  assert.equal((await client.previewCancelAll({ reference_id_prefix: "bench-" })).matched, 1);
});

/**
 * Clients that are not ours: curl and openssl for REST, driven as the welcome text shows, and
 * Node's own WebSocket for the stream. The commands of the welcome text run as they were printed.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type GatewayProcess, Workplace } from "./gateway-process.ts";
import { type Envelope, KEY_1, KEY_2, type OrderRow } from "./signed-client.ts";
import { StreamClient } from "./stream-client.ts";

const ORDERS = "/trade/v1/orders";

const place = new Workplace();
let gateway: GatewayProcess;

before(async () => {
  gateway = await place.gateway(place.path("data"));
});

after(async () => {
  await place.close();
});

test("second client: the welcome text's commands work as they are printed", async () => {
  const [preamble = "", placing, canceling, listing, looking, watching] = welcomeBlocks(
    gateway.stdout,
  );
  const lines = await bash([preamble, placing, canceling, listing, looking].join("\n"));
  const [placed, canceled, listed, depth, trades] = lines.map(
    (line) => JSON.parse(line) as Envelope,
  );
  assert.ok(placed !== undefined && listed !== undefined, lines.join("\n"));
  const { order_no } = placed.data as { order_no: string };
  assert.deepEqual(canceled, { code: 0 });
  const { orders } = listed.data as { orders: OrderRow[] };
  assert.deepEqual(
    orders.map((row) => [row.order_no, row.order_status]),
    [[order_no, "can"]],
  );

  for (const answer of [depth, trades]) {
    assert.equal((answer?.data as { symbol: string } | undefined)?.symbol, "00700");
  }

  const watch = place.run("bash", ["-c", [preamble, watching].join("\n")]);
  const pushes = await watch.seen("both pushes", ({ stdout }) => {
    const complete = stdout.split("\n").slice(0, -1);
    return complete.length >= 2 ? complete.map((line) => JSON.parse(line)) : null;
  });
  watch.kill("SIGKILL");
  await watch.exited;
  assert.deepEqual(
    pushes.map(({ type, seq, data }) => [type, seq, data.order_no, data.order_status]),
    [
      ["order", 1, order_no, "new"],
      ["order", 2, order_no, "can"],
    ],
  );
});

test("second client: curl places, and cancels in every form", async () => {
  const forms: readonly ((orderNo: string, referenceId: string) => readonly string[])[] = [
    (orderNo) => ["DELETE", ORDERS, `{"order_no":"${orderNo}","reference_id":""}`],
    (_, referenceId) => ["DELETE", ORDERS, `{"order_no":"","reference_id":"${referenceId}"}`],
    (orderNo) => ["DELETE", `${ORDERS}?order_no=${orderNo}`, ""],
    (_, referenceId) => ["DELETE", `${ORDERS}?reference_id=${referenceId}`, ""],
    (orderNo) => ["DELETE", `${ORDERS}/${orderNo}`, ""],
    (orderNo) => ["POST", `${ORDERS}/cancel`, `{"order_no":"${orderNo}"}`],
    (_, referenceId) => ["POST", `${ORDERS}/cancel`, `{"reference_id":"${referenceId}"}`],
  ];
  for (const [index, form] of forms.entries()) {
    const referenceId = `form-${index}`;
    const orderNo = await placed(referenceId);
    const [method = "", target = "", body = ""] = form(orderNo, referenceId);
    assert.deepEqual(await curl(method, target, body), { code: 0 }, `${method} ${target} ${body}`);
    const { orders } = (await curl("GET", `${ORDERS}?order_no=${orderNo}`, "")).data as {
      orders: OrderRow[];
    };
    assert.deepEqual(
      orders.map((row) => row.order_status),
      ["can"],
    );
  }
});

test("second client: curl places and cancels batches", async () => {
  const elements = ["batch-1", "batch-2", "batch-3"].map(orderBody);
  const made = await curl("POST", `${ORDERS}/batch`, `[${elements.join()}]`);
  const orderNos = (made.data as { order_no: string }[]).map(({ order_no }) => order_no);
  const [one, two] = orderNos;
  const targets = [{ order_no: one }, { order_no: "1" }, { reference_id: "batch-2" }];
  const body = JSON.stringify(targets);
  for (const [method, path] of [
    ["DELETE", `${ORDERS}/batch`],
    ["POST", `${ORDERS}/cancel/batch`],
  ]) {
    const { code, data } = await curl(method ?? "", path ?? "", body);
    assert.equal(code, 0);
    const rows = data as { order_no: string; reference_id?: string; result: Envelope }[];
    assert.deepEqual(
      rows.map(({ order_no, reference_id, result }) => [order_no, reference_id, result.code]),
      [
        [one, undefined, 0],
        ["1", undefined, 11_030_202],
        [two, "batch-2", 0],
      ],
    );
  }
  const { data } = await curl("GET", `${ORDERS}?order_status=new&symbol=00700&page_size=100`, "");
  const open = (data as { orders: OrderRow[] }).orders.map(({ reference_id }) => reference_id);
  assert.deepEqual(open, ["batch-3"]);
});

test("second client: Node's WebSocket sees every change as it happens", async () => {
  const stream = await StreamClient.open(gateway.url, KEY_1);
  const other = await StreamClient.open(gateway.url, KEY_2);
  const orderNo = await placed("watched");
  const accepted = await stream.seen("the accept", ({ message }) => isOf(orderNo, message));
  assert.equal(accepted.message.data?.order_status, "new");
  await curl("DELETE", `${ORDERS}/${orderNo}`, "");
  const canceled = await stream.seen("the cancel", ({ message }) => {
    return isOf(orderNo, message) && message.data?.order_status === "can";
  });
  assert.equal(canceled.message.seq, (accepted.message.seq ?? 0) + 1);
  for (const each of [stream, other]) {
    each.close();
    await each.closed;
  }
  assert.deepEqual(other.received, [], "another account's stream shows nothing of it");
});

function isOf(orderNo: string, { data }: { readonly data?: OrderRow }): boolean {
  return data?.order_no === orderNo;
}

/** The blocks that the welcome text asks to be pasted one after the other. */
function welcomeBlocks(stdout: string): string[] {
  const end = stdout.indexOf("countermand ready");
  const blocks = stdout
    .slice(0, end)
    .split(/^(?=# \d\. )/m)
    .slice(1);
  assert.equal(blocks.length, 6, stdout);
  return blocks;
}

function orderBody(referenceId: string): string {
  return JSON.stringify({
    market: "hkex",
    order_type: "limit_order",
    symbol: "00700",
    order_side: "buy",
    price: 423.83,
    qty: 100,
    reference_id: referenceId,
  });
}

async function placed(referenceId: string): Promise<string> {
  const { code, data } = await curl("POST", ORDERS, orderBody(referenceId));
  assert.equal(code, 0);
  return (data as { order_no: string }).order_no;
}

/** Signs with openssl and sends with curl; no code of ours takes part. */
const CURL = `
method=$1 url=$2 path=$3 query=$4 body=$5 timestamp="$(date +%s)$((RANDOM % 900 + 100))"
if [ -n "$body" ]; then payload=$body; else payload=$query; fi
signature="$(printf %s "$method|$path|$timestamp|$payload" |
  openssl dgst -sha256 -hmac ${KEY_1.secret} -binary | base64)"
set -- -X "$method" -H "X-API-Key: ${KEY_1.apiKey}" -H "X-API-Timestamp: $timestamp" \\
  -H "X-API-Signature: $signature"
if [ -n "$body" ]; then set -- "$@" -H "Content-Type: application/json" --data-raw "$body"; fi
curl --silent --show-error --max-time 30 "$@" "$url$path\${query:+?$query}"
echo
`;

async function curl(method: string, target: string, body: string): Promise<Envelope> {
  const [path = "", query = ""] = target.split("?");
  const [line = ""] = await bash(CURL, method, gateway.url, path, query, body);
  return JSON.parse(line) as Envelope;
}

/** The lines that a script prints. */
async function bash(script: string, ...args: readonly string[]): Promise<string[]> {
  const started = place.run("bash", ["-c", script, "bash", ...args]);
  const { code } = await started.exited;
  assert.equal(code, 0, `${script}\n${started.stderr}`);
  return started.stdout.trimEnd().split("\n");
}

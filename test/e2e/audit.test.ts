// The story of an order out of the journal: who asked for what, and what was answered.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { orderStories, type SoughtOrder } from "../../packages/gateway/src/offline.ts";
import { REFUSALS_KEPT_BURST } from "../../packages/gateway/src/sequencer/limits.ts";
import { startInProcess } from "./gateway-in-process.ts";
import { OPERATOR_TOKEN, OperatorClient } from "./operator-client.ts";
import { KEY_1, SignedClient } from "./signed-client.ts";
import { StreamClient } from "./stream-client.ts";
import { BUY } from "./wire-orders.ts";

const ORDER = { ...BUY, qty: 200, reference_id: "mine" };

function pathOf(sought: SoughtOrder, query = new URLSearchParams()): string {
  if ("orderId" in sought) return `orders/${sought.orderId}/audit?${query}`;
  query.set("account", sought.account);
  query.set("reference_id", sought.clOrdId);
  return `audit?${query}`;
}

type Row = Readonly<Record<string, string | number>>;

class Bench {
  readonly dataDir: string;
  readonly operatorUrl: string;
  readonly #url: string;
  readonly client: SignedClient;

  static async open(t: TestContext): Promise<Bench> {
    const nowMs = Date.now();
    const folder = mkdtempSync(join(tmpdir(), "countermand-audit-"));
    const time = { wallMs: nowMs, marketMs: nowMs, monotonicMs: 0 };
    const { url, operatorUrl } = await startInProcess(t, time, {
      COUNTERMAND_DATA_DIR: folder,
      COUNTERMAND_OPERATOR_PORT: "0",
      COUNTERMAND_OPERATOR_TOKEN: OPERATOR_TOKEN,
    });
    const bench = new Bench(url, operatorUrl ?? "", folder);
    t.after(() => {
      bench.client.close();
      rmSync(folder, { recursive: true, force: true });
    });
    return bench;
  }

  private constructor(url: string, operatorUrl: string, dataDir: string) {
    this.#url = url;
    this.operatorUrl = operatorUrl;
    this.dataDir = dataDir;
    this.client = new SignedClient(url, KEY_1);
  }

  async command(command: { readonly id: string }): Promise<void> {
    const stream = await StreamClient.open(this.#url, KEY_1, "commands=1");
    stream.send(JSON.stringify(command));
    await stream.seen("the reply", ({ message }) => message.id === command.id);
    stream.close();
  }

  rows(sought: SoughtOrder): Row[] {
    return [...orderStories(this.dataDir, sought)].map((json) => JSON.parse(json) as Row);
  }

  /** What the running gateway tells, in pages of so many events. */
  async told(sought: SoughtOrder, pageSize = 500): Promise<Row[]> {
    const operator = new OperatorClient(this.operatorUrl);
    const rows: Row[] = [];
    for (let before: string | null = ""; before !== null; ) {
      const query = new URLSearchParams({ page_size: String(pageSize) });
      if (before !== "") query.set("before", before);
      const { code, data } = await operator.get(pathOf(sought, query));
      assert.equal(code, 0);
      assert.ok(data.complete && data.events.length <= pageSize);
      rows.unshift(...data.events);
      before = data.earlier;
    }
    return rows;
  }

  /** What happened, over which channel, under which name, and what was answered. */
  story(sought: SoughtOrder): string[] {
    return this.rows(sought).map((row) => {
      const { event, channel, actor, request_id, http_status, code } = row;
      return `${event} ${channel} ${actor} ${request_id} ${http_status} ${code}`;
    });
  }
}

test("audit: each change says who asked for it, over which channel, and what was answered", async (t) => {
  const bench = await Bench.open(t);
  const { client } = bench;
  const headers = { "X-Request-Id": "r-1" };
  await client.call("POST", "/trade/v1/orders", ORDER, { headers });
  const [{ order_no } = { order_no: "" }] = await client.orders();
  await client.call("PUT", "/trade/v1/orders", { order_no, qty: 100 });
  const stale = { order_no, version: 1 };
  await client.call("POST", "/trade/v1/orders/cancel", stale, { headers });
  await bench.command({ id: "c-1", op: "cancel", data: { order_no } } as { id: string });
  await client.call("PUT", "/trade/v1/orders", { order_no, qty: 50 });
  const expected = [
    `accepted http ${KEY_1.apiKey} r-1 200 0`,
    `amended http ${KEY_1.apiKey}  200 0`,
    `cancel_refused http ${KEY_1.apiKey} r-1 409 11030251`,
    `cancelled socket ${KEY_1.apiKey} c-1 200 0`,
    `amend_refused http ${KEY_1.apiKey}  409 11030204`,
  ];
  assert.deepEqual(bench.story({ orderId: order_no }), expected);
  assert.deepEqual(bench.story({ account: KEY_1.account, clOrdId: "mine" }), expected);
  assert.deepEqual(bench.story({ account: "80114139", clOrdId: "mine" }), []);
  const seqs = bench.rows({ orderId: order_no }).map(({ journal_seq }) => Number(journal_seq));
  assert.deepEqual(
    seqs,
    seqs.toSorted((a, b) => a - b),
  );
});

test("audit: a cancel-all says so of each order", async (t) => {
  const bench = await Bench.open(t);
  const { client } = bench;
  const resting = await client.place({ ...ORDER, price: 423.83 });
  const other = await client.place({ ...ORDER, reference_id: "" });
  await client.call("DELETE", "/trade/v1/orders/all", "", {});
  for (const orderId of [resting, other]) {
    assert.deepEqual(bench.story({ orderId }).at(-1), `cancelled http ${KEY_1.apiKey}  200 0`);
  }
});

test("audit: refusals that change nothing do not fill the journal", async (t) => {
  const bench = await Bench.open(t);
  const { client } = bench;
  const order_no = await client.place(ORDER);
  const stale = { order_no, version: 9 };
  for (let count = 0; count < REFUSALS_KEPT_BURST + 20; count += 1) {
    const { status } = await client.call("POST", "/trade/v1/orders/cancel", stale);
    assert.equal(status, 409, "answered as ever");
  }
  assert.equal(bench.rows({ orderId: order_no }).length, 1 + REFUSALS_KEPT_BURST);
  const { status } = await client.call("POST", "/trade/v1/orders/cancel", { order_no });
  assert.equal(status, 200);
});

test("audit: a refusal about an order of nobody or of somebody else leaves no trace", async (t) => {
  const bench = await Bench.open(t);
  const order_no = "99999999999";
  await bench.client.call("POST", "/trade/v1/orders/cancel", { order_no });
  assert.deepEqual(bench.rows({ orderId: order_no }), []);
});

test("audit: an operator's kill says whose it was, and which", async (t) => {
  const bench = await Bench.open(t);
  const orderId = await bench.client.place(ORDER);
  const operator = new OperatorClient(bench.operatorUrl);
  const scope = { account: KEY_1.account };
  const headers = { "X-Request-Id": "kill-1" };
  const { data } = await operator.post("kill", { scope, reason: "drill" }, headers);
  const { blocked } = (await operator.killed(data.block_id)) as unknown as { blocked: object };
  const { at, ...act } = blocked as { at: number };
  assert.deepEqual(act, { operator: "kim", reason: "drill", request_id: "kill-1" });
  assert.ok(at > 0);
  assert.equal(
    bench.story({ orderId }).at(-1),
    `cancelled operator kim block ${data.block_id} 200 0`,
  );
});

/** Orders: amended and cancelled, filled in part, spoiled by the venue, rejected, left open. */
async function manyStories({ client }: Bench): Promise<string[]> {
  const seller = { ...ORDER, order_side: "sell", reference_id: "" };
  const amended = await client.place(ORDER);
  await client.call("PUT", "/trade/v1/orders", { order_no: amended, qty: 100 });
  for (const version of [1, 9]) {
    await client.call("POST", "/trade/v1/orders/cancel", { order_no: amended, version });
  }
  const partly = await client.place({ ...ORDER, price: 410, qty: 500 });
  await client.call("POST", "/trade/v1/orders/cancel", { order_no: amended });
  for (const qty of [100, 200]) await client.place({ ...seller, price: 410, qty });
  await client.call("POST", "/trade/v1/orders/cancel", { order_no: partly });
  await client.call("POST", "/trade/v1/orders/cancel", { order_no: partly });
  const fault = { fault: "partial_fill_then_cancel", delay_ms: 0 };
  await client.call("POST", "/sandbox/v1/faults", fault);
  const spoiled = await client.place({ ...ORDER, price: 409 });
  for (let word = ""; word !== "can"; ) {
    const [row] = await client.orders(`order_no=${spoiled}`);
    word = row?.order_status ?? "";
  }
  await client.call("POST", "/sandbox/v1/faults", { fault: "rejected_order", delay_ms: 0 });
  const rejected = await client.place({ ...ORDER, price: 408 });
  for (let word = ""; word !== "rej"; ) {
    const [row] = await client.orders(`order_no=${rejected}`);
    word = row?.order_status ?? "";
  }
  const open = await client.place({ ...ORDER, price: 407 });
  await client.call("POST", "/trade/v1/orders/cancel", { order_no: open, version: 7 });
  return [amended, partly, spoiled, rejected, open];
}

test("audit: the running gateway tells of every order what its journal does", async (t) => {
  const bench = await Bench.open(t);
  const orders = await manyStories(bench);
  const longest = bench.rows({ account: KEY_1.account, clOrdId: "mine" });
  assert.ok(longest.length >= 13);
  for (const sought of [
    ...orders.map((orderId) => ({ orderId })),
    { account: KEY_1.account, clOrdId: "mine" },
  ]) {
    const rows = bench.rows(sought);
    assert.ok(rows.length > 0, JSON.stringify(sought));
    for (const pageSize of [500, 3, 1]) {
      assert.deepEqual(await bench.told(sought, pageSize), rows, `pages of ${pageSize}`);
    }
  }
});

test("audit: the gateway tells nothing of orders that do not exist, nor of foreign ones", async (t) => {
  const bench = await Bench.open(t);
  const orderId = await bench.client.place(ORDER);
  const other = await bench.client.place({ ...ORDER, reference_id: "" });
  const operator = new OperatorClient(bench.operatorUrl);
  const { account } = KEY_1;
  const foreign = `1000:${other}.1`;
  for (const [path, status, reason] of [
    ["orders/22999999999/audit", 404, "unknown_order"],
    [`orders/0${orderId}/audit`, 404, "unknown_order"],
    ["orders/x/audit", 404, "unknown_order"],
    [`audit?account=80114139&reference_id=mine`, 404, "unknown_order"],
    [`audit?account=nobody&reference_id=mine`, 404, "unknown_order"],
    [`audit?account=${account}&reference_id=other`, 404, "unknown_order"],
    [`orders/${orderId}/audit?before=${foreign}`, 404, "unknown_order"],
    [`orders/${orderId}/audit?before=1000:${orderId}.999`, 404, "unknown_order"],
    [`audit?account=${account}&reference_id=mine&before=${foreign}`, 404, "unknown_order"],
    [`audit?account=${account}`, 400, "invalid_query_parameter"],
    ["audit?reference_id=mine", 400, "invalid_query_parameter"],
    [`orders/${orderId}/audit?before=1`, 400, "invalid_query_parameter"],
    [`orders/${orderId}/audit?page_size=501`, 400, "invalid_query_parameter"],
    [`orders/${orderId}/audit?page_size=0`, 400, "invalid_query_parameter"],
    [`orders/${orderId}/audit?account=x`, 400, "unknown_query_parameter"],
  ] as const) {
    const answer = await operator.get(path);
    assert.deepEqual([answer.status, answer.reason], [status, reason], path);
  }
  const { data } = await operator.get(`orders/${orderId}/audit`);
  assert.deepEqual([data.events.length, data.complete, data.earlier], [1, true, null]);
});

test("audit: an account that an operator closes names the request", async (t) => {
  const bench = await Bench.open(t);
  const orderId = await bench.client.place(ORDER);
  const operator = new OperatorClient(bench.operatorUrl, { "X-Request-Id": "close-1" });
  const body = { reason: "left", cancel_orders: true, withdraw: true };
  const { code } = await operator.post(`accounts/${KEY_1.account}/close`, body);
  assert.equal(code, 0);
  assert.equal(bench.story({ orderId }).at(-1), "cancelled operator kim close-1 200 0");
});

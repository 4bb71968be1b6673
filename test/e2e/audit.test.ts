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

const ORDER = {
  market: "hkex",
  order_type: "limit_order",
  symbol: "00700",
  order_side: "buy",
  qty: 200,
  price: 400,
  reference_id: "mine",
};

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
  const { data } = await operator.post("kill", { scope, reason: "drill" });
  await operator.killed(data.block_id);
  assert.equal(
    bench.story({ orderId }).at(-1),
    `cancelled operator kim block ${data.block_id} 200 0`,
  );
});

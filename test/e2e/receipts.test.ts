// Signed receipts over HTTP, the socket and the command line, against the journal they name.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { CountermandClient } from "@countermand/client";
import {
  journalProblem,
  type ReceiptVerdict,
  verifyReceipt,
} from "../../packages/gateway/src/offline.ts";
import { startGateway } from "./gateway-in-process.ts";
import {
  envelope,
  isReplay,
  KEY_1,
  KEY_2,
  type Answer as SentAnswer,
  SignedClient,
  type SignedRequest,
  sign,
} from "./signed-client.ts";
import { StreamClient } from "./stream-client.ts";
import { BUY } from "./wire-orders.ts";

const RECEIPT = { "X-Receipt": "ed25519" };

type Gateway = Awaited<ReturnType<typeof startGateway>>;

interface Answer {
  readonly code: number;
  readonly receipt?: string;
  readonly data?: readonly { readonly order_no: string; readonly receipt?: string }[];
}

class Bench {
  readonly folder = mkdtempSync(join(tmpdir(), "countermand-receipts-"));
  readonly #environment: Record<string, string>;
  gateway!: Gateway;

  static async open(t: TestContext, environment: Record<string, string> = {}): Promise<Bench> {
    const bench = new Bench(environment);
    await bench.start();
    t.after(async () => {
      await bench.gateway.stop();
      rmSync(bench.folder, { recursive: true, force: true });
    });
    return bench;
  }

  private constructor(environment: Record<string, string>) {
    this.#environment = environment;
  }

  async start(): Promise<void> {
    const nowMs = Date.now();
    const time = { wallMs: nowMs, marketMs: nowMs };
    const environment = { COUNTERMAND_DATA_DIR: this.folder, ...this.#environment };
    this.gateway = await startGateway(time, environment);
  }

  /** Signed under any key. */
  async send(request: SignedRequest): Promise<SentAnswer> {
    const client = new SignedClient(this.url, KEY_1);
    try {
      return await client.send(request);
    } finally {
      client.close();
    }
  }

  get url(): string {
    return this.gateway.url;
  }

  async place(referenceId = ""): Promise<string> {
    const order = { ...BUY, reference_id: referenceId };
    const request = sign(KEY_1, "POST", "/trade/v1/orders", JSON.stringify(order));
    const { data } = envelope(await this.send(request));
    return (data as { order_no: string }).order_no;
  }

  async keys(): Promise<unknown> {
    return await (await fetch(`${this.url}/receipt-keys`)).json();
  }

  /** The receipt's statement, once its signature and the journal bear it out. */
  async statement(receipt: string): Promise<Record<string, unknown>> {
    const verdict: ReceiptVerdict = verifyReceipt(receipt, await this.keys());
    assert.ok(verdict.isGood, receipt);
    assert.equal(journalProblem(this.folder, verdict), null);
    return { ...verdict.statement };
  }
}

function cancel(key: typeof KEY_1, target: object, headers: Record<string, string> = RECEIPT) {
  return sign(key, "POST", "/trade/v1/orders/cancel", JSON.stringify(target), { headers });
}

test("receipts: a cancel that asks gets one, which says what the journal says", async (t) => {
  const bench = await Bench.open(t);
  const orderNo = await bench.place("mine");
  const answer = await bench.send(cancel(KEY_1, { order_no: orderNo }));
  const { code, receipt = "" } = JSON.parse(answer.text) as Answer;
  assert.equal(code, 0);
  const { event_hash, key_id, issued_at_ms, cancelled_at_ms, ...rest } =
    await bench.statement(receipt);
  assert.match(String(event_hash), /^[0-9a-f]{64}$/);
  assert.match(String(key_id), /^[A-Za-z0-9_-]{43}$/);
  assert.equal(issued_at_ms, cancelled_at_ms);
  assert.deepEqual(rest, {
    order_no: orderNo,
    account_code: KEY_1.account,
    reference_id: "mine",
    market: "hkex",
    symbol: "00700",
    order_side: "buy",
    qty: 100,
    execute_qty: 0,
    cancelled_qty: 100,
    cancel_reason: "requested",
    stream_seq: 2,
    partition: "desk-22",
    journal_seq: rest["journal_seq"],
  });
});

test("receipts: the same request gets the same one, also after a restart", async (t) => {
  const bench = await Bench.open(t);
  const request = cancel(KEY_1, { order_no: await bench.place() });
  const first = await bench.send(request);
  const again = await bench.send(request);
  assert.deepEqual([again.text, isReplay(again)], [first.text, true]);
  await bench.gateway.stop();
  await bench.start();
  const afterwards = await bench.send(request);
  assert.deepEqual([afterwards.text, isReplay(afterwards)], [first.text, true]);
});

test("receipts: one may be asked for after the cancel, out of the archive too", async (t) => {
  const bench = await Bench.open(t);
  const orderNo = await bench.place("late");
  const plain = await bench.send(cancel(KEY_1, { order_no: orderNo }, {}));
  assert.equal(plain.text, '{"code":0}');
  await bench.gateway.stop();
  await bench.start();
  for (const target of [{ order_no: orderNo }, { reference_id: "late" }]) {
    const answer = await bench.send(cancel(KEY_1, target));
    const { receipt = "" } = JSON.parse(answer.text) as Answer;
    assert.equal((await bench.statement(receipt))["order_no"], orderNo);
  }
});

test("receipts: a batch has one for each element that is cancelled", async (t) => {
  const bench = await Bench.open(t);
  const orderNo = await bench.place();
  const body = JSON.stringify([{ order_no: orderNo }, { order_no: "99999999999" }]);
  const path = "/trade/v1/orders/batch";
  const request = sign(KEY_1, "DELETE", path, body, { headers: RECEIPT });
  const { data = [] } = JSON.parse((await bench.send(request)).text) as Answer;
  assert.equal((await bench.statement(data[0]?.receipt ?? ""))["order_no"], orderNo);
  assert.equal(data[1]?.receipt, undefined, "nothing was cancelled");
});

test("receipts: a foreign order has none, and its owner's answer is not told", async (t) => {
  const bench = await Bench.open(t);
  const orderNo = await bench.place();
  const answer = await bench.send(cancel(KEY_2, { order_no: orderNo }));
  assert.deepEqual([answer.status, envelope(answer).reason], [404, "unknown_order"]);
});

test("receipts: over the socket, the same one for the same command", async (t) => {
  const bench = await Bench.open(t);
  const orderNo = await bench.place();
  const stream = await StreamClient.open(bench.url, KEY_1, "commands=1");
  const ask = async (command: object, count: number): Promise<Record<string, unknown>> => {
    stream.send(JSON.stringify(command));
    let replies = 0;
    const { text } = await stream.seen("a reply", ({ message }) => {
      if (message.type === "reply") replies += 1;
      return replies === count;
    });
    return JSON.parse(text) as Record<string, unknown>;
  };
  const command = {
    op: "cancel",
    id: "c1",
    receipt: "ed25519",
    data: { order_no: orderNo },
  };
  const first = await ask(command, 1);
  assert.equal((await bench.statement(String(first["receipt"])))["order_no"], orderNo);
  assert.deepEqual(await ask(command, 2), first);
  const place = { op: "place", id: "p1", receipt: "ed25519", data: {} };
  assert.equal((await ask(place, 3))["reason"], "receipt_not_taken");
  stream.close();
});

test("receipts: what cannot be had is refused before anything is done", async (t) => {
  const bench = await Bench.open(t, { COUNTERMAND_RECEIPT_KEY_FILE: "off" });
  const orderNo = await bench.place();
  const reasonOf = async (request: ReturnType<typeof sign>) => {
    const answer = await bench.send(request);
    return [answer.status, envelope(answer).reason];
  };
  assert.deepEqual(await reasonOf(cancel(KEY_1, { order_no: orderNo })), [400, "receipts_off"]);
  const other = cancel(KEY_1, { order_no: orderNo }, { "X-Receipt": "rsa" });
  assert.deepEqual(await reasonOf(other), [400, "receipt_not_taken"]);
  const list = sign(KEY_1, "GET", "/trade/v1/orders", "", { headers: RECEIPT });
  assert.deepEqual(await reasonOf(list), [400, "receipt_not_taken"]);
  assert.deepEqual(await bench.keys(), { keys: [] });
  const open = sign(KEY_1, "GET", "/trade/v1/orders?order_status=new");
  const { data } = envelope(await bench.send(open));
  assert.equal((data as { total_records: number }).total_records, 1);
});

test("receipts: the client asks, and hands them out", async (t) => {
  const bench = await Bench.open(t);
  const { apiKey, secret } = KEY_1;
  const client = new CountermandClient({ baseUrl: bench.url, credentials: { apiKey, secret } });
  const orders = [await bench.place(), await bench.place()];
  const ended = await client.cancel({ order_no: orders[0] ?? "" }, { receipt: true });
  assert.ok(ended.outcome === "cancelled");
  assert.equal((await bench.statement(ended.receipt ?? ""))["order_no"], orders[0]);
  const [result] = await client.cancelBatch([{ order_no: orders[1] ?? "" }], { receipt: true });
  assert.equal((await bench.statement(result?.receipt ?? ""))["order_no"], orders[1]);
});

/**
 * Two days of a small gateway: of every kind of thing that a version keeps there is one. It speaks
 * over sockets only, so that gateways of all versions can be told it.
 */
import { KEY_1, KEY_2, type Key } from "../e2e/signed-client.ts";
import { StreamClient } from "../e2e/stream-client.ts";
import type { Asked } from "./fixture-file.ts";
import type { RecordedGateway } from "./recorded-gateway.ts";

const ORDERS = "/trade/v1/orders";
const TENCENT = { market: "hkex", symbol: "00700", order_type: "limit_order" };
const APPLE = { market: "nasdaq", symbol: "AAPL", order_type: "limit_order" };
const BITCOIN = { market: "crypto", symbol: "BTC-USDT", order_type: "limit_order" };
/** Of an Ed25519 key that signs nothing here. */
const PUBLIC_KEY = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
const LAST = "the last one";
const DAY_S = 86_400;

export class Story {
  readonly gateway: RecordedGateway;
  /** Of an account that an operator opened. */
  #key: Key | null = null;
  readonly receipts: string[] = [];
  readonly commands: (readonly [string, string])[] = [];
  #history: string | null = null;
  stream: readonly string[] = [];

  constructor(gateway: RecordedGateway) {
    this.gateway = gateway;
  }

  async firstDay(): Promise<void> {
    await this.#trade("one");
    await this.#operate();
    await this.#tradeBesideHolds();
  }

  /** The next day; the gateway was started anew. */
  async secondDay(): Promise<void> {
    const { gateway } = this;
    const reading = await this.#read();
    await this.#trade("two");
    await this.#command();
    const credit = { cash: { HKD: -25.5 } };
    await this.#operator("POST", "accounts/B-7/adjust", credit, "debit-2");
    const switched = { timeout: DAY_S, scope: "portfolio", value: "p-1" };
    await this.#done(KEY_1, "POST", "/trade/v1/dead-man", switched);
    await this.#done(KEY_1, "POST", "/trade/v1/dead-man", { timeout: DAY_S, scope: "key" });
    await this.#done(KEY_1, "POST", ORDERS, bought(TENCENT, 300, 100, LAST));
    await reading.seen("its last order", ({ text }) => text.includes(LAST));
    const messages = reading.received.map(({ text }) => text);
    this.stream = messages.filter((text) => text.startsWith('{"type":"order"'));
    reading.close();
    await reading.closed;
    gateway.writes = gateway.writes.filter(({ target }) => !target.includes("preview"));
  }

  /** Where the first account's stream is, as a reader keeps it. */
  get position(): string | null {
    return this.#history === null ? null : `${this.stream.length}@${this.#history}`;
  }

  /** What is asked at the end. */
  async queries(): Promise<Asked[]> {
    const { gateway } = this;
    const asked: Asked[] = [];
    const keys = this.#key === null ? [KEY_1, KEY_2] : [KEY_1, KEY_2, this.#key];
    for (const key of keys) {
      for (const target of CLIENT_QUERIES) asked.push(await gateway.signed(key, "GET", target));
    }
    for (const target of MARKET_QUERIES) asked.push(await gateway.signed(KEY_1, "GET", target));
    for (const path of OPERATOR_QUERIES) asked.push(await gateway.operator("GET", path));
    return asked;
  }

  /** Orders of every kind and in every state, by the two accounts of the sandbox. */
  async #trade(day: string): Promise<void> {
    const first = await this.#place(KEY_1, {
      ...bought(TENCENT, 400, 300, `${day} part`),
      time_in_force: "gtc",
    });
    await this.#place(KEY_2, sold(TENCENT, 400, 100, `${day} taker`));
    const second = bought(TENCENT, 399, 200, `${day} amended`);
    const amended = await this.#place(KEY_1, { ...second, portfolio_id: "p-1" });
    await this.#done(KEY_1, "PUT", ORDERS, { order_no: amended, price: 398 });
    const asks = [405, 406].map((price) => sold(TENCENT, price, 100, `${day} ask ${price}`));
    await this.#done(KEY_2, "POST", `${ORDERS}/batch`, asks);
    const stop = { ...bought(TENCENT, 411, 100, `${day} stop`), trigger_price: 410 };
    await this.#place(KEY_1, { ...stop, order_type: "stop_limit_order" });
    const { price: _, ...falling } = sold(TENCENT, 1, 100, `${day} stop to sell`);
    const trigger = { trigger_price: 390, order_type: "stop_market_order" };
    await this.#place(KEY_2, { ...falling, ...trigger });
    await this.#place(KEY_1, bought(TENCENT, 400, 50, `${day} odd lot`));
    await this.#place(KEY_1, {
      ...bought(BITCOIN, 30_000, 0.5, `${day} coins`),
      time_in_force: "gtc",
    });
    await this.#place(KEY_1, { ...bought(APPLE, 190, 5, `${day} ioc`), time_in_force: "ioc" });
    await this.#place(KEY_2, sold(APPLE, 200, 10, `${day} shares`));
    await this.#place(KEY_1, bought(APPLE, 200, 4, `${day} buyer`));
    await this.#cancels(day, first);
  }

  async #cancels(day: string, open: string): Promise<void> {
    const names = ["by query", "with receipt", "in batch", "by prefix 1", "by prefix 2"];
    const orders = names.map((name, index) => bought(TENCENT, 390 - index, 100, `${day} ${name}`));
    const placed = await this.#done(KEY_1, "POST", `${ORDERS}/batch`, orders);
    const numbers = (dataOf(placed) as { data?: { order_no: string }; order_no?: string }[]).map(
      (row) => row.order_no ?? row.data?.order_no ?? "",
    );
    const [byQuery = "", withReceipt = "", inBatch = ""] = numbers;
    await this.#done(KEY_1, "DELETE", `${ORDERS}?order_no=${byQuery}`);
    const receipt = { "X-Receipt": "ed25519" };
    const target = { order_no: withReceipt };
    const answer = await this.#done(KEY_1, "POST", `${ORDERS}/cancel`, target, receipt);
    this.receipts.push((JSON.parse(answer.text) as { receipt: string }).receipt);
    await this.#done(KEY_1, "DELETE", `${ORDERS}/batch`, [{ order_no: inBatch }]);
    const prefix = { reference_id_prefix: `${day} by prefix` };
    await this.#done(KEY_1, "POST", `${ORDERS}/cancel/all`, prefix);
    // Refusals: kept in no memory, but in the story of the order that one is about.
    await this.gateway.signed(KEY_1, "PUT", ORDERS, { order_no: open, qty: 100 });
    await this.gateway.signed(KEY_1, "POST", ORDERS, bought(TENCENT, 400, 90_000_000, "too much"));
  }

  async #operate(): Promise<void> {
    const { gateway } = this;
    await this.#operator("POST", "accounts", {
      account: "B-7",
      short_selling: false,
      cash: { HKD: 1_000_000.5, USD: 50_000 },
      holdings: { AAPL: 30 },
    });
    const made = await this.#operator("POST", "keys", {
      accounts: ["B-7"],
      permissions: ["trade"],
      label: "of the new account",
    });
    const { api_key: apiKey, secret } = dataOf(made) as { api_key: string; secret: string };
    this.#key = { apiKey, secret, account: "B-7" };
    const accounts = [KEY_1.account, KEY_2.account];
    await this.#operator("POST", "keys", { accounts, permissions: ["read"] });
    const ed25519 = { algorithm: "ed25519", public_key: PUBLIC_KEY };
    const own = { accounts: ["B-7"], permissions: ["read", "cancel"], portfolios: ["p-1"] };
    await this.#operator("POST", "keys", { ...own, ...ed25519 });
    const ended = await this.#operator("POST", "keys", { ...own, addresses: ["192.0.2.0/24"] });
    const { api_key: endedKey } = dataOf(ended) as { api_key: string };
    await this.#operator("POST", `keys/${endedKey}/rotate`, { overlap_seconds: 2_000_000 });
    await this.#operator("POST", `keys/${endedKey}/revoke`, {});
    const limits = { open_orders_max: 200, order_value_max: { HKD: 5_000_000, "*": 600_000 } };
    await this.#operator("PUT", `limits/accounts/${KEY_2.account}`, { limits });
    await this.#operator("PUT", `limits/keys/${KEY_1.apiKey}`, {
      limits: { duplicate_ms: "off", orders_per_second_max: 500 },
    });
    await this.#operator("POST", "accounts/B-7/adjust", { cash: { HKD: 99.5 } }, "credit-1");
    await this.#operator("POST", "instruments", {
      symbol: "NVDA",
      name: "NVIDIA",
      markets: ["usex", "nasdaq"],
      currency: "USD",
      tick: 0.01,
      lot: 1,
      price_max: 100_000,
      qty_max: 1_000_000,
    });
    await this.#operator("POST", "instruments/DODO-USDT", { name: "DODO COIN", halted: true });
    await this.#operator("POST", "modes", { market: "crypto", mode: "cancel_only" });
    await this.#place(KEY_2, { ...sold(TENCENT, 420, 100, "killed"), portfolio_id: "p-9" });
    await this.#operator("POST", "kill", { scope: { portfolio_id: "p-9" } });
    const held = await this.#operator("POST", "kill", { scope: { market: "hkex" } }, "kill-1");
    const { block_id: blockId } = dataOf(held) as { block_id: number };
    await gateway.signed(KEY_1, "POST", ORDERS, bought(TENCENT, 400, 100, "blocked"));
    await this.#operator("POST", `blocks/${blockId}/release`, {});
    await this.#operator("POST", "modes", { market: "crypto", mode: "open" });
  }

  async #tradeBesideHolds(): Promise<void> {
    const { gateway } = this;
    const blocked = { ...bought(TENCENT, 400, 100, "held"), portfolio_id: "p-9" };
    await gateway.signed(KEY_2, "POST", ORDERS, blocked);
    if (this.#key === null) return;
    await this.#place(this.#key, sold({ ...APPLE, symbol: "AAPL" }, 201, 7, "of B-7"));
    await this.#place(this.#key, bought({ ...APPLE, symbol: "NVDA" }, 100, 3, "new instrument"));
    await this.#place(KEY_2, bought(APPLE, 201, 2, "from B-7"));
  }

  /** From the beginning of the stream on. */
  async #read(): Promise<StreamClient> {
    const { gateway } = this;
    const knows = await this.#opened("history=1").then(
      async (stream) => {
        const { message, text } = await stream.seen("anything", () => true);
        stream.close();
        await stream.closed;
        return message.type === "history" ? (JSON.parse(text) as { history: string }) : null;
      },
      () => null,
    );
    this.#history = knows?.history ?? null;
    gateway.nowMs += 100;
    return await this.#opened("after_seq=0");
  }

  #opened(query: string): Promise<StreamClient> {
    this.gateway.nowMs += 100;
    const timestampMs = this.gateway.nowMs;
    return StreamClient.open(this.gateway.url, KEY_1, query, { timestampMs });
  }

  async #command(): Promise<void> {
    const stream = await this.#opened("commands=1");
    const order = bought(TENCENT, 395, 100, "by command");
    for (const command of [
      { op: "place", id: "c-1", data: order },
      { op: "place_batch", id: "c-2", data: [order, { ...order, price: 394 }] },
      { op: "cancel", id: "c-3", data: { reference_id: "two coins" } },
    ]) {
      const text = JSON.stringify(command);
      stream.send(text);
      const reply = await stream.seen("its reply", ({ message }) => {
        return message.type === "reply" && message.id === command.id;
      });
      this.commands.push([text, reply.text]);
    }
    stream.close();
    await stream.closed;
  }

  async #place(key: Key, order: object): Promise<string> {
    const answer = await this.#done(key, "POST", ORDERS, order);
    return (dataOf(answer) as { order_no: string }).order_no;
  }

  async #done(
    key: Key,
    method: string,
    target: string,
    body: object | null = null,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Asked> {
    return required(await this.gateway.signed(key, method, target, body, headers));
  }

  async #operator(method: string, path: string, body: object, key = ""): Promise<Asked> {
    return required(await this.gateway.operator(method, path, body, key));
  }
}

const CLIENT_QUERIES = [
  `${ORDERS}?page_index=1&page_size=100`,
  `${ORDERS}?page_index=1&page_size=100&order_status=can`,
  `${ORDERS}?reference_id=two%20part`,
  "/trade/v1/executions?page_index=1&page_size=100",
  "/account/v1/balance",
  "/account/v1/positions?page=1&page_size=100",
  "/account/v1/transactions?page=1&page_size=100",
  "/trade/v1/dead-man",
  "/trade/v1/restrictions",
];

const MARKET_QUERIES = [
  "/market/v1/symbols",
  "/market/v1/depth?symbol=00700&levels=50",
  "/market/v1/trades?symbol=00700",
  "/market/v1/candles?symbol=00700&interval=1h",
];

const OPERATOR_QUERIES = [
  "accounts",
  "accounts/B-7",
  "blocks?state=all",
  "modes",
  "instruments",
  "limits",
  `limits/accounts/${KEY_2.account}`,
  `limits/keys/${KEY_1.apiKey}`,
  "keys?state=all",
  `audit?account=${KEY_1.account}&reference_id=two%20part`,
  `audit?account=${KEY_1.account}&reference_id=one%20with%20receipt`,
];

function bought(instrument: object, price: number, qty: number, name: string) {
  return { ...instrument, order_side: "buy", price, qty, reference_id: name };
}

function sold(instrument: object, price: number, qty: number, name: string) {
  return { ...bought(instrument, price, qty, name), order_side: "sell" };
}

/** What the story is to have, it must have. */
function required(answer: Asked): Asked {
  if (answer.status === 200) return answer;
  throw new Error(`${answer.method} ${answer.target} ${answer.body}: ${answer.text}`);
}

function dataOf({ text }: Asked): unknown {
  return (JSON.parse(text) as { data: unknown }).data;
}

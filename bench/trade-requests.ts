/**
 * Signed trade requests as bytes, and a stock of resting orders that is placed and cancelled with
 * them.
 */
import { createHmac, createSecretKey, type KeyObject } from "node:crypto";
import { stringToSign } from "../packages/contract/src/index.ts";
import { SANDBOX_KEYS } from "../packages/gateway/src/sandbox.ts";
import { Random } from "../test/e2e/crash/random.ts";
import {
  CONNECTIONS,
  expectAccepted,
  type HttpAnswer,
  type LoadResult,
  runLoad,
  sendOnce,
} from "./http-load.ts";

export interface BenchKey {
  readonly apiKey: string;
  readonly secret: KeyObject;
}

/** Keys of the sandbox, each of an account of its own. */
export const BENCH_KEYS: readonly BenchKey[] = SANDBOX_KEYS.map(({ apiKey, secret }) => {
  return { apiKey, secret: createSecretKey(Buffer.from(secret)) };
});
const FIRST_KEY = at(BENCH_KEYS, 0);

const ORDERS_PATH = "/trade/v1/orders";
const BATCH_PATH = "/trade/v1/orders/batch";
/** Orders of one batch request. */
export const BATCH_ORDERS = 5;
/** Prices the orders are spread over, from 0.01 on: all buyers, so that nothing trades. */
const PRICE_LEVELS = 100;

/** Signed now: it has to be sent within the signature window. */
export function signedRequest(
  method: string,
  path: string,
  body: string,
  { ageMs = 0, key = FIRST_KEY } = {},
): Buffer {
  const entity =
    body === "" ? "" : `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
  const mark = path.indexOf("?");
  const signedPath = mark === -1 ? path : path.slice(0, mark);
  const payload = mark === -1 ? body : path.slice(mark + 1);
  const signed = signatureLines(key, { method, path: signedPath, payload, ageMs });
  return Buffer.from(
    `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n${entity}${signed}\r\n${body}`,
    "latin1",
  );
}

/** The signed handshake of an order stream with this query string. */
export function signedHandshake(query: string, key: BenchKey): Buffer {
  const path = "/ws/trade/v1";
  const signed = signatureLines(key, { method: "CONNECT", path, payload: query, ageMs: 0 });
  return Buffer.from(
    `GET ${path}${query === "" ? "" : `?${query}`} HTTP/1.1\r\nHost: 127.0.0.1\r\n${UPGRADE}${signed}\r\n`,
  );
}

const UPGRADE =
  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
  `Sec-WebSocket-Key: ${Buffer.alloc(16).toString("base64")}\r\n`;

interface ToSign {
  readonly method: string;
  readonly path: string;
  readonly payload: string;
  readonly ageMs: number;
}

function signatureLines(
  { apiKey, secret }: BenchKey,
  { method, path, payload, ageMs }: ToSign,
): string {
  const timestamp = String(Date.now() - ageMs);
  const signature = createHmac("sha256", secret)
    .update(stringToSign(method, path, timestamp, payload))
    .digest("base64");
  return (
    `X-API-Key: ${apiKey}\r\nX-API-Timestamp: ${timestamp}\r\n` +
    `X-API-Signature: ${signature}\r\n`
  );
}

/** One order of those that {@link RestingOrders} places. */
export function placeRequest(index: number, prefix: string): Buffer {
  return signedRequest("POST", ORDERS_PATH, orderJson(index, prefix));
}

export function cancelRequest(orderNo: string): Buffer {
  return signedRequest("DELETE", ORDERS_PATH, `{"order_no":"${orderNo}","reference_id":""}`);
}

/** Cancels the orders one by one; the requests are made before the clock starts. */
export async function cancelSingly(port: number, orderNos: readonly string[]): Promise<LoadResult> {
  const requests = orderNos.map(cancelRequest);
  return await runLoad(port, {
    count: requests.length,
    request: (index) => at(requests, index),
    answered: (_index, answer) => expectAccepted(answer),
  });
}

/** The `data` of a signed query of orders. */
export async function queryOrders(port: number, query: string): Promise<OrdersPage> {
  const answer = await sendOnce(port, signedRequest("GET", `${ORDERS_PATH}?${query}`, ""));
  if (answer.status !== 200) throw new Error(`query: ${answer.status} ${answer.body}`);
  return (JSON.parse(answer.body) as { data: OrdersPage }).data;
}

interface OrdersPage {
  readonly total_records: number;
  readonly orders: readonly { readonly order_no: string; readonly order_status: string }[];
}

/**
 * Resting orders of one gateway: which are open is known here, so that any of them can be
 * cancelled.
 */
export class RestingOrders {
  readonly #port: number;
  readonly #prefix: string;
  readonly #ageMs: number;
  readonly #key: BenchKey;
  readonly #open: string[] = [];
  readonly #random = new Random(1);
  #placedCount = 0;

  /**
   * The names of the orders begin with `prefix`: no batch must be equal to an earlier one. Requests
   * that place are signed as if `ageMs` ago: so much sooner the gateway forgets them.
   */
  constructor(port: number, { prefix = "bench", ageMs = 0, key = FIRST_KEY } = {}) {
    this.#port = port;
    this.#prefix = prefix;
    this.#ageMs = ageMs;
    this.#key = key;
  }

  get openCount(): number {
    return this.#open.length;
  }

  get placedCount(): number {
    return this.#placedCount;
  }

  /** Places orders in batches; each has a client's name of its own. */
  async place(count: number, connectionCount = CONNECTIONS): Promise<LoadResult> {
    const first = this.#placedCount;
    this.#placedCount += count;
    const script = {
      count: Math.ceil(count / BATCH_ORDERS),
      request: (index: number) => {
        const from = first + index * BATCH_ORDERS;
        const size = Math.min(BATCH_ORDERS, first + count - from);
        const orders = Array.from({ length: size }, (_, n) => orderJson(from + n, this.#prefix));
        const options = { ageMs: this.#ageMs, key: this.#key };
        return signedRequest("POST", BATCH_PATH, `[${orders.join(",")}]`, options);
      },
      answered: (_index: number, answer: HttpAnswer) => {
        for (const { order_no } of acceptedElements(answer)) this.#open.push(order_no);
      },
    };
    return await runLoad(this.#port, script, connectionCount);
  }

  /** Takes `count` of the open orders out of the stock, anywhere in the book. */
  take(count: number): string[] {
    return Array.from({ length: count }, () => {
      const index = this.#random.below(this.#open.length);
      const orderNo = at(this.#open, index);
      const last = this.#open.pop();
      if (last !== undefined && index < this.#open.length) this.#open[index] = last;
      return orderNo;
    });
  }

  /** Cancels `count` of the open orders in batches. */
  async cancelInBatches(count: number): Promise<LoadResult> {
    const orderNos = this.take(count);
    return await runLoad(this.#port, {
      count: Math.ceil(count / BATCH_ORDERS),
      request: (index) => {
        const batch = orderNos.slice(index * BATCH_ORDERS, (index + 1) * BATCH_ORDERS);
        const elements = batch.map((orderNo) => `{"order_no":"${orderNo}"}`);
        return signedRequest("DELETE", BATCH_PATH, `[${elements.join(",")}]`, { key: this.#key });
      },
      answered: (_index, answer) => {
        acceptedElements(answer);
      },
    });
  }
}

interface BatchElement {
  readonly order_no: string;
  readonly result: { readonly code: number };
}

function acceptedElements({ status, body }: HttpAnswer): readonly BatchElement[] {
  const elements = status === 200 ? (JSON.parse(body) as { data: BatchElement[] }).data : [];
  if (elements.length > 0 && elements.every(({ result }) => result.code === 0)) return elements;
  throw new Error(`expected an accepted batch: ${status} ${body}`);
}

export function orderJson(index: number, prefix: string): string {
  const price = ((1 + (index % PRICE_LEVELS)) / 100).toFixed(2);
  return (
    '{"market":"hkex","order_type":"limit_order","symbol":"00700","order_side":"buy",' +
    `"price":${price},"qty":100,"reference_id":"${prefix}-${index}"}`
  );
}

function at<T>(values: readonly T[], index: number): T {
  const value = values[index];
  if (value === undefined) throw new Error(`no value ${index} of ${values.length}`);
  return value;
}

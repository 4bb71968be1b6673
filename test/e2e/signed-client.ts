/**
 * A client written from the contract alone: it shares no code with the gateway, so that a mistake
 * in how the gateway signs, reads or writes cannot hide behind the same mistake here.
 */
import { createHmac } from "node:crypto";
import { Agent, type IncomingHttpHeaders, request } from "node:http";
import { Agent as TlsAgent, request as tlsRequest } from "node:https";
import { PATIENCE_MS } from "./changes.ts";

export interface Key {
  readonly apiKey: string;
  readonly secret: string;
  readonly account: string;
}

export const KEY_1: Key = { apiKey: "demo-key", secret: "demo-secret", account: "80114138" };
export const KEY_2: Key = { apiKey: "demo-key-2", secret: "demo-secret-2", account: "80114139" };

export type Headers = Readonly<Record<string, string>>;

/** A request as it goes on the wire; sending the same one again is a retry, byte for byte. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query as on the request line. */
  readonly target: string;
  readonly body: Buffer;
  readonly headers: Headers;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** An answer's body, as far as tests look into it. */
export interface Envelope {
  readonly code: number;
  readonly message?: string;
  readonly details?: string;
  readonly reason?: string;
  readonly retryable?: boolean;
  readonly data?: unknown;
}

export function envelope(answer: Answer): Envelope {
  return JSON.parse(answer.text) as Envelope;
}

/** True when the gateway says that it had answered this very request before. */
export function isReplay(answer: Answer): boolean {
  return answer.headers["x-idempotent-replay"] === "true";
}

export function hmac(secret: string, text: string | Buffer, form: "base64" | "hex"): string {
  return createHmac("sha256", secret).update(text).digest(form);
}

/** The string to sign: METHOD|path|timestamp|payload. */
export function stringToSign(
  method: string,
  target: string,
  timestamp: string,
  body: Buffer,
): Buffer {
  const mark = target.indexOf("?");
  const path = mark === -1 ? target : target.slice(0, mark);
  const query = mark === -1 ? "" : target.slice(mark + 1);
  const payload = method !== "GET" && body.length > 0 ? body : Buffer.from(query, "latin1");
  return Buffer.concat([Buffer.from(`${method}|${path}|${timestamp}|`), payload]);
}

export interface SignOptions {
  /** X-API-Timestamp as sent; now when left out. */
  readonly timestamp?: string;
  readonly form?: "base64" | "hex";
  readonly headers?: Headers;
}

export function sign(
  { apiKey, secret }: Key,
  method: string,
  target: string,
  body: string | Buffer = "",
  { form = "base64", ...options }: SignOptions = {},
): SignedRequest {
  const signer = { apiKey, signatureOf: (text: Buffer) => hmac(secret, text, form) };
  return signedBy(signer, { method, target, body: Buffer.from(body as string) }, options);
}

/** Whoever signs, in whatever way. */
export interface RequestSigner {
  readonly apiKey: string;
  readonly signatureOf: (text: Buffer) => string;
}

export function signedBy(
  { apiKey, signatureOf }: RequestSigner,
  { method, target, body }: Pick<SignedRequest, "method" | "target" | "body">,
  { timestamp = String(nextTimestampMs()), headers = {} }: Omit<SignOptions, "form"> = {},
): SignedRequest {
  return {
    method,
    target,
    body,
    headers: {
      "X-API-Key": apiKey,
      "X-API-Timestamp": timestamp,
      "X-API-Signature": signatureOf(stringToSign(method, target, timestamp, body)),
      ...(body.length > 0 && { "Content-Type": "application/json" }),
      ...headers,
    },
  };
}

let lastTimestampMs = 0;

/** Now, and never the same twice: two requests that are meant to be two need two timestamps. */
export function nextTimestampMs(): number {
  lastTimestampMs = Math.max(Date.now(), lastTimestampMs + 1);
  return lastTimestampMs;
}

/** No whole answer arrived: whether the request was acted on is not known. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
  readonly code: string;

  constructor(cause: NodeJS.ErrnoException) {
    super(`no answer: ${cause.message}`, { cause });
    this.code = cause.code ?? "";
  }
}

/** Keep-alive connections to one gateway, under one key. */
export class SignedClient {
  readonly key: Key;
  readonly #url: URL;
  readonly #agent: Agent;

  constructor(url: string, key: Key, connections = 8) {
    this.key = key;
    this.#url = new URL(url);
    const options = { keepAlive: true, maxSockets: connections };
    // Certificates of tests are vouched for by nobody.
    const isTls = this.#url.protocol === "https:";
    this.#agent = isTls
      ? new TlsAgent({ ...options, rejectUnauthorized: false })
      : new Agent(options);
  }

  /** Signs and sends; an object is sent as JSON. */
  call(
    method: string,
    target: string,
    body: string | Buffer | object = "",
    options: SignOptions = {},
  ): Promise<Answer> {
    const isBytes = typeof body === "string" || Buffer.isBuffer(body);
    const bytes = isBytes ? body : JSON.stringify(body);
    return this.send(sign(this.key, method, target, bytes, options));
  }

  /** Rejects with {@link NoAnswer}. */
  send(signed: SignedRequest, onSent: () => void = () => undefined): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const outgoing = (this.#url.protocol === "https:" ? tlsRequest : request)(
        {
          host: this.#url.hostname,
          port: this.#url.port,
          agent: this.#agent,
          method: signed.method,
          path: signed.target,
          headers: { ...signed.headers, ...lengthHeader(signed) },
          timeout: PATIENCE_MS,
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
          incoming.on("error", (error) => reject(new NoAnswer(error)));
          incoming.on("end", () => {
            const text = Buffer.concat(chunks).toString("utf8");
            resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text });
          });
        },
      );
      outgoing.on("error", (error) => reject(new NoAnswer(error)));
      outgoing.on("timeout", () => outgoing.destroy(new Error("no answer in time")));
      outgoing.end(signed.body, onSent);
    });
  }

  /** Places an order that must be accepted; resolves with its number. */
  async place(order: object): Promise<string> {
    const answer = await this.call("POST", "/trade/v1/orders", order);
    const { code, data } = envelope(answer);
    if (code !== 0) throw new Error(`the order was refused: ${answer.text}`);
    return (data as { order_no: string }).order_no;
  }

  /** Every order that the query lists, newest first. */
  async orders(query = ""): Promise<OrderRow[]> {
    const rows: OrderRow[] = [];
    for (let page = 1; ; page += 1) {
      const parameters = `page_index=${page}&page_size=100${query === "" ? "" : `&${query}`}`;
      const answer = await this.call("GET", `/trade/v1/orders?${parameters}`);
      const { code, data } = envelope(answer);
      if (code !== 0) throw new Error(`the query was refused: ${answer.text}`);
      const { total_records, orders } = data as { total_records: number; orders: OrderRow[] };
      rows.push(...orders);
      if (orders.length === 0 || rows.length >= total_records) return rows;
    }
  }

  close(): void {
    this.#agent.destroy();
  }
}

function lengthHeader({ method, body }: SignedRequest): Headers {
  return body.length > 0 || method === "POST" ? { "Content-Length": String(body.length) } : {};
}

/** An order as queries and pushes show it, as far as tests look into it. */
export interface OrderRow {
  readonly market: string;
  readonly order_type: string;
  readonly symbol: string;
  readonly order_side: string;
  readonly account_code: string;
  readonly order_no: string;
  readonly order_status: string;
  readonly price: number;
  readonly qty: number;
  readonly outstand_qty: number;
  readonly execute_qty: number;
  readonly execute_amount: number;
  readonly reference_id: string;
  readonly cancel_reason: string;
  readonly version: number;
  readonly exec_id?: string;
  readonly last_qty?: number;
  readonly last_price?: number;
}

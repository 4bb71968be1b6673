/** A gateway with an operator and keys of every kind, for tests. */
import assert from "node:assert/strict";
import { type KeyObject, sign as signBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Gateway } from "../../packages/gateway/src/gateway.ts";
import { startGateway, type TestTime } from "./gateway-in-process.ts";
import { OPERATOR_TOKEN, OperatorClient } from "./operator-client.ts";
import {
  type Key,
  nextTimestampMs,
  type SignedClient,
  type SignedRequest,
  SignedClient as Signer,
  stringToSign,
} from "./signed-client.ts";

export const MASTER_KEY = Buffer.alloc(32, 7).toString("base64");

export const BUY = {
  market: "hkex",
  symbol: "00700",
  order_side: "buy",
  order_type: "limit_order",
  price: 400,
  qty: 100,
};

export class KeyedGateway {
  readonly folder = mkdtempSync(join(tmpdir(), "countermand-keys-"));
  readonly time: TestTime = { wallMs: Date.now(), marketMs: Date.now() };
  readonly #clients: SignedClient[] = [];
  #gateway: Gateway | null = null;

  constructor(t: TestContext) {
    t.after(async () => {
      await this.stop();
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  async start(environment: Readonly<Record<string, string>> = {}): Promise<OperatorClient> {
    await this.stop();
    this.time.wallMs = Math.max(this.time.wallMs, Date.now());
    this.#gateway = await startGateway(this.time, {
      COUNTERMAND_DATA_DIR: this.folder,
      COUNTERMAND_OPERATOR_PORT: "0",
      COUNTERMAND_OPERATOR_TOKEN: OPERATOR_TOKEN,
      COUNTERMAND_MASTER_KEY: MASTER_KEY,
      ...environment,
    });
    const { operatorUrl } = this.#gateway;
    assert.ok(operatorUrl !== null);
    return new OperatorClient(operatorUrl);
  }

  get url(): string {
    assert.ok(this.#gateway !== null);
    return this.#gateway.url;
  }

  client(key: Key): SignedClient {
    const client = new Signer(this.url, key);
    this.#clients.push(client);
    return client;
  }

  async stop(): Promise<void> {
    for (const client of this.#clients.splice(0)) client.close();
    await this.#gateway?.stop();
    this.#gateway = null;
  }
}

/** Makes an HMAC key that must be granted. */
export async function makeKey(operator: OperatorClient, terms: object): Promise<Key> {
  const { status, data, details } = await operator.post("keys", {
    reason: "test",
    accounts: ["80114138"],
    permissions: ["trade"],
    ...terms,
  });
  assert.equal(status, 200, details);
  return { apiKey: data.api_key, secret: data.secret, account: data.accounts[0] ?? "" };
}

/** A request that an Ed25519 key signed. */
export function signEd25519(
  apiKey: string,
  privateKey: KeyObject,
  method: string,
  target: string,
  body = "",
): SignedRequest {
  const bytes = Buffer.from(body);
  const timestamp = String(nextTimestampMs());
  const text = stringToSign(method, target, timestamp, bytes);
  return {
    method,
    target,
    body: bytes,
    headers: {
      "X-API-Key": apiKey,
      "X-API-Timestamp": timestamp,
      "X-API-Signature": signBytes(null, text, privateKey).toString("base64"),
      ...(body !== "" && { "Content-Type": "application/json" }),
    },
  };
}

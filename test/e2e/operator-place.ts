/** A gateway with an operator API in the test's own process, and what its clients ask. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Gateway } from "../../packages/gateway/src/gateway.ts";
import { startGateway, type TestTime } from "./gateway-in-process.ts";
import { OPERATOR_TOKEN, OperatorClient } from "./operator-client.ts";
import { envelope, KEY_1, SignedClient } from "./signed-client.ts";
import { BUY } from "./wire-orders.ts";

export const APPLE = { ...BUY, market: "nasdaq", symbol: "AAPL", price: 200, qty: 1 };

/** A gateway with an operator that stops and starts again in one folder. */
export class OperatorPlace {
  readonly folder = mkdtempSync(join(tmpdir(), "countermand-operator-"));
  readonly #environment: Readonly<Record<string, string>>;
  readonly #clients: SignedClient[] = [];
  readonly time: TestTime = { wallMs: Date.now(), marketMs: Date.now() };
  #gateway: Gateway | null = null;

  constructor(t: TestContext, environment: Readonly<Record<string, string>> = {}) {
    this.#environment = environment;
    t.after(async () => {
      await this.stop();
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  /** Stops it first where it runs. */
  async start(change: Readonly<Record<string, string>> = {}): Promise<OperatorClient> {
    await this.stop();
    this.#gateway = await startGateway(this.time, {
      COUNTERMAND_DATA_DIR: this.folder,
      COUNTERMAND_OPERATOR_PORT: "0",
      COUNTERMAND_OPERATOR_TOKEN: OPERATOR_TOKEN,
      ...this.#environment,
      ...change,
    });
    return new OperatorClient(this.operatorUrl);
  }

  get gateway(): Gateway {
    assert.ok(this.#gateway !== null);
    return this.#gateway;
  }

  get url(): string {
    return this.gateway.url;
  }

  get operatorUrl(): string {
    const { operatorUrl } = this.gateway;
    assert.ok(operatorUrl !== null);
    return operatorUrl;
  }

  client(key = KEY_1): SignedClient {
    const client = new SignedClient(this.url, key);
    this.#clients.push(client);
    return client;
  }

  async stop(): Promise<void> {
    for (const client of this.#clients.splice(0)) client.close();
    await this.#gateway?.stop();
    this.#gateway = null;
  }
}

/** The reason word of a refused order. */
export async function refusal(client: SignedClient, order: object): Promise<string> {
  const answer = envelope(await client.call("POST", "/trade/v1/orders", order));
  return answer.reason ?? "placed";
}

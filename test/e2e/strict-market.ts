/** A gateway with the exchanges' own rules, on days that the test walks through. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Gateway } from "../../packages/gateway/src/gateway.ts";
import { startGateway } from "./gateway-in-process.ts";
import {
  type Envelope,
  envelope,
  KEY_1,
  KEY_2,
  type OrderRow,
  SignedClient,
} from "./signed-client.ts";

const ORDERS = "/trade/v1/orders";

/** What an order's answer comes to: "ok", or the reason word and the details of its refusal. */
export type Outcome = readonly [reason: string, details: string];

export class StrictMarket {
  readonly #environment: Readonly<Record<string, string>>;
  readonly #utcOffset: string;
  #day: string;
  #marketMs = 0;
  #gateway: Gateway | null = null;
  #clients: { readonly buyer: SignedClient; readonly seller: SignedClient } | null = null;

  /** Starts at midnight of the day. */
  static async open(t: TestContext, day: string, utcOffset = "+08:00"): Promise<StrictMarket> {
    const folder = mkdtempSync(join(tmpdir(), "countermand-strict-"));
    const market = new StrictMarket(folder, day, utcOffset);
    t.after(async () => {
      await market.stop();
      rmSync(folder, { recursive: true, force: true });
    });
    await market.start();
    return market;
  }

  private constructor(dataDir: string, day: string, utcOffset: string) {
    this.#environment = {
      COUNTERMAND_DATA_DIR: dataDir,
      COUNTERMAND_MARKET_RULES: "strict",
      COUNTERMAND_SANDBOX_MARKET: "off",
    };
    this.#utcOffset = utcOffset;
    this.#day = day;
    this.at("00:00:00");
  }

  get buyer(): SignedClient {
    assert.ok(this.#clients !== null);
    return this.#clients.buyer;
  }

  get seller(): SignedClient {
    assert.ok(this.#clients !== null);
    return this.#clients.seller;
  }

  get gateway(): Gateway {
    assert.ok(this.#gateway !== null);
    return this.#gateway;
  }

  async start(environment: Readonly<Record<string, string>> = {}): Promise<void> {
    const market = this;
    const time = {
      get wallMs() {
        return Date.now();
      },
      get marketMs() {
        return market.#marketMs;
      },
    };
    this.#gateway = await startGateway(time, { ...this.#environment, ...environment });
    const { url } = this.#gateway;
    this.#clients = { buyer: new SignedClient(url, KEY_1), seller: new SignedClient(url, KEY_2) };
  }

  /** Database and head as they are on disk, in hexadecimal. */
  journalBytes(): readonly string[] {
    const dataDir = this.#environment["COUNTERMAND_DATA_DIR"] ?? "";
    return ["journal.db", "head"].map((name) => readFileSync(join(dataDir, name)).toString("hex"));
  }

  async stop(): Promise<void> {
    this.#clients?.buyer.close();
    this.#clients?.seller.close();
    this.#clients = null;
    await this.#gateway?.stop();
    this.#gateway = null;
  }

  /** Local time of the market. */
  at(time: string, day = this.#day): void {
    this.#day = day;
    this.#marketMs = Date.parse(`${day}T${time}${this.#utcOffset}`);
    assert.ok(Number.isFinite(this.#marketMs), `${day} ${time}`);
  }

  /** Places an order that must be taken; resolves with its number. */
  place(client: SignedClient, terms: object): Promise<string> {
    return client.place({ ...TENCENT, ...terms });
  }

  tryPlace(client: SignedClient, terms: object): Promise<Outcome> {
    return outcome(client.call("POST", ORDERS, { ...TENCENT, ...terms }));
  }

  tryCancel(client: SignedClient, orderNo: string): Promise<Outcome> {
    return outcome(client.call("DELETE", ORDERS, { order_no: orderNo }));
  }

  tryAmend(client: SignedClient, orderNo: string, terms: object): Promise<Outcome> {
    return outcome(client.call("PUT", ORDERS, { order_no: orderNo, ...terms }));
  }

  async order(
    client: SignedClient,
    orderNo: string,
  ): Promise<OrderRow & { execute_price: number }> {
    const [row] = await client.orders(`order_no=${orderNo}`);
    assert.ok(row !== undefined);
    return row as OrderRow & { execute_price: number };
  }
}

const TENCENT = { market: "hkex", symbol: "00700", order_type: "limit_order", qty: "100" };

async function outcome(answer: ReturnType<SignedClient["call"]>): Promise<Outcome> {
  const { code, reason = "", details = "" }: Envelope = envelope(await answer);
  return code === 0 ? ["ok", ""] : [reason, details];
}

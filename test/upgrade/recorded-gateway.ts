/** A gateway in this process whose every answer is kept, on a clock that goes on with requests. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { readConfig } from "../../packages/gateway/src/config.ts";
import { Gateway } from "../../packages/gateway/src/gateway.ts";
import { createLog } from "../../packages/gateway/src/ops/log.ts";
import { reusedThreads } from "../../packages/gateway/src/reused-threads-fixture.ts";
import { systemClock } from "../../packages/gateway/src/sys/clock.ts";
import { OPERATOR_TOKEN } from "../e2e/operator-client.ts";
import { KEY_1, type Key, SignedClient, sign } from "../e2e/signed-client.ts";
import type { Asked } from "./fixture-file.ts";

/** Of every gateway here: what it wrote is opened with the same ones. */
const SETTINGS = {
  COUNTERMAND_PORT: "0",
  COUNTERMAND_OPERATOR_PORT: "0",
  COUNTERMAND_OPERATOR_TOKEN: OPERATOR_TOKEN,
  COUNTERMAND_MASTER_KEY: Buffer.alloc(32, 7).toString("base64"),
  COUNTERMAND_SANDBOX_MARKET: "off",
  COUNTERMAND_SANDBOX_RECIPES: "off",
  COUNTERMAND_DISK_RESERVE_MB: "1",
};

/** Between two requests. */
const STEP_MS = 100;
/** So few that a short life has a snapshot. */
const SNAPSHOT_EVENT_COUNT = 30;
const LOOK_MS = 50;

export class RecordedGateway {
  readonly dataDir: string;
  /** Real time, and the exchange's. */
  nowMs: number;
  /** All writes that were done, until somebody takes them out. */
  writes: Asked[] = [];
  #gateway: Gateway | null = null;

  constructor(dataDir: string, nowMs: number) {
    this.dataDir = dataDir;
    this.nowMs = nowMs;
  }

  async start(): Promise<void> {
    const wallMs = () => this.nowMs;
    this.#gateway = await Gateway.start({
      config: readConfig({ ...SETTINGS, COUNTERMAND_DATA_DIR: this.dataDir }),
      clock: { ...systemClock, wallMs },
      marketWallMs: wallMs as NonNullable<Parameters<typeof Gateway.start>[0]["marketWallMs"]>,
      snapshotEveryEventCount: SNAPSHOT_EVENT_COUNT,
      log: createLog("silent"),
      onFatal: (error) => {
        throw error;
      },
      threads: reusedThreads(),
    });
  }

  async stop(): Promise<void> {
    await this.#gateway?.stop();
    this.#gateway = null;
  }

  get url(): string {
    return this.#running.url;
  }

  stateHash(): ReturnType<Gateway["stateHash"]> {
    return this.#running.stateHash();
  }

  /** Signed now. */
  async signed(
    key: Key,
    method: string,
    target: string,
    body: object | null = null,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Asked> {
    this.nowMs += STEP_MS;
    const timestamp = String(this.nowMs);
    const text = body === null ? "" : JSON.stringify(body);
    const { headers: all } = sign(key, method, target, text, { timestamp, headers });
    return await this.ask({ to: "clients", method, target, headers: all, body: text });
  }

  async operator(
    method: string,
    path: string,
    body: object | null = null,
    idempotencyKey = "",
  ): Promise<Asked> {
    this.nowMs += STEP_MS;
    const headers = {
      Authorization: `Bearer ${OPERATOR_TOKEN}`,
      "X-Operator": "kim",
      ...(body !== null && { "Content-Type": "application/json" }),
      ...(idempotencyKey !== "" && { "Idempotency-Key": idempotencyKey }),
    };
    const text = body === null ? "" : JSON.stringify({ reason: "a test", ...body });
    const target = `/operator/v1/${path}`;
    return await this.ask({ to: "operators", method, target, headers, body: text });
  }

  /** Sends these bytes. */
  async ask(request: Omit<Asked, "status" | "text">): Promise<Asked> {
    const url = request.to === "clients" ? this.url : this.#running.operatorUrl;
    if (url === null) throw new Error("operators are listened to");
    const sender = new SignedClient(url, KEY_1);
    try {
      const sent = { ...request, body: Buffer.from(request.body) };
      const { status, text } = await sender.send(sent);
      const asked = { ...request, status, text };
      const isKept = request.to === "clients" || "Idempotency-Key" in request.headers;
      if (request.method !== "GET" && status === 200 && isKept) this.writes.push(asked);
      return asked;
    } finally {
      sender.close();
    }
  }

  /** Resolves when there are so many snapshots. */
  async snapshots(count: number): Promise<void> {
    const folder = join(this.dataDir, "snapshots");
    while (!existsSync(folder) || readdirSync(folder).length < count) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  }

  get #running(): Gateway {
    if (this.#gateway === null) throw new Error("the gateway runs");
    return this.#gateway;
  }
}

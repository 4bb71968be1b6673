/** Who operates the simulated gateway: blocks, kills, sets modes, and takes it back. */
import type { Blocks } from "../oracle/blocks.ts";
import type { Random } from "../world/random.ts";
import type { World } from "../world/world.ts";
import { HttpClient } from "./http-client.ts";
import { KEYS, type Request } from "./requests.ts";

export const OPERATOR_TOKEN = "simulated-operator-0123456789abcdef0123456789abcdef";
export const OPERATOR_PORT = 8_001;

export interface OperatorOptions {
  readonly world: World;
  readonly random: Random;
  readonly blocks: Blocks;
  readonly nextId: () => string;
}

export class Operator {
  readonly #options: OperatorOptions;
  readonly #http: HttpClient;
  isIdle = true;

  constructor(options: OperatorOptions) {
    this.#options = options;
    this.#http = new HttpClient(options.world, OPERATOR_PORT);
  }

  /** Holds something back for a while, then lets it go. */
  start(): void {
    if (!this.isIdle) return;
    this.isIdle = false;
    const acts = this.#options.random.chance(0.6) ? this.#kill() : this.#setMode();
    void acts.then(() => {
      this.isIdle = true;
    });
  }

  async #kill(): Promise<void> {
    const { blocks, random, world } = this.#options;
    const account = random.chance(0.7) ? random.pick(KEYS).account : null;
    const kills = random.chance(0.7);
    const block = {
      what: `a block of ${account ?? "everybody"}`,
      account,
      market: null,
      kills,
      askedAtMs: world.nowMs,
      answeredAtMs: null as number | null,
      endAskedAtMs: null as number | null,
      endedAtMs: null as number | null,
    };
    blocks.add(block);
    const scope = account === null ? { gateway: true } : { account };
    const body = { reason: "simulated", scope, cancel_orders: kills };
    const text = await this.#ask("/operator/v1/kill", body);
    block.answeredAtMs = world.nowMs;
    const { data } = JSON.parse(text) as { data: { block_id: number } };
    await this.#sleep(random.between(5, 200));
    block.endAskedAtMs = world.nowMs;
    await this.#ask(`/operator/v1/blocks/${data.block_id}/release`, { reason: "simulated" });
    block.endedAtMs = world.nowMs;
  }

  async #setMode(): Promise<void> {
    const { blocks, random, world } = this.#options;
    const market = random.pick(["usex", "crypto"]);
    const mode = random.pick(["cancel_only", "halted"]);
    const block = {
      what: `${market} ${mode}`,
      account: null,
      market,
      kills: false,
      askedAtMs: world.nowMs,
      answeredAtMs: null as number | null,
      endAskedAtMs: null as number | null,
      endedAtMs: null as number | null,
    };
    blocks.add(block);
    await this.#ask("/operator/v1/modes", { reason: "simulated", market, mode });
    block.answeredAtMs = world.nowMs;
    await this.#sleep(random.between(5, 200));
    block.endAskedAtMs = world.nowMs;
    await this.#ask("/operator/v1/modes", { reason: "simulated", market, mode: "open" });
    block.endedAtMs = world.nowMs;
  }

  /** The same bytes until they are answered; the idempotency key makes them one request. */
  async #ask(path: string, body: object): Promise<string> {
    const { nextId, world } = this.#options;
    const id = nextId();
    const content = JSON.stringify(body);
    const lines = [
      `POST ${path} HTTP/1.1`,
      "Host: sim",
      `Authorization: Bearer ${OPERATOR_TOKEN}`,
      "X-Operator: sim",
      `Idempotency-Key: ${id}`,
      "Content-Type: application/json",
      `Content-Length: ${Buffer.byteLength(content)}`,
    ];
    world.tell(`${id} operator ${path} ${content}`);
    const request: Request = {
      id,
      key: { apiKey: "", secret: "", account: "" },
      channel: "http",
      command: { kind: "balance" },
      bytes: Buffer.from(`${lines.join("\r\n")}\r\n\r\n${content}`),
      fingerprint: "",
      sentAtMs: world.nowMs,
      sentWallMs: world.scheduler.wallMs,
      knownSeq: 0,
      answers: [],
    };
    for (;;) {
      await this.#http.send(request);
      const text = request.answers.at(-1)?.text ?? "";
      if (text.startsWith('{"code":0,')) return text;
      if (text !== "" && !text.includes('"retryable":true')) {
        throw new Error(`an operator is refused: ${text}`);
      }
      request.answers.length = 0;
      await this.#sleep(20);
    }
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.#options.world.scheduler.after(ms, null, resolve));
  }
}

/** The public market, read with the WebSocket and the HTTP client that Node brings. */
import assert from "node:assert/strict";
import { Changes } from "./changes.ts";

export type Level = readonly [price: number, qty: number, orders: number];

export interface PublicTrade {
  readonly exec_id: string;
  readonly price: number;
  readonly qty: number;
  readonly time_ms: number;
}

/** Any message of the stream, as far as tests look into it: what is not there is undefined. */
export interface MarketMessage {
  readonly type: string;
  readonly channel?: string;
  readonly symbol?: string;
  readonly epoch?: number;
  readonly seq?: number;
  readonly prev_seq?: number;
  readonly reason?: string;
  readonly data?: {
    readonly bids?: readonly Level[];
    readonly asks?: readonly Level[];
    readonly trades?: readonly PublicTrade[];
  };
}

export interface DepthAnswer {
  readonly epoch: number;
  readonly seq: number;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

/** The data of a public route's answer, which must be a success. */
export async function marketGet<T>(url: string, target: string): Promise<T> {
  const response = await fetch(`${url}/market/v1/${target}`);
  const { code, data } = (await response.json()) as { code: number; data: T };
  assert.equal(code, 0, target);
  return data;
}

/** One symbol's subscriber: the book as the protocol tells a client to keep it, and the trades. */
export class MarketClient {
  readonly messages: MarketMessage[] = [];
  readonly trades: PublicTrade[] = [];
  readonly closed: Promise<CloseEvent>;
  epoch = 0;
  seq = -1;
  readonly #socket: WebSocket;
  readonly #symbol: string;
  readonly #bids = new Map<number, Level>();
  readonly #asks = new Map<number, Level>();
  readonly #changes = new Changes();

  private constructor(url: string, symbol: string) {
    this.#symbol = symbol;
    this.#socket = new WebSocket(`${url.replace(/^http/, "ws")}/ws/market/v1`);
    this.#socket.addEventListener("message", ({ data }) => {
      this.#take(JSON.parse(String(data)) as MarketMessage);
    });
    this.closed = new Promise((resolve) => this.#socket.addEventListener("close", resolve));
  }

  /** Resolves when the first snapshot of the depth is there. */
  static async open(url: string, symbol: string): Promise<MarketClient> {
    const client = new MarketClient(url, symbol);
    await new Promise<void>((resolve, reject) => {
      client.#socket.addEventListener("open", () => resolve());
      client.#socket.addEventListener("error", () => reject(new Error("the handshake failed")));
    });
    const subscription = { channels: ["depth", "trades"], symbols: [symbol], levels: 50 };
    client.say(JSON.stringify({ op: "subscribe", ...subscription }));
    await client.until("a snapshot", () => client.seq >= 0);
    return client;
  }

  say(text: string): void {
    this.#socket.send(text);
  }

  close(): void {
    this.#socket.close();
  }

  get bids(): readonly Level[] {
    return [...this.#bids.values()].sort((a, b) => b[0] - a[0]);
  }

  get asks(): readonly Level[] {
    return [...this.#asks.values()].sort((a, b) => a[0] - b[0]);
  }

  async until(what: string, isSo: () => boolean): Promise<void> {
    const unseen = (why: string) => new Error(`the market stream did not bring ${what}, it ${why}`);
    await this.#changes.until(() => isSo() || null, unseen);
  }

  #take(message: MarketMessage): void {
    this.messages.push(message);
    if (message.symbol === this.#symbol) this.#takeUpdate(message);
    this.#changes.tell();
  }

  #takeUpdate({ type, channel, epoch = 0, seq = 0, prev_seq: prevSeq, data }: MarketMessage) {
    if (channel === "trades") this.trades.push(...(data?.trades ?? []));
    if (channel !== "depth") return;
    if (type === "snapshot") {
      this.#bids.clear();
      this.#asks.clear();
    } else {
      assert.equal(prevSeq, this.seq, "messages chain");
    }
    this.epoch = epoch;
    this.seq = seq;
    for (const level of data?.bids ?? []) put(this.#bids, level);
    for (const level of data?.asks ?? []) put(this.#asks, level);
  }
}

function put(side: Map<number, Level>, level: Level): void {
  if (level[2] === 0) side.delete(level[0]);
  else side.set(level[0], level);
}

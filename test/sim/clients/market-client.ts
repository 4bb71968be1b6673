/**
 * A simulated reader of the public market: keeps the books of all symbols as the protocol's page
 * tells it to, and tells what it holds after each message.
 */
import { INSTRUMENTS } from "../oracle/money.ts";
import type { HeldBook, Shown } from "../oracle/public-market.ts";
import { Connection } from "../world/network.ts";
import type { World } from "../world/world.ts";
import { FrameReader, frameBytes, HttpReader, Opcode } from "./wire-readers.ts";

export interface MarketClientOptions {
  readonly world: World;
  readonly port: number;
  /** Prices of each side that it asks for. */
  readonly levels: number;
  readonly onShown: (shown: Shown) => void;
  readonly onViolation: (what: string) => void;
}

type Row = readonly number[];

interface MarketMessage {
  readonly type: string;
  readonly channel: string;
  readonly symbol: string;
  readonly epoch: number;
  readonly seq: number;
  readonly prev_seq?: number;
  readonly data: {
    readonly bids: readonly Row[];
    readonly asks: readonly Row[];
    readonly trades: readonly Readonly<Record<string, unknown>>[];
    readonly subscriptions: readonly { channel: string; symbol: string; seq: number }[];
  };
}

const SYMBOLS = INSTRUMENTS.map(({ symbol }) => symbol);
const CHANNELS = ["depth", "trades"] as const;

export class MarketClient {
  readonly #options: MarketClientOptions;
  #connection: Connection | null = null;
  #isOpen = false;
  #http = new HttpReader();
  #frames = new FrameReader();
  /** Latest position of each subscription. */
  readonly #seqs = new Map<string, number>();
  readonly #books = new Map<string, HeldBook>();
  awayUntilMs = 0;

  constructor(options: MarketClientOptions) {
    this.#options = options;
  }

  /** All its subscriptions have begun, in this epoch. */
  get isFollowing(): boolean {
    return this.#seqs.size === SYMBOLS.length * CHANNELS.length;
  }

  get levels(): number {
    return this.#options.levels;
  }

  book(symbol: string): HeldBook {
    return this.#books.get(symbol) ?? { bids: [], asks: [] };
  }

  connect(): void {
    const { world, port } = this.#options;
    if (this.#connection !== null || world.nowMs < this.awayUntilMs) return;
    this.#http = new HttpReader();
    this.#frames = new FrameReader();
    this.#seqs.clear();
    const connection: Connection = new Connection(world, port, {
      onBytes: (bytes) => this.#read(bytes),
      onGone: () => {
        if (this.#connection === connection) this.#gone();
      },
    });
    this.#connection = connection;
    const lines = [
      "GET /ws/market/v1?heartbeat=1 HTTP/1.1",
      "Host: sim",
      "Upgrade: websocket",
      "Connection: Upgrade",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: c2ltdWxhdGVkIGNsaWVudA==",
    ];
    connection.send(Buffer.from(`${lines.join("\r\n")}\r\n\r\n`));
  }

  /** Stops reading, or goes on. */
  read(isReading: boolean): void {
    this.#connection?.read(isReading);
  }

  /** A fresh snapshot of everything. */
  subscribe(): void {
    if (!this.#isOpen) return;
    const { levels } = this.#options;
    const message = { op: "subscribe", channels: CHANNELS, symbols: SYMBOLS, levels };
    this.#connection?.send(frameBytes(Opcode.Text, Buffer.from(JSON.stringify(message))));
  }

  cut(): void {
    this.#connection?.cut();
    this.#gone();
  }

  #gone(): void {
    this.#connection = null;
    this.#isOpen = false;
    this.#seqs.clear();
  }

  #read(bytes: Buffer): void {
    if (this.#isOpen) {
      this.#readFrames(bytes);
      return;
    }
    const [answer] = this.#http.push(bytes);
    if (answer === undefined) return;
    if (answer.status !== 101) {
      this.cut();
      return;
    }
    this.#isOpen = true;
    this.subscribe();
    this.#readFrames(this.#http.rest());
  }

  #readFrames(bytes: Buffer): void {
    for (const { opcode, payload } of this.#frames.push(bytes)) {
      if (this.#connection === null) return;
      if (opcode === Opcode.Text) this.#message(payload.toString("utf8"));
      if (opcode === Opcode.Ping) this.#connection.send(frameBytes(Opcode.Pong, payload));
      if (opcode === Opcode.Close) this.cut();
    }
  }

  #message(text: string): void {
    const message = JSON.parse(text) as MarketMessage;
    const { type, channel, symbol, seq } = message;
    this.#options.world.tell(`market ${text}`);
    if (type === "heartbeat") this.#beat(message);
    if (type === "error") this.#options.onViolation(`the market says ${text}`);
    if (type !== "snapshot" && type !== "delta" && type !== "trade") return;
    const key = `${channel} ${symbol}`;
    const isNext = type === "snapshot" || message.prev_seq === this.#seqs.get(key);
    const isLater = seq > (this.#seqs.get(key) ?? -1) || type === "snapshot";
    if (!isNext || !isLater) {
      this.#options.onViolation(`${key} was at ${this.#seqs.get(key)}, then comes ${text}`);
    }
    this.#seqs.set(key, seq);
    this.#take(message, text);
  }

  #take({ type, channel, symbol, epoch, seq, prev_seq, data }: MarketMessage, text: string): void {
    const { levels, onShown } = this.#options;
    const shown = { epoch, symbol, seq, text };
    if (channel === "trades") {
      const rows = data.trades.map(({ time_ms, ...row }) => row);
      onShown({ ...shown, book: null, trades: { rows, afterSeq: prev_seq ?? null } });
      return;
    }
    const held = type === "snapshot" ? { bids: [], asks: [] } : this.book(symbol);
    const book = {
      bids: withLevels(held.bids, data.bids).reverse(),
      asks: withLevels(held.asks, data.asks),
    };
    this.#books.set(symbol, book);
    onShown({ ...shown, book: { ...book, levels }, trades: null });
  }

  /** It names the latest message of each subscription, which has been read by now. */
  #beat({ data }: MarketMessage): void {
    for (const { channel, symbol, seq } of data.subscriptions) {
      const has = this.#seqs.get(`${channel} ${symbol}`);
      if (has === seq) continue;
      this.#options.onViolation(`${channel} of ${symbol} is read up to ${has}, sent up to ${seq}`);
    }
  }
}

/** The levels after a change, by rising price. */
function withLevels(held: readonly Row[], changed: readonly Row[]): Row[] {
  const levels = new Map(held.map((row) => [row[0], row]));
  for (const row of changed) {
    if (row[2] === 0) levels.delete(row[0]);
    else levels.set(row[0], row);
  }
  return [...levels.values()].sort(([one = 0], [other = 0]) => one - other);
}

/**
 * A simulated reader of the public market: keeps the books of all symbols as the protocol's page
 * tells it to, and tells what it holds after each message.
 */
import { INSTRUMENTS } from "../oracle/money.ts";
import type { HeldBook, Shown } from "../oracle/public-market.ts";
import type { World } from "../world/world.ts";
import { WebSocketClient } from "./web-socket.ts";

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
  readonly #socket: WebSocketClient;
  /** Latest position of each subscription. */
  readonly #seqs = new Map<string, number>();
  readonly #books = new Map<string, HeldBook>();
  awayUntilMs = 0;

  constructor(options: MarketClientOptions) {
    this.#options = options;
    this.#socket = new WebSocketClient(options.world, options.port, {
      opened: () => this.subscribe(),
      refused: () => {},
      received: (text) => this.#message(text),
      gone: () => this.#seqs.clear(),
    });
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
    const { world } = this.#options;
    if (this.#socket.isConnected || world.nowMs < this.awayUntilMs) return;
    this.#seqs.clear();
    this.#socket.connect("/ws/market/v1?heartbeat=1");
  }

  /** Stops reading, or goes on. */
  read(isReading: boolean): void {
    this.#socket.read(isReading);
  }

  /** A fresh snapshot of everything. */
  subscribe(): void {
    if (!this.#socket.isOpen) return;
    const { levels } = this.#options;
    const message = { op: "subscribe", channels: CHANNELS, symbols: SYMBOLS, levels };
    this.#socket.send(Buffer.from(JSON.stringify(message)));
  }

  cut(): void {
    this.#socket.cut();
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

/**
 * The public market of one symbol at a time: book, trades, candles. What is missed is not made up:
 * a gap starts the subscription over, and while nothing comes the page says so.
 */
import {
  type Candle,
  type HeartbeatMessage,
  type MarketTrade,
  parseWire,
} from "@countermand/client";
import { type Depth, type DepthMessage, foldDepth } from "../market/depth-book.ts";
import type { OpenSocket, Socket } from "./socket.ts";

export interface MarketListener {
  depth(depth: Depth | null): void;
  /** Oldest first; `isAll` where they replace what was there. */
  trades(trades: readonly MarketTrade[], isAll: boolean): void;
  candles(candles: readonly Candle[], isAll: boolean): void;
  /** Whether what is shown is known to be the present. */
  fresh(isFresh: boolean): void;
  received(): void;
}

export interface MarketPort {
  readonly openSocket: OpenSocket;
  readonly after: (ms: number, run: () => void) => { cancel(): void };
}

interface MarketMessage {
  readonly type: string;
  readonly channel: string;
  readonly symbol: string;
  readonly seq: number;
  readonly prev_seq?: number;
  readonly data: unknown;
}

const HEARTBEAT_SECONDS = 2;
const SILENT_MS = 3_000 * HEARTBEAT_SECONDS;
const RETRY_MS = 1_000;
const LEVELS = 20;

export class MarketLink {
  readonly #port: MarketPort;
  readonly #listener: MarketListener;
  #socket: Socket | null = null;
  #isOpen = false;
  #timer: { cancel(): void } | null = null;
  #symbol: string | null = null;
  #interval = "1m";
  #depth: Depth | null = null;
  #isStopped = false;

  constructor(port: MarketPort, listener: MarketListener) {
    this.#port = port;
    this.#listener = listener;
  }

  /** Shows this symbol from now on, with candles of this length. */
  follow(symbol: string, interval: string): void {
    if (symbol === this.#symbol && interval === this.#interval) return;
    this.#say("unsubscribe");
    this.#symbol = symbol;
    this.#interval = interval;
    this.#depth = null;
    this.#listener.fresh(false);
    if (this.#socket === null) this.#connect();
    else this.#say("subscribe");
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#socket?.close();
    this.#socket = null;
  }

  #connect(): void {
    if (this.#isStopped) return;
    this.#isOpen = false;
    const socket = this.#port.openSocket(`/ws/market/v1?heartbeat=${HEARTBEAT_SECONDS}`, {
      opened: () => {
        this.#isOpen = true;
        this.#say("subscribe");
      },
      received: (text) => {
        if (this.#socket === socket) this.#received(text);
      },
      closed: () => {
        if (this.#socket === socket) this.#lost();
      },
    });
    this.#socket = socket;
    this.#watch();
  }

  #lost(): void {
    this.#socket?.close();
    this.#socket = null;
    this.#isOpen = false;
    this.#depth = null;
    this.#listener.fresh(false);
    this.#timer?.cancel();
    this.#timer = this.#port.after(RETRY_MS, () => this.#connect());
  }

  #watch(): void {
    this.#timer?.cancel();
    this.#timer = this.#port.after(SILENT_MS, () => this.#lost());
  }

  #say(op: "subscribe" | "unsubscribe"): void {
    if (!this.#isOpen || this.#symbol === null) return;
    const symbols = [this.#symbol];
    const isBegin = op === "subscribe";
    this.#send({ op, channels: ["depth"], symbols, ...(isBegin && { levels: LEVELS }) });
    this.#send({ op, channels: ["trades", `candles:${this.#interval}`], symbols });
  }

  #send(message: unknown): void {
    this.#socket?.send(JSON.stringify(message));
  }

  #received(text: string): void {
    this.#watch();
    this.#listener.received();
    const message = parseWire(text) as MarketMessage;
    if (message.type === "heartbeat") {
      this.#heartbeat((message as unknown as HeartbeatMessage & Beat).data.subscriptions);
    } else if (message.symbol === this.#symbol) {
      this.#take(message);
    }
  }

  /** A book whose position is the gateway's has missed nothing, however quiet it was. */
  #heartbeat(subscriptions: Beat["data"]["subscriptions"]): void {
    const own = subscriptions.find(
      ({ channel, symbol }) => channel === "depth" && symbol === this.#symbol,
    );
    this.#listener.fresh(own !== undefined && own.seq === this.#depth?.seq);
  }

  #take(message: MarketMessage): void {
    const { channel, type } = message;
    if (channel === "depth") {
      this.#depth = foldDepth(this.#depth, message as unknown as DepthMessage);
      this.#listener.depth(this.#depth);
      if (this.#depth === null) {
        this.#listener.fresh(false);
        this.#again();
      } else if (type === "snapshot") this.#listener.fresh(true);
    } else if (channel === "trades") {
      const { trades } = message.data as { readonly trades: readonly MarketTrade[] };
      this.#listener.trades(trades, type === "snapshot");
    } else if (channel === `candles:${this.#interval}`) {
      const isAll = type === "snapshot";
      const data = message.data as Candle & { readonly candles: readonly Candle[] };
      this.#listener.candles(isAll ? data.candles : [data], isAll);
    }
  }

  #again(): void {
    if (this.#symbol === null) return;
    this.#send({ op: "subscribe", channels: ["depth"], symbols: [this.#symbol], levels: LEVELS });
  }
}

interface Beat {
  readonly data: {
    readonly subscriptions: readonly {
      readonly channel: string;
      readonly symbol: string;
      readonly seq: number;
    }[];
  };
}

/**
 * The public market of one symbol at a time, as the client library's stream tells it; and whether
 * what is shown is the present.
 */
import {
  type Candle,
  type MarketDepth,
  type MarketEvent,
  MarketStream,
  type MarketTrade,
} from "@countermand/client";
import type { OpenSocket } from "./socket.ts";

export interface MarketListener {
  depth(depth: MarketDepth | null): void;
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

export type CandleInterval = "1m" | "5m" | "1h" | "1d";

const HEARTBEAT_SECONDS = 2;
const RETRY_MS = 1_000;
const LEVELS = 20;

export class MarketLink {
  readonly #port: MarketPort;
  readonly #listener: MarketListener;
  #stream: MarketStream | null = null;
  #shown = "";

  constructor(port: MarketPort, listener: MarketListener) {
    this.#port = port;
    this.#listener = listener;
  }

  /** Shows this symbol from now on, with candles of this length. */
  follow(symbol: string, interval: CandleInterval): void {
    const shown = `${symbol} ${interval}`;
    if (shown === this.#shown) return;
    this.stop();
    this.#shown = shown;
    const origin = { baseUrl: "", probe: () => Promise.resolve() };
    const stream = new MarketStream(origin, [symbol], {
      channels: ["depth", "trades", `candles:${interval}`],
      levels: LEVELS,
      heartbeatSeconds: HEARTBEAT_SECONDS,
      reconnect: { firstMs: RETRY_MS, maxMs: RETRY_MS },
      openSocket: (pathAndQuery, _headers, listener) => {
        const received = (text: string) => {
          this.#listener.received();
          listener.received(text);
        };
        return this.#port.openSocket(pathAndQuery, { ...listener, received });
      },
      after: this.#port.after,
    });
    this.#stream = stream;
    void this.#follow(stream);
  }

  stop(): void {
    this.#stream?.close();
    this.#stream = null;
    this.#shown = "";
    this.#listener.fresh(false);
  }

  async #follow(stream: MarketStream): Promise<void> {
    try {
      for await (const event of stream) {
        if (this.#stream !== stream) return;
        this.#take(event);
      }
    } catch {
      // The symbol is not listed any more: what is shown stays, and is not the present.
      if (this.#stream === stream) this.#listener.fresh(false);
    }
  }

  #take(event: MarketEvent): void {
    switch (event.type) {
      case "book":
        this.#listener.depth(event.book);
        this.#listener.fresh(true);
        return;
      case "stale":
        this.#listener.depth(null);
        this.#listener.fresh(false);
        return;
      case "disconnected":
        this.#listener.fresh(false);
        return;
      case "trades":
        this.#listener.trades(event.trades, event.isReset);
        return;
      case "candles":
        this.#listener.candles(event.candles, event.isReset);
        return;
      default:
      // A connection alone shows nothing yet.
    }
  }
}

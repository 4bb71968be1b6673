/**
 * One channel of one symbol, shared by all who subscribed to it: each of its messages is made once.
 * A feed knows the position of its latest message, so that messages chain whatever else happens to
 * the symbol meanwhile.
 */
import {
  encodeCandlesSnapshot,
  encodeCandleUpdate,
  encodeDepthDelta,
  encodeDepthSnapshot,
  encodeTrades,
  encodeTradesSnapshot,
  type FeedPosition,
  type MarketChannel,
  type PublicTrade,
} from "@countermand/contract";
import { assert } from "@countermand/core/assert";
import { EXEC_ID_BASE } from "@countermand/core/exchange";
import type { MarketData, MarketUpdate, Trade } from "@countermand/core/market-data";
import { SNAPSHOT_CANDLES, SNAPSHOT_TRADES } from "./limits.ts";

/** Where messages of a feed go. */
export interface FeedReader {
  /** A message that the reader has subscribed to; it keeps it until {@link flush}. */
  push(feed: MarketFeed, message: Buffer): void;
  /** All messages of a commit were pushed: they leave together. */
  flush(): void;
}

/** What a feed tells. */
interface FeedContent {
  snapshot(at: FeedPosition): string;
  /** Null when the update changed nothing that this feed tells. */
  update(at: FeedPosition, prevSeq: number, update: MarketUpdate): string | null;
}

export interface FeedSelection {
  readonly channel: MarketChannel;
  readonly symbol: string;
  /** Prices per side of a depth feed; without effect on the others. */
  readonly levels: number;
}

export class MarketFeed {
  readonly selection: FeedSelection;
  readonly readers = new Set<FeedReader>();
  readonly #content: FeedContent;
  #position: FeedPosition;
  /** Made when it is asked for, kept until the next message. */
  #snapshot: Buffer | null = null;

  constructor(data: MarketData, epoch: number, selection: FeedSelection) {
    const { channel, symbol } = selection;
    this.selection = selection;
    this.#content = contentOf(data, selection);
    const seq = data.seq(symbol);
    this.#position = { channel: channel.word, symbol, epoch, seq, atMs: data.changedAtMs(symbol) };
  }

  /** Of the latest message. */
  get seq(): number {
    return this.#position.seq;
  }

  /** What the latest message left behind; the next message chains to it. */
  snapshot(): Buffer {
    this.#snapshot ??= Buffer.from(this.#content.snapshot(this.#position));
    return this.#snapshot;
  }

  /** The message of an update of the feed's symbol, if it has one. Called for every update. */
  advance(update: MarketUpdate): Buffer | null {
    assert(update.seq > this.seq, "updates come in their order");
    const next = { ...this.#position, seq: update.seq, atMs: update.atMs };
    const text = this.#content.update(next, this.seq, update);
    if (text === null) return null;
    this.#position = next;
    this.#snapshot = null;
    return Buffer.from(text);
  }
}

/** A trade as the public sees it. */
export function publicTrade({ tradeNo, price, qty, aggressorSide, atMs }: Trade): PublicTrade {
  return { execId: String(EXEC_ID_BASE + tradeNo), price, qty, aggressorSide, atMs };
}

function contentOf(data: MarketData, { channel, symbol, levels }: FeedSelection): FeedContent {
  switch (channel.kind) {
    case "depth":
      return depthContent(data, symbol, levels);
    case "trades":
      return {
        snapshot: (at) => {
          return encodeTradesSnapshot(
            at,
            data.tape.trades(symbol, SNAPSHOT_TRADES).map(publicTrade),
          );
        },
        update: (at, prevSeq, { trades }) => {
          return trades.length === 0 ? null : encodeTrades(at, prevSeq, trades.map(publicTrade));
        },
      };
    case "candles": {
      const { interval } = channel;
      return {
        snapshot: (at) => {
          return encodeCandlesSnapshot(at, data.tape.candles(symbol, interval, SNAPSHOT_CANDLES));
        },
        update: (at, prevSeq, { trades }) => {
          // Trades of one command have one time: they changed the newest candle and no other.
          const [candle] = trades.length === 0 ? [] : data.tape.candles(symbol, interval, 1);
          return candle === undefined ? null : encodeCandleUpdate(at, prevSeq, candle);
        },
      };
    }
  }
}

function depthContent(data: MarketData, symbol: string, levels: number): FeedContent {
  const view = data.view(symbol, levels);
  return {
    snapshot: (at) => encodeDepthSnapshot(at, levels, data.rows(symbol, view.levels)),
    update: (at, prevSeq) => {
      const changed = view.advance();
      return changed === null ? null : encodeDepthDelta(at, prevSeq, data.rows(symbol, changed));
    },
  };
}

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
import { EXEC_ID_BASE } from "@countermand/core/exchange";
import {
  type MarketData,
  type MarketUpdate,
  TRADES_KEPT_MAX,
  type Trade,
} from "@countermand/core/market-data";
import type { UnixMs } from "@countermand/core/model";
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
  /** Null when nothing changed that this feed tells. Of trades, those since its last message. */
  update(at: FeedPosition, prevSeq: number, trades: readonly Trade[]): string | null;
  /** Of one that holds levels. */
  readonly regridded?: () => void;
}

/** What happened to a symbol since its feeds were told something. */
export interface Untold {
  /** Of the latest update. */
  readonly seq: number;
  readonly atMs: UnixMs;
  /** The updates that have trades, oldest first. */
  readonly traded: readonly MarketUpdate[];
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

  /** The book is counted in other steps; what a reader has been told is the same. */
  regridded(): void {
    this.#content.regridded?.();
  }

  /** The message of what is untold, if it has one. A feed may be younger than some of it. */
  advance({ seq, atMs, traded }: Untold): Buffer | null {
    if (seq <= this.seq) return null;
    const next = { ...this.#position, seq, atMs };
    const trades = traded.filter((update) => update.seq > this.seq).flatMap(tradesOf);
    const text = this.#content.update(next, this.seq, trades);
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

function tradesOf({ trades }: MarketUpdate): readonly Trade[] {
  return trades;
}

function contentOf(data: MarketData, { channel, symbol, levels }: FeedSelection): FeedContent {
  switch (channel.kind) {
    case "depth":
      return depthContent(data, symbol, levels);
    case "trades":
      return tradesContent(data, symbol);
    case "candles": {
      const { interval } = channel;
      return {
        snapshot: (at) => {
          return encodeCandlesSnapshot(at, data.tape.candles(symbol, interval, SNAPSHOT_CANDLES));
        },
        update: (at, prevSeq, trades) => {
          const [candle] = trades.length === 0 ? [] : data.tape.candles(symbol, interval, 1);
          return candle === undefined ? null : encodeCandleUpdate(at, prevSeq, candle);
        },
      };
    }
  }
}

function tradesContent(data: MarketData, symbol: string): FeedContent {
  // The tape may be ahead of what was told.
  let toldNo = data.tape.trades(symbol, 1)[0]?.tradeNo ?? 0;
  return {
    snapshot: (at) => {
      const told = data.tape.trades(symbol, TRADES_KEPT_MAX).filter((each) => {
        return each.tradeNo <= toldNo;
      });
      return encodeTradesSnapshot(at, told.slice(-SNAPSHOT_TRADES).map(publicTrade));
    },
    update: (at, prevSeq, trades) => {
      const last = trades.at(-1);
      if (last === undefined) return null;
      toldNo = last.tradeNo;
      return encodeTrades(at, prevSeq, trades.map(publicTrade));
    },
  };
}

function depthContent(data: MarketData, symbol: string, levels: number): FeedContent {
  const view = data.view(symbol, levels);
  return {
    snapshot: (at) => encodeDepthSnapshot(at, levels, data.rows(symbol, view.levels)),
    regridded: () => view.regridded(),
    update: (at, prevSeq) => {
      const changed = view.advance();
      return changed === null ? null : encodeDepthDelta(at, prevSeq, data.rows(symbol, changed));
    },
  };
}

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
  type CandleInterval,
  candleStart,
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
  /** Its messages of what is untold, in order; none when nothing changed that this feed tells. */
  news(untold: Untold): readonly News[];
  /** Of one that holds levels. */
  readonly regridded?: () => void;
}

/** A message, and how far it leads. */
interface News extends Pick<Untold, "seq" | "atMs"> {
  readonly encode: (at: FeedPosition, prevSeq: number) => string;
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

  /** The messages of what is untold, in order. A feed may be younger than some of it. */
  advance({ seq, atMs, traded }: Untold): Buffer[] {
    if (seq <= this.seq) return [];
    const later = traded.filter((update) => update.seq > this.seq);
    return this.#content.news({ seq, atMs, traded: later }).map((news) => {
      const next = { ...this.#position, seq: news.seq, atMs: news.atMs };
      const text = news.encode(next, this.seq);
      this.#position = next;
      this.#snapshot = null;
      return Buffer.from(text);
    });
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
      return tradesContent(data, symbol);
    case "candles":
      return candlesContent(data, symbol, channel.interval);
  }
}

/** What is untold may have ended candles: each that changed has a message of its own. */
function candlesContent(data: MarketData, symbol: string, interval: CandleInterval): FeedContent {
  return {
    snapshot: (at) => {
      return encodeCandlesSnapshot(at, data.tape.candles(symbol, interval, SNAPSHOT_CANDLES));
    },
    news: ({ seq, atMs, traded }) => {
      const changed = new Map<number, MarketUpdate>();
      for (const update of traded) changed.set(candleStart(update.atMs, interval), update);
      const latest = traded.at(-1);
      return data.tape.candles(symbol, interval, changed.size).flatMap((candle) => {
        const last = changed.get(candle.startSeconds);
        if (last === undefined) return [];
        const through = last === latest ? { seq, atMs } : { seq: last.seq, atMs: last.atMs };
        const encode = (at: FeedPosition, prevSeq: number) => {
          return encodeCandleUpdate(at, prevSeq, candle);
        };
        return [{ ...through, encode }];
      });
    },
  };
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
    news: ({ seq, atMs, traded }) => {
      const trades = traded.flatMap((update) => update.trades);
      const last = trades.at(-1);
      if (last === undefined) return [];
      toldNo = last.tradeNo;
      const told = trades.map(publicTrade);
      return [{ seq, atMs, encode: (at, prevSeq) => encodeTrades(at, prevSeq, told) }];
    },
  };
}

function depthContent(data: MarketData, symbol: string, levels: number): FeedContent {
  const view = data.view(symbol, levels);
  return {
    snapshot: (at) => encodeDepthSnapshot(at, levels, data.rows(symbol, view.levels)),
    regridded: () => view.regridded(),
    news: ({ seq, atMs }) => {
      const changed = view.advance();
      if (changed === null) return [];
      const rows = data.rows(symbol, changed);
      return [{ seq, atMs, encode: (at, prevSeq) => encodeDepthDelta(at, prevSeq, rows) }];
    },
  };
}

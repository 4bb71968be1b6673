/**
 * Public market data of the embedded exchange: folds durable commands and tells those who listen.
 * Nothing is told before it is durable. Called by the sequencer's thread only.
 */
import { assert } from "@countermand/core/assert";
import type { Exchange } from "@countermand/core/exchange";
import {
  type DepthLevel,
  type DepthRow,
  type MarketBatch,
  MarketData,
  type MarketUpdate,
  type TradeTape,
} from "@countermand/core/market-data";
import {
  type Instrument,
  type InstrumentSource,
  InstrumentTable,
  type MarketName,
  type UnixMs,
} from "@countermand/core/model";
import type { Clock } from "../sys/clock.ts";
import { TELL_REST_FACTOR, TELL_REST_MS_MAX } from "./limits.ts";
import { type FeedReader, type FeedSelection, MarketFeed, type Untold } from "./market-feed.ts";
import { Pace } from "./pace.ts";

export interface MarketDataHubOptions {
  readonly instruments: InstrumentSource;
  /** Rises with every start: sequence numbers count within it. */
  readonly epoch: number;
  /** The exchange as it stands durably, before the first command of this start. */
  readonly exchange: Pick<Exchange, "depth">;
  /** Trades of earlier starts; none without it. */
  readonly tape?: TradeTape;
  /** Time of the exchange. */
  readonly marketNowMs: () => UnixMs;
  /** Paces what readers are told; they are told at once without it. */
  readonly clock?: Clock;
}

export class MarketDataHub {
  readonly epoch: number;
  /** As of the last {@link publish}. Only the hub changes it. */
  readonly data: MarketData;
  readonly #instruments: InstrumentTable;
  /** As they stand durably; the table is ahead of it by what is on its way to the disk. */
  readonly #listed = new Map<string, Instrument>();
  readonly #marketNowMs: () => UnixMs;
  /** By symbol, then by {@link feedKey}; only what somebody listens to. */
  readonly #feeds = new Map<string, Map<string, MarketFeed>>();
  /** By symbol; only of symbols that somebody listens to. */
  #untold = new Map<string, Untold & { readonly traded: MarketUpdate[] }>();
  readonly #pace: Pace | null;

  constructor({ instruments, epoch, exchange, tape, marketNowMs, clock }: MarketDataHubOptions) {
    this.epoch = epoch;
    this.#instruments = InstrumentTable.of(instruments);
    const { all } = this.#instruments;
    for (const each of all) this.#listed.set(each.symbol, each);
    this.data = new MarketData(all, tape);
    this.#marketNowMs = marketNowMs;
    const [restFactor, restMsMax] = [TELL_REST_FACTOR, TELL_REST_MS_MAX];
    const run = () => this.#tell();
    this.#pace = clock === undefined ? null : new Pace({ clock, restFactor, restMsMax, run });
    for (const instrument of all) {
      const { bids, asks } = exchange.depth(instrument.symbol, Number.MAX_SAFE_INTEGER);
      const levelOf = (row: DepthRow): DepthLevel => levelIn(instrument, row);
      this.data.loadDepth(instrument.symbol, { bids: bids.map(levelOf), asks: asks.map(levelOf) });
    }
  }

  /** Time of the exchange. */
  nowMs(): UnixMs {
    return this.#marketNowMs();
  }

  /** The instruments that a market name lists; all of them without one. */
  listed(market?: MarketName): Instrument[] {
    return this.#instruments.all.flatMap(({ symbol, securityDesc }) => {
      const durable = this.isListed(symbol, market) ? this.#listed.get(symbol) : undefined;
      return durable === undefined ? [] : [{ ...durable, securityDesc }];
    });
  }

  /** Whether there is such a symbol, in that market where one is named. */
  isListed(symbol: string, market?: MarketName): boolean {
    const instrument = this.#listed.get(symbol);
    if (instrument === undefined) return false;
    if (this.#instruments.isRetired(symbol)) return false;
    return market === undefined || instrument.markets.includes(market);
  }

  /** Under which names a symbol is listed; none where there is no such symbol. */
  marketsOf(symbol: string): readonly MarketName[] {
    return this.isListed(symbol) ? (this.#listed.get(symbol)?.markets ?? []) : [];
  }

  /**
   * Takes in what has become durable, one batch per command, in journal order, and tells it: at
   * once, or with what comes meanwhile where many listen, so that readers never take the time of
   * those who trade. Each message is made once for all, and not at all where nobody listens.
   */
  publish(batches: readonly MarketBatch[]): void {
    for (const batch of batches) {
      // What was told and what is told next are counted in different steps.
      if (batch.grid !== undefined) this.#tell();
      const update = this.data.apply(batch);
      if (update !== null && this.#feeds.has(update.symbol)) this.#remember(update);
      if (batch.grid !== undefined) this.#regrid(batch.symbol);
    }
    if (this.#untold.size === 0) return;
    if (this.#pace === null) this.#tell();
    else this.#pace.ask();
  }

  #regrid(symbol: string): void {
    const instrument = this.#instruments.find(symbol);
    assert(instrument !== null, "a book is an instrument's");
    this.#listed.set(symbol, instrument);
    for (const feed of this.#feeds.get(symbol)?.values() ?? []) feed.regridded();
  }

  #remember(update: MarketUpdate): void {
    const { symbol, seq, atMs, trades } = update;
    const traded = this.#untold.get(symbol)?.traded ?? [];
    if (trades.length > 0) traded.push(update);
    this.#untold.set(symbol, { seq, atMs, traded });
  }

  #tell(): void {
    const untold = this.#untold;
    this.#untold = new Map();
    const told = new Set<FeedReader>();
    for (const [symbol, news] of untold) {
      for (const feed of this.#feeds.get(symbol)?.values() ?? []) {
        for (const message of feed.advance(news)) {
          for (const reader of feed.readers) {
            reader.push(feed, message);
            told.add(reader);
          }
        }
      }
    }
    for (const reader of told) reader.flush();
  }

  /** Adds a reader to the feed of a selection. Precondition: the symbol is listed. */
  join(selection: FeedSelection, reader: FeedReader): MarketFeed {
    const { symbol } = selection;
    const key = feedKey(selection);
    const feeds = this.#feeds.get(symbol) ?? new Map<string, MarketFeed>();
    const feed = feeds.get(key) ?? new MarketFeed(this.data, this.epoch, selection);
    assert(!feed.readers.has(reader), "a reader joins a feed once");
    feed.readers.add(reader);
    feeds.set(key, feed);
    this.#feeds.set(symbol, feeds);
    return feed;
  }

  /** Takes a reader out; a feed that nobody reads is dropped. */
  leave(feed: MarketFeed, reader: FeedReader): void {
    assert(feed.readers.delete(reader), "a reader leaves a feed that it joined");
    if (feed.readers.size > 0) return;
    const { symbol } = feed.selection;
    const feeds = this.#feeds.get(symbol);
    assert(feeds?.delete(feedKey(feed.selection)) === true, "a feed is dropped once");
    if (feeds?.size === 0) this.#feeds.delete(symbol);
  }

  /** Feeds that somebody reads. */
  get feedCount(): number {
    let count = 0;
    for (const feeds of this.#feeds.values()) count += feeds.size;
    return count;
  }
}

function feedKey({ channel, levels }: FeedSelection): string {
  return channel.kind === "depth" ? `${channel.word}:${levels}` : channel.word;
}

function levelIn(
  { priceTick, lotQty }: Instrument,
  [price, qty, orderCount]: DepthRow,
): DepthLevel {
  const ticks = Number(price / priceTick);
  const lots = Number(qty / lotQty);
  assert(BigInt(ticks) * priceTick === price, "a price in the book lies on the grid");
  assert(BigInt(lots) * lotQty === qty, "a quantity in the book lies on the grid");
  return { ticks, lots, orderCount };
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { EXEC_ID_BASE } from "@countermand/core/exchange";
import {
  InstrumentTable,
  MarketName,
  type Price,
  REFERENCE_INSTRUMENTS,
  type UnixMs,
} from "@countermand/core/model";
import { FakeClock } from "../sys/fake-clock.ts";
import { MarketDataHub } from "./market-data-hub.ts";
import type { FeedReader, MarketFeed } from "./market-feed.ts";
import { Buy, EPOCH, Sell, TestMarket } from "./market-fixture.ts";

const SYMBOL = "00700";

test("market hub: after a restart depth is the same, positions begin again", () => {
  const market = new TestMarket();
  market.place(SYMBOL, Sell, 42390, 2);
  market.place(SYMBOL, Buy, 42390, 1);
  market.place(SYMBOL, Buy, 42380, 7);
  market.commit();
  const { data } = market.hub;

  const restarted = new MarketDataHub({
    instruments: REFERENCE_INSTRUMENTS,
    epoch: EPOCH + 1,
    exchange: market.exchange,
    tape: data.tape,
    marketNowMs: () => market.nowMs,
  });
  assert.deepEqual(restarted.data.depth(SYMBOL, 50), data.depth(SYMBOL, 50));
  assert.deepEqual([data.seq(SYMBOL), restarted.data.seq(SYMBOL)], [3, 0]);
  assert.equal(restarted.epoch, EPOCH + 1);
});

test("market hub: what a market lists", () => {
  const { hub } = new TestMarket();
  const listed = (market?: MarketName) => hub.listed(market).map(({ symbol }) => symbol);
  assert.deepEqual(listed(MarketName.Nasdaq), ["AAPL"]);
  assert.equal(listed().length, REFERENCE_INSTRUMENTS.length);
  assert.ok(hub.isListed("AAPL", MarketName.Usex) && hub.isListed("AAPL"));
  assert.ok(!hub.isListed("AAPL", MarketName.Hkex) && !hub.isListed("700"));
});

/** Every look takes a millisecond, so whatever is done takes time. */
class TickingClock extends FakeClock {
  #lookCount = 0;

  override monotonicMs(): number {
    this.#lookCount += 1;
    return super.monotonicMs() + this.#lookCount;
  }
}

interface Told {
  readonly seq: number;
  readonly prev_seq?: number;
  readonly data: { readonly trades: readonly { readonly exec_id: string }[] };
}

/** Takes the trades of a symbol as a client does. */
class TradesReader implements FeedReader {
  readonly execIds: string[] = [];
  readonly feed: MarketFeed;
  messageCount = 0;
  #seq: number;

  constructor(hub: MarketDataHub) {
    const channel = { kind: "trades", word: "trades" } as const;
    this.feed = hub.join({ channel, symbol: SYMBOL, levels: 10 }, this);
    const { seq, data } = JSON.parse(this.feed.snapshot().toString()) as Told;
    this.#seq = seq;
    this.execIds.push(...data.trades.map(({ exec_id }) => exec_id));
  }

  push(_: MarketFeed, message: Buffer): void {
    const told = JSON.parse(message.toString()) as Told;
    assert.equal(told.prev_seq, this.#seq, "messages chain");
    this.#seq = told.seq;
    this.messageCount += 1;
    this.execIds.push(...told.data.trades.map(({ exec_id }) => exec_id));
  }

  flush(): void {}
}

test("market hub: told in turns, nobody misses a trade or hears of one twice", () => {
  const clock = new TickingClock();
  const market = new TestMarket(REFERENCE_INSTRUMENTS, clock);
  const trade = () => {
    market.place(SYMBOL, Sell, 42390, 1);
    market.place(SYMBOL, Buy, 42390, 1);
    market.commit();
  };
  const readers = [new TradesReader(market.hub)];
  for (let index = 0; index < 12; index += 1) {
    trade();
    // Some join while there is news that nobody was told yet, also the first ones behind what was.
    if (index % 5 !== 0) readers.push(new TradesReader(market.hub));
    if (index % 5 === 4) clock.advance(1_000);
  }
  clock.advance(1_000);
  const all = market.hub.data.tape.trades(SYMBOL, 50).map(({ tradeNo }) => {
    return String(EXEC_ID_BASE + tradeNo);
  });
  assert.equal(all.length, 12);
  for (const reader of readers) {
    assert.deepEqual(reader.execIds, all);
    assert.ok(reader.messageCount < 12, "several commands are told by one message");
    const again = JSON.parse(reader.feed.snapshot().toString()) as Told;
    assert.deepEqual(
      again.data.trades.map(({ exec_id }) => exec_id),
      all,
    );
  }
});

/** Keeps candles as a client does: the snapshot, and every change since. */
class CandlesReader implements FeedReader {
  readonly candles = new Map<number, object>();
  #seq: number;

  constructor(hub: MarketDataHub) {
    const channel = { kind: "candles", word: "candles:1m", interval: 60 } as const;
    const feed = hub.join({ channel, symbol: SYMBOL, levels: 10 }, this);
    const { seq, data } = JSON.parse(feed.snapshot().toString());
    this.#seq = seq;
    for (const candle of data.candles) this.candles.set(candle.start_time, candle);
  }

  push(_: MarketFeed, message: Buffer): void {
    const { seq, prev_seq: prevSeq, data } = JSON.parse(message.toString());
    assert.equal(prevSeq, this.#seq, "messages chain");
    this.#seq = seq;
    this.candles.set(data.start_time, data);
  }

  flush(): void {
    // Everything is read at once.
  }
}

test("market hub: a candle that ends before it was told is told as it ended", () => {
  for (const clock of [new TickingClock(), undefined]) {
    const market = new TestMarket(REFERENCE_INSTRUMENTS, clock);
    const trade = (afterMs: number) => {
      market.nowMs = (market.nowMs + afterMs) as UnixMs;
      market.place(SYMBOL, Sell, 42390, 1);
      market.place(SYMBOL, Buy, 42390, 1);
    };
    const readers = [new CandlesReader(market.hub)];
    for (let minute = 0; minute < 4; minute += 1) {
      for (const afterMs of [30_000, 1_000, 29_000]) trade(afterMs);
      market.commit();
      readers.push(new CandlesReader(market.hub));
    }
    // Behind the last trade something that changes no candle.
    market.place(SYMBOL, Buy, 42_380, 1);
    market.commit();
    clock?.advance(10_000);
    const last = new CandlesReader(market.hub);
    assert.ok(last.candles.size >= 4);
    for (const reader of readers) assert.deepEqual(reader.candles, last.candles);
  }
});

/** Keeps a depth as a client does: the snapshot, and every change since. */
class DepthReader implements FeedReader {
  readonly feed: MarketFeed;
  readonly messages: string[] = [];

  constructor(hub: MarketDataHub) {
    const channel = { kind: "depth", word: "depth" } as const;
    this.feed = hub.join({ channel, symbol: SYMBOL, levels: 10 }, this);
  }

  push(_feed: MarketFeed, message: Buffer): void {
    this.messages.push(message.toString());
  }

  flush(): void {
    // Everything is read at once.
  }
}

test("market hub: another tick and lot are no news; what follows is told at the right prices", () => {
  for (const clock of [new FakeClock(), undefined]) {
    const market = new TestMarket(REFERENCE_INSTRUMENTS, clock);
    market.place(SYMBOL, Buy, 42_380, 2);
    market.place(SYMBOL, Buy, 42_381, 4);
    market.commit();
    clock?.advance(10_000);
    const reader = new DepthReader(market.hub);
    const depth = market.hub.data.depth(SYMBOL, 9);
    const [tencent] = REFERENCE_INSTRUMENTS;
    assert.ok(tencent !== undefined);
    const grid = { ...tencent, priceTick: (tencent.priceTick * 5n) as Price };
    // Untold when the steps change: it is told in the old ones first.
    for (const orderId of market.exchange.unfit(SYMBOL, grid)) market.cancel(SYMBOL, orderId);
    market.handle({ type: "SetGrid", symbol: SYMBOL, grid });
    market.commit();
    assert.deepEqual(market.hub.data.depth(SYMBOL, 9), { bids: depth.bids.slice(1), asks: [] });
    market.place(SYMBOL, Sell, 42_390, 6);
    market.commit();
    clock?.advance(10_000);
    const told = reader.messages.map((text) => JSON.parse(text).data);
    assert.deepEqual(told.slice(-2), [
      { bids: [[423.81, 0, 0]], asks: [] },
      { bids: [], asks: [[423.9, 600, 1]] },
    ]);
    const { data } = JSON.parse(reader.feed.snapshot().toString());
    assert.deepEqual(data, { levels: 10, bids: [[423.8, 200, 1]], asks: [[423.9, 600, 1]] });
  }
});

test("market hub: a new instrument is listed when that is durable, a retired one no more", () => {
  const table = new InstrumentTable(REFERENCE_INSTRUMENTS);
  const market = new TestMarket(table);
  const [tencent] = REFERENCE_INSTRUMENTS;
  assert.ok(tencent !== undefined);
  const added = { ...tencent, symbol: "00001" };
  table.set(added);
  market.handle({ type: "SetGrid", symbol: "00001", grid: added });
  assert.ok(!market.hub.isListed("00001"));
  market.commit();
  assert.ok(market.hub.isListed("00001", MarketName.Hkex));
  market.place("00001", Buy, 100, 1);
  market.commit();
  assert.equal(market.hub.data.depth("00001", 1).bids.length, 1);
  table.retire("00001");
  assert.ok(!market.hub.isListed("00001"));
  assert.equal(market.hub.listed().length, REFERENCE_INSTRUMENTS.length);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { EXEC_ID_BASE } from "@countermand/core/exchange";
import { MarketName, REFERENCE_INSTRUMENTS } from "@countermand/core/model";
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
    // Some join while there is news that nobody was told yet.
    readers.push(new TradesReader(market.hub));
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

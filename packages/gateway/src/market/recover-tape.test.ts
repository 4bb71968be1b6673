import assert from "node:assert/strict";
import { test } from "node:test";
import { CANDLE_INTERVALS, type TradeTape } from "@countermand/core/market-data";
import { type Price, type Qty, REFERENCE_INSTRUMENTS } from "@countermand/core/model";
import { inFolder } from "../journal/journal-fixture.ts";
import { JournalReader } from "../journal/journal-reader.ts";
import { SqliteJournal } from "../journal/sqlite-journal.ts";
import { EXCHANGE_PARTITION } from "../sequencer/partitions.ts";
import { Buy, Sell, TestMarket } from "./market-fixture.ts";
import { recoverTape } from "./recover-tape.ts";

const SYMBOL = "00700";

/** Trades in two symbols, a minute apart, among orders that do not trade. */
function tradedMarket(): TestMarket {
  const market = new TestMarket();
  for (let minute = 0; minute < 40; minute += 1) {
    market.nowMs = (market.nowMs + 60_000) as typeof market.nowMs;
    for (const symbol of [SYMBOL, "AAPL"]) {
      market.place(symbol, Sell, 42_300 + minute, 2);
      market.place(symbol, Buy, 42_300 + minute, 3);
      market.place(symbol, Buy, 100, 1);
    }
  }
  market.commit();
  return market;
}

function journaled<T>(records: readonly string[], read: (reader: JournalReader) => T): Promise<T> {
  return inFolder((folder) => {
    const journal = SqliteJournal.open(folder);
    const { epoch, lastSeq } = journal.claim(EXCHANGE_PARTITION, "test");
    const append = { partition: EXCHANGE_PARTITION, epoch, expectedSeq: lastSeq };
    journal.append([[{ ...append, payloads: [...records] }]]);
    const reader = new JournalReader(folder);
    try {
      return read(reader);
    } finally {
      reader.close();
      journal.close();
    }
  });
}

function shown(tape: TradeTape, symbol: string) {
  return [
    tape.trades(symbol, Number.MAX_SAFE_INTEGER),
    ...CANDLE_INTERVALS.map((interval) => tape.candles(symbol, interval, Number.MAX_SAFE_INTEGER)),
  ];
}

test("tape after a start: trades and candles are those of before", async () => {
  const { hub, records } = tradedMarket();
  await journaled(records, (reader) => {
    const tape = recoverTape(reader, REFERENCE_INSTRUMENTS, records.length);
    for (const symbol of [SYMBOL, "AAPL"]) {
      assert.ok(tape.trades(symbol, 1).length > 0);
      assert.deepEqual(shown(tape, symbol), shown(hub.data.tape, symbol));
    }
    assert.equal(tape.latestAtMs, hub.data.tape.latestAtMs);
  });
});

test("tape after a start: no more events are looked at than the bound, from the end back", async () => {
  const { hub, records } = tradedMarket();
  await journaled(records, (reader) => {
    for (const eventsMax of [1, 7, 100]) {
      const tape = recoverTape(reader, REFERENCE_INSTRUMENTS, records.length, eventsMax);
      const inBound = records.slice(-eventsMax).filter((record) => record.startsWith('["T"'));
      const found = [SYMBOL, "AAPL"].map((symbol) => tape.trades(symbol, 500));
      assert.equal(found.flat().length, inBound.length, `${eventsMax}`);
      for (const [index, symbol] of [SYMBOL, "AAPL"].entries()) {
        const count = found[index]?.length ?? 0;
        assert.deepEqual(found[index], hub.data.tape.trades(symbol, count));
      }
    }
  });
});

test("tape after a start: an empty journal, and symbols that are no longer listed", async () => {
  const { records } = tradedMarket();
  const rest = REFERENCE_INSTRUMENTS.filter(({ symbol }) => symbol !== SYMBOL);
  await journaled(records, (reader) => {
    assert.equal(recoverTape(reader, REFERENCE_INSTRUMENTS, 0).latestAtMs, 0);
    assert.ok(recoverTape(reader, rest, records.length).trades("AAPL", 1).length > 0);
  });
});

test("recover tape: trades are read in the steps of their time, wherever the reading begins", async () => {
  const market = new TestMarket();
  const [tencent] = REFERENCE_INSTRUMENTS;
  assert.ok(tencent !== undefined);
  let now = { ...tencent };
  for (const [ticks, lots] of [
    [1n, 1n],
    [5n, 2n],
    [10n, 1n],
    [2n, 3n],
  ] as const) {
    now = {
      ...tencent,
      priceTick: (tencent.priceTick * ticks) as Price,
      lotQty: (tencent.lotQty * lots) as Qty,
    };
    market.handle({ type: "SetGrid", symbol: SYMBOL, grid: now });
    for (const side of [Sell, Buy]) market.place(SYMBOL, side, 42_300, 6);
  }
  market.commit();
  const { records } = market;
  const all = market.hub.data.tape.trades(SYMBOL, 99);
  assert.deepEqual(
    all.map(({ price, qty }) => [price, qty]),
    all.map(() => [42_300n * tencent.priceTick, 6n * tencent.lotQty]),
  );
  await journaled(records, (reader) => {
    for (let events = 0; events <= records.length; events += 1) {
      const tape = recoverTape(reader, [now], records.length, events);
      const trades = tape.trades(SYMBOL, 99);
      assert.deepEqual(trades, trades.length === 0 ? [] : all.slice(-trades.length));
    }
  });
});

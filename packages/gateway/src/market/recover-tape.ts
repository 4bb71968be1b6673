/** Trades and candles of earlier starts, from the end of the journal. */
import {
  decodeExchangeEvent,
  decodeTimedTrade,
  GRID_RECORD_BEGINS,
  TRADE_RECORD_BEGINS,
} from "@countermand/core/exchange";
import { type GridChange, TradeTape } from "@countermand/core/market-data";
import type { Instrument } from "@countermand/core/model";
import type { JournalReader } from "../journal/journal-reader.ts";
import { EXCHANGE_PARTITION } from "../sequencer/partitions.ts";
import { gridChangeOf, tradePrintOf } from "./exchange-batch.ts";
import { TAPE_EVENTS_MAX } from "./limits.ts";

/** The steps that trades behind `from` are counted in, at first. */
function gridsAt(
  reader: JournalReader,
  instruments: readonly Instrument[],
  from: number,
  lastSeq: number,
): GridChange[] {
  const grids = new Map<string, GridChange>(instruments.map((each) => [each.symbol, each]));
  const seen = new Set<string>();
  const records = reader.beginningWith([GRID_RECORD_BEGINS], EXCHANGE_PARTITION, from, lastSeq);
  for (const { payload } of records) {
    const event = decodeExchangeEvent(payload);
    if (event.type !== "GridSet" || seen.has(event.symbol)) continue;
    seen.add(event.symbol);
    if (event.from !== null) grids.set(event.symbol, { symbol: event.symbol, ...event.from });
  }
  return [...grids.values()];
}

/** `lastSeq` is the exchange's last position, `eventsMax` how far back the journal is read. */
export function recoverTape(
  reader: JournalReader,
  instruments: readonly Instrument[],
  lastSeq: number,
  eventsMax = TAPE_EVENTS_MAX,
): TradeTape {
  const listed = new Set(instruments.map(({ symbol }) => symbol));
  const from = Math.max(0, lastSeq - eventsMax);
  const tape = new TradeTape(gridsAt(reader, instruments, from, lastSeq));
  const begins = [...TRADE_RECORD_BEGINS, GRID_RECORD_BEGINS];
  for (const { payload } of reader.beginningWith(begins, EXCHANGE_PARTITION, from, lastSeq)) {
    if (payload.startsWith(GRID_RECORD_BEGINS)) {
      for (const grid of gridChangeOf(decodeExchangeEvent(payload))) tape.setGrid(grid);
      continue;
    }
    const trade = decodeTimedTrade(payload);
    const print = trade === null ? null : tradePrintOf(trade.event, trade.atMs);
    if (print !== null && listed.has(print.symbol)) tape.apply(print);
  }
  return tape;
}

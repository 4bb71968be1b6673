/** Trades and candles of earlier starts, from the end of the journal. */
import {
  decodeExchangeEvent,
  decodeTimedTrade,
  GRID_RECORD_BEGINS,
  TRADE_RECORD_BEGINS,
} from "@countermand/core/exchange";
import { type GridChange, TradeTape } from "@countermand/core/market-data";
import type { Instrument } from "@countermand/core/model";
import type { JournalRecord } from "../journal/journal.ts";
import type { JournalReader } from "../journal/journal-reader.ts";
import { EXCHANGE_PARTITION } from "../sequencer/partitions.ts";
import { gridChangeOf, tradePrintOf } from "./exchange-batch.ts";
import { TAPE_EVENTS_MAX } from "./limits.ts";

/** The steps that trades are counted in before the first of these records. */
function gridsBefore(
  records: readonly JournalRecord[],
  instruments: readonly Instrument[],
): GridChange[] {
  const grids = new Map<string, GridChange>(instruments.map((each) => [each.symbol, each]));
  const seen = new Set<string>();
  for (const { payload } of records) {
    if (!payload.startsWith(GRID_RECORD_BEGINS)) continue;
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
  const begins = [...TRADE_RECORD_BEGINS, GRID_RECORD_BEGINS];
  const records = reader.beginningWith(begins, EXCHANGE_PARTITION, from, lastSeq);
  const tape = new TradeTape(gridsBefore(records, instruments));
  for (const { payload } of records) {
    if (payload.startsWith(GRID_RECORD_BEGINS)) {
      const grid = gridChangeOf(decodeExchangeEvent(payload));
      if (grid !== null) tape.setGrid(grid);
      continue;
    }
    const trade = decodeTimedTrade(payload);
    const print = trade === null ? null : tradePrintOf(trade.event, trade.atMs);
    if (print !== null && listed.has(print.symbol)) tape.apply(print);
  }
  return tape;
}

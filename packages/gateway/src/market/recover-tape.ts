/** Trades and candles of earlier starts, from the end of the journal. */
import { decodeTimedTrade, TRADE_RECORD_BEGINS } from "@countermand/core/exchange";
import { TradeTape } from "@countermand/core/market-data";
import type { Instrument } from "@countermand/core/model";
import type { JournalReader } from "../journal/journal-reader.ts";
import { EXCHANGE_PARTITION } from "../sequencer/partitions.ts";
import { tradePrintOf } from "./exchange-batch.ts";
import { TAPE_EVENTS_MAX } from "./limits.ts";

/** `lastSeq` is the exchange's last position, `eventsMax` how far back the journal is read. */
export function recoverTape(
  reader: JournalReader,
  instruments: readonly Instrument[],
  lastSeq: number,
  eventsMax = TAPE_EVENTS_MAX,
): TradeTape {
  const tape = new TradeTape(instruments);
  const listed = new Set(instruments.map(({ symbol }) => symbol));
  const from = Math.max(0, lastSeq - eventsMax);
  const records = reader.beginningWith(TRADE_RECORD_BEGINS, EXCHANGE_PARTITION, from, lastSeq);
  for (const { payload } of records) {
    const trade = decodeTimedTrade(payload);
    const print = trade === null ? null : tradePrintOf(trade.event, trade.atMs);
    if (print !== null && listed.has(print.symbol)) tape.apply(print);
  }
  return tape;
}

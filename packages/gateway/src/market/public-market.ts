/** The market that everybody may see: its data, its routes and its stream, over one node. */
import type { MarketRouteName } from "@countermand/contract";
import type { MarketBatch } from "@countermand/core/market-data";
import type { InstrumentTable } from "@countermand/core/model";
import { JournalReader } from "../journal/journal-reader.ts";
import type { MarketClock } from "../sequencer/market-clock.ts";
import type { ExchangePartition, WorkedCommand } from "../sequencer/partitions.ts";
import type { Answer } from "../sequencer/sequencer.ts";
import type { Clock } from "../sys/clock.ts";
import { marketBatchOf } from "./exchange-batch.ts";
import { marketAnswer } from "./market-answers.ts";
import { MarketDataHub } from "./market-data-hub.ts";
import { MarketStreamServer } from "./market-stream-server.ts";
import { recoverTape } from "./recover-tape.ts";

export interface PublicMarketOptions {
  readonly dataDir: string;
  readonly instruments: InstrumentTable;
  /** Recovered, before the first command of this start. */
  readonly exchange: ExchangePartition;
  readonly marketClock: MarketClock;
  readonly clock: Clock;
}

export class PublicMarket {
  readonly hub: MarketDataHub;
  readonly streams: MarketStreamServer;

  /** Throws JournalError. */
  constructor({ dataDir, instruments, exchange, marketClock, clock }: PublicMarketOptions) {
    const { epoch, seq } = exchange.lease;
    const reader = new JournalReader(dataDir);
    try {
      const tape = recoverTape(reader, instruments.all, seq);
      marketClock.seen(tape.latestAtMs);
      this.hub = new MarketDataHub({
        instruments,
        epoch,
        exchange: exchange.exchange,
        tape,
        marketNowMs: () => marketClock.nowMs(),
        clock,
      });
    } finally {
      reader.close();
    }
    this.streams = new MarketStreamServer({ hub: this.hub, clock });
  }

  /** Tells what the exchange did, now that it is durable. Called in journal order. */
  publish(worked: readonly WorkedCommand[]): void {
    const batches: MarketBatch[] = [];
    for (const { events, atMs } of worked) {
      const batch = marketBatchOf(events, atMs);
      if (batch !== null) batches.push(batch);
    }
    if (batches.length > 0) this.hub.publish(batches);
  }

  /** The answer of a route; the raw query without "?". */
  answer(route: MarketRouteName, rawQuery: string): Answer {
    return marketAnswer(this.hub, route, rawQuery);
  }
}

/** The market that everybody may see: its data, its routes and its stream, over one node. */
import type { MarketRouteName } from "@countermand/contract";
import type { MarketBatch, TradeTape } from "@countermand/core/market-data";
import type { InstrumentTable } from "@countermand/core/model";
import type { MarketClock } from "../sequencer/market-clock.ts";
import type { ExchangePartition } from "../sequencer/partitions.ts";
import type { Answer } from "../sequencer/sequencer.ts";
import type { WorkedCommand } from "../sequencer/staging.ts";
import type { Clock } from "../sys/clock.ts";
import { marketBatchOf } from "./exchange-batch.ts";
import { marketAnswer } from "./market-answers.ts";
import { MarketDataHub } from "./market-data-hub.ts";
import { MarketStreamServer } from "./market-stream-server.ts";

export interface PublicMarketOptions {
  readonly instruments: InstrumentTable;
  /** Recovered, before the first command of this start. */
  readonly exchange: ExchangePartition;
  /** Trades of earlier starts. */
  readonly tape: TradeTape;
  readonly marketClock: MarketClock;
  readonly clock: Clock;
}

export class PublicMarket {
  readonly hub: MarketDataHub;
  readonly streams: MarketStreamServer;

  constructor({ instruments, exchange, tape, marketClock, clock }: PublicMarketOptions) {
    marketClock.seen(tape.latestAtMs);
    this.hub = new MarketDataHub({
      instruments,
      epoch: exchange.lease.epoch,
      exchange: exchange.exchange,
      tape,
      marketNowMs: () => marketClock.nowMs(),
      clock,
    });
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

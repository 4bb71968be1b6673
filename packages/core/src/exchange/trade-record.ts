/**
 * What the journal adds to an exchange event: a trade's record ends with the time of its command.
 * The exchange itself knows no time, but what the public is told of a trade does.
 */
import type { UnixMs } from "../model/index.ts";
import { encodeExchangeEvent, exchangeEventOf, FIELDS } from "./exchange-codec.ts";
import type { AuctionTraded, ExchangeEvent, Traded } from "./exchange-event.ts";

/** First characters of the records of {@link Traded} and {@link AuctionTraded}. */
export const TRADE_RECORD_BEGINS = ['["T"', '["A"'] as const;

/** First characters of the records of a set grid. */
export const GRID_RECORD_BEGINS = '["Z"';

export interface TimedTrade {
  readonly event: Traded | AuctionTraded;
  readonly atMs: UnixMs;
}

export function encodeExchangeRecord(event: ExchangeEvent, atMs: UnixMs): string {
  const payload = encodeExchangeEvent(event);
  return isTrade(event) ? `${payload.slice(0, -1)},${atMs}]` : payload;
}

/** Null for a record of another event, and for one of a trade that has no time. */
export function decodeTimedTrade(record: string): TimedTrade | null {
  const cells = JSON.parse(record) as readonly unknown[];
  const event = exchangeEventOf(cells);
  if (!isTrade(event)) return null;
  const atMs = cells[FIELDS[event.type].length + 1];
  return typeof atMs === "number" ? { event, atMs: atMs as UnixMs } : null;
}

function isTrade(event: ExchangeEvent): event is Traded | AuctionTraded {
  return event.type === "Traded" || event.type === "AuctionTraded";
}

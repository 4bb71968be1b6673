/** What the public sees of one command of the embedded exchange. */
import { depthChangesOf, type ExchangeEvent } from "@countermand/core/exchange";
import type { GridChange, MarketBatch, TradePrint } from "@countermand/core/market-data";
import type { UnixMs } from "@countermand/core/model";

const NONE: readonly never[] = [];

/**
 * All events of one command, in order, and its time; null where the public sees nothing of it. They
 * are of one symbol, as the command is, and one that sets a grid is the only one.
 */
export function marketBatchOf(events: readonly ExchangeEvent[], atMs: UnixMs): MarketBatch | null {
  const first = events[0];
  if (first === undefined) return null;
  const { symbol } = first;
  const grid = gridChangeOf(first);
  if (grid !== null) return { symbol, atMs, changes: NONE, trades: NONE, grid };
  const changes = events.length === 1 ? depthChangesOf(first) : events.flatMap(depthChangesOf);
  const trades = tradePrintsOf(events, atMs);
  return changes.length === 0 && trades.length === 0 ? null : { symbol, atMs, changes, trades };
}

/** The steps of a symbol that an event sets; null where it sets none. */
export function gridChangeOf(event: ExchangeEvent): GridChange | null {
  if (event.type !== "GridSet") return null;
  const { symbol, priceTick, lotQty } = event.grid;
  return { symbol, priceTick, lotQty };
}

/** The trade that an event is; null when it is none. `atMs` is the time of its command. */
export function tradePrintOf(event: ExchangeEvent, atMs: UnixMs): TradePrint | null {
  if (event.type !== "Traded" && event.type !== "AuctionTraded") return null;
  const { symbol, tradeNo, ticks, lots } = event;
  const aggressorSide = event.type === "Traded" ? event.side : null;
  return { symbol, tradeNo, ticks, lots, aggressorSide, atMs };
}

/** Most commands trade nothing, and cost nothing here. */
function tradePrintsOf(events: readonly ExchangeEvent[], atMs: UnixMs): readonly TradePrint[] {
  let prints: TradePrint[] | null = null;
  for (const event of events) {
    const print = tradePrintOf(event, atMs);
    if (print === null) continue;
    prints ??= [];
    prints.push(print);
  }
  return prints ?? NONE;
}

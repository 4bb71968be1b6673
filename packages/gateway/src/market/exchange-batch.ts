/** What the public sees of one command of the embedded exchange. */
import { depthChangesOf, type ExchangeEvent } from "@countermand/core/exchange";
import type {
  DepthChange,
  GridChange,
  MarketBatch,
  TradePrint,
} from "@countermand/core/market-data";
import type { UnixMs } from "@countermand/core/model";

/** All events of one command, in order, and its time; null where the public sees nothing of it. */
export function marketBatchOf(events: readonly ExchangeEvent[], atMs: UnixMs): MarketBatch | null {
  const changes: DepthChange[] = [];
  const trades: TradePrint[] = [];
  if (events.some(({ type }) => type === "GridSet")) {
    return { atMs, changes, trades, grids: events.flatMap(gridChangeOf) };
  }
  for (const event of events) {
    const { symbol } = event;
    for (const { side, ticks, lots, orderCount } of depthChangesOf(event)) {
      changes.push({ symbol, side, ticks, lotsDelta: lots, ordersDelta: orderCount });
    }
    const print = tradePrintOf(event, atMs);
    if (print !== null) trades.push(print);
  }
  return changes.length === 0 && trades.length === 0 ? null : { atMs, changes, trades };
}

/** The steps of a symbol that an event sets, if it does. */
export function gridChangeOf(event: ExchangeEvent): GridChange[] {
  if (event.type !== "GridSet") return [];
  const { symbol, priceTick, lotQty } = event.grid;
  return [{ symbol, priceTick, lotQty }];
}

/** The trade that an event is; null when it is none. `atMs` is the time of its command. */
export function tradePrintOf(event: ExchangeEvent, atMs: UnixMs): TradePrint | null {
  if (event.type !== "Traded" && event.type !== "AuctionTraded") return null;
  const { symbol, tradeNo, ticks, lots } = event;
  const aggressorSide = event.type === "Traded" ? event.side : null;
  return { symbol, tradeNo, ticks, lots, aggressorSide, atMs };
}

/**
 * The exchange's whole state as JSON arrays, one a line:
 *
 * - first `["X", format, tradeCount]`;
 * - for each book that was listed, or given another grid, since the exchange began
 *   `["G", symbol, priceTick, lotQty, oddLotQty]`;
 * - for each book that is not as it was listed
 *   `["B", symbol, priceTick, lotQty, phase, lastTradeTicks, orderCount]`, and behind that the price
 *   of a last trade that is not on the grid;
 * - after it its orders, bids before asks, each side in an auction's priority, many a line by
 *   columns, as `["O", side, row count, ticks, lots, orderLots, timeInForce, orderId, account]`;
 * - after them its waiting stop orders, buys before sells, in the order in which they would come
 *   in, as `["S", side, ordType, timeInForce, ticks, stopTicks, protectionTicks, lots, orderId, account]`;
 * - after them, if odd lots rest or have traded, `["Q", oddLotQty, lastTradeTicks, orderCount]` and
 *   the odd lots as the orders before.
 *
 * Two exchanges are in the same state exactly when their lines are equal.
 */
import { assert } from "../assert.ts";
import { type Cell, cellsOf, columnLines } from "../model/columns.ts";
import type { Account, OrderId, OrdType, Price, Qty, TimeInForce } from "../model/index.ts";
import { Side, ZERO_PRICE } from "../model/index.ts";
import type { RestingOrder } from "./book/order.ts";
import { type ListedGrid, MarketPhase } from "./exchange-command.ts";
import { Listing } from "./listing.ts";

const FORMAT = 3;
const SIDES = [Side.Buy, Side.Sell] as const;

type HeadCells = readonly ["X", format: number, tradeCount: number];
type BookCells = readonly [
  "B",
  symbol: string,
  priceTick: string,
  lotQty: string,
  phase: MarketPhase,
  lastTradeTicks: number,
  orderCount: number,
  offGridPx?: string,
];
type OddLotsCells = readonly ["Q", oddLotQty: string, lastTradeTicks: number, orderCount: number];
type OrdersCells = readonly ["O", side: Side, rowCount: number, ...columns: unknown[]];
type StopCells = readonly [
  "S",
  side: Side,
  ordType: OrdType,
  timeInForce: TimeInForce,
  ticks: number,
  stopTicks: number,
  protectionTicks: number,
  lots: number,
  orderId: OrderId,
  account: Account,
];
type GridCells = readonly [
  "G",
  symbol: string,
  priceTick: string,
  lotQty: string,
  oddLotQty: string | null,
];
type Cells = GridCells | HeadCells | BookCells | OddLotsCells | OrdersCells | StopCells;

/** The exchange must not change while the lines are read. */
export function* snapshotLines(
  tradeCount: number,
  listings: Iterable<Listing>,
  begunWith: readonly ListedGrid[],
): Generator<string, void, void> {
  yield lineOf(["X", FORMAT, tradeCount]);
  const first = new Map(begunWith.map((each) => [each.symbol, each]));
  for (const listing of listings) {
    if (!isSameGrid(listing.instrument, first.get(listing.symbol))) {
      yield lineOf(gridCells(listing.instrument));
    }
    const { phase, oddLots } = listing;
    const hasOddLots = oddLots !== null && !isUntouched(oddLots);
    if (isUntouched(listing) && !hasOddLots && phase === MarketPhase.Continuous) continue;
    yield lineOf(bookCells(listing));
    yield* orderLines(listing);
    if (!hasOddLots) continue;
    const { instrument, lastTradeTicks, orderCount } = oddLots;
    yield lineOf(["Q", instrument.lotQty.toString(), lastTradeTicks, orderCount]);
    yield* orderLines(oddLots);
  }
}

function isUntouched({ orderCount, lastTradePx }: Listing): boolean {
  return orderCount === 0 && lastTradePx === ZERO_PRICE;
}

function* orderLines({ book, stops }: Listing): Generator<string, void, void> {
  for (const side of SIDES) {
    yield* columnLines(["O", side], orderRows(book.orders(side)));
  }
  for (const side of SIDES) {
    for (const stop of stops.orders(side)) {
      const { ordType, timeInForce, ticks, stopTicks, protectionTicks } = stop;
      const terms = [ordType, timeInForce, ticks, stopTicks, protectionTicks] as const;
      yield lineOf(["S", side, ...terms, stop.lots, stop.orderId, stop.account]);
    }
  }
}

function* orderRows(orders: Iterable<RestingOrder>): Iterable<Cell[]> {
  for (const { ticks, lots, orderLots, timeInForce, orderId, account } of orders) {
    yield [ticks, lots, orderLots, timeInForce, orderId, account];
  }
}

/**
 * Fills fresh listings from lines; returns the count of trades. Throws when a book with orders is
 * no longer listed or has another tick or lot: its prices and quantities would silently change.
 * Of a book without orders that is gone or has changed so, the phase and last trade are forgotten.
 */
export function loadSnapshot(lines: Iterable<string>, listings: Map<string, Listing>): number {
  /** One string per account, however many orders it has. */
  const accounts = new Map<Account, Account>();
  let tradeCount: number | null = null;
  /** Whose orders follow: a book's, and then perhaps its odd lots'. */
  let listing: Listing | null = null;
  for (const line of lines) {
    const cells = JSON.parse(line) as Cells;
    assert((cells[0] === "X") === (tradeCount === null), "a snapshot has one first line");
    if (cells[0] === "X") tradeCount = loadedHead(cells);
    else if (cells[0] === "G") listings.set(cells[1], new Listing(gridOfCells(cells)));
    else if (cells[0] === "B") listing = loadedListing(cells, listings);
    else if (cells[0] === "Q") listing = loadedOddLots(cells, listing);
    else if (cells[0] === "O") loadOrders(listing, cells);
    else loadStop(listing, cells, accounts);
  }
  assert(tradeCount !== null, "a snapshot has one first line");
  for (const each of listings.values()) {
    each.assertSound();
    each.oddLots?.assertSound();
  }
  return tradeCount;
}

function lineOf(cells: Cells): string {
  return JSON.stringify(cells);
}

function isSameGrid(grid: ListedGrid, other: ListedGrid | undefined): boolean {
  return (
    grid.priceTick === other?.priceTick &&
    grid.lotQty === other.lotQty &&
    grid.oddLotQty === other.oddLotQty
  );
}

function gridCells(grid: ListedGrid): GridCells {
  return ["G", grid.symbol, ...gridOf(grid), grid.oddLotQty?.toString() ?? null];
}

function gridOfCells([, symbol, priceTick, lotQty, oddLotQty]: GridCells): ListedGrid {
  return {
    symbol,
    priceTick: BigInt(priceTick) as Price,
    lotQty: BigInt(lotQty) as Qty,
    oddLotQty: oddLotQty === null ? null : (BigInt(oddLotQty) as Qty),
  };
}

function bookCells(listing: Listing): BookCells {
  const { instrument, phase, lastTradeTicks, orderCount, offGridPx } = listing;
  const grid = gridOf(instrument);
  const cells = ["B", instrument.symbol, ...grid, phase, lastTradeTicks, orderCount] as const;
  return offGridPx === ZERO_PRICE ? cells : [...cells, offGridPx.toString()];
}

function gridOf({ priceTick, lotQty }: ListedGrid): [string, string] {
  return [priceTick.toString(), lotQty.toString()];
}

function loadedHead([, format, tradeCount]: HeadCells): number {
  assert(format === FORMAT, "a snapshot's format is known");
  assert(Number.isSafeInteger(tradeCount) && tradeCount >= 0, "trades are counted from 0");
  return tradeCount;
}

/** Null when the book had no orders and is no longer what it was. */
function loadedListing(
  [, symbol, priceTick, lotQty, phase, lastTradeTicks, orderCount, offGridPx]: BookCells,
  listings: ReadonlyMap<string, Listing>,
): Listing | null {
  const listing = listings.get(symbol);
  assert(listing !== undefined || orderCount === 0, "the symbol is listed");
  if (listing === undefined) return null;
  const [currentTick, currentLot] = gridOf(listing.instrument);
  const isSame = priceTick === currentTick && lotQty === currentLot;
  assert(isSame || orderCount === 0, "an instrument keeps its tick and lot while orders rest");
  if (!isSame) return null;
  listing.load(phase, lastTradeTicks, BigInt(offGridPx ?? 0) as Price);
  listing.book.makeRoom(orderCount);
  return listing;
}

/** Null when there were no odd lots and they are no longer what they were. */
function loadedOddLots(
  [, oddLotQty, lastTradeTicks, orderCount]: OddLotsCells,
  listing: Listing | null,
): Listing | null {
  const oddLots = listing?.oddLots ?? null;
  const isSame = oddLots !== null && oddLots.instrument.lotQty.toString() === oddLotQty;
  assert(isSame || orderCount === 0, "an instrument keeps its odd lots while they rest");
  if (!isSame) return null;
  oddLots.load(oddLots.phase, lastTradeTicks);
  oddLots.book.makeRoom(orderCount);
  return oddLots;
}

function loadOrders(listing: Listing | null, [, side, rowCount, ...columns]: OrdersCells): void {
  assert(listing !== null, "an order's line follows its book's");
  const [ticks, lots, orderLots, timesInForce, orderIds, accounts] = columns.map((column) => {
    return cellsOf(column, rowCount, (cell) => cell);
  });
  for (let row = 0; row < rowCount; row += 1) {
    const nature = {
      orderId: orderIds?.[row] as OrderId,
      account: accounts?.[row] as Account,
      side,
      timeInForce: timesInForce?.[row] as TimeInForce,
    };
    listing.book.add(
      nature,
      ticks?.[row] as number,
      lots?.[row] as number,
      orderLots?.[row] as number,
    );
  }
}

function loadStop(
  listing: Listing | null,
  cells: StopCells,
  accounts: Map<Account, Account>,
): void {
  assert(listing !== null, "an order's line follows its book's");
  const [, side, ordType, timeInForce, ticks, stopTicks, protectionTicks, lots, orderId] = cells;
  const account = accounts.get(cells[9]) ?? cells[9];
  accounts.set(account, account);
  const terms = { ordType, timeInForce, ticks, stopTicks, protectionTicks, lots };
  listing.stops.add({ orderId, account, side, ...terms });
}

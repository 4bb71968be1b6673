/**
 * The public picture of every book: aggregated depth, last trades, candles, and a sequence number
 * per symbol. A fold of what commands did; its one owner feeds it with durable commands, each once,
 * in order. Trades outlive a restart (see trade-tape.ts); depth is taken from the exchange then and
 * sequence numbers begin again, so they count within one start of the node only.
 */
import { assert } from "../assert.ts";
import { type Instrument, type Price, type Qty, Side, type UnixMs } from "../model/index.ts";
import type { Trade } from "./candles.ts";
import { type DepthLevel, DepthSide } from "./depth-side.ts";
import { type DepthLevels, DepthView } from "./depth-view.ts";
import type { GridChange, MarketBatch } from "./market-batch.ts";
import { TradeTape } from "./trade-tape.ts";

/** The total and the number of orders of one price; as a change, 0 and 0 where it is gone. */
export type DepthRow = readonly [price: Price, qty: Qty, orderCount: number];

/** Both sides best first. */
export interface Depth {
  readonly bids: readonly DepthRow[];
  readonly asks: readonly DepthRow[];
}

/** What one command did to one symbol. */
export interface MarketUpdate {
  readonly symbol: string;
  /** The symbol's sequence number from now on: one more than before. */
  readonly seq: number;
  readonly atMs: UnixMs;
  /** Its trades, in the order in which they happened. */
  readonly trades: readonly Trade[];
}

type Grid = Pick<GridChange, "priceTick" | "lotQty">;

interface Listing {
  grid: Grid;
  readonly bids: DepthSide;
  readonly asks: DepthSide;
  seq: number;
  changedAtMs: UnixMs;
}

/** Most commands trade nothing. */
const NO_TRADES: readonly Trade[] = [];

export class MarketData {
  readonly tape: TradeTape;
  readonly #listings: Map<string, Listing>;

  /** The tape of a recovery is taken over; without one nothing has traded yet. */
  constructor(instruments: readonly Instrument[], tape = new TradeTape(instruments)) {
    this.tape = tape;
    this.#listings = new Map(
      instruments.map((instrument) => [instrument.symbol, newListing(instrument)]),
    );
  }

  /**
   * Takes a book over as it stands, in any order. Precondition: nothing was folded into this symbol
   * before.
   */
  loadDepth(symbol: string, levels: DepthLevels): void {
    const { bids, asks, seq } = this.#listing(symbol);
    assert(seq === 0, "depth is loaded before the first command");
    for (const { ticks, lots, orderCount } of levels.bids) bids.change(ticks, lots, orderCount);
    for (const { ticks, lots, orderCount } of levels.asks) asks.change(ticks, lots, orderCount);
  }

  /** Folds one command; null where it neither changed the symbol nor traded in it. */
  apply({ symbol, atMs, changes, trades, grid }: MarketBatch): MarketUpdate | null {
    if (grid !== undefined) this.#setGrid(grid);
    if (changes.length === 0 && trades.length === 0) return null;
    const listing = this.#listing(symbol);
    for (const { side, ticks, lots, orderCount } of changes) {
      (side === Side.Buy ? listing.bids : listing.asks).change(ticks, lots, orderCount);
    }
    const told = trades.length === 0 ? NO_TRADES : trades.map((print) => this.tape.apply(print));
    listing.seq += 1;
    listing.changedAtMs = atMs;
    return { symbol, seq: listing.seq, atMs, trades: told };
  }

  /** Commands that changed the symbol since this was made; 0 before the first. */
  seq(symbol: string): number {
    return this.#listing(symbol).seq;
  }

  /** Exchange time of the latest of them; 0 before the first. */
  changedAtMs(symbol: string): UnixMs {
    return this.#listing(symbol).changedAtMs;
  }

  /** At most so many prices per side; costs as many steps. */
  depth(symbol: string, levelCountMax: number): Depth {
    const { bids, asks } = this.#listing(symbol);
    return this.rows(symbol, { bids: bids.best(levelCountMax), asks: asks.best(levelCountMax) });
  }

  /** A view of the symbol's book that its caller advances. */
  view(symbol: string, levelCountMax: number): DepthView {
    const { bids, asks } = this.#listing(symbol);
    return new DepthView(bids, asks, levelCountMax);
  }

  /** Levels of a view in prices and quantities. */
  rows(symbol: string, { bids, asks }: DepthLevels): Depth {
    const { grid } = this.#listing(symbol);
    const rowOf = ({ ticks, lots, orderCount }: DepthLevel): DepthRow => [
      (BigInt(ticks) * grid.priceTick) as Price,
      (BigInt(lots) * grid.lotQty) as Qty,
      orderCount,
    ];
    return { bids: bids.map(rowOf), asks: asks.map(rowOf) };
  }

  /** Precondition: every view of the symbol has been advanced. */
  #setGrid(change: GridChange): void {
    const { symbol, priceTick, lotQty } = change;
    this.tape.setGrid(change);
    const listing = this.#listings.get(symbol);
    if (listing === undefined) {
      this.#listings.set(symbol, newListing(change));
      return;
    }
    const ticksOf = steps(listing.grid.priceTick, priceTick);
    const lotsOf = steps(listing.grid.lotQty, lotQty);
    for (const side of [listing.bids, listing.asks]) side.regrid(ticksOf, lotsOf);
    listing.grid = { priceTick, lotQty };
  }

  #listing(symbol: string): Listing {
    const listing = this.#listings.get(symbol);
    assert(listing !== undefined, "the symbol is listed");
    return listing;
  }
}

/** A count of one step as a count of another; exact. */
function steps(before: bigint, after: bigint): (count: number) => number {
  return (count) => {
    const value = BigInt(count) * before;
    assert(value % after === 0n, "what is in the book lies on its grid");
    return Number(value / after);
  };
}

function newListing({ priceTick, lotQty }: Grid): Listing {
  return {
    grid: { priceTick, lotQty },
    bids: new DepthSide(Side.Buy),
    asks: new DepthSide(Side.Sell),
    seq: 0,
    changedAtMs: 0 as UnixMs,
  };
}

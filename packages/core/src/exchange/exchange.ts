/**
 * The embedded exchange: a listing per instrument and one count of trades. A pure state machine:
 * `decide` says what a command would do, `apply` folds what happened. Its one owner is the
 * sequencer, which applies each event exactly once, in order.
 */
import { assert, at } from "../assert.ts";
import {
  formatDecimal,
  type NewOrderSingle,
  type OrderId,
  type Price,
  type Qty,
  Side,
  TICKS_MAX,
  type VenueReport,
} from "../model/index.ts";
import type { DepthLevel, RestingOrder } from "./book/order.ts";
import { NO_ORDER } from "./book/order-slab.ts";
import { decideTriggered } from "./decisions.ts";
import {
  type ExchangeCommand,
  type ListedGrid,
  MarketPhase,
  type SetGrid,
} from "./exchange-command.ts";
import type { BookEvent, ExchangeEvent, GridSet, MarketEvent } from "./exchange-event.ts";
import { Listing } from "./listing.ts";
import { crosses } from "./matching.ts";
import { decideCommand } from "./odd-lots.ts";
import { reportsOf } from "./reports.ts";
import { type Crossable, crossableOf } from "./sandbox-decisions.ts";
import { loadSnapshot, snapshotLines } from "./snapshot.ts";

/** What a command did: its events, already applied, and what they mean to the desk. */
export interface Handled {
  readonly events: readonly ExchangeEvent[];
  readonly reports: readonly VenueReport[];
}

export type DepthRow = readonly [price: Price, qty: Qty, orderCount: number];

/** Both sides best first. */
export interface Depth {
  readonly bids: readonly DepthRow[];
  readonly asks: readonly DepthRow[];
}

/** What of an order says whether it would rest. */
export type PricedOrder = Pick<NewOrderSingle, "symbol" | "side" | "price" | "orderQty">;

export class Exchange {
  /**
   * By symbol, in the order of symbols: a snapshot does not depend on the configuration's order.
   */
  #listings: ReadonlyMap<string, Listing>;
  /** What it began with: a snapshot says what has been listed and changed since. */
  readonly #begunWith: readonly ListedGrid[];
  #tradeCount = 0;
  /** The listing asked for last: most commands concern the same book as the one before. */
  #latest: Listing | undefined;

  constructor(instruments: readonly ListedGrid[]) {
    this.#begunWith = instruments;
    this.#listings = bySymbol(instruments.map((instrument) => new Listing(instrument)));
    assert(this.#listings.size === instruments.length, "a symbol is listed once");
  }

  /**
   * Decides a command, applies its events, and reports them. Stop orders that its trades reach
   * come in within the same command, one after the other in the order in which they were reached;
   * what their trades reach queues behind. It ends, because a stop order comes in once.
   */
  handle(command: ExchangeCommand): Handled {
    if (command.type === "SetGrid") {
      const event = this.#decideGrid(command);
      this.#applyGrid(event);
      return { events: [event], reports: [] };
    }
    const listing = this.#listing(command.symbol);
    const events = decideCommand(listing, command, this.#tradeCount);
    const reports = this.#applyAll(listing, events);
    if (listing.stops.hasReached) this.#bringIn(listing, events, reports);
    listing.assertSound();
    return { events, reports };
  }

  /**
   * The events a command itself would cause now; changes nothing. What follows from them by stop
   * orders depends on the state after them: {@link decideTriggered}. None for a cancel or a
   * replace of an order that is not here.
   *
   * Preconditions: the symbol is listed; prices and quantities lie on the instrument's grid; an
   * order has a price, and a trigger, exactly when its type has one; a new order has a fresh id.
   * An odd lot is a limit order that may rest, and a replace leaves it one. In continuous trading
   * no at-auction order comes in; in an auction no market, immediate or
   * fill-or-kill order; into a closed book nothing, and nothing in it is replaced. A replace
   * leaves more quantity than has traded.
   */
  decide(command: ExchangeCommand): ExchangeEvent[] {
    if (command.type === "SetGrid") return [this.#decideGrid(command)];
    return decideCommand(this.#listing(command.symbol), command, this.#tradeCount);
  }

  /** No command is half done, as far as the books show it: then a snapshot has the whole state. */
  get isSettled(): boolean {
    return [...this.#listings.values()].every(({ isSettled }) => isSettled);
  }

  /** The events of the first stop order that was reached; changes nothing. Empty when none was. */
  decideTriggered(symbol: string): ExchangeEvent[] {
    return decideTriggered(this.#listing(symbol), this.#tradeCount);
  }

  /** Folds one event. Precondition: it was decided in this very state. */
  apply(event: ExchangeEvent): void {
    if (event.type === "GridSet") {
      this.#applyGrid(event);
      return;
    }
    const listing = this.#listing(event.symbol);
    if (event.type === "OddLot") this.#applyIn(oddLotsOf(listing), event.event);
    else this.#applyIn(listing, event);
  }

  /** What an event means to the desk; of a trade, the incoming order's or the buyer's first. */
  reportsOf(event: ExchangeEvent): VenueReport[] {
    if (event.type === "GridSet") return [];
    const listing = this.#listing(event.symbol);
    if (event.type === "OddLot") return reportsOf(event.event, oddLotsOf(listing));
    return reportsOf(event, listing);
  }

  /** Of board lots, at most `levelCountMax` prices per side; costs as many steps, however large the book. */
  depth(symbol: string, levelCountMax: number): Depth {
    assert(levelCountMax >= 0, "a number of levels is not negative");
    const listing = this.#listing(symbol);
    const rowOf = ({ ticks, lots, orderCount }: DepthLevel): DepthRow => [
      listing.priceOf(ticks),
      listing.qtyOf(lots),
      orderCount,
    ];
    return {
      bids: listing.book.depth(Side.Buy, levelCountMax).map(rowOf),
      asks: listing.book.depth(Side.Sell, levelCountMax).map(rowOf),
    };
  }

  /** The highest price bid, odd lots apart; null while nobody bids. */
  bestBid(symbol: string): Price | null {
    return this.#best(symbol, Side.Buy);
  }

  /** The lowest price asked, odd lots apart; null while nobody asks. */
  bestAsk(symbol: string): Price | null {
    return this.#best(symbol, Side.Sell);
  }

  /** The price of the latest trade, odd lots apart; null while there was none. */
  lastTradePrice(symbol: string): Price | null {
    return this.#listing(symbol).lastTradePx || null;
  }

  /** The buys at any price that wait for an auction. The exchange must not change meanwhile. */
  *auctionBuys(symbol: string): Generator<Pick<RestingOrder, "orderId" | "account">, void, void> {
    for (const order of this.#listing(symbol).book.orders(Side.Buy)) {
      if (order.ticks > 0) return;
      yield order;
    }
  }

  /** The steps that the symbol's prices and quantities are counted in. */
  gridOf(symbol: string): ListedGrid {
    return this.#listing(symbol).instrument;
  }

  /** Orders that cannot stay under another grid: what they have in the book is not on it. */
  unfit(symbol: string, grid: ListedGrid): ReadonlySet<OrderId> {
    return new Set(this.#listing(symbol).unfit(grid));
  }

  /** A price in ticks of the instrument's grid as it is now, rounded down; TICKS_MAX at most. */
  ticksOf(symbol: string, price: Price): number {
    const listing = this.#listing(symbol);
    const { priceTick } = listing.instrument;
    if (price / priceTick >= TICKS_MAX) return TICKS_MAX;
    return listing.ticksOf((price - (price % priceTick)) as Price);
  }

  /** Whether the order is here: in a book, or waiting for its trigger. */
  holds(symbol: string, orderId: OrderId): boolean {
    const listing = this.#listing(symbol);
    return listing.has(orderId) || listing.oddLots?.has(orderId) === true;
  }

  /** Where an order of board lots rests with a price; null for every other one. */
  restingPrice(symbol: string, orderId: OrderId): Price | null {
    const listing = this.#listing(symbol);
    const order = listing.book.find(orderId);
    return order === NO_ORDER ? null : listing.priceOf(listing.book.levelOf(order).ticks) || null;
  }

  /**
   * Why an order with that price would not queue untraded if it came in now; null where it would.
   * A look at one price, however many orders it would trade with. In an auction nothing trades as
   * it comes in.
   */
  tradingFault({ symbol, side, price, orderQty }: PricedOrder): string | null {
    const listing = this.#listing(symbol);
    const market = listing.isOddLot(orderQty) ? oddLotsOf(listing) : listing;
    if (market.phase !== MarketPhase.Continuous) return null;
    const best = market.book.against(side).best;
    if (best === undefined || !crosses(side, market.ticksOf(price), best.ticks)) return null;
    const bestText = formatDecimal(market.priceOf(best.ticks));
    return `it would trade at once: the best ${side === Side.Buy ? "ask" : "bid"} is ${bestText}`;
  }

  /** At what an order of board lots can be crossed now, see sandbox-commands.ts. */
  crossable(symbol: string, orderId: OrderId): Crossable | null {
    return crossableOf(this.#listing(symbol), orderId);
  }

  phase(symbol: string): MarketPhase {
    return this.#listing(symbol).phase;
  }

  /** Orders resting in all books, odd lots among them, and waiting stop orders. */
  get openOrderCount(): number {
    let count = 0;
    for (const listing of this.#listings.values()) count += allOrdersOf(listing);
    return count;
  }

  /** Orders of one book, odd lots and waiting stop orders among them. */
  orderCountOf(symbol: string): number {
    return allOrdersOf(this.#listing(symbol));
  }

  /** The whole state, see snapshot.ts. The exchange must not change while the lines are read. */
  snapshotLines(): Generator<string, void, void> {
    return snapshotLines(this.#tradeCount, this.#listings.values(), this.#begunWith);
  }

  /**
   * The exchange whose {@link snapshotLines} these are. Throws when a book with orders is no
   * longer listed or has another tick or lot.
   */
  static restore(instruments: readonly ListedGrid[], lines: Iterable<string>): Exchange {
    const exchange = new Exchange(instruments);
    const listings = new Map(exchange.#listings);
    exchange.#tradeCount = loadSnapshot(lines, listings);
    exchange.#listings = bySymbol([...listings.values()]);
    return exchange;
  }

  /** The stop orders that were reached, with their events and reports added to those so far. */
  #bringIn(listing: Listing, events: ExchangeEvent[], reports: VenueReport[]): void {
    while (listing.stops.hasReached) {
      const triggered = decideTriggered(listing, this.#tradeCount);
      for (const event of triggered) events.push(event);
      for (const report of this.#applyAll(listing, triggered)) reports.push(report);
    }
  }

  #decideGrid({ symbol, grid }: SetGrid): GridSet {
    const before = this.#listings.get(symbol) ?? null;
    assert(grid.symbol === symbol, "a grid is its instrument's");
    const from = before && {
      priceTick: before.instrument.priceTick,
      lotQty: before.instrument.lotQty,
    };
    return { type: "GridSet", symbol, grid, from };
  }

  #applyGrid({ symbol, grid, from }: GridSet): void {
    const before = this.#listings.get(symbol) ?? null;
    assert((before === null) === (from === null), "a book is regridded, a new one is listed");
    const listing = before === null ? new Listing(grid) : before.regridded(grid);
    const isWhole =
      before === null ||
      (listing.orderCount === before.orderCount &&
        (listing.oddLots?.orderCount ?? 0) === (before.oddLots?.orderCount ?? 0));
    assert(isWhole, "another grid takes no order away");
    listing.assertSound();
    listing.oddLots?.assertSound();
    this.#latest = undefined;
    this.#listings = bySymbol([
      ...[...this.#listings.values()].filter((each) => each !== before),
      listing,
    ]);
  }

  #applyAll(listing: Listing, events: readonly BookEvent[]): VenueReport[] {
    const first = events[0];
    if (first === undefined) return [];
    const reports = this.#applied(listing, first);
    return events.length === 1 ? reports : this.#applyOthers(listing, events, reports);
  }

  /** All but the first, which is done and reported. */
  #applyOthers(
    listing: Listing,
    events: readonly BookEvent[],
    reports: VenueReport[],
  ): VenueReport[] {
    for (let index = 1; index < events.length; index += 1) {
      for (const report of this.#applied(listing, at(events, index))) reports.push(report);
    }
    return reports;
  }

  /** Applies an event and reports it. */
  #applied(listing: Listing, event: BookEvent): VenueReport[] {
    const isOddLot = event.type === "OddLot";
    const market = isOddLot ? oddLotsOf(listing) : listing;
    const happened = isOddLot ? event.event : event;
    this.#applyIn(market, happened);
    return reportsOf(happened, market);
  }

  #applyIn(market: Listing, event: MarketEvent): void {
    if (event.type === "Traded" || event.type === "AuctionTraded") {
      assert(event.tradeNo === this.#tradeCount + 1, "trades are numbered without gaps");
      this.#tradeCount = event.tradeNo;
    }
    market.apply(event);
  }

  #best(symbol: string, side: Side): Price | null {
    const listing = this.#listing(symbol);
    const best = listing.book.sideOf(side).best;
    return best === undefined ? null : listing.priceOf(best.ticks);
  }

  #listing(symbol: string): Listing {
    if (this.#latest?.symbol === symbol) return this.#latest;
    const listing = this.#listings.get(symbol);
    assert(listing !== undefined, "the symbol is listed");
    this.#latest = listing;
    return listing;
  }
}

function allOrdersOf({ orderCount, oddLots }: Listing): number {
  return orderCount + (oddLots?.orderCount ?? 0);
}

function oddLotsOf(listing: Listing): Listing {
  assert(listing.oddLots !== null, "the instrument takes odd lots");
  return listing.oddLots;
}

function bySymbol(listings: readonly Listing[]): ReadonlyMap<string, Listing> {
  const sorted = listings.toSorted((a, b) => (a.instrument.symbol < b.instrument.symbol ? -1 : 1));
  return new Map(sorted.map((listing) => [listing.instrument.symbol, listing]));
}

/**
 * All that the exchange keeps of one instrument: its book, its waiting stop orders, its phase, its
 * last trade, and beside them its market of odd lots. Owned by the exchange; `apply` is the only
 * writer.
 */
import { assert } from "../assert.ts";
import { type OrderId, type Price, type Qty, Side, TICKS_MAX, ZERO_PRICE } from "../model/index.ts";
import { Book } from "./book/book.ts";
import type { StopOrder } from "./book/order.ts";
import { NO_ORDER } from "./book/order-slab.ts";
import { StopBook } from "./book/stop-book.ts";
import { type ListedGrid, MarketPhase } from "./exchange-command.ts";
import type { ComesIn, MarketEvent, Removed, StopEntered } from "./exchange-event.ts";

const SIDES = [Side.Buy, Side.Sell] as const;

export class Listing {
  readonly instrument: ListedGrid;
  readonly symbol: string;
  readonly book = new Book();
  readonly stops = new StopBook();
  /** Where its odd lots trade, in lots of their own size; null where it takes none. */
  readonly oddLots: Listing | null;
  #phase: MarketPhase = MarketPhase.Continuous;
  #lastTradeTicks = 0;
  #offGridPx = ZERO_PRICE;
  readonly #tickUnits: number;
  readonly #lotUnits: number;

  constructor(instrument: ListedGrid) {
    this.instrument = instrument;
    this.symbol = instrument.symbol;
    this.#tickUnits = Number(instrument.priceTick);
    this.#lotUnits = Number(instrument.lotQty);
    const { oddLotQty } = instrument;
    const isSplit = oddLotQty !== null;
    this.oddLots = isSplit
      ? new Listing({ ...instrument, lotQty: oddLotQty, oddLotQty: null })
      : null;
  }

  get phase(): MarketPhase {
    return this.#phase;
  }

  /** 0 while nothing was traded, or nothing since the price of the last trade left a grid. */
  get lastTradeTicks(): number {
    return this.#lastTradeTicks;
  }

  /**
   * The price of the last trade where a grid since then did not have it, between two of its prices
   * or beyond them all; else zero. It reaches no
   * stop order, not even where a later grid has it again: those that came in meanwhile wait for a
   * trade, and a change of the grid is none.
   */
  get offGridPx(): Price {
    return this.#offGridPx;
  }

  /** Orders in the book and waiting stop orders; odd lots are counted in their own market. */
  get orderCount(): number {
    return this.book.orderCount + this.stops.orderCount;
  }

  has(orderId: OrderId): boolean {
    if (this.orderCount === 0) return false;
    return this.book.find(orderId) !== NO_ORDER || this.stops.find(orderId) !== undefined;
  }

  ticksOf(price: Price): number {
    return stepCount(price, this.instrument.priceTick, this.#tickUnits);
  }

  lotsOf(qty: Qty): number {
    return stepCount(qty, this.instrument.lotQty, this.#lotUnits);
  }

  /** Whether a quantity is an odd lot here. */
  isOddLot(qty: Qty): boolean {
    return this.oddLots !== null && unitsOf(qty) < this.#lotUnits;
  }

  priceOf(ticks: number): Price {
    return (BigInt(ticks) * this.instrument.priceTick) as Price;
  }

  qtyOf(lots: number): Qty {
    return (BigInt(lots) * this.instrument.lotQty) as Qty;
  }

  /** Folds one event of this market. Precondition: it was decided in this very state. */
  apply(event: MarketEvent): void {
    switch (event.type) {
      case "Entered":
        this.#rest(event, event.lots);
        return;
      case "Traded":
        this.#trade(event.restingOrderId, event.lots, event.restingLeavesLots);
        this.#printed(event.ticks);
        return;
      case "Removed":
        this.#remove(event);
        return;
      case "Reduced":
        this.book.shrink(event.orderId, event.orderLots);
        return;
      case "Replaced":
        assert(
          this.book.remove(event.orderId) === event.fromLots,
          "a replace moves all that is left",
        );
        this.#rest(event, event.orderLots);
        return;
      case "StopEntered":
        this.stops.add(stopOrderOf(event));
        this.#reach();
        return;
      case "StopReplaced":
        this.stops.replace(event.orderId, event);
        this.#reach();
        return;
      case "Triggered":
        this.stops.enter(event.orderId);
        this.#rest(event, event.lots);
        return;
      case "AuctionTraded":
        this.#trade(event.buyOrderId, event.lots, event.buyLeavesLots);
        this.#trade(event.sellOrderId, event.lots, event.sellLeavesLots);
        this.#printed(event.ticks);
        return;
      case "PhaseChanged":
        this.#enterPhase(event.phase);
        this.#reach();
        return;
      case "Uncrossed":
        // Its trades and removals follow, and change what there is to change.
        return;
    }
  }

  #rest(event: ComesIn, orderLots: number): void {
    if (event.restingLots > 0) {
      this.book.add(event, event.restingTicks, event.restingLots, orderLots);
    }
  }

  #trade(orderId: OrderId, lots: number, leavesLots: number): void {
    assert(this.book.trade(orderId, lots) === leavesLots, "a trade leaves what it says");
  }

  #remove({ from, orderId, lots }: Removed): void {
    if (from === "book") {
      assert(this.book.remove(orderId) === lots, "a removal takes all that is left");
    } else if (from === "stops") {
      assert(this.stops.remove(orderId) === lots, "a removal takes all that is left");
    } else {
      // The rest of an incoming order: it never was in the book.
      assert(!this.has(orderId), "the rest of an incoming order is not in the book");
    }
  }

  #enterPhase(phase: MarketPhase): void {
    this.#phase = phase;
    const { Closed, Continuous } = MarketPhase;
    // Odd lots have no auction.
    if (this.oddLots !== null) this.oddLots.#phase = phase === Closed ? Closed : Continuous;
  }

  #printed(ticks: number): void {
    this.#lastTradeTicks = ticks;
    this.#offGridPx = ZERO_PRICE;
    this.#reach();
  }

  /** Stop orders are reached by the last trade, and only in continuous trading. */
  #reach(): void {
    if (this.#lastTradeTicks === 0 || this.#phase !== MarketPhase.Continuous) return;
    this.stops.reach(this.#lastTradeTicks);
  }

  /** Whether what {@link assertSound} looks at holds: within a command it may not. */
  get isSettled(): boolean {
    if (this.stops.hasReached || this.oddLots?.book.isTraded === false) return false;
    return this.#phase === MarketPhase.Auction || this.book.isTraded;
  }

  /** Throws when an invariant that holds between commands is broken. */
  assertSound(): void {
    assert(!this.stops.hasReached, "no reached stop order is left waiting");
    if (this.#phase !== MarketPhase.Auction) this.book.assertTraded();
    this.oddLots?.book.assertTraded();
  }

  /** Takes up what a snapshot says. */
  load(phase: MarketPhase, lastTradeTicks: number, offGridPx = ZERO_PRICE): void {
    assert(Number.isSafeInteger(lastTradeTicks) && lastTradeTicks >= 0, "a trade had a price");
    assert(lastTradeTicks === 0 || offGridPx === ZERO_PRICE, "a trade had one price");
    this.#enterPhase(phase);
    this.#lastTradeTicks = lastTradeTicks;
    this.#offGridPx = offGridPx;
  }

  /**
   * The same market in the steps of another grid: every order in its place, the phase, the last
   * trade. Precondition: {@link unfit} names no order.
   */
  regridded(grid: ListedGrid): Listing {
    assert(this.unfit(grid).next().done === true, "what is in a book lies on its grid");
    const listing = new Listing(grid);
    listing.#takeOver(this);
    const { oddLots } = listing;
    if (this.oddLots !== null && oddLots !== null) {
      oddLots.#takeOver(this.oddLots);
      // Nobody is shown the last trade of odd lots, and no stop order waits for one.
      oddLots.#offGridPx = ZERO_PRICE;
    }
    return listing;
  }

  /** Orders that cannot stay in this market under another grid: their figures are not on it. */
  *unfit(grid: ListedGrid): Generator<OrderId, void, void> {
    const { priceTick, lotQty, oddLotQty } = grid;
    yield* this.#unfitIn(priceTick, lotQty, null);
    if (this.oddLots === null) return;
    yield* this.oddLots.#unfitIn(priceTick, oddLotQty ?? lotQty, lotQty);
  }

  /** An odd lot that would be a board lot cannot stay among the odd ones. */
  *#unfitIn(priceTick: Price, lotQty: Qty, below: Qty | null): Generator<OrderId, void, void> {
    const isOff = (ticks: number) => this.priceOf(ticks) % priceTick !== 0n;
    const isPart = (lots: number) => {
      const qty = this.qtyOf(lots);
      return qty % lotQty !== 0n || (below !== null && qty >= below);
    };
    for (const side of SIDES) {
      for (const { orderId, ticks, lots, orderLots } of this.book.orders(side)) {
        if (isOff(ticks) || isPart(lots) || isPart(orderLots)) yield orderId;
      }
      for (const { orderId, ticks, stopTicks, protectionTicks, lots } of this.stops.orders(side)) {
        if ([ticks, stopTicks, protectionTicks].some(isOff) || isPart(lots)) yield orderId;
      }
    }
  }

  /** Precondition: this market is empty. */
  #takeOver(before: Listing): void {
    const ticks = (count: number) => this.ticksOf(before.priceOf(count));
    const lots = (count: number) => this.lotsOf(before.qtyOf(count));
    for (const side of SIDES) {
      for (const order of before.book.orders(side)) {
        this.book.add(order, ticks(order.ticks), lots(order.lots), lots(order.orderLots));
      }
      for (const stop of before.stops.orders(side)) {
        this.stops.add({
          ...stop,
          ticks: ticks(stop.ticks),
          stopTicks: ticks(stop.stopTicks),
          protectionTicks: ticks(stop.protectionTicks),
          lots: lots(stop.lots),
        });
      }
    }
    const lastPx = before.lastTradePx;
    const { priceTick } = this.instrument;
    const isOnGrid =
      before.#offGridPx === ZERO_PRICE &&
      lastPx % priceTick === 0n &&
      lastPx / priceTick <= TICKS_MAX;
    this.#phase = before.#phase;
    this.#lastTradeTicks = isOnGrid ? this.ticksOf(lastPx) : 0;
    this.#offGridPx = isOnGrid ? ZERO_PRICE : lastPx;
  }

  /** Zero while nothing was traded. */
  get lastTradePx(): Price {
    return this.#lastTradeTicks === 0 ? this.#offGridPx : this.priceOf(this.#lastTradeTicks);
  }
}

function stopOrderOf(event: StopEntered): StopOrder {
  const { orderId, account, side, ordType, timeInForce } = event;
  const { ticks, stopTicks, protectionTicks, lots } = event;
  return {
    orderId,
    account,
    side,
    ordType,
    timeInForce,
    ticks,
    stopTicks,
    protectionTicks,
    lots,
  };
}

/**
 * How many steps make up a value that lies on the grid. The quotient of two safe integers is whole
 * as a number exactly when it is one, because its fraction, if it has any, is more than it could be
 * rounded by: no need for bigints to divide, which takes several times as long.
 */
function stepCount(value: bigint, step: bigint, stepUnits: number): number {
  const units = unitsOf(value);
  if (units === 0) return 0;
  if (Number.isSafeInteger(units) && Number.isSafeInteger(stepUnits)) {
    const count = units / stepUnits;
    assert(Number.isInteger(count), "prices and quantities lie on the grid");
    return unboxed(count);
  }
  const count = value / step;
  assert(count * step === value, "prices and quantities lie on the grid");
  return Number(count);
}

/**
 * The same number. What a division makes is a floating-point number even where it is whole: kept in
 * an event it is an object of its own, and so in all that is made from the event.
 */
function unboxed(value: number): number {
  const small = value | 0;
  return small === value ? small : value;
}

/** Where a bigint is read as two halves: a conversion by `Number` takes twice as long. */
const word = new BigInt64Array(1);
const halves = new Int32Array(word.buffer);
const [LOW, HIGH] = new Int8Array(Int32Array.of(1).buffer)[0] === 1 ? [0, 1] : [1, 0];

/** A value as a number, exact where that is a safe integer. */
function unitsOf(value: bigint): number {
  word[0] = value;
  if (word[0] !== value) return Number(value);
  return (halves[HIGH] as number) * 2 ** 32 + ((halves[LOW] as number) >>> 0);
}

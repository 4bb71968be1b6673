/**
 * The embedded exchange: one book per instrument and the count of trades. A pure state machine:
 * `decide` says what a command would do, `apply` folds what happened. Its one owner is the
 * sequencer, which applies each event exactly once, in order.
 */
import { assert } from "../assert.ts";
import {
  type Account,
  CancelReason,
  type ExecId,
  type Instrument,
  LOTS_MAX,
  type NewOrderSingle,
  type OrderCancelRequest,
  type OrderId,
  OrdType,
  type Price,
  type Qty,
  Side,
  TICKS_MAX,
  type VenueCommand,
  type VenueReport,
} from "../model/index.ts";
import { Book } from "./book.ts";
import type { Entered, ExchangeEvent, Removed, Traded } from "./exchange-event.ts";
import type { DepthLevel, IncomingOrder, OrderBook } from "./order-book.ts";

/** ExecID(17) of trade number n is this plus n, in decimal: always ten digits or more. */
export const EXEC_ID_BASE = 1_000_000_000;

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

interface Listing {
  readonly instrument: Instrument;
  readonly book: OrderBook;
}

export class Exchange {
  /**
   * By symbol, in the order of symbols: a snapshot does not depend on the configuration's order.
   */
  readonly #listings: ReadonlyMap<string, Listing>;
  #tradeCount = 0;

  /** `newBook` is for tests that compare two kinds of book. */
  constructor(instruments: readonly Instrument[], newBook: () => OrderBook = () => new Book()) {
    const sorted = instruments.toSorted((a, b) => (a.symbol < b.symbol ? -1 : 1));
    this.#listings = new Map(
      sorted.map((instrument) => [instrument.symbol, { instrument, book: newBook() }]),
    );
    assert(this.#listings.size === instruments.length, "a symbol is listed once");
  }

  /** Decides a command, applies its events, and reports them. */
  handle(command: VenueCommand): Handled {
    const events = this.decide(command);
    const reports: VenueReport[] = [];
    for (const event of events) {
      this.apply(event);
      for (const report of this.reportsOf(event)) reports.push(report);
    }
    assertNotCrossed(this.#listing(command.symbol).book);
    return { events, reports };
  }

  /**
   * The events a command would cause now; changes nothing. None for a cancel of an order that is
   * not in the book. Preconditions: the symbol is listed; a new order has a fresh id, a price and
   * a quantity on the instrument's grid, and is a Limit, EnhancedLimit or Market order.
   */
  decide(command: VenueCommand): ExchangeEvent[] {
    const listing = this.#listing(command.symbol);
    return command.type === "NewOrderSingle"
      ? decideNew(listing, command, this.#tradeCount)
      : decideCancel(listing.book, command);
  }

  /** Folds one event. Precondition: it was decided in this very state. */
  apply(event: ExchangeEvent): void {
    const { book } = this.#listing(event.symbol);
    switch (event.type) {
      case "Entered":
        applyEntered(book, event);
        return;
      case "Traded":
        assert(event.tradeNo === this.#tradeCount + 1, "trades are numbered without gaps");
        this.#tradeCount = event.tradeNo;
        book.reduce(event.restingOrderId, event.lots);
        return;
      case "Removed":
        applyRemoved(book, event);
        return;
    }
  }

  /**
   * What an event means to the desk; of a trade, the incoming order's report first. Needs no
   * book.
   */
  reportsOf(event: ExchangeEvent): VenueReport[] {
    switch (event.type) {
      case "Entered":
        return [{ type: "Accepted", account: event.account, orderId: event.orderId }];
      case "Traded":
        return tradeReports(event, this.#listing(event.symbol).instrument);
      case "Removed": {
        const { account, orderId, reason } = event;
        return [{ type: "Canceled", account, orderId, reason }];
      }
    }
  }

  /** At most `levelCountMax` prices per side; costs as many steps, however large the book. */
  depth(symbol: string, levelCountMax: number): Depth {
    assert(levelCountMax >= 0, "a number of levels is not negative");
    const { instrument, book } = this.#listing(symbol);
    const rowOf = ({ ticks, lots, orderCount }: DepthLevel): DepthRow => [
      priceOf(instrument, ticks),
      qtyOf(instrument, lots),
      orderCount,
    ];
    return {
      bids: book.depth(Side.Buy, levelCountMax).map(rowOf),
      asks: book.depth(Side.Sell, levelCountMax).map(rowOf),
    };
  }

  /** The highest price bid; null while nobody bids. */
  bestBid(symbol: string): Price | null {
    return this.#best(symbol, Side.Buy);
  }

  /** The lowest price asked; null while nobody asks. */
  bestAsk(symbol: string): Price | null {
    return this.#best(symbol, Side.Sell);
  }

  /** Orders resting in all books. */
  get openOrderCount(): number {
    let count = 0;
    for (const { book } of this.#listings.values()) count += book.orderCount;
    return count;
  }

  /**
   * The whole state as JSON arrays, one a line: first `["X", 1, tradeCount]`; for each book that
   * holds orders `["B", symbol, priceTick, lotQty]`; after it its orders, bids before asks, each
   * side in priority order, as `["O", side, ticks, lots, orderId, account]`. Two exchanges are in
   * the same state exactly when their lines are equal. The exchange must not change while the
   * lines are read.
   */
  *snapshotLines(): Generator<string, void, void> {
    yield JSON.stringify(["X", SNAPSHOT_FORMAT, this.#tradeCount]);
    for (const { instrument, book } of this.#listings.values()) {
      if (book.orderCount === 0) continue;
      yield JSON.stringify(bookCells(instrument));
      for (const side of [Side.Buy, Side.Sell]) {
        for (const { ticks, lots, orderId, account } of book.orders(side)) {
          const cells: OrderCells = ["O", side, ticks, lots, orderId, account];
          yield JSON.stringify(cells);
        }
      }
    }
  }

  /**
   * The exchange whose {@link snapshotLines} these are. Throws when a book with orders is no
   * longer listed or has another tick or lot: its prices and quantities would silently change.
   */
  static restore(
    instruments: readonly Instrument[],
    lines: Iterable<string>,
    newBook?: () => OrderBook,
  ): Exchange {
    const exchange = new Exchange(instruments, newBook);
    exchange.#load(lines);
    return exchange;
  }

  #load(lines: Iterable<string>): void {
    /** One string per account, however many orders it has. */
    const accounts = new Map<Account, Account>();
    let book: OrderBook | null = null;
    let lineCount = 0;
    for (const line of lines) {
      lineCount += 1;
      const cells = JSON.parse(line) as HeadCells | BookCells | OrderCells;
      assert((cells[0] === "X") === (lineCount === 1), "a snapshot has one first line");
      if (cells[0] === "X") this.#loadHead(cells);
      else if (cells[0] === "B") book = this.#loadedBook(cells);
      else loadOrder(book, cells, accounts);
    }
    assert(lineCount > 0, "a snapshot has one first line");
    for (const listing of this.#listings.values()) assertNotCrossed(listing.book);
  }

  #loadHead([, format, tradeCount]: HeadCells): void {
    assert(format === SNAPSHOT_FORMAT, "a snapshot's format is known");
    assert(Number.isSafeInteger(tradeCount) && tradeCount >= 0, "trades are counted from 0");
    this.#tradeCount = tradeCount;
  }

  #loadedBook([, symbol, priceTick, lotQty]: BookCells): OrderBook {
    const { instrument, book } = this.#listing(symbol);
    const [, , currentTick, currentLot] = bookCells(instrument);
    assert(
      priceTick === currentTick && lotQty === currentLot,
      "an instrument keeps its tick and lot while orders rest",
    );
    return book;
  }

  #best(symbol: string, side: Side): Price | null {
    const { instrument, book } = this.#listing(symbol);
    const ticks = book.best(side);
    return ticks === null ? null : priceOf(instrument, ticks);
  }

  #listing(symbol: string): Listing {
    const listing = this.#listings.get(symbol);
    assert(listing !== undefined, "the symbol is listed");
    return listing;
  }
}

function decideNew(
  { instrument, book }: Listing,
  command: NewOrderSingle,
  tradeCount: number,
): ExchangeEvent[] {
  assert(book.find(command.orderId) === undefined, "a new order has a fresh id");
  const incoming = incomingOrder(command, instrument);
  const { fills, leavesLots, rest, restingTicks } = book.match(incoming);
  const { symbol, orderId, account, side, ordType } = command;
  const events: ExchangeEvent[] = [
    {
      type: "Entered",
      symbol,
      orderId,
      account,
      side,
      ordType,
      ticks: incoming.ticks,
      lots: incoming.lots,
      restingTicks,
      restingLots: rest === "Queues" ? leavesLots : 0,
    },
  ];
  let tradeNo = tradeCount;
  for (const { resting, lots } of fills) {
    tradeNo += 1;
    events.push({
      type: "Traded",
      symbol,
      tradeNo,
      incomingOrderId: orderId,
      incomingAccount: account,
      restingOrderId: resting.orderId,
      restingAccount: resting.account,
      ticks: resting.ticks,
      lots,
    });
  }
  if (rest !== "None" && rest !== "Queues") {
    events.push({ type: "Removed", symbol, orderId, account, lots: leavesLots, reason: rest });
  }
  return events;
}

function decideCancel(book: OrderBook, { symbol, orderId }: OrderCancelRequest): ExchangeEvent[] {
  const order = book.find(orderId);
  if (order === undefined) return [];
  const { account, lots } = order;
  return [{ type: "Removed", symbol, orderId, account, lots, reason: CancelReason.Requested }];
}

function incomingOrder(command: NewOrderSingle, instrument: Instrument): IncomingOrder {
  const { orderId, account, side, ordType, price, orderQty } = command;
  assert(
    ordType === OrdType.Limit || ordType === OrdType.EnhancedLimit || ordType === OrdType.Market,
    "the exchange has the order type",
  );
  const ticks = stepCount(price, instrument.priceTick);
  const lots = stepCount(orderQty, instrument.lotQty);
  assert((ordType === OrdType.Market) === (ticks === 0), "all but market orders have a price");
  assert(ticks >= 0 && ticks <= TICKS_MAX, "a price is within bounds");
  assert(lots > 0 && lots <= LOTS_MAX, "a quantity is within bounds");
  return { orderId, account, side, ordType, ticks, lots };
}

/** What rests enters the book; what the order loses is in the events that follow. */
function applyEntered(book: OrderBook, event: Entered): void {
  const { orderId, account, side, restingTicks, restingLots } = event;
  assert(restingLots > 0 === restingTicks > 0, "what rests has a price");
  if (restingLots === 0) return;
  book.add({ orderId, account, side, ticks: restingTicks, lots: restingLots });
}

function applyRemoved(book: OrderBook, { orderId, lots, reason }: Removed): void {
  if (reason === CancelReason.Requested) {
    assert(book.remove(orderId) === lots, "a cancel removes all that is left");
  } else {
    // The rest of an incoming order: it never was in the book.
    assert(book.find(orderId) === undefined, "only a request removes a resting order");
  }
}

function tradeReports(event: Traded, instrument: Instrument): VenueReport[] {
  const execId = String(EXEC_ID_BASE + event.tradeNo) as ExecId;
  const lastQty = qtyOf(instrument, event.lots);
  const lastPx = priceOf(instrument, event.ticks);
  const reportTo = (account: Account, orderId: OrderId): VenueReport => ({
    type: "Traded",
    account,
    orderId,
    execId,
    lastQty,
    lastPx,
  });
  return [
    reportTo(event.incomingAccount, event.incomingOrderId),
    reportTo(event.restingAccount, event.restingOrderId),
  ];
}

function assertNotCrossed(book: OrderBook): void {
  const bid = book.best(Side.Buy);
  const ask = book.best(Side.Sell);
  assert(bid === null || ask === null || bid < ask, "a book is never crossed");
}

function priceOf(instrument: Instrument, ticks: number): Price {
  return (BigInt(ticks) * instrument.priceTick) as Price;
}

function qtyOf(instrument: Instrument, lots: number): Qty {
  return (BigInt(lots) * instrument.lotQty) as Qty;
}

/** How many steps make up a value that lies on the grid. */
function stepCount(value: bigint, step: bigint): number {
  const count = value / step;
  assert(count * step === value, "prices and quantities lie on the grid");
  return Number(count);
}

const SNAPSHOT_FORMAT = 1;

type HeadCells = readonly ["X", format: number, tradeCount: number];
type BookCells = readonly ["B", symbol: string, priceTick: string, lotQty: string];
type OrderCells = readonly [
  "O",
  side: Side,
  ticks: number,
  lots: number,
  orderId: OrderId,
  account: Account,
];

function bookCells({ symbol, priceTick, lotQty }: Instrument): BookCells {
  return ["B", symbol, priceTick.toString(), lotQty.toString()];
}

function loadOrder(
  book: OrderBook | null,
  [, side, ticks, lots, orderId, loadedAccount]: OrderCells,
  accounts: Map<Account, Account>,
): void {
  assert(book !== null, "an order's line follows its book's");
  const account = accounts.get(loadedAccount) ?? loadedAccount;
  accounts.set(account, account);
  book.add({ orderId, account, side, ticks, lots });
}

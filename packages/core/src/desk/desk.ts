/**
 * The desk of one partition: accounts, their open orders and streams, their money, and the memory
 * of answered requests. A pure state machine: every method named `decide...` changes nothing,
 * `apply` is the only writer, and applying the journal's events to a fresh desk gives the same
 * state. What operators decide of accounts stands in account-decisions.ts.
 */
import { assert } from "../assert.ts";
import type { Cause } from "../model/cause.ts";
import type { AmendRequest, PlaceRequest } from "../model/command.ts";
import { type Price, type Qty, ZERO_PRICE } from "../model/decimal.ts";
import {
  type AskedReason,
  CancelReason,
  ExecType,
  type MarketName,
  type Side,
} from "../model/enums.ts";
import type {
  AccountOpened,
  Answered,
  BalanceAdjusted,
  DeskEvent,
  ExecutionReported,
  Settled,
} from "../model/event.ts";
import { ORDERS, orderLines, ordersOfLine } from "../model/event-codec.ts";
import {
  type Account,
  compareOrderIds,
  NO_KEY_ID,
  type OrderId,
  type UnixMs,
} from "../model/ids.ts";
import type { Instrument } from "../model/instrument.ts";
import { type InstrumentSource, InstrumentTable } from "../model/instrument-table.ts";
import type { Order, OrderDraft } from "../model/order.ts";
import type { Refusal } from "../model/refusal.ts";
import type { UnixDay } from "../model/unix-day.ts";
import type { VenueReport } from "../model/venue.ts";
import { type TradableQuery, tradableQty } from "../money/account-views.ts";
import type { AccountLedger, HouseOwner, Ledger } from "../money/ledger.ts";
import { assertOrder, isClosed, orderApply, orderNew } from "../order/order.ts";
import { AccountBook } from "./account-book.ts";
import { closedAccountRefusal } from "./account-checks.ts";
import { amendRefusal, replaceTerms } from "./amend.ts";
import {
  AnsweredRequests,
  answeredLines,
  type ForgottenCells,
  restoreAnswered,
} from "./answered-requests.ts";
import { deadManLines, deadManOfLine } from "./dead-man.ts";
import { DeskMoney, moneyRows, restoreMoney } from "./desk-money.ts";
import type { DeskRules } from "./desk-rules.ts";
import { watchLines, watchOfLine } from "./disconnect-watches.ts";
import {
  checkedPrice,
  checkedQty,
  placeRefusal,
  standingRefusal,
  tradableRefusal,
  unlistedRefusal,
} from "./place-checks.ts";
import { EXEC_TYPES, orderEventOf } from "./venue-messages.ts";

export interface DeskOptions {
  /** Two digits that all order numbers of this partition begin with; names the partition, too. */
  readonly orderNoPrefix: number;
  readonly instruments: InstrumentSource;
  readonly rules: DeskRules;
}

/** The question of a quantity estimate, as sent: price of a buy, ratio above 0 and at most 1. */
export interface TradableRequest {
  readonly market: MarketName;
  readonly symbol: string;
  readonly side: Side;
  readonly price: bigint | null;
  readonly ratio: bigint;
}

/** Digits after the prefix until a partition has placed 10^9 orders; then there are more. */
export const ORDER_NO_DIGITS = 9;

export class Desk {
  readonly answered = new AnsweredRequests();
  readonly #instruments: InstrumentTable;
  readonly #prefix: string;
  readonly #accounts = new Map<Account, AccountBook>();
  readonly #money: DeskMoney;
  /** Orders that wait for a venue's answer. */
  readonly #pending = new Map<OrderId, Account>();
  #lastOrderNo = 0;
  #lastReportAtMs = 0;
  #openCount = 0;

  constructor({ orderNoPrefix, instruments, rules }: DeskOptions) {
    assert(orderNoPrefix >= 10 && orderNoPrefix <= 99, "the prefix has two digits");
    this.#money = new DeskMoney(rules);
    this.#instruments = InstrumentTable.of(instruments);
    this.#prefix = String(orderNoPrefix);
  }

  /** The account's book, or null when the account is not of this partition. */
  book(account: Account): AccountBook | null {
    return this.#accounts.get(account) ?? null;
  }

  books(): Iterable<AccountBook> {
    return this.#accounts.values();
  }

  /** The account's money. Precondition: the account is of this partition. */
  money(account: Account): AccountLedger {
    return this.#money.ledger.account(account);
  }

  /** The house's side of the money, and the sums. */
  get ledger(): Pick<Ledger, "house" | "total" | "settledThrough"> {
    return this.#money.ledger;
  }

  get rules(): DeskRules {
    return this.#money.rules;
  }

  instrument(symbol: string): Instrument | null {
    return this.#instruments.find(symbol);
  }

  /** {@link InstrumentTable.ofProduct}. */
  instrumentOfProduct(product: string): Instrument | null {
    return this.#instruments.ofProduct(product);
  }

  /** {@link InstrumentTable.allOfProduct}. */
  instrumentsOfProduct(product: string): readonly Instrument[] {
    return this.#instruments.allOfProduct(product);
  }

  get instruments(): readonly Instrument[] {
    return this.#instruments.all;
  }

  /** Why an order on its way cannot come in, by what operators have changed since; or null. */
  termsFault(order: Order): string | null {
    const { symbol } = order;
    if (this.#instruments.isRetired(symbol)) return `${symbol} was retired meanwhile`;
    const refusal = standingRefusal(order, this.#listed(symbol));
    return refusal && `${symbol} was changed meanwhile: ${refusal.details}`;
  }

  get openCount(): number {
    return this.#openCount;
  }

  /** Orders that wait for a venue's answer, to them or to their cancel, oldest first. */
  pendingOrders(): Order[] {
    const pending = [...this.#pending].map(([orderId, account]) => {
      const order = this.#bookOf(account).openOrder(orderId);
      assert(order !== null, "an order that waits for an answer is open");
      return order;
    });
    return pending.sort((a, b) => compareOrderIds(a.orderId, b.orderId));
  }

  /** Time of the latest report; 0 before the first. No later one may lie before it. */
  get lastReportAtMs(): UnixMs {
    return this.#lastReportAtMs as UnixMs;
  }

  /**
   * The order as it would go to the venue, or why it does not. `referencePx` is what a buy without
   * a price starts its collar from: the best price asked, else the last one traded, else null.
   */
  decidePlace(
    account: Account,
    request: PlaceRequest,
    referencePx: Price | null,
    nowMs: UnixMs,
  ): Order | Refusal {
    const book = this.#bookOf(account);
    const listed = this.#instruments.find(request.symbol) ?? undefined;
    const refusal =
      closedAccountRefusal(book) ?? placeRefusal(request, listed, this.rules.ordTypes);
    if (refusal !== null) return refusal;
    const instrument = this.#listed(request.symbol);
    const { market, ordType, side, timeInForce, clOrdId, portfolioId } = request;
    const order = orderNew({
      orderId: this.#orderId(this.#lastOrderNo + 1),
      account,
      clOrdId,
      portfolioId,
      market,
      // One text for all orders of the instrument, not each its request's.
      symbol: instrument.symbol,
      ordType,
      side,
      timeInForce,
      price: checkedPrice(request.price),
      stopPx: checkedPrice(request.stopPx),
      protectionPx: ZERO_PRICE,
      orderQty: checkedQty(request),
      createdAtMs: nowMs,
      enteredBy: request.enteredBy ?? NO_KEY_ID,
    });
    this.#money.placed(order, referencePx, instrument);
    return (
      this.#money.fundsRefusal(book, null, order, instrument) ??
      book.deadMan.refusal(order) ??
      order
    );
  }

  /**
   * The order under its new terms, as it would go to the venue, or why it does not. The order may
   * be closed: then the answer says what became of it. What the new terms need more is held back by
   * the venue's Replaced report, which must therefore come in the same turn.
   */
  decideAmend(order: Order, request: AmendRequest): Order | Refusal {
    const book = this.#bookOf(order.account);
    const instrument = this.#listed(order.symbol);
    const refusal = amendRefusal(order, request, instrument);
    if (refusal !== null) return refusal;
    const amended = orderApply(order, { type: "Replaced", ...replaceTerms(order, request) });
    this.#money.after(order, amended, instrument);
    return (
      this.#money.fundsRefusal(book, order, amended, instrument) ??
      book.deadMan.refusal(amended) ??
      amended
    );
  }

  /**
   * The event that a venue's report makes of an order. `placing` is the order that was just sent
   * to the venue and is not open yet.
   */
  decideReport(
    report: VenueReport,
    placing: Order | null,
    nowMs: UnixMs,
    cause: Cause | null = null,
  ): ExecutionReported {
    const book = this.#bookOf(report.account);
    const before = book.openOrder(report.orderId) ?? placing;
    assert(before !== null && before.orderId === report.orderId, "a report names a known order");
    const order = this.reported(before, report, nowMs);
    const execution =
      report.type === "Traded"
        ? this.#money.execution(report, before, order, this.#listed(before.symbol))
        : null;
    const origin = { previousStreamSeq: before.streamSeq, cause };
    const execType = EXEC_TYPES[report.type];
    return { type: "ExecutionReported", execType, order, execution, origin };
  }

  /** The order as a venue's report leaves it. Precondition: its account and symbol are known. */
  reported(before: Order, report: VenueReport, nowMs: UnixMs): Order {
    const order = orderApply(before, orderEventOf(report));
    this.#money.after(before, order, this.#listed(before.symbol));
    this.#number(order, this.#bookOf(before.account), nowMs);
    return order;
  }

  /** The intent to send an order to a venue that answers later. It holds back money from now on. */
  decidePendingNew(placing: Order, nowMs: UnixMs): ExecutionReported {
    const order = { ...placing };
    this.#number(order, this.#bookOf(order.account), nowMs);
    return intentReport(ExecType.PendingNew, order, placing);
  }

  /** The intent to send a cancel to a venue that answers later. Precondition: none is pending. */
  decidePendingCancel(
    before: Order,
    nowMs: UnixMs,
    cancelReason: AskedReason = CancelReason.Requested,
  ): ExecutionReported {
    assert(!before.cancelPending, "a cancel is sent once");
    const order = orderApply(before, { type: "CancelRequested", cancelReason });
    this.#number(order, this.#bookOf(order.account), nowMs);
    return intentReport(ExecType.PendingCancel, order, before);
  }

  /** Settles what is due on a date or before it; null when that is done already. */
  decideSettle(date: UnixDay, nowMs: UnixMs): Settled | null {
    return date <= this.ledger.settledThrough ? null : { type: "Settled", atMs: nowMs, date };
  }

  /**
   * How much the account could trade in one order, in whole lots: `lotsMax` of them at most where
   * the market's rules say so. Precondition: the ratio is in range.
   */
  tradableQty(
    account: Account,
    request: TradableRequest,
    lotsMax: bigint | null = null,
  ): Qty | Refusal {
    const instrument = this.#instruments.find(request.symbol);
    if (instrument === null || !instrument.markets.includes(request.market)) {
      return unlistedRefusal(request, instrument ?? undefined);
    }
    const refusal = tradableRefusal(request.side, request.price, instrument);
    if (refusal !== null) return refusal;
    const { side, ratio } = request;
    const query: TradableQuery = { side, price: checkedPrice(request.price), ratio, lotsMax };
    return tradableQty(this.money(account), instrument, query, this.rules.feeTable);
  }

  /** Folds one event of this partition's journal; `seq` is its position there. */
  apply(event: DeskEvent, seq: number): void {
    switch (event.type) {
      case "ExecutionReported":
        this.#applyReport(event);
        if (event.answered !== undefined) this.applyAnswered(event.answered, seq);
        break;
      case "AccountOpened":
        this.#applyAccountOpened(event);
        break;
      case "AccountClosed":
        this.#bookOf(event.account).isClosed = true;
        break;
      case "BalanceAdjusted":
        this.#applyAdjusted(event);
        break;
      case "Settled":
        this.#money.ledger.settle(event.date);
        break;
      case "DeadManSet":
        this.#bookOf(event.account).deadMan.set(event.scope, event.timeoutMs, event.atMs);
        break;
      case "DisconnectWatched":
        this.#bookOf(event.account).watches.set(event);
        break;
      case "DisconnectUnwatched":
        this.#bookOf(event.account).watches.remove(event.keyId, event.group);
        break;
      case "DeadManFired":
        this.#bookOf(event.account).deadMan.fire(event.scope, event.atMs);
        break;
      case "RequestAnswered":
        this.applyAnswered(event, seq);
        break;
      case "CommandRefused":
        // Told in the story of the order; nothing here changed.
        break;
    }
  }

  /** Folds the answer that the event at `seq` carries, which is known last. */
  applyAnswered({ atMs, fingerprint, contentDigest, expiresAtMs }: Answered, seq: number): void {
    this.answered.forgetExpired(atMs);
    this.answered.add(fingerprint, { seq, contentDigest, expiresAtMs });
  }

  /** The whole state as canonical lines: equal states give equal lines, whatever their history. */
  *snapshotLines(): Iterable<string> {
    const forgotten = this.answered.forgottenCells;
    const head = ["desk", this.#prefix, this.#lastOrderNo, forgotten, this.#lastReportAtMs];
    yield JSON.stringify([...head, this.ledger.settledThrough, this.answered.size]);
    yield* this.#money.houseLines();
    for (const name of [...this.#accounts.keys()].sort()) {
      const book = this.#bookOf(name);
      const { streamSeq, shortSellingAllowed, isClosed, openCount } = book;
      const rows = moneyRows(this.money(name));
      const cells = ["account", name, streamSeq, shortSellingAllowed, ...rows, isClosed, openCount];
      yield JSON.stringify(cells);
      yield* deadManLines(name, book.deadMan);
      yield* watchLines(name, book.watches);
      yield* orderLines(book.openOldestFirst());
    }
    yield* answeredLines(this.answered);
  }

  /** Rebuilds a desk from {@link snapshotLines}. */
  static restore(options: DeskOptions, lines: Iterable<string>): Desk {
    const desk = new Desk(options);
    for (const line of lines) desk.#restoreLine(line);
    return desk;
  }

  #restoreLine(line: string): void {
    const cells = JSON.parse(line) as [string, ...unknown[]];
    switch (cells[0]) {
      case "desk":
        assert(cells[1] === this.#prefix, "the snapshot is of this partition");
        this.#lastOrderNo = cells[2] as number;
        this.answered.restoreForgotten(cells[3] as ForgottenCells);
        this.#lastReportAtMs = cells[4] as number;
        this.#money.ledger.restoreSettledThrough(cells[5] as UnixDay);
        this.answered.makeRoom(cells[6] as number);
        break;
      case "house":
        this.#money.restoreHouse(cells[1] as HouseOwner, cells.slice(2));
        break;
      case "account": {
        const book = this.#openAccount(cells[1] as Account, cells[3] as boolean);
        book.streamSeq = cells[2] as number;
        book.isClosed = cells[6] as boolean;
        book.makeRoom(cells[7] as number);
        restoreMoney(this.money(book.account), cells.slice(4));
        break;
      }
      case "watched":
        this.#bookOf(cells[1] as Account).watches.set(watchOfLine(cells));
        break;
      case "deadMan":
        this.#bookOf(cells[1] as Account).deadMan.restore(deadManOfLine(cells));
        break;
      case "answered":
        restoreAnswered(this.answered, cells);
        break;
      case ORDERS:
        for (const order of ordersOfLine(cells)) this.#open(order);
        break;
      default:
        assert(false, "a line of a snapshot is of a known kind");
    }
  }

  /** Adds to an order that has its new facts its next report's time and numbers. */
  #number(order: OrderDraft, { streamSeq }: AccountBook, nowMs: UnixMs): void {
    order.updatedAtMs = nowMs;
    order.version += 1;
    order.streamSeq = streamSeq + 1;
  }

  #applyReport(event: ExecutionReported): void {
    const { order } = event;
    assertOrder(order);
    const isTrade = event.execType === ExecType.Trade;
    assert(isTrade === (event.execution !== null), "a trade, and only a trade, has an execution");
    const book = this.#bookOf(order.account);
    assert(order.streamSeq === book.streamSeq + 1, "stream numbers have no gaps");
    book.streamSeq = order.streamSeq;
    this.#lastReportAtMs = Math.max(this.#lastReportAtMs, order.updatedAtMs);
    const before = book.openOrder(order.orderId);
    if (before === null) {
      this.#applyFirstReport(event);
      return;
    }
    assert(order.version === before.version + 1, "versions have no gaps");
    const instrument = this.#listed(order.symbol);
    this.#money.reserve(before, order, instrument);
    book.working.change(instrument.product, before, order);
    if (event.execution !== null) {
      this.#money.bookTrade(before, order, event.execution, instrument);
    }
    this.#notePending(order);
    if (!isClosed(order)) {
      book.replace(order);
      return;
    }
    book.remove(order.orderId);
    this.#openCount -= 1;
  }

  #notePending(order: Order): void {
    if (order.cancelPending || order.phase === "PendingNew") {
      this.#pending.set(order.orderId, order.account);
    } else if (this.#pending.size > 0) {
      this.#pending.delete(order.orderId);
    }
  }

  #applyFirstReport({ execType, order }: ExecutionReported): void {
    const isRejected = execType === ExecType.Rejected;
    assert(
      execType === ExecType.New || execType === ExecType.PendingNew || isRejected,
      "an order begins on its way, with its acceptance or with its rejection",
    );
    assert(order.version === 1, "an order's versions begin at 1");
    const orderNo = this.#orderNo(order.orderId);
    if (isRejected) assert(order.phase === "Rejected", "a rejected order is closed");
    else this.#open(order);
    this.#lastOrderNo = orderNo;
  }

  #applyAccountOpened(event: AccountOpened): void {
    const { account, cash, holdings } = event;
    this.#openAccount(account, event.shortSellingAllowed);
    for (const [name, units] of cash) {
      this.#money.bookHouse(account, { assetClass: "Cash", name }, units);
    }
    for (const [name, units] of holdings) {
      this.#money.bookHouse(account, { assetClass: "Holding", name }, units);
    }
  }

  #applyAdjusted({ account, asset, units, balance }: BalanceAdjusted): void {
    this.#money.bookHouse(account, asset, units);
    const { total } = this.money(account).balance(asset);
    assert(total === balance, "an adjustment's balance is the ledger's");
  }

  #open(order: Order): void {
    assert(!isClosed(order), "an order that is opened is not closed");
    const book = this.#bookOf(order.account);
    const instrument = this.#listed(order.symbol);
    book.insert(order);
    this.#notePending(order);
    book.working.change(instrument.product, null, order);
    this.#money.reserve(null, order, instrument);
    this.#openCount += 1;
  }

  #openAccount(account: Account, shortSellingAllowed: boolean): AccountBook {
    assert(!this.#accounts.has(account), "an account is opened once");
    const book = new AccountBook(account, shortSellingAllowed);
    this.#accounts.set(account, book);
    this.#money.ledger.open(account);
    return book;
  }

  #bookOf(account: Account): AccountBook {
    const book = this.#accounts.get(account);
    assert(book !== undefined, "the account is open here");
    return book;
  }

  #listed(symbol: string): Instrument {
    const instrument = this.#instruments.find(symbol);
    assert(instrument !== null, "the symbol is listed");
    return instrument;
  }

  #orderId(orderNo: number): OrderId {
    return (this.#prefix + String(orderNo).padStart(ORDER_NO_DIGITS, "0")) as OrderId;
  }

  #orderNo(orderId: OrderId): number {
    assert(orderId.startsWith(this.#prefix), "an order number begins with its partition's prefix");
    const orderNo = Number.parseInt(orderId.slice(this.#prefix.length), 10);
    assert(orderNo > this.#lastOrderNo, "order numbers rise");
    return orderNo;
  }
}

function intentReport(execType: ExecType, order: Order, before: Order): ExecutionReported {
  const origin = { previousStreamSeq: before.streamSeq, cause: null };
  return { type: "ExecutionReported", execType, order, execution: null, origin };
}

/**
 * The desk of one partition: accounts, their open orders and streams, and the memory of answered
 * requests. A pure state machine: every method named `decide...` changes nothing, `apply` is the
 * only writer, and applying the journal's events to a fresh desk gives the same state.
 */
import { assert } from "../assert.ts";
import type { PlaceRequest } from "../model/command.ts";
import { ExecType } from "../model/enums.ts";
import type {
  AccountOpened,
  DeskEvent,
  Execution,
  ExecutionReported,
  RequestAnswered,
} from "../model/event.ts";
import { decodeOrder, encodeOrder } from "../model/event-codec.ts";
import type { Account, OrderId, UnixMs } from "../model/ids.ts";
import type { Instrument } from "../model/instrument.ts";
import type { Order } from "../model/order.ts";
import type { Refusal } from "../model/refusal.ts";
import type { NewOrderSingle, VenueReport } from "../model/venue.ts";
import { assertOrder, isClosed, type OrderEvent, orderApply, orderNew } from "../order/order.ts";
import { AccountBook } from "./account-book.ts";
import { AnsweredRequests } from "./answered-requests.ts";
import { checkedPrice, checkedQty, placeRefusal } from "./place-checks.ts";

export interface DeskOptions {
  /** Two digits that all order numbers of this partition begin with; names the partition, too. */
  readonly orderNoPrefix: number;
  readonly instruments: readonly Instrument[];
}

/** Digits after the prefix until a partition has placed 10^9 orders; then there are more. */
export const ORDER_NO_DIGITS = 9;

export class Desk {
  readonly answered = new AnsweredRequests();
  readonly #prefix: string;
  readonly #instruments: ReadonlyMap<string, Instrument>;
  readonly #accounts = new Map<Account, AccountBook>();
  #lastOrderNo = 0;
  #lastReportAtMs = 0;
  #openCount = 0;

  constructor(options: DeskOptions) {
    assert(options.orderNoPrefix >= 10 && options.orderNoPrefix <= 99, "the prefix has two digits");
    this.#prefix = String(options.orderNoPrefix);
    this.#instruments = new Map(options.instruments.map((each) => [each.symbol, each]));
  }

  /** The account's book, or null when the account is not of this partition. */
  book(account: Account): AccountBook | null {
    return this.#accounts.get(account) ?? null;
  }

  books(): Iterable<AccountBook> {
    return this.#accounts.values();
  }

  instrument(symbol: string): Instrument | null {
    return this.#instruments.get(symbol) ?? null;
  }

  get openCount(): number {
    return this.#openCount;
  }

  /** Time of the latest report; 0 before the first. No later one may lie before it. */
  get lastReportAtMs(): UnixMs {
    return this.#lastReportAtMs as UnixMs;
  }

  /** The order as it would go to the venue, or why it does not. */
  decidePlace(account: Account, request: PlaceRequest, nowMs: UnixMs): Order | Refusal {
    assert(this.#accounts.has(account), "the account is open here");
    const refusal = placeRefusal(request, this.#instruments.get(request.symbol));
    if (refusal !== null) return refusal;
    return orderNew({
      orderId: this.#orderId(this.#lastOrderNo + 1),
      account,
      clOrdId: request.clOrdId,
      portfolioId: request.portfolioId,
      market: request.market,
      symbol: request.symbol,
      ordType: request.ordType,
      side: request.side,
      price: checkedPrice(request),
      stopPx: 0n as Order["stopPx"],
      orderQty: checkedQty(request),
      createdAtMs: nowMs,
    });
  }

  /**
   * The event that a venue's report makes of an order. `placing` is the order that was just sent
   * to the venue and is not open yet.
   */
  decideReport(report: VenueReport, placing: Order | null, nowMs: UnixMs): ExecutionReported {
    const book = this.#bookOf(report.account);
    const before = report.type === "Accepted" ? placing : book.openOrder(report.orderId);
    assert(before !== null && before.orderId === report.orderId, "a report names a known order");
    const order = {
      ...orderApply(before, orderEventOf(report)),
      updatedAtMs: nowMs,
      version: before.version + 1,
      streamSeq: book.streamSeq + 1,
    };
    return {
      type: "ExecutionReported",
      execType: EXEC_TYPES[report.type],
      order,
      execution: executionOf(report),
    };
  }

  /** Folds one event of this partition's journal; `seq` is its position there. */
  apply(event: DeskEvent, seq: number): void {
    switch (event.type) {
      case "ExecutionReported":
        this.#applyReport(event);
        break;
      case "AccountOpened":
        this.#applyAccountOpened(event);
        break;
      case "RequestAnswered":
        this.#applyAnswered(event, seq);
        break;
    }
  }

  /** The whole state as canonical lines: equal states give equal lines, whatever their history. */
  *snapshotLines(): Iterable<string> {
    const forgotten = this.answered.forgottenThroughS;
    const head = ["desk", this.#prefix, this.#lastOrderNo, forgotten, this.#lastReportAtMs];
    yield JSON.stringify(head);
    const names = [...this.#accounts.keys()].sort();
    for (const name of names) {
      const book = this.#bookOf(name);
      yield JSON.stringify([
        "account",
        name,
        book.streamSeq,
        pairs(book.cash),
        pairs(book.holdings),
      ]);
      for (const order of book.openOldestFirst()) yield encodeOrder(order);
    }
    for (const [fingerprint, { seq, contentDigest, expiresAtMs }] of this.answered.entries()) {
      yield JSON.stringify(["answered", fingerprint, seq, contentDigest, expiresAtMs]);
    }
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
        this.answered.forgottenThroughS = cells[3] as number;
        this.#lastReportAtMs = cells[4] as number;
        break;
      case "account": {
        const book = new AccountBook(
          cells[1] as Account,
          unitsOf(cells[3]) as [string, Order["grossTradeAmt"]][],
          unitsOf(cells[4]) as [string, Order["orderQty"]][],
        );
        book.streamSeq = cells[2] as number;
        this.#accounts.set(book.account, book);
        break;
      }
      case "answered":
        this.answered.add(cells[1] as string, {
          seq: cells[2] as number,
          contentDigest: cells[3] as string,
          expiresAtMs: cells[4] as UnixMs,
        });
        break;
      default:
        this.#open(decodeOrder(line));
    }
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
      assert(event.execType === ExecType.New, "an order begins with its acceptance");
      assert(order.version === 1, "an order's versions begin at 1");
      this.#open(order);
      this.#lastOrderNo = this.#orderNo(order.orderId);
      return;
    }
    assert(order.version === before.version + 1, "versions have no gaps");
    if (!isClosed(order)) {
      book.replace(order);
      return;
    }
    book.remove(order.orderId);
    this.#openCount -= 1;
  }

  #applyAccountOpened(event: AccountOpened): void {
    assert(!this.#accounts.has(event.account), "an account is opened once");
    this.#accounts.set(event.account, new AccountBook(event.account, event.cash, event.holdings));
  }

  #applyAnswered(event: RequestAnswered, seq: number): void {
    this.answered.forgetExpired(event.atMs);
    this.answered.add(event.fingerprint, {
      seq,
      contentDigest: event.contentDigest,
      expiresAtMs: event.expiresAtMs,
    });
  }

  #open(order: Order): void {
    assert(!isClosed(order), "an order that is opened is not closed");
    this.#bookOf(order.account).insert(order);
    this.#openCount += 1;
  }

  #bookOf(account: Account): AccountBook {
    const book = this.#accounts.get(account);
    assert(book !== undefined, "the account is open here");
    return book;
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

/** The NewOrderSingle(D) of an order that was decided. */
export function newOrderSingle(order: Order): NewOrderSingle {
  return {
    type: "NewOrderSingle",
    orderId: order.orderId,
    account: order.account,
    symbol: order.symbol,
    side: order.side,
    ordType: order.ordType,
    price: order.price,
    orderQty: order.orderQty,
  };
}

const EXEC_TYPES: { readonly [T in VenueReport["type"]]: ExecType } = {
  Accepted: ExecType.New,
  Traded: ExecType.Trade,
  Canceled: ExecType.Canceled,
};

function orderEventOf(report: VenueReport): OrderEvent {
  switch (report.type) {
    case "Accepted":
      return { type: "Accepted" };
    case "Traded":
      return { type: "Traded", lastQty: report.lastQty, lastPx: report.lastPx };
    case "Canceled":
      return { type: "Canceled", cancelReason: report.reason };
  }
}

function executionOf(report: VenueReport): Execution | null {
  if (report.type !== "Traded") return null;
  return { execId: report.execId, lastQty: report.lastQty, lastPx: report.lastPx };
}

function pairs(map: ReadonlyMap<string, bigint>): [string, string][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, units]) => [name, `${units}`]);
}

function unitsOf(cell: unknown): [string, bigint][] {
  return (cell as [string, string][]).map(([name, units]) => [name, BigInt(units)]);
}

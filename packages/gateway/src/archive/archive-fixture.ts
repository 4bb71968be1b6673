/** Histories of orders for tests: made, journaled, and kept in a naive model to compare with. */
import assert from "node:assert/strict";
import { AccountBook } from "@countermand/core/desk";
import {
  type Account,
  type AccountOpened,
  type Amount,
  type BalanceAdjusted,
  CancelReason,
  Channel,
  type ClOrdId,
  type CommandRefused,
  type ExecId,
  ExecType,
  type Execution,
  type ExecutionReported,
  encodeDeskEvent,
  MarketName,
  type Order,
  type OrderId,
  OrdType,
  type Price,
  type Qty,
  Side,
  TimeInForce,
  type UnixDay,
  type UnixMs,
} from "@countermand/core/model";
import { isClosed, type OrderEvent, orderApply, orderNew } from "@countermand/core/order";
import type { ChainPosition } from "../journal/event-chain.ts";
import type { JournalRecord } from "../journal/journal.ts";
import { SqliteJournal } from "../journal/sqlite-journal.ts";
import type { ArchiveDatabase } from "./archive-database.ts";
import { type Booking, type BookingFilter, bookingWeight } from "./booking-filter.ts";
import { matchesFilter, type OrderFilter } from "./order-filter.ts";
import { RecentReports } from "./recent-reports.ts";

export const DESK = "desk-1";
export const ALICE = "ALICE" as Account;
export const BOB = "BOB" as Account;

const PRICE = 100_000_000n as Price;
const ONE_UNIT = 100_000_000n as Qty;
const FIRST_ORDER_NUMBER = 22_000_000_001;
const FIRST_CREATED_MS = 1_746_774_142_500;
export const FIRST_DATE = 20_217;

const FILL: Omit<Execution, "execId" | "tradeDate" | "lastChargeAmt"> = {
  lastQty: ONE_UNIT,
  lastPx: PRICE,
  settlDate: 20_219 as UnixDay,
  cashBalance: 0n as Amount,
};

/** What a test may choose about an order. */
export interface Placed {
  readonly clOrdId?: string;
  readonly portfolioId?: string;
  readonly market?: MarketName;
  readonly symbol?: string;
  readonly side?: Side;
  readonly units?: number;
}

/** An event that moved an account's money, as the desk recorded it. */
export interface RecordedBooking extends Booking {
  readonly account: Account;
}

export interface Recorded {
  readonly seq: number;
  readonly report: ExecutionReported;
}

/** A desk that does what it is told, of one partition. Orders are 700 ms apart. */
export class ScriptedDesk {
  readonly partition: string;
  readonly recent = new RecentReports();
  readonly recorded: Recorded[] = [];
  readonly booked: RecordedBooking[] = [];
  /** Last position of the partition. */
  seq: number;
  /** Last position that is durable. */
  durableSeq: number;
  readonly #journal: SqliteJournal;
  readonly #epoch: number;
  readonly #books = new Map<Account, AccountBook>();
  readonly #orders = new Map<OrderId, Order>();
  #staged: string[] = [];
  #nextOrderNumber = FIRST_ORDER_NUMBER;

  constructor(journal: SqliteJournal, partition = DESK) {
    this.partition = partition;
    this.#journal = journal;
    const { epoch, lastSeq } = journal.claim(partition, "test");
    this.#epoch = epoch;
    this.seq = lastSeq;
    this.durableSeq = lastSeq;
  }

  book(account: Account): AccountBook {
    const known = this.#books.get(account);
    if (known !== undefined) return known;
    const added = new AccountBook(account, false);
    this.#books.set(account, added);
    return added;
  }

  place(account: Account, placed: Placed = {}): OrderId {
    const orderNumber = this.#nextOrderNumber;
    this.#nextOrderNumber += 1;
    const createdAtMs = FIRST_CREATED_MS + 700 * (orderNumber - FIRST_ORDER_NUMBER);
    const order = orderNew({
      orderId: String(orderNumber) as OrderId,
      account,
      clOrdId: (placed.clOrdId ?? "") as ClOrdId,
      portfolioId: placed.portfolioId ?? "",
      market: placed.market ?? MarketName.Hkex,
      symbol: placed.symbol ?? "00700",
      ordType: OrdType.Limit,
      side: placed.side ?? Side.Buy,
      timeInForce: TimeInForce.Day,
      price: PRICE,
      stopPx: 0n as Price,
      protectionPx: 0n as Price,
      orderQty: (BigInt(placed.units ?? 2) * ONE_UNIT) as Qty,
      createdAtMs: createdAtMs as UnixMs,
    });
    this.#report(ExecType.New, orderApply(order, { type: "Accepted" }));
    return order.orderId;
  }

  /** One unit trades; the last one closes the order. */
  fill(orderId: OrderId): void {
    const order = this.#apply(orderId, { type: "Traded", lastQty: ONE_UNIT, lastPx: PRICE });
    this.#report(ExecType.Trade, order);
  }

  cancel(orderId: OrderId): void {
    const event: OrderEvent = { type: "Canceled", cancelReason: CancelReason.Requested };
    this.#report(ExecType.Canceled, this.#apply(orderId, event));
  }

  /** Money and holdings to begin with. */
  openAccount(account: Account): void {
    this.#book({
      type: "AccountOpened",
      atMs: this.#nowMs(),
      account,
      cash: [["HKD", PRICE as bigint as Amount]],
      holdings: [
        ["00700", ONE_UNIT],
        ["00005", ONE_UNIT],
      ],
      shortSellingAllowed: false,
    });
  }

  adjust(account: Account, units: bigint): void {
    const asset = { assetClass: "Cash", name: "HKD" } as const;
    const change = { asset, units, reason: "by hand", balance: units };
    this.#book({ type: "BalanceAdjusted", atMs: this.#nowMs(), account, ...change });
  }

  /** An event that is no report. */
  answer(account: Account): number {
    const event = {
      type: "RequestAnswered",
      atMs: FIRST_CREATED_MS as UnixMs,
      account,
      fingerprint: `request ${this.seq}`,
      contentDigest: "",
      expiresAtMs: FIRST_CREATED_MS as UnixMs,
      httpStatus: 200,
      body: '{"code":0}',
    } as const;
    return this.#stage(encodeDeskEvent(event));
  }

  /** A cancel that was refused: no report of the order leads to it. */
  refuse(orderId: OrderId): number {
    const { account } = this.order(orderId);
    const event: CommandRefused = {
      type: "CommandRefused",
      atMs: this.#nowMs(),
      account,
      orderId,
      command: "cancel",
      refused: "ORDER_FILLED",
      cause: { channel: Channel.Http, actor: "key", requestId: "" },
    };
    return this.#stage(encodeDeskEvent(event));
  }

  /** Writes everything staged. */
  commit(): void {
    const { partition } = this;
    const append = { partition, epoch: this.#epoch, expectedSeq: this.durableSeq };
    if (this.#staged.length === 0) return;
    const [outcome] = this.#journal.append([[{ ...append, payloads: this.#staged }]]);
    assert.equal(outcome, "committed");
    this.#staged = [];
    this.durableSeq = this.seq;
  }

  order(orderId: OrderId): Order {
    const order = this.#orders.get(orderId);
    assert.ok(order !== undefined, "the desk knows the order");
    return order;
  }

  /** Open orders of every account, oldest first. */
  open(): OrderId[] {
    const open = [...this.#orders.values()].filter((order) => !isClosed(order));
    return open.map(({ orderId }) => orderId);
  }

  /** What a query must answer: every order of the account that matches, newest first. */
  matching(account: Account, filter: OrderFilter): Order[] {
    const mine = [...this.#orders.values()].filter((order) => order.account === account);
    return mine.filter((order) => matchesFilter(order, filter)).reverse();
  }

  reportsOf(account: Account): ExecutionReported[] {
    const reports = this.recorded.map(({ report }) => report);
    return reports.filter(({ order }) => order.account === account);
  }

  /** Rows that a list of bookings must have: each as often as it counts, newest first. */
  rowsMatching(account: Account, filter: BookingFilter): Booking[] {
    const mine = this.booked.filter((booking) => booking.account === account).reverse();
    return mine.flatMap(({ seq, event }) => {
      return Array.from({ length: bookingWeight(event, filter) }, () => ({ seq, event }));
    });
  }

  #book(event: AccountOpened | BalanceAdjusted): void {
    const seq = this.#stage(encodeDeskEvent(event));
    this.booked.push({ account: event.account, seq, event });
    this.recent.add(this.partition, seq, event);
  }

  /** Events are 300 ms apart. */
  #nowMs(): UnixMs {
    return (FIRST_CREATED_MS + 300 * this.seq) as UnixMs;
  }

  #apply(orderId: OrderId, event: OrderEvent): Order {
    return orderApply(this.order(orderId), event);
  }

  #report(execType: ExecType, changed: Order): void {
    const book = this.book(changed.account);
    book.streamSeq += 1;
    const { version } = changed;
    const updatedAtMs = this.#nowMs();
    const order = { ...changed, updatedAtMs, version: version + 1, streamSeq: book.streamSeq };
    const traded = execType === ExecType.Trade;
    const execution = traded ? this.#execution(book.streamSeq) : null;
    const origin = { previousStreamSeq: changed.streamSeq, cause: null };
    const type = "ExecutionReported";
    const report: ExecutionReported = { type, execType, order, execution, origin };
    if (execType === ExecType.New) book.insert(order);
    else if (isClosed(order)) book.remove(order.orderId);
    else book.replace(order);
    this.#orders.set(order.orderId, order);
    const seq = this.#stage(encodeDeskEvent(report));
    this.recorded.push({ seq, report });
    if (traded) this.booked.push({ account: order.account, seq, event: report });
    this.recent.add(this.partition, seq, report);
  }

  /** Every other one is charged; a trade date is that of one of two markets. */
  #execution(streamSeq: number): Execution {
    return {
      ...FILL,
      execId: `E${streamSeq}` as ExecId,
      tradeDate: (FIRST_DATE + Math.floor(this.seq / 50) + (this.seq % 2)) as UnixDay,
      lastChargeAmt: BigInt(streamSeq % 2) as Amount,
    };
  }

  #stage(payload: string): number {
    this.#staged.push(payload);
    this.seq += 1;
    return this.seq;
  }
}

/** A journal in the folder and a desk that writes to it. */
export function openDesk(folder: string): { journal: SqliteJournal; desk: ScriptedDesk } {
  const journal = SqliteJournal.open(folder);
  return { journal, desk: new ScriptedDesk(journal) };
}

/** One transaction, from its first step to its last. */
export function projectWhole(
  database: ArchiveDatabase,
  partition: string,
  records: readonly JournalRecord[],
  through: ChainPosition,
): void {
  const steps = database.projecting(partition, [records], through);
  while (steps.next().done !== true) {
    // Nobody asks in between.
  }
}

/** Places `count` orders and closes two of every three, some by a fill and some by a cancel. */
export function trade(desk: ScriptedDesk, account: Account, count: number): void {
  for (let index = 0; index < count; index += 1) {
    const orderId = desk.place(account, {
      clOrdId: `ref-${index % 7}`,
      symbol: index % 2 === 0 ? "00700" : "00005",
      side: index % 5 === 0 ? Side.Sell : Side.Buy,
    });
    if (index % 3 === 0) desk.cancel(orderId);
    if (index % 3 === 1) for (let unit = 0; unit < 2; unit += 1) desk.fill(orderId);
  }
}

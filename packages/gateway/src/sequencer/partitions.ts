/**
 * The state machines of this node, and how commands go through them. Owned by the sequencer, which
 * is the only caller. Everything here is synchronous: a command's events are
 * decided, applied and staged in one turn, so that all partitions a command touches commit
 * together.
 */
import { assert } from "@countermand/core/assert";
import {
  type ControlEvent,
  type ControlState,
  encodeControlEvent,
  type ModeSet,
  type OperatorRefusal,
} from "@countermand/core/control";
import { type Desk, newOrderSingle } from "@countermand/core/desk";
import {
  type Exchange,
  type ExchangeCommand,
  encodeExchangeRecord,
  MarketPhase,
  type SessionCommand,
} from "@countermand/core/exchange";
import {
  type Account,
  type AmendRequest,
  type Answered,
  type AskedReason,
  CancelReason,
  type Cause,
  type DeskEvent,
  encodeDeskEvent,
  type Instrument,
  marketGroupOf,
  NO_KEY_ID,
  type Order,
  type OrderId,
  type PlaceRequest,
  type Price,
  type Refusal,
  type UnixMs,
  type VenueReport,
} from "@countermand/core/model";
import { settlingDay } from "@countermand/core/money";
import { isClosed } from "@countermand/core/order";
import { encodeSessionEvent, type SessionEvent } from "@countermand/core/session";
import type { RecentReports } from "../archive/recent-reports.ts";
import type { OrderGuard } from "../limits/order-guard.ts";
import { STRAIGHT, type VenueFaults } from "../venue/fault-plan.ts";
import { VenueGate } from "../venue/venue-gate.ts";
import {
  CONTROL_PARTITION,
  type ControlPartition,
  newControlPartition,
} from "./control-partition.ts";
import { DayEnds, overdueSymbols } from "./day-ends.ts";
import { OrderDecisions } from "./order-decisions.ts";
import { RuleChecks } from "./rule-checks.ts";
import { SESSION_PARTITION, type SessionPort, Sessions } from "./sessions.ts";
import { type PartitionLease, type Staged, Staging, type WorkedCommand } from "./staging.ts";

/** The venue partition of the embedded exchange. */
export const EXCHANGE_PARTITION = "exchange";

export interface DeskPartition {
  readonly name: string;
  readonly desk: Desk;
  readonly lease: PartitionLease;
}

export interface ExchangePartition {
  readonly exchange: Exchange;
  readonly lease: PartitionLease;
}

export class Partitions {
  readonly desks: readonly DeskPartition[];
  readonly exchange: ExchangePartition;
  readonly recent: RecentReports;
  readonly sessions: Sessions;
  /** Told of every order that closes, in the moment in which it does. */
  readonly onClosed = new Set<(order: Order) => void>();
  readonly #control: ControlPartition;
  readonly #heldBackCounts = new Map<string, number>();
  readonly #checks: RuleChecks;
  readonly #sessionPort: SessionPort = {
    work: (command, atMs) => this.#workSession(command, atMs),
    stage: (event) => this.#stageSessionEvent(event),
    isHalted: (group) => this.control.isHalted(group),
  };
  readonly #dayEnds = new DayEnds({
    isClosed: (symbol) => this.exchange.exchange.phase(symbol) === MarketPhase.Closed,
    expire: (symbol, atMs, countMax) => {
      const { exchange } = this.exchange;
      const before = exchange.orderCountOf(symbol);
      this.#handle({ type: "ExpireDay", symbol, countMax }, null, atMs);
      return before - exchange.orderCountOf(symbol);
    },
  });
  /** What would become of orders, and of amends of them. */
  readonly decisions: OrderDecisions;
  /** What the exchange does not answer in the turn that asks it. */
  readonly gate: VenueGate = new VenueGate(this);
  /** Who asks for what is being decided; null while nobody does. */
  #cause: Cause | null = null;
  readonly #staging = new Staging();

  /** Without sessions of their own, markets have the reference rules. */
  constructor(
    desks: readonly DeskPartition[],
    exchange: ExchangePartition,
    recent: RecentReports,
    sessions: Sessions = Sessions.reference(exchange.exchange),
    control: ControlPartition = newControlPartition(),
  ) {
    assert(desks.length > 0, "there is at least one desk partition");
    this.desks = desks;
    this.exchange = exchange;
    this.recent = recent;
    this.sessions = sessions;
    this.#control = control;
    const { profile, state } = sessions;
    this.#checks = new RuleChecks({ profile, exchange: exchange.exchange, closes: state });
    this.decisions = new OrderDecisions(this, this.#checks);
  }

  /** Events staged since the last {@link takeStaged}. */
  get stagedCount(): number {
    return this.#staging.eventCount;
  }

  get openCount(): number {
    return this.desks.reduce((sum, { desk }) => sum + desk.openCount, 0);
  }

  /** What operators decided. */
  get control(): ControlState {
    return this.#control.state;
  }

  /** New orders and amends of clients that operators' decisions refused, by `scope refusal`. */
  get heldBackCounts(): ReadonlyMap<string, number> {
    return this.#heldBackCounts;
  }

  /** Every partition's name and its position, staged events included. */
  positions(): Record<string, number> {
    return Object.fromEntries([
      ...this.desks.map(({ name, lease }) => [name, lease.seq]),
      [EXCHANGE_PARTITION, this.exchange.lease.seq],
      [SESSION_PARTITION, this.sessions.lease.seq],
      [CONTROL_PARTITION, this.#control.lease.seq],
    ]);
  }

  deskOf(account: Account): DeskPartition {
    const partition = this.desks[partitionIndex(account, this.desks.length)];
    assert(partition !== undefined, "every account has a partition");
    return partition;
  }

  /**
   * Carries an order to the venue. The order as it stands afterwards, or why it was not placed. The
   * guard, if there is one, is asked last.
   */
  place(
    account: Account,
    request: PlaceRequest,
    nowMs: UnixMs,
    guard: OrderGuard | null = null,
    faults: VenueFaults | null = null,
  ): Order | Refusal {
    const placing = this.decisions.place(account, request, nowMs, guard);
    if ("refused" in placing) return this.#countedRefusal(placing, request.enteredBy);
    guard?.sent(null, placing);
    const plan = faults === null ? null : faults.ofOrder(placing);
    if (plan !== null && this.gate.hasRoom) {
      return this.gate.place(placing, plan, nowMs, request.onlyIfResting);
    }
    const reported = this.work(newOrderSingle(placing), placing, nowMs);
    assert(reported !== null, "the embedded exchange answers an order in the same turn");
    return reported;
  }

  /**
   * Gives an order new terms. The order as it stands afterwards, or why it has not got them; it
   * may be closed.
   */
  amend(
    order: Order,
    request: AmendRequest,
    nowMs: UnixMs,
    guard: OrderGuard | null = null,
  ): Order | Refusal {
    const amended = this.decisions.amend(order, request, nowMs, guard);
    if ("refused" in amended) return this.#countedRefusal(amended, request.enteredBy);
    guard?.sent(order, amended);
    const sent = this.decisions.replaceToSend(order, amended);
    const reported = this.#handle(sent, order, nowMs, CancelReason.Requested, amended.price);
    assert(reported !== null, "the embedded exchange answers a replace in the same turn");
    return reported;
  }

  /** What a start does to the books, see {@link Sessions.begin}. */
  beginSessions(nowMs: UnixMs): void {
    const { profile, state } = this.sessions;
    for (const symbol of overdueSymbols(this.#openOrders(), profile, state.reachedMs)) {
      this.#dayEnds.found(symbol);
    }
    this.#dayEnds.beginStep();
    this.sessions.begin(nowMs, this.#sessionPort);
  }

  /** Crosses the session boundaries up to now, then settles what is due by now. */
  advance(nowMs: UnixMs): void {
    this.#dayEnds.beginStep();
    this.sessions.advance(nowMs, this.#sessionPort);
    this.settleDue(nowMs);
  }

  /** Whether day orders of ended days are still to expire. */
  get isExpiring(): boolean {
    return this.#dayEnds.hasMore;
  }

  /** Expires some more of them. Precondition: what the exchange's time brought has happened. */
  expireMore(nowMs: UnixMs): void {
    this.#dayEnds.more(nowMs);
  }

  /** Sets the exchange's clock on: everything up to that time happens first. */
  setClock(atMs: UnixMs, speed: number): void {
    this.advance(atMs);
    this.#stageSessionEvent({ type: "ClockSet", atMs, speed });
  }

  /** Keeps a time that is about to be told: no later one lies before it, also after a crash. */
  noteTime(atMs: UnixMs): void {
    if (atMs > this.sessions.state.reachedMs) {
      this.#stageSessionEvent({ type: "TimeReached", atMs });
    }
  }

  /** Settles, once a day, what is due by now. Every desk of a node does so at the same moment. */
  settleDue(nowMs: UnixMs): void {
    for (const partition of this.desks) {
      const { desk } = partition;
      const event = desk.decideSettle(settlingDay(desk.rules.settlement, nowMs), nowMs);
      if (event !== null) this.#stageDeskEvent(partition, event);
    }
  }

  /**
   * Cancels an open order, whoever wants that. The order as it stands afterwards, canceled or with
   * its cancel pending, or why its market does not take cancels now. A cancel that is pending
   * already is not sent again.
   */
  cancel(
    order: Order,
    nowMs: UnixMs,
    reason: AskedReason = CancelReason.Requested,
    faults: VenueFaults | null = null,
  ): Order | Refusal {
    if (order.cancelPending) return order;
    const refusal = this.cancelRefusal(order, nowMs);
    if (refusal !== null) return refusal;
    const plan = faults === null ? null : faults.ofCancel(order);
    // One that the venue has not accepted yet is behind the gate, and so must be its cancel.
    if (order.phase === "PendingNew" || (plan !== null && this.gate.hasRoom)) {
      return this.gate.cancel(order, plan ?? STRAIGHT, reason, nowMs);
    }
    return this.withdraw(order, nowMs, reason);
  }

  /** Takes an open order that the venue has out of it, a cancel of it that waits included. */
  withdraw(order: Order, nowMs: UnixMs, reason: AskedReason): Order {
    const { orderId, symbol } = order;
    const request = { type: "OrderCancelRequest", orderId, symbol } as const;
    const canceled = this.work(request, order, nowMs, reason);
    assert(canceled?.phase === "Canceled", "the embedded exchange cancels an open order at once");
    return canceled;
  }

  /** Why the order's market does not take its cancel now, or null. */
  cancelRefusal(order: Order, nowMs: UnixMs): Refusal | null {
    return this.#checks.cancelRefusal(order, nowMs);
  }

  /** Why a market or an instrument takes no order now, of nobody; or null. */
  entryFault({ market, symbol }: Order): string | null {
    const mode = this.control.mode(marketGroupOf(market));
    if (mode !== "open") return `the market was set to ${mode} meanwhile`;
    const isHalted = this.control.instrument(symbol)?.halted === true;
    return isHalted ? `${symbol} was halted meanwhile` : null;
  }

  /** Whether nothing trades in the order's market, or in its instrument outside auctions. */
  isHalted({ market, symbol }: Order): boolean {
    const isOwn = this.control.instrument(symbol)?.halted === true;
    return isOwn || this.control.isHalted(marketGroupOf(market));
  }

  /** Sets a mode. A market that is halted no more is led to where its time has come meanwhile. */
  setMode(event: ModeSet, nowMs: UnixMs): void {
    this.stageControlEvent(event);
    this.sessions.align(nowMs, this.#sessionPort);
  }

  /**
   * Lists an instrument, or counts its book in another grid, as the control state has decided it in
   * this very turn. Precondition: nothing works in the book that does not fit.
   */
  setGrid({ symbol, priceTick, lotQty, oddLotQty }: Instrument, nowMs: UnixMs): void {
    const grid = { symbol, priceTick, lotQty, oddLotQty };
    this.#handle({ type: "SetGrid", symbol, grid }, null, nowMs);
    // A new book is led into the phase of its market.
    this.sessions.align(nowMs, this.#sessionPort);
  }

  /** Stages what an operator decided. It holds from now on. */
  stageControlEvent(event: ControlEvent): void {
    this.#staging.add(CONTROL_PARTITION, this.#control.lease, encodeControlEvent(event));
    this.#control.state.apply(event);
  }

  /** Stages an event of the account's partition. Its position there. */
  stageDeskEvent(account: Account, event: DeskEvent): number {
    return this.#stageDeskEvent(this.deskOf(account), this.#withCause(event));
  }

  /**
   * Stages the answer to a write that was decided in this turn, while the account's partition stood
   * at `sinceSeq`. The write's last event carries it where that is a report of the account's.
   */
  stageAnswered(account: Account, sinceSeq: number, answered: Answered): void {
    const { desk, lease, name } = this.deskOf(account);
    const isCarried =
      lease.seq > sinceSeq && this.#staging.carry(answered, account, name, lease.seq);
    if (isCarried) desk.applyAnswered(answered, lease.seq);
    else this.stageDeskEvent(account, { type: "RequestAnswered", account, ...answered });
  }

  /** An intent is about the order that the command is about. */
  #withCause(event: DeskEvent): DeskEvent {
    const cause = this.#cause;
    if (event.type !== "ExecutionReported" || event.origin === undefined) return event;
    if (cause === null || event.origin.cause !== null) return event;
    return { ...event, origin: { ...event.origin, cause } };
  }

  #stageDeskEvent({ name, desk, lease }: DeskPartition, event: DeskEvent): number {
    this.#staging.add(name, lease, encodeDeskEvent(event));
    desk.apply(event, lease.seq);
    this.recent.add(name, lease.seq, event);
    if (event.type === "ExecutionReported") {
      this.#staging.reported(event, name, lease.seq);
      if (this.onClosed.size > 0 && isClosed(event.order)) {
        for (const tell of this.onClosed) tell(event.order);
      }
    }
    return lease.seq;
  }

  /** Does what is given for somebody: reports of the orders that it is about say so. */
  caused<Result, Given>(cause: Cause | null, work: (given: Given) => Result, given: Given): Result {
    this.#cause = cause;
    try {
      return work(given);
    } finally {
      this.#cause = null;
    }
  }

  takeStaged(): Staged {
    return this.#staging.take();
  }

  /**
   * Lets the exchange work a command and the desks take its reports; the subject order's last
   * state.
   */
  work(
    command: ExchangeCommand,
    subject: Order,
    nowMs: UnixMs,
    asked: AskedReason = CancelReason.Requested,
  ): Order | null {
    return this.#handle(command, subject, nowMs, asked);
  }

  /** Orders that wait for a venue's answer, to them or to their cancel. */
  pendingOrders(): Order[] {
    return this.desks.flatMap(({ desk }) => desk.pendingOrders());
  }

  /** What a session does to the orders of a book. */
  #workSession(command: SessionCommand, atMs: UnixMs): void {
    this.#dayEnds.finish(command.symbol, atMs);
    if (command.type === "ExpireDay") {
      this.#dayEnds.ended(command.symbol, atMs);
      this.gate.endDay(command.symbol, atMs);
      return;
    }
    const protectedCommand =
      command.type === "Uncross"
        ? { ...command, protectionTicks: this.#protectionTicks(command.symbol) }
        : command;
    this.#handle(protectedCommand, null, atMs);
  }

  *#openOrders(): Generator<Order, void, void> {
    for (const { desk } of this.desks) {
      for (const book of desk.books()) yield* book.openOldestFirst();
    }
  }

  /**
   * The order that a command is about, as it leaves it; null where it does not change it. The venue
   * is not told why a cancel was sent, `asked`, nor a price that an order keeps while it rests at
   * another one.
   */
  #handle(
    command: ExchangeCommand,
    subject: Order | null,
    atMs: UnixMs,
    asked: AskedReason = CancelReason.Requested,
    price: Price | null = null,
  ): Order | null {
    const { events, reports } = this.exchange.exchange.handle(command);
    this.#stageWorked({ events, atMs });
    let latest: Order | null = null;
    for (const report of reports) {
      const partition = this.deskOf(report.account);
      const isOfSubject = report.orderId === subject?.orderId;
      const told = reportToTell(report, asked, price);
      const placing = isOfSubject ? subject : null;
      const event = partition.desk.decideReport(told, placing, atMs, placing && this.#cause);
      this.#stageDeskEvent(partition, event);
      if (isOfSubject) latest = event.order;
    }
    return latest;
  }

  /** What was held back for the buys at any price that wait for an auction, in ticks. */
  #protectionTicks(symbol: string): ReadonlyMap<OrderId, number> {
    const ticks = new Map<OrderId, number>();
    for (const { orderId, account } of this.exchange.exchange.auctionBuys(symbol)) {
      const { desk } = this.deskOf(account);
      const order = desk.book(account)?.openOrder(orderId) ?? null;
      assert(order !== null, "an order in a book is open at its desk");
      ticks.set(orderId, this.exchange.exchange.ticksOf(symbol, order.protectionPx));
    }
    return ticks;
  }

  #stageSessionEvent(event: SessionEvent): void {
    this.#staging.add(SESSION_PARTITION, this.sessions.lease, encodeSessionEvent(event));
    this.sessions.state.apply(event);
  }

  /** Counts what operators' decisions refused to a client. */
  #countedRefusal(refusal: OperatorRefusal | Refusal, enteredBy = NO_KEY_ID): Refusal {
    if ("holdScope" in refusal && enteredBy !== NO_KEY_ID) {
      const key = `${refusal.holdScope} ${refusal.refused}`;
      this.#heldBackCounts.set(key, (this.#heldBackCounts.get(key) ?? 0) + 1);
    }
    return refusal;
  }

  /** Everything the exchange does comes by here, so that the public market sees all of it. */
  #stageWorked(worked: WorkedCommand): void {
    const { events, atMs } = worked;
    if (events.length > 0) this.#staging.worked(worked);
    for (const event of events) {
      this.#staging.add(EXCHANGE_PARTITION, this.exchange.lease, encodeExchangeRecord(event, atMs));
    }
  }
}

/** A report of a cancel that was asked for, or of a replace, with what the venue was not told. */
export function reportToTell(
  report: VenueReport,
  asked: AskedReason,
  price: Price | null,
): VenueReport {
  if (report.type === "Canceled" && report.reason === CancelReason.Requested) {
    return asked === CancelReason.Requested ? report : { ...report, reason: asked };
  }
  return price !== null && report.type === "Replaced" ? { ...report, price } : report;
}

/** Which of `count` partitions an account belongs to: FNV-1a, so that every node finds the same. */
function partitionIndex(account: Account, count: number): number {
  if (count === 1) return 0;
  let hash = 0x811c9dc5;
  for (let index = 0; index < account.length; index += 1) {
    hash = Math.imul(hash ^ account.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % count;
}

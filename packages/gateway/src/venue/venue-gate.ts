/**
 * The gate between the desk and a venue that may answer later. An order or a cancel that cannot be
 * answered in its turn is journaled as an intent first; what the venue does about it follows in
 * later turns. Without an answer within its deadline the venue is asked for the truth, and that is
 * journaled.
 *
 * The venue here is the embedded exchange, which answers at once, and a plan for it to do worse.
 * What it is sent and what it reports are one commit, so an intent without an outcome never reached
 * it: after a crash that is the truth to be found out.
 *
 * An order has one lane, and its cancel another. A cancel of an order that the venue has not
 * answered waits for that answer: it never overtakes its order.
 */
import { assert } from "@countermand/core/assert";
import { type Desk, newOrderSingle } from "@countermand/core/desk";
import { type Exchange, type ExchangeCommand, phaseFault } from "@countermand/core/exchange";
import {
  type Account,
  type AskedReason,
  type DeskEvent,
  type ExecutionReported,
  type Order,
  type OrderId,
  TimeInForce,
  type UnixMs,
  type VenueReport,
} from "@countermand/core/model";
import { askedReason, isWorking } from "@countermand/core/order";
import type { Cancelable } from "../sys/clock.ts";
import type { VenueAct, VenuePlan } from "./fault-plan.ts";
import { HELD_MAX } from "./limits.ts";
import { counterRequest, LIQUIDITY_ACCOUNT, liquidityAccount } from "./liquidity.ts";

/** Both sides of the gate, as the partitions have them. */
export interface GateSides {
  readonly exchange: { readonly exchange: Exchange };
  deskOf(account: Account): { readonly desk: Desk };
  stageDeskEvent(account: Account, event: DeskEvent): number;
  /** Why an operator's decision keeps an order out that was on its way meanwhile, or null. */
  entryFault(order: Order): string | null;
  /** Whether an operator has halted what the order is in: then nothing trades. */
  isHalted(order: Order): boolean;
  /** Lets the exchange work a command and the desks take its reports; the subject's last state. */
  work(command: ExchangeCommand, subject: Order, nowMs: UnixMs, asked?: AskedReason): Order | null;
}

/** Does work as a command of its own, later. */
export type Schedule = (delayMs: number, work: (nowMs: UnixMs) => void) => Cancelable;

interface Lane {
  readonly of: "order" | "cancel";
  readonly plan: VenuePlan;
  /** The venue refuses it where it would trade as it comes in. */
  readonly onlyIfResting: boolean;
  /** As it was last seen. */
  order: Order;
  nextStep: number;
  timer: Cancelable | null;
  deadline: Cancelable | null;
}

const NEVER: Cancelable = { cancel: () => undefined };
const NEVER_RECEIVED = "the venue did not answer and has never received the order";
const DAY_ENDED = "the day ended before the venue took the order";
const REFUSED = "refused by the venue";

export class VenueGate {
  readonly #sides: GateSides;
  readonly #orders = new Map<OrderId, Lane>();
  readonly #cancels = new Map<OrderId, Lane>();
  #schedule: Schedule | null = null;

  constructor(sides: GateSides) {
    this.#sides = sides;
  }

  /** Called once, by the owner of the commands. */
  connect(schedule: Schedule): void {
    this.#schedule = schedule;
  }

  get heldCount(): number {
    return this.#orders.size + this.#cancels.size;
  }

  /** Whether another order or cancel may be held back. */
  get hasRoom(): boolean {
    return this.heldCount < HELD_MAX;
  }

  /** Sends an order that was decided. The order as it stands at the end of this turn. */
  place(placing: Order, plan: VenuePlan, nowMs: UnixMs, onlyIfResting = false): Order {
    const lane = newLane("order", plan, placing, onlyIfResting);
    this.#orders.set(placing.orderId, lane);
    const [first] = plan.steps;
    if (first === undefined || first.afterMs > 0) {
      lane.order = this.#stage(this.#desk(placing).decidePendingNew(placing, nowMs));
    }
    this.#start(lane, nowMs);
    return lane.order;
  }

  /**
   * Sends a cancel. The order with its cancel pending, whatever this turn still brings: the answer
   * to a cancel says that it was handed to the venue.
   */
  cancel(order: Order, plan: VenuePlan, asked: AskedReason, nowMs: UnixMs): Order {
    const pending = this.#stage(this.#desk(order).decidePendingCancel(order, nowMs, asked));
    const lane = newLane("cancel", plan, pending);
    this.#cancels.set(order.orderId, lane);
    if (pending.phase !== "PendingNew") this.#start(lane, nowMs);
    return pending;
  }

  /** Finds out what became of an order or a cancel without an answer, and journals it. */
  reconcile(order: Order, nowMs: UnixMs): void {
    const { account, orderId, symbol } = order;
    if (order.phase === "PendingNew") {
      const report: VenueReport = this.#sides.exchange.exchange.holds(symbol, orderId)
        ? { type: "Accepted", account, orderId }
        : { type: "Rejected", account, orderId, rejectReason: NEVER_RECEIVED };
      this.#report(report, order, nowMs);
    }
    const latest = this.#openOrder(order);
    // Sent anew, now that it is known not to be done: a cancel that comes late does no harm.
    if (latest?.cancelPending === true) this.#takeCancel(latest, nowMs);
  }

  /** Day orders that the venue has not taken do not outlive their day: it never gets them. */
  endDay(symbol: string, nowMs: UnixMs): void {
    for (const lane of this.#orders.values()) {
      const order = this.#openOrder(lane.order);
      if (order?.symbol !== symbol || order.phase !== "PendingNew") continue;
      if (order.timeInForce !== TimeInForce.Day) continue;
      lane.order = order;
      this.#end(lane);
      this.#refuseOrder(lane, DAY_ENDED, nowMs);
      this.#answered(lane, nowMs);
    }
  }

  /** Forgets what is held back: the next start reconciles it. */
  close(): void {
    this.#schedule = () => NEVER;
    for (const lane of [...this.#orders.values(), ...this.#cancels.values()]) this.#end(lane);
  }

  /** The venue has it before it: from now on an answer is waited for. */
  #start(lane: Lane, nowMs: UnixMs): void {
    // An order whose first step is taken in this turn has no intent and needs no deadline.
    if (lane.order.version > 0) {
      lane.deadline = this.#later(lane, lane.plan.deadlineMs, (atMs) => this.#overdue(lane, atMs));
    }
    this.#proceed(lane, nowMs, false);
  }

  /** Goes on to the next step that is not due yet, or to the end. */
  #proceed(lane: Lane, nowMs: UnixMs, isFirstDue: boolean): void {
    let isDue = isFirstDue;
    for (;;) {
      const step = lane.plan.steps[lane.nextStep];
      if (step === undefined) break;
      if (step.afterMs > 0 && !isDue) {
        lane.timer = this.#later(lane, step.afterMs, (atMs) => this.#proceed(lane, atMs, true));
        return;
      }
      isDue = false;
      lane.nextStep += 1;
      if (!this.#act(lane, step.act, nowMs)) {
        this.#end(lane);
        return;
      }
    }
    // A venue that never answers has no steps, but a deadline.
    if (lane.plan.steps.length > 0) this.#end(lane);
  }

  /** Whether there is anything left to do. */
  #act(lane: Lane, act: VenueAct, nowMs: UnixMs): boolean {
    // One that has no report yet is known to its lane alone.
    const order = lane.order.version === 0 ? lane.order : this.#openOrder(lane.order);
    if (order === null) return false;
    lane.order = order;
    if (lane.of === "cancel") return this.#actOnCancel(lane, act, nowMs);
    this.#actOnOrder(lane, act, nowMs);
    if (order.phase === "PendingNew") this.#answered(lane, nowMs);
    return this.#openOrder(order) !== null;
  }

  /** The venue has said what becomes of the order: now it is sent the cancel that waited. */
  #answered(lane: Lane, nowMs: UnixMs): void {
    lane.deadline?.cancel();
    const waiting = this.#cancels.get(lane.order.orderId);
    if (waiting !== undefined) this.#start(waiting, nowMs);
  }

  #actOnOrder(lane: Lane, act: VenueAct, nowMs: UnixMs): void {
    const { order } = lane;
    const { orderId, symbol } = order;
    switch (act) {
      case "Take": {
        const { exchange } = this.#sides.exchange;
        const unfit =
          this.#sides.entryFault(order) ??
          this.#desk(order).termsFault(order) ??
          phaseFault(exchange.phase(symbol), order) ??
          (lane.onlyIfResting ? exchange.tradingFault(order) : null);
        if (unfit === null) this.#work(lane, newOrderSingle(order), nowMs);
        else this.#refuseOrder(lane, unfit, nowMs);
        break;
      }
      case "Refuse":
        this.#refuseOrder(lane, REFUSED, nowMs);
        break;
      case "FillHalf":
      case "FillAll":
        this.#fill(order, act, nowMs);
        break;
      case "Withdraw":
        this.#work(lane, { type: "WithdrawOrder", symbol, orderId }, nowMs);
        break;
    }
  }

  /** Whether the cancel is still to be answered. */
  #actOnCancel({ order }: Lane, act: VenueAct, nowMs: UnixMs): boolean {
    if (!order.cancelPending) return false;
    switch (act) {
      case "Take":
        this.#takeCancel(order, nowMs);
        break;
      case "Refuse":
        this.#refuseCancel(order, nowMs);
        break;
      case "FillHalf":
      case "FillAll":
        this.#fill(order, act, nowMs);
        break;
      case "Withdraw":
        assert(false, "a venue does not withdraw on a cancel");
    }
    return this.#openOrder(order)?.cancelPending === true;
  }

  #takeCancel(order: Order, nowMs: UnixMs): void {
    const { orderId, symbol } = order;
    if (isWorking(order)) {
      const request = { type: "OrderCancelRequest", orderId, symbol } as const;
      this.#sides.work(request, order, nowMs, askedReason(order));
    }
    // There was nothing left to cancel.
    if (this.#openOrder(order) !== null) this.#refuseCancel(order, nowMs);
  }

  #refuseCancel({ account, orderId }: Order, nowMs: UnixMs): void {
    this.#report({ type: "CancelRejected", account, orderId }, null, nowMs);
  }

  #refuseOrder(lane: Lane, rejectReason: string, nowMs: UnixMs): void {
    const { account, orderId } = lane.order;
    const report = { type: "Rejected", account, orderId, rejectReason } as const;
    lane.order = this.#report(report, lane.order, nowMs);
  }

  /**
   * Trades with a resting order, out of its turn. Nothing where it does not rest in a market that
   * trades, or has too little left for half of it.
   */
  #fill(order: Order, act: "FillHalf" | "FillAll", nowMs: UnixMs): void {
    if (this.#sides.isHalted(order)) return;
    const { exchange } = this.#sides.exchange;
    const { orderId, symbol } = order;
    const crossable = exchange.crossable(symbol, orderId);
    if (crossable === null) return;
    const { desk } = this.#sides.deskOf(LIQUIDITY_ACCOUNT);
    if (desk.book(LIQUIDITY_ACCOUNT) === null) {
      this.#sides.stageDeskEvent(LIQUIDITY_ACCOUNT, liquidityAccount(nowMs));
    }
    const instrument = desk.instrument(symbol);
    assert(instrument !== null, "an order's instrument is listed");
    const half = crossable.qty / 2n;
    const qty = act === "FillAll" ? crossable.qty : half - (half % instrument.lotQty);
    if (qty === 0n) return;
    const request = counterRequest(order, qty, crossable.price);
    const counter = desk.decidePlace(LIQUIDITY_ACCOUNT, request, null, nowMs);
    if ("refused" in counter) return;
    const cross = { type: "CrossOrder", symbol, restingOrderId: orderId } as const;
    this.#sides.work({ ...cross, order: newOrderSingle(counter) }, counter, nowMs);
  }

  /** The venue has not answered in time. */
  #overdue(lane: Lane, nowMs: UnixMs): void {
    const { orderId } = lane.order;
    const order = this.#openOrder(lane.order);
    this.#end(lane);
    if (order === null) return;
    const waiting = lane.of === "order" ? this.#cancels.get(orderId) : undefined;
    if (waiting !== undefined) this.#end(waiting);
    this.reconcile(order, nowMs);
  }

  #work(lane: Lane, command: ExchangeCommand, nowMs: UnixMs): void {
    lane.order = this.#sides.work(command, lane.order, nowMs) ?? lane.order;
  }

  #report(report: VenueReport, placing: Order | null, nowMs: UnixMs): Order {
    return this.#stage(this.#desk(report).decideReport(report, placing, nowMs));
  }

  #stage(event: ExecutionReported): Order {
    this.#sides.stageDeskEvent(event.order.account, event);
    return event.order;
  }

  #openOrder({ account, orderId }: Order): Order | null {
    return this.#desk({ account }).book(account)?.openOrder(orderId) ?? null;
  }

  #desk({ account }: Pick<Order, "account">): Desk {
    return this.#sides.deskOf(account).desk;
  }

  #later(lane: Lane, delayMs: number, work: (nowMs: UnixMs) => void): Cancelable {
    assert(this.#schedule !== null, "a gate that holds back is connected");
    return this.#schedule(delayMs, (nowMs) => {
      // What the exchange's time brought in this very turn may have ended it.
      if (this.#lanes(lane).get(lane.order.orderId) === lane) work(nowMs);
    });
  }

  #lanes({ of }: Lane): Map<OrderId, Lane> {
    return of === "order" ? this.#orders : this.#cancels;
  }

  #end(lane: Lane): void {
    lane.timer?.cancel();
    lane.deadline?.cancel();
    const lanes = this.#lanes(lane);
    if (lanes.get(lane.order.orderId) === lane) lanes.delete(lane.order.orderId);
  }
}

function newLane(of: Lane["of"], plan: VenuePlan, order: Order, onlyIfResting = false): Lane {
  return { of, plan, order, onlyIfResting, nextStep: 0, timer: null, deadline: null };
}

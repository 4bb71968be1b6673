/**
 * Orders under the strict rules: at which price an auction is matched is not predicted. What the
 * journal says of each order is taken, and held against what must be so whatever happens: hours,
 * both sides of a trade, money to the last unit, and that what is closed stays closed.
 */
import { ExecType, type ExecutionReported } from "../../../packages/core/src/model/index.ts";
import { exchangeOf, localDay } from "./days.ts";
import { Model } from "./model.ts";
import { chargeOn, instrumentOf, ONE, settlementDay, type Units } from "./money.ts";
import type { OrderType, Status, Told } from "./orders.ts";
import { mayAmend, mayCancel, mayExpire, mayTrade } from "./sessions.ts";
import { eventShown } from "./shown.ts";
import { promised } from "./violation.ts";

type Order = ExecutionReported["order"];

interface Kept {
  readonly told: Told;
  readonly order: Order;
}

export class WitnessedModel extends Model {
  /** By number, in the order in which they were placed. */
  readonly #kept = new Map<string, Kept>();
  /** Trades of which one side was read. */
  readonly #halves = new Map<string, ExecutionReported>();

  readonly #mayBeLate: (market: string) => boolean;

  /** Whether an auction may be matched later than it was due. */
  constructor(mayBeLate: (market: string) => boolean) {
    super(true);
    this.#mayBeLate = mayBeLate;
  }

  override orders(account: string): Told[] {
    const all = [...this.#kept.values()].map(({ told }) => told);
    const mine = all.filter((told) => told.account_code === account);
    return mine.filter(({ order_no }) => !this.forgotten.has(order_no)).reverse();
  }

  override openOrders(account: string): Told[] {
    return this.orders(account).filter(({ outstand_qty }) => outstand_qty > 0n);
  }

  override openCountOf(account: string): number {
    return this.openOrders(account).length;
  }

  override openCountIn(symbol: string): number {
    const all = [...this.#kept.values()];
    return all.filter(({ told }) => told.symbol === symbol && told.outstand_qty > 0n).length;
  }

  override get lastOrderNo(): string {
    return [...this.#kept.keys()].at(-1) ?? "0";
  }

  override get isWaiting(): boolean {
    return false;
  }

  override isPending(): boolean {
    return false;
  }

  override isCancelPending(): boolean {
    return false;
  }

  override cashOnHold(account: string, currency: string): Units {
    let held = 0n;
    for (const { told, order } of this.#kept.values()) {
      if (told.account_code !== account || told.order_side !== "buy") continue;
      if (told.outstand_qty === 0n || instrumentOf(told.symbol).currency !== currency) continue;
      const left = ((told.price || order.protectionPx) * told.outstand_qty) / ONE;
      held += left + chargeOn(told.market, "buy", told.execute_amount + left) - told.charge;
    }
    return held;
  }

  override sellsOnHold(account: string, symbol: string): Units {
    const mine = this.openOrders(account).filter((told) => {
      return told.symbol === symbol && told.order_side === "sell";
    });
    return mine.reduce((sum, { outstand_qty }) => sum + outstand_qty, 0n);
  }

  /** One event of an order: what its stream is told. */
  witness(event: ExecutionReported): void {
    const { order, execution, execType } = event;
    const before = this.#kept.get(order.orderId)?.told ?? null;
    const say = (problem: string) => `${problem}: ${eventShown(event)}`;
    const told = toldOf(event);
    promised((before?.version ?? 0) + 1 === told.version, say("a version is missing"));
    const isOpen = before === null || before.outstand_qty > 0n;
    promised(isOpen, say("it was closed before"));
    this.#requireHours(event, say);
    const traded = told.execute_qty - (before?.execute_qty ?? 0n);
    promised(traded === (execution?.lastQty ?? 0n), say("it traded something else"));
    promised(told.execute_qty <= told.qty, say("it traded too much"));
    this.#kept.set(order.orderId, { told, order });
    const stream = this.streams.get(told.account_code) ?? [];
    stream.push(told);
    this.streams.set(told.account_code, stream);
    promised(stream.length === order.streamSeq, say("the stream has a gap"));
    if (execType === ExecType.Trade) this.#book(event, before, say);
  }

  #requireHours(event: ExecutionReported, say: (problem: string) => string): void {
    const { order, execType } = event;
    const exchange = exchangeOf(order.market);
    const { updatedAtMs: atMs, cancelReason } = order;
    const isIn = mayTrade(exchange, atMs) || this.#mayBeLate(order.market);
    if (execType === ExecType.Trade) promised(isIn, say(`no trade at ${atMs}`));
    if (execType === ExecType.Replaced)
      promised(mayAmend(exchange, atMs), say(`no amend at ${atMs}`));
    if (execType === ExecType.Canceled) {
      const isAsked = ASKED.has(cancelReason);
      promised(!isAsked || mayCancel(exchange, atMs), say(`no cancel at ${atMs}`));
      const isRight = cancelReason !== "expired" || mayExpire(exchange, atMs);
      promised(isRight, say("its day has not ended"));
    }
    // A day order is gone by the end of the day in which it came.
    const isLate = localDay(exchange, atMs) > localDay(exchange, order.createdAtMs);
    const outlives = isLate && order.timeInForce === "0" && cancelReason !== "expired";
    promised(!outlives, say("it outlived its day"));
  }

  #book(event: ExecutionReported, before: Told | null, say: (problem: string) => string): void {
    const { order, execution } = event;
    if (execution === null) return;
    const { execId, lastQty, lastPx } = execution;
    const { currency, product, market } = instrumentOf(order.symbol);
    const side = order.side === "1" ? "buy" : "sell";
    const amount = (lastQty * lastPx) / ONE;
    const isWithin = side === "buy" ? lastPx <= order.price : lastPx >= order.price;
    promised(order.price === 0n || isWithin, say(`it traded at ${lastPx}`));
    const paid = before?.charge ?? 0n;
    const charge = chargeOn(market, side, order.grossTradeAmt) - paid;
    promised(order.chargeAmt - paid === charge, say(`the charge is ${charge}`));
    const day = settlementDay(market, order.updatedAtMs, true);
    const book = (asset: string, units: Units) => {
      if (day === null) this.money.add(order.account, asset, units);
      else this.money.addDue(order.account, asset, units, day);
    };
    book(currency, (side === "buy" ? -amount : amount) - charge);
    book(product, side === "buy" ? lastQty : -lastQty);
    const cash = this.balance(order.account, currency);
    promised(execution.cashBalance === cash, say(`its cash is ${cash}`));
    const other = this.#halves.get(execId);
    if (other === undefined) {
      this.#halves.set(execId, event);
      return;
    }
    this.#halves.delete(execId);
    const isOtherSide = other.order.side !== order.side && other.order.symbol === order.symbol;
    const { lastQty: qty, lastPx: price } = other.execution ?? { lastQty: 0n, lastPx: 0n };
    promised(isOtherSide && qty === lastQty && price === lastPx, say("the other side differs"));
  }

  /** At the end of a commit every trade has two sides. */
  requireWhole(): void {
    const [half] = this.#halves.values();
    promised(half === undefined, `a trade has one side: ${half && eventShown(half)}`);
  }

  /** When the market opens again: no day order of a day before is left. */
  requireNoneOutlived(atMs: number): void {
    for (const { told, order } of this.#kept.values()) {
      const exchange = exchangeOf(told.market);
      if (told.outstand_qty === 0n || told.time_in_force !== "day") continue;
      const isLate = localDay(exchange, atMs) > localDay(exchange, order.createdAtMs);
      promised(!isLate, `${told.order_no} is open on the day after`);
    }
  }
}

/** Reasons for cancels that a market may not take now. */
const ASKED: ReadonlySet<string> = new Set([
  "requested",
  "kill_switch",
  "dead_man",
  "disconnected",
]);

/** By the journal's word. */
export const ORDER_TYPES: Readonly<Record<string, OrderType>> = {
  "1": "market_order",
  "2": "limit_order",
  "3": "stop_market_order",
  "4": "stop_limit_order",
  E: "enhanced_limit_order",
  A: "at_auction_order",
  B: "at_auction_limit_order",
};
/** By the journal's word. */
export const TIMES_IN_FORCE = { "0": "day", "1": "gtc", "3": "ioc", "4": "fok" } as const;

function toldOf({ order, execution }: ExecutionReported): Told {
  const isOpen = order.phase === "Open";
  const ended: Readonly<Record<string, Status>> = { Filled: "fex", Canceled: "can" };
  const works: Status = order.cumQty > 0n ? "pex" : "new";
  return {
    market: order.market,
    symbol: order.symbol,
    order_type: ORDER_TYPES[order.ordType] ?? "limit_order",
    order_side: order.side === "1" ? "buy" : "sell",
    time_in_force: TIMES_IN_FORCE[order.timeInForce],
    price: order.price,
    trigger_price: order.stopPx,
    qty: order.orderQty,
    reference_id: order.clOrdId,
    portfolio_id: order.portfolioId,
    account_code: order.account,
    order_no: order.orderId,
    order_status: ended[order.phase] ?? works,
    outstand_qty: isOpen ? order.orderQty - order.cumQty : 0n,
    execute_qty: order.cumQty,
    execute_amount: order.grossTradeAmt,
    charge: order.chargeAmt,
    version: order.version,
    cancel_reason: order.cancelReason,
    isCancelPending: false,
    last_qty: execution?.lastQty ?? null,
    last_price: execution?.lastPx ?? null,
    exec_id: execution?.execId ?? null,
    placedBy: order.enteredBy,
    createdAtMs: order.createdAtMs,
  };
}

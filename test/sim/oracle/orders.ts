/** Orders as clients ask for them, as the model keeps them, and as a stream tells them. */
import { chargeOn, ONE, type Units } from "./money.ts";

export type Side = "buy" | "sell";
export type Status = "new" | "pex" | "fex" | "can" | "rej";
export type OrderType =
  | "limit_order"
  | "enhanced_limit_order"
  | "market_order"
  | "stop_limit_order"
  | "stop_market_order"
  | "at_auction_order"
  | "at_auction_limit_order";

/** Terms as a client sends them, in units. */
export interface Terms {
  readonly market: string;
  readonly symbol: string;
  readonly order_type: OrderType;
  readonly order_side: Side;
  readonly time_in_force: "day" | "gtc" | "ioc" | "fok";
  /** 0 for an order without one. */
  readonly price: Units;
  /** 0 for an order that is no stop order. */
  readonly trigger_price: Units;
  readonly qty: Units;
  readonly reference_id: string;
  readonly portfolio_id: string;
}

/** An order as the stream tells it. */
export interface Told extends Terms {
  readonly account_code: string;
  readonly order_no: string;
  readonly order_status: Status;
  readonly outstand_qty: Units;
  readonly execute_qty: Units;
  readonly execute_amount: Units;
  readonly charge: Units;
  readonly version: number;
  readonly cancel_reason: string;
  /** A cancel was sent to the venue, which has not answered it. */
  readonly isCancelPending: boolean;
  readonly last_qty: Units | null;
  readonly last_price: Units | null;
  /** Number of the fill. */
  readonly exec_id: string | null;
  /** The key that placed it, and when by the exchange's clock; nobody is told. */
  readonly placedBy: string;
  readonly createdAtMs: number;
}

/** Who places an order, and how it will be called. */
export interface Placing {
  readonly account: string;
  readonly placedBy: string;
  readonly terms: Terms;
  readonly orderNo: string;
  /** It is not wanted where it would trade as it comes in. */
  readonly onlyIfResting?: boolean;
}

/** An order as the model keeps it. */
export interface ModelOrder extends Placing {
  readonly createdAtMs: number;
  price: Units;
  trigger: Units;
  /** Where it is in the book: its price, but for an enhanced limit order that came far. */
  rests: Units;
  /** Less than a lot, which trades apart from the others. */
  isOdd: boolean;
  /** The highest price that a buy without a price pays. */
  collar: Units;
  qty: Units;
  executed: Units;
  amount: Units;
  charge: Units;
  reason: string;
  isOpen: boolean;
  /** The venue has not answered the order: it holds money back, and is in no book. */
  isPending: boolean;
  /** A stop order whose trigger was not reached. */
  isWaiting: boolean;
  isCancelPending: boolean;
  isRejected: boolean;
  /** Why its cancel was sent to the venue, as long as that waits. */
  askedReason: string;
  version: number;
  /** Rises whenever the order goes to the end of its queue. */
  arrival: number;
}

interface Seeing {
  /** Left out: all. */
  readonly portfolios?: readonly string[];
}

/** Whether the key may see an order with these terms. */
export function sees({ portfolios }: Seeing, { portfolio_id }: Terms): boolean {
  return portfolios === undefined || portfolios.includes(portfolio_id);
}

export function seenOrders<Order extends Terms>(key: Seeing, orders: readonly Order[]): Order[] {
  return orders.filter((order) => sees(key, order));
}

/** When a cancel or an amend is not wanted any more, in the wire's words. */
export interface Condition {
  /** "resting" only of an amend. */
  readonly only_if?: "unfilled" | "resting";
  readonly version?: number;
}

/** Why a cancel or an amend of an open order is not wanted any more: the code, or null. */
export function conditionCode({ only_if, version }: Condition, told: Told): number | null {
  if (only_if === "unfilled" && told.execute_qty > 0n) return NOT_UNFILLED;
  return version === undefined || version === told.version ? null : VERSION_CHANGED;
}

const NOT_UNFILLED = 11030250;
const VERSION_CHANGED = 11030251;
export const CONDITION_CODES: ReadonlySet<number> = new Set([NOT_UNFILLED, VERSION_CHANGED]);

/** Every order of an account as it stood at a position of its stream, oldest first. */
export function ordersAt(stream: readonly Told[], seq: number): Told[] {
  const latest = new Map<string, Told>();
  for (const told of stream.slice(0, seq)) latest.set(told.order_no, told);
  return [...latest.values()].sort((one, other) => Number(one.order_no) - Number(other.order_no));
}

type Untouched = Omit<
  ModelOrder,
  keyof Placing | "createdAtMs" | "price" | "rests" | "trigger" | "collar" | "qty"
>;

/** The state of an order that has just been made. */
export const UNTOUCHED: Readonly<Untouched> = {
  isOdd: false,
  executed: 0n,
  amount: 0n,
  charge: 0n,
  reason: "",
  isOpen: true,
  isPending: false,
  isWaiting: false,
  isCancelPending: false,
  isRejected: false,
  askedReason: "",
  version: 0,
  arrival: 0,
};

export function figuresOf({ price, qty, trigger_price: trigger }: Terms) {
  return { price, rests: price, qty, trigger };
}

type Needing = Pick<
  ModelOrder,
  "terms" | "price" | "collar" | "qty" | "executed" | "amount" | "charge"
>;

/** What its open part may cost or deliver at most: cash with charges, or the product. */
export function needOf({ terms, price, collar, qty, executed, amount, charge }: Needing): Units {
  if (terms.order_side === "sell") return qty - executed;
  const left = ((price > 0n ? price : collar) * (qty - executed)) / ONE;
  return left + chargeOn(terms.market, "buy", amount + left) - charge;
}

/** What a message tells of a trade. */
export interface Fill {
  readonly qty: Units;
  readonly price: Units;
  readonly execId: string;
}

export function toldOf(order: ModelOrder, fill: Fill | null): Told {
  const isFilled = order.executed === order.qty;
  const works = order.executed > 0n ? "pex" : "new";
  const ended = order.isRejected ? "rej" : "can";
  return {
    ...order.terms,
    price: order.price,
    trigger_price: order.trigger,
    qty: order.qty,
    account_code: order.account,
    order_no: order.orderNo,
    order_status: isFilled ? "fex" : order.isOpen ? works : ended,
    outstand_qty: order.isOpen ? order.qty - order.executed : 0n,
    execute_qty: order.executed,
    execute_amount: order.amount,
    charge: order.charge,
    version: order.version,
    cancel_reason: order.reason,
    isCancelPending: order.isCancelPending,
    last_qty: fill?.qty ?? null,
    last_price: fill?.price ?? null,
    exec_id: fill?.execId ?? null,
    placedBy: order.placedBy,
    createdAtMs: order.createdAtMs,
  };
}

/** As operators count it: also while the venue has not answered its cancel. */
export function isWorking({ isOpen, isCancelPending }: ModelOrder): boolean {
  return isOpen || isCancelPending;
}

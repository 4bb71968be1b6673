/**
 * The obvious market and its accounts: what must become of orders, their messages and their money.
 * One list of orders, sorted whenever priority matters; nothing is kept that could go stale. It
 * shares no code with the product and knows the wire's words only.
 */

/** Whole numbers of 10^-8. */
type Units = bigint;

export const ONE = 100_000_000n;

export type Side = "buy" | "sell";
export type Status = "new" | "pex" | "fex" | "can" | "rej";

/** Terms as a client sends them, in units. */
export interface Terms {
  readonly market: string;
  readonly symbol: string;
  readonly order_type: "limit_order" | "market_order";
  readonly order_side: Side;
  readonly time_in_force: "day" | "gtc" | "ioc" | "fok";
  readonly price: Units;
  readonly qty: Units;
  readonly reference_id: string;
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
}

interface ModelOrder {
  readonly account: string;
  readonly orderNo: string;
  readonly terms: Terms;
  price: Units;
  qty: Units;
  executed: Units;
  amount: Units;
  charge: Units;
  reason: string;
  isOpen: boolean;
  /** The venue has not answered the order: it holds money back, and is in no book. */
  isPending: boolean;
  isCancelPending: boolean;
  isRejected: boolean;
  version: number;
  /** Rises whenever the order goes to the end of its queue. */
  arrival: number;
}

export interface Instrument {
  readonly symbol: string;
  readonly market: string;
  readonly currency: string;
  readonly product: string;
}

export const INSTRUMENTS: readonly Instrument[] = [
  { symbol: "AAPL", market: "usex", currency: "USD", product: "AAPL" },
  { symbol: "DODO-USDT", market: "crypto", currency: "USDT", product: "DODO" },
];

/** What a sandbox account begins with. */
const OPENING: Readonly<Record<string, Units>> = {
  USD: 10_000_000n * ONE,
  USDT: 10_000_000n * ONE,
  AAPL: 100_000n * ONE,
  DODO: 10_000_000n * ONE,
};

export class Model {
  readonly #orders: ModelOrder[] = [];
  /** Messages of each account's stream, from the first on. */
  readonly streams = new Map<string, Told[]>();
  readonly #balances = new Map<string, Units>();
  #arrival = 0;
  #reports: Told[] = [];

  stream(account: string): readonly Told[] {
    return this.streams.get(account) ?? [];
  }

  /** The order's latest message, or undefined. */
  order(account: string, orderNo: string): Told | undefined {
    return this.stream(account).findLast((told) => told.order_no === orderNo);
  }

  /** Latest message of each order of the account, newest order first. */
  orders(account: string): Told[] {
    const mine = this.#orders.filter((order) => order.account === account);
    return mine.reverse().map((order) => this.#told(order, null, null));
  }

  openOrders(account: string): Told[] {
    return this.orders(account).filter(({ outstand_qty }) => outstand_qty > 0n);
  }

  /** Every order number so far, whoever's. */
  get lastOrderNo(): string {
    return this.#orders.at(-1)?.orderNo ?? "0";
  }

  /** Whether an order or a cancel waits for the venue. */
  get isWaiting(): boolean {
    return this.#orders.some(({ isPending, isCancelPending }) => isPending || isCancelPending);
  }

  isPending(account: string, orderNo: string): boolean {
    return this.#find(account, orderNo)?.isPending === true;
  }

  isCancelPending(account: string, orderNo: string): boolean {
    return this.#find(account, orderNo)?.isCancelPending === true;
  }

  balance(account: string, asset: string): Units {
    return this.#balances.get(`${account} ${asset}`) ?? OPENING[asset] ?? 0n;
  }

  /** Cash that open buys hold back, with the charges of what is left of them. */
  cashOnHold(account: string, currency: string): Units {
    let held = 0n;
    for (const order of this.#orders) {
      if (!order.isOpen || order.account !== account || order.terms.order_side !== "buy") continue;
      if (instrumentOf(order.terms.symbol).currency !== currency) continue;
      const left = (order.price * (order.qty - order.executed)) / ONE;
      held += left + chargeOn(order.terms, order.amount + left) - order.charge;
    }
    return held;
  }

  sellsOnHold(account: string, symbol: string): Units {
    let held = 0n;
    for (const order of this.#orders) {
      const { terms } = order;
      if (!order.isOpen || order.account !== account || terms.symbol !== symbol) continue;
      if (terms.order_side === "sell") held += order.qty - order.executed;
    }
    return held;
  }

  // --- commands: each gives the messages that follow from it, in their order ---

  place(account: string, terms: Terms, orderNo: string): Told[] {
    const order = this.#newOrder(account, terms, orderNo);
    this.#report(order);
    this.#trade(order);
    return this.#reports;
  }

  /** The venue has not answered yet. */
  placePending(account: string, terms: Terms, orderNo: string): Told[] {
    const order = this.#newOrder(account, terms, orderNo);
    order.isPending = true;
    this.#report(order);
    return this.#reports;
  }

  placeRejected(account: string, terms: Terms, orderNo: string): Told[] {
    const order = this.#newOrder(account, terms, orderNo);
    order.isRejected = true;
    order.isOpen = false;
    this.#report(order);
    return this.#reports;
  }

  #newOrder(account: string, terms: Terms, orderNo: string): ModelOrder {
    this.#reports = [];
    const order: ModelOrder = {
      account,
      orderNo,
      terms,
      price: terms.price,
      qty: terms.qty,
      executed: 0n,
      amount: 0n,
      charge: 0n,
      reason: "",
      isOpen: true,
      isPending: false,
      isCancelPending: false,
      isRejected: false,
      version: 0,
      arrival: 0,
    };
    this.#orders.push(order);
    return order;
  }

  /** What the venue does with an order that waits for it. */
  venueTakes(account: string, orderNo: string): Told[] {
    return this.#change(account, orderNo, (order) => {
      order.isPending = false;
      this.#report(order);
      this.#trade(order);
    });
  }

  venueRejects(account: string, orderNo: string): Told[] {
    return this.#change(account, orderNo, (order) => {
      order.isPending = false;
      order.isRejected = true;
      order.isOpen = false;
      this.#report(order);
    });
  }

  /** It trades out of its turn, with somebody who has no account here. */
  venueFills(account: string, orderNo: string, qty: Units): Told[] {
    return this.#change(account, orderNo, (order) => {
      const before = order.charge;
      this.#traded(order, qty, order.price);
      this.#book(order, qty, (qty * order.price) / ONE, order.charge - before);
      this.#report(order, qty, order.price);
    });
  }

  pendCancel(account: string, orderNo: string): Told[] {
    return this.#change(account, orderNo, (order) => {
      order.isCancelPending = true;
      this.#report(order);
    });
  }

  venueRefusesCancel(account: string, orderNo: string): Told[] {
    return this.#change(account, orderNo, (order) => {
      order.isCancelPending = false;
      this.#report(order);
    });
  }

  #change(account: string, orderNo: string, change: (order: ModelOrder) => void): Told[] {
    this.#reports = [];
    const order = this.#find(account, orderNo);
    if (order !== undefined) change(order);
    return this.#reports;
  }

  cancel(account: string, orderNo: string, reason: string): Told[] {
    this.#reports = [];
    const order = this.#find(account, orderNo);
    if (order?.isOpen === true) this.#close(order, reason);
    return this.#reports;
  }

  amend(account: string, orderNo: string, price: Units | null, qty: Units | null): Told[] {
    this.#reports = [];
    const order = this.#find(account, orderNo);
    if (order === undefined || !order.isOpen) return [];
    const keepsPlace = (price ?? order.price) === order.price && (qty ?? order.qty) <= order.qty;
    order.price = price ?? order.price;
    order.qty = qty ?? order.qty;
    this.#report(order);
    if (!keepsPlace) this.#trade(order);
    return this.#reports;
  }

  #find(account: string, orderNo: string): ModelOrder | undefined {
    return this.#orders.find((order) => order.account === account && order.orderNo === orderNo);
  }

  #trade(order: ModelOrder): void {
    const { order_type, time_in_force, order_side, symbol } = order.terms;
    const isMarket = order_type === "market_order";
    const reachable = this.#orders
      .filter((other) => other !== order && other.isOpen && !other.isPending)
      .filter((other) => other.terms.symbol === symbol)
      .filter((other) => other.terms.order_side !== order_side)
      .filter((other) => {
        if (isMarket) return true;
        return order_side === "buy" ? other.price <= order.price : other.price >= order.price;
      })
      .sort((one, other) => {
        const better = order_side === "buy" ? one.price - other.price : other.price - one.price;
        return better === 0n ? one.arrival - other.arrival : Number(better);
      });
    const own = reachable.findIndex(({ account }) => account === order.account);
    const others = own === -1 ? reachable : reachable.slice(0, own);
    const offered = others.reduce((sum, other) => sum + other.qty - other.executed, 0n);
    if (time_in_force === "fok" && offered < order.qty - order.executed) {
      this.#close(order, "fill_or_kill");
      return;
    }
    for (const other of others) if (order.isOpen) this.#fill(order, other);
    if (!order.isOpen) return;
    if (own !== -1) this.#close(order, "self_trade");
    else if (time_in_force === "ioc") this.#close(order, "immediate_or_cancel");
    else if (isMarket) this.#close(order, "no_liquidity");
    this.#arrival += 1;
    order.arrival = this.#arrival;
  }

  #fill(order: ModelOrder, other: ModelOrder): void {
    const left = order.qty - order.executed;
    const offered = other.qty - other.executed;
    const [qty = 0n] = [left, offered].sort((one, other) => Number(one - other));
    for (const side of [order, other]) {
      const amount = (qty * other.price) / ONE;
      const before = side.charge;
      this.#traded(side, qty, other.price);
      this.#book(side, qty, amount, side.charge - before);
    }
    this.#report(order, qty, other.price);
    this.#report(other, qty, other.price);
  }

  #traded(order: ModelOrder, qty: Units, price: Units): void {
    order.executed += qty;
    order.amount += (qty * price) / ONE;
    order.charge = chargeOn(order.terms, order.amount);
    if (order.executed === order.qty) order.isOpen = false;
  }

  #book({ account, terms }: ModelOrder, qty: Units, amount: Units, charge: Units): void {
    const { currency, product } = instrumentOf(terms.symbol);
    const sign = terms.order_side === "buy" ? 1n : -1n;
    this.#add(account, currency, -sign * amount - charge);
    this.#add(account, product, sign * qty);
  }

  #add(account: string, asset: string, units: Units): void {
    this.#balances.set(`${account} ${asset}`, this.balance(account, asset) + units);
  }

  #close(order: ModelOrder, reason: string): void {
    order.isOpen = false;
    order.isPending = false;
    order.isCancelPending = false;
    order.reason = reason;
    this.#report(order);
  }

  #report(order: ModelOrder, lastQty: Units | null = null, lastPrice: Units | null = null): void {
    order.version += 1;
    const told = this.#told(order, lastQty, lastPrice);
    const stream = this.streams.get(order.account) ?? [];
    stream.push(told);
    this.streams.set(order.account, stream);
    this.#reports.push(told);
  }

  #told(order: ModelOrder, lastQty: Units | null, lastPrice: Units | null): Told {
    const isFilled = order.executed === order.qty;
    const works = order.executed > 0n ? "pex" : "new";
    const ended = order.isRejected ? "rej" : "can";
    return {
      ...order.terms,
      price: order.price,
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
      last_qty: lastQty,
      last_price: lastPrice,
    };
  }
}

function instrumentOf(symbol: string): Instrument {
  const found = INSTRUMENTS.find((each) => each.symbol === symbol);
  if (found === undefined) throw new Error(`the model has no instrument ${symbol}`);
  return found;
}

/** docs/concepts/money.md, Charges: on all that an order has traded. */
function chargeOn({ market, order_side }: Terms, amount: Units): Units {
  if (amount === 0n) return 0n;
  if (market === "crypto") return divideUp(amount, 1_000n);
  const cent = 1_000_000n;
  const commission = ((amount * 3n) / 10_000n + cent / 2n) / cent;
  const least = 99n;
  const fee = order_side === "sell" ? divideUp(amount * 278n, 10_000_000n * cent) : 0n;
  return ((commission < least ? least : commission) + fee) * cent;
}

function divideUp(amount: Units, by: bigint): Units {
  return (amount + by - 1n) / by;
}

/** `"123.45"` of units. */
export function decimal(units: Units): string {
  const sign = units < 0n ? "-" : "";
  const digits = (units < 0n ? -units : units).toString().padStart(9, "0");
  const fraction = digits.slice(-8).replace(/0+$/, "");
  return `${sign}${digits.slice(0, -8)}${fraction === "" ? "" : `.${fraction}`}`;
}

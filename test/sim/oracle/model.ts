/**
 * The obvious market and its accounts: what must become of orders, their messages and their money.
 * One list of orders, sorted whenever priority matters; nothing is kept that could go stale. It
 * shares no code with the product and knows the wire's words only.
 */
import { fits, type Grid, Grids } from "./grids.ts";
import { chargeOn, instrumentOf, Money, ONE, settlementDay, type Units } from "./money.ts";
import {
  type Fill,
  figuresOf,
  isWorking,
  type ModelOrder,
  needOf,
  type Placing,
  type Side,
  type Terms,
  type Told,
  toldOf,
  UNTOUCHED,
} from "./orders.ts";
import { type Level, PublicMarket, type Trade } from "./public-market.ts";

/** What an amend changes; null: nothing of that. */
export interface NewTerms {
  readonly price: Units | null;
  readonly qty: Units | null;
  readonly trigger: Units | null;
}

/** Queues of prices through which an enhanced limit order trades. */
const QUEUES_MAX = 10;

/** Number of a trade's execution: this, and one more with every trade. */
const EXEC_ID_BASE = 1_000_000_000;

export class Model {
  readonly #orders: ModelOrder[] = [];
  /** Messages of each account's stream, from the first on. */
  readonly streams = new Map<string, Told[]>();
  readonly money = new Money();
  readonly market = new PublicMarket();
  readonly grids: Grids;
  /** The exchange's time. */
  nowMs = 0;
  readonly #lastPrices = new Map<string, Units>();
  /** Symbols whose last price has left the tick: it reaches no stop order. */
  readonly #offTick = new Set<string>();
  /** Stop orders that a trade has reached, in the order in which they come in. */
  #reached: ModelOrder[] = [];
  /** Orders whose cancel was sent to a venue that answers late: its answer promises no more. */
  readonly sentCancels = new Set<string>();
  /** Closed orders that were archived. */
  readonly forgotten = new Set<string>();
  readonly #owed = new Set<string>();
  #arrival = 0;
  #tradeCount = 0;
  /** Those of the command under way. */
  #trades: Trade[] = [];
  #reports: Told[] = [];

  constructor(isStrict = false) {
    this.grids = new Grids(isStrict);
  }

  stream(account: string): readonly Told[] {
    return this.streams.get(account) ?? [];
  }

  /** Its last report was cut from the journal: unless it is open nobody knows it any more. */
  forget(orderNo: string): void {
    const account = [...this.streams.keys()].find((each) => this.order(each, orderNo));
    if (account === undefined || (this.order(account, orderNo)?.outstand_qty ?? 0n) > 0n) return;
    this.forgotten.add(orderNo);
  }

  /** The order's latest message, or undefined. */
  order(account: string, orderNo: string): Told | undefined {
    if (this.forgotten.has(orderNo)) return undefined;
    return this.stream(account).findLast((told) => told.order_no === orderNo);
  }

  /** Latest message of each order of the account, newest order first. */
  orders(account: string): Told[] {
    const mine = this.#orders.filter((order) => {
      return order.account === account && !this.forgotten.has(order.orderNo);
    });
    return mine.reverse().map((order) => toldOf(order, null));
  }

  openOrders(account: string): Told[] {
    const mine = this.#orders.filter((order) => order.isOpen && order.account === account);
    return mine.reverse().map((order) => toldOf(order, null));
  }

  /** One that was filled while its cancel was on its way is open until that is answered. */
  openCountOf(account: string): number {
    return this.#orders.filter((order) => isWorking(order) && order.account === account).length;
  }

  /** Of everybody in an instrument: what the venue has, or will have. */
  openCountIn(symbol: string): number {
    return this.#orders.filter(({ isOpen, terms }) => isOpen && terms.symbol === symbol).length;
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

  /** A stop order that has come in. */
  isTriggered(account: string, orderNo: string): boolean {
    const order = this.#find(account, orderNo);
    return order !== undefined && order.trigger > 0n && !order.isWaiting && !order.isPending;
  }

  // --- prices ---

  /** Null: nothing has traded yet. */
  lastPrice(symbol: string): Units | null {
    return this.#lastPrices.get(symbol) ?? null;
  }

  /** The best price of that side of the book; null: there is none. */
  bestPrice(symbol: string, side: Side): Units | null {
    const prices = this.#book(symbol, side).map(({ rests }) => rests);
    const sorted = prices.sort((one, other) => Number(one - other));
    return (side === "buy" ? sorted.at(-1) : sorted[0]) ?? null;
  }

  /** Whether an order with a price would trade as it comes in, or meet one of its own account. */
  wouldTrade({ symbol, order_side: side, price, qty }: Terms): boolean {
    const isOdd = this.grids.isOdd(symbol, qty);
    return this.#book(symbol, side === "buy" ? "sell" : "buy", isOdd).some(({ rests }) => {
      return side === "buy" ? rests <= price : rests >= price;
    });
  }

  /** The same of an order under new terms; of a stop order that waits nobody can tell. */
  amendWouldTrade(account: string, orderNo: string, terms: NewTerms): boolean {
    const order = this.#find(account, orderNo);
    if (order === undefined) return false;
    if (order.isWaiting) return true;
    const { price, qty } = this.#amended(order, terms);
    // Where it rests nobody reaches it.
    const keepsPlace = price === order.price && qty <= order.qty;
    return !keepsPlace && this.wouldTrade({ ...order.terms, price, qty });
  }

  /** Whether the venue may not take an order that waits for it, which would trade now. */
  isUnwanted(account: string, orderNo: string): boolean {
    const order = this.#find(account, orderNo);
    return order?.onlyIfResting === true && this.wouldTrade(order.terms);
  }

  /** Total quantity and number of orders at each price of one side, best first. */
  levels(symbol: string, side: Side): Level[] {
    const levels = new Map<Units, Level>();
    for (const { rests, qty, executed } of this.#book(symbol, side)) {
      const [, total, count] = levels.get(rests) ?? [rests, 0n, 0];
      levels.set(rests, [rests, total + qty - executed, count + 1]);
    }
    const sorted = [...levels.values()].sort(([one], [other]) => Number(one - other));
    return side === "buy" ? sorted.reverse() : sorted;
  }

  /** Of whole lots, or of what trades apart. */
  #book(symbol: string, side: Side, odd = false): ModelOrder[] {
    return this.#orders.filter(({ isOdd, isOpen, isPending, isWaiting, terms }) => {
      const rests = isOpen && !isPending && !isWaiting && isOdd === odd;
      return rests && terms.symbol === symbol && terms.order_side === side;
    });
  }

  /** docs/concepts/money.md, The collar. */
  collarOf({ order_type, order_side, symbol, trigger_price }: Terms): Units {
    const isPriced = /limit_order$/.test(order_type);
    if (isPriced || order_side === "sell") return 0n;
    const { tick } = this.grids.of(symbol);
    const market = this.bestPrice(symbol, "sell") ?? this.lastPrice(symbol) ?? tick;
    const above = ((order_type === "stop_market_order" ? trigger_price : market) * 105n) / 100n;
    return above - (above % tick);
  }

  // --- money ---

  balance(account: string, asset: string): Units {
    return this.money.total(account, asset);
  }

  /** Cash that open buys hold back, with the charges of what is left of them. */
  cashOnHold(account: string, currency: string): Units {
    let held = 0n;
    for (const order of this.#orders) {
      if (!order.isOpen || order.account !== account || order.terms.order_side !== "buy") continue;
      if (instrumentOf(order.terms.symbol).currency === currency) held += needOf(order);
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

  /** Settled, not to be paid and not held back: what a buy or a debit can use. */
  freeCash(account: string, currency: string): Units {
    const { money } = this;
    const settled = money.settled(account, currency) - money.toPay(account, currency);
    return settled - this.cashOnHold(account, currency);
  }

  /** What can be sold: what is bought and not settled counts. */
  sellable(account: string, symbol: string): Units {
    const { product } = instrumentOf(symbol);
    return this.money.total(account, product) - this.sellsOnHold(account, symbol);
  }

  /** What can be taken out of the account at once. */
  freeHolding(account: string, symbol: string): Units {
    const { product } = instrumentOf(symbol);
    const settled = this.money.settled(account, product) - this.money.toPay(account, product);
    return settled - this.sellsOnHold(account, symbol);
  }

  /** What a new order would hold back. */
  needOfNew(terms: Terms): Units {
    return needOf({ ...UNTOUCHED, terms, ...figuresOf(terms), collar: this.collarOf(terms) });
  }

  /** What an order would hold back more than it does now, under other terms. */
  needOfAmend(account: string, orderNo: string, terms: NewTerms): Units {
    const order = this.#find(account, orderNo);
    if (order === undefined) return 0n;
    return needOf({ ...order, ...this.#amended(order, terms) }) - needOf(order);
  }

  // --- commands: each gives the messages that follow from it, in their order ---

  place(placing: Placing): Told[] {
    return this.#command(() => {
      const order = this.#newOrder(placing);
      this.#report(order);
      this.#enter(order);
    });
  }

  /** The venue has not answered yet. */
  placePending(placing: Placing): Told[] {
    return this.#command(() => {
      const order = this.#newOrder(placing);
      order.isPending = true;
      this.#report(order);
    });
  }

  placeRejected(placing: Placing): Told[] {
    return this.#command(() => {
      const order = this.#newOrder(placing);
      order.isRejected = true;
      order.isOpen = false;
      this.#report(order);
    });
  }

  #newOrder(placing: Placing): ModelOrder {
    const { terms } = placing;
    const figures = { ...figuresOf(terms), collar: this.collarOf(terms) };
    const isOdd = this.grids.isOdd(terms.symbol, terms.qty);
    const createdAtMs = this.nowMs;
    const order: ModelOrder = { ...UNTOUCHED, ...placing, ...figures, isOdd, createdAtMs };
    this.#orders.push(order);
    return order;
  }

  /** What the venue does with an order that waits for it. */
  venueTakes(account: string, orderNo: string): Told[] {
    return this.#change(account, orderNo, (order) => {
      order.isPending = false;
      this.#report(order);
      this.#enter(order);
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
      const { price, terms } = order;
      this.#traded(order, qty, price);
      const execId = this.#nextExecId();
      this.#report(order, { qty, price, execId });
      const aggressorSide = terms.order_side === "buy" ? "sell" : "buy";
      this.#printed(order, { price, qty, aggressorSide, execId });
    });
  }

  pendCancel(account: string, orderNo: string, reason: string): Told[] {
    this.sentCancels.add(orderNo);
    return this.#change(account, orderNo, (order) => {
      order.isCancelPending = true;
      order.askedReason = reason;
      this.#report(order);
    });
  }

  venueRefusesCancel(account: string, orderNo: string): Told[] {
    return this.#change(account, orderNo, (order) => {
      order.isCancelPending = false;
      this.#report(order);
    });
  }

  /** The venue takes the cancel that was sent to it. */
  venueCancels(account: string, orderNo: string): Told[] {
    const reason = this.#find(account, orderNo)?.askedReason ?? "";
    return this.cancel(account, orderNo, reason);
  }

  /**
   * What others than its client want cancelled: behind an order that is on its way to the venue,
   * and not at all, yet, where a cancel is on its way.
   */
  withdraw(account: string, orderNo: string, reason: string): Told[] {
    if (this.isCancelPending(account, orderNo)) return [];
    if (this.isPending(account, orderNo)) return this.pendCancel(account, orderNo, reason);
    return this.cancel(account, orderNo, reason);
  }

  /** These are to be cancelled for that reason, in steps between which others have their turns. */
  owe(orders: readonly Told[], reason: string): void {
    for (const { order_no } of orders) this.#owed.add(`${reason} ${order_no}`);
  }

  isOwed(orderNo: string, reason: string): boolean {
    return this.#owed.has(`${reason} ${orderNo}`);
  }

  /** Orders that were to be cancelled for that reason and work on, with nothing on its way. */
  leftBehind(account: string, reason: string): Told[] {
    return this.openOrders(account).filter(({ isCancelPending, order_no }) => {
      return !isCancelPending && this.isOwed(order_no, reason);
    });
  }

  cancel(account: string, orderNo: string, reason: string): Told[] {
    return this.#change(account, orderNo, (order) => {
      if (order.isOpen) this.#close(order, reason);
    });
  }

  /** Open orders that cannot stay under another grid; under none, none can. */
  unfit(symbol: string, grid: Grid | null): ModelOrder[] {
    const mine = this.#orders.filter((order) => {
      return order.isOpen && order.terms.symbol === symbol;
    });
    return mine.filter((order) => grid === null || !fits(order, grid));
  }

  /** An operator changes tick and lot: what cannot stay is cancelled, account by account. */
  regrid(symbol: string, grid: Grid | null, firstAccount: string): Told[] {
    // The venue refuses what is on its way to it.
    const unfit = this.unfit(symbol, grid).filter(({ isPending }) => !isPending);
    const accounts = new Set([firstAccount, ...unfit.map(({ account }) => account)]);
    const told = [...accounts].flatMap((account) => {
      const mine = unfit.filter((order) => order.account === account);
      return mine.flatMap(({ orderNo, isCancelPending, askedReason }) => {
        return this.cancel(account, orderNo, isCancelPending ? askedReason : "instrument_changed");
      });
    });
    if (grid === null) return told;
    this.grids.set(symbol, grid);
    const last = this.lastPrice(symbol);
    if (last !== null && last % grid.tick !== 0n) this.#offTick.add(symbol);
    return told;
  }

  amend(account: string, orderNo: string, terms: NewTerms): Told[] {
    return this.#change(account, orderNo, (order) => {
      if (!order.isOpen) return;
      const { price, qty, trigger, collar } = this.#amended(order, terms);
      const hasMoved = price !== order.price || trigger !== order.trigger;
      const keepsPlace = !hasMoved && qty <= order.qty;
      Object.assign(order, { price, qty, trigger, collar });
      this.#report(order);
      if (keepsPlace) return;
      order.rests = price;
      if (order.isWaiting) this.#wait(order);
      else this.#trade(order, false);
    });
  }

  #amended(order: ModelOrder, terms: NewTerms) {
    const { price, qty, trigger } = order;
    const after = { price: terms.price ?? price, qty: terms.qty ?? qty };
    const newTrigger = terms.trigger ?? trigger;
    const asked = { ...order.terms, trigger_price: newTrigger };
    const collar = newTrigger === trigger ? order.collar : this.collarOf(asked);
    return { ...after, trigger: newTrigger, collar };
  }

  #change(account: string, orderNo: string, change: (order: ModelOrder) => void): Told[] {
    return this.#command(() => {
      const order = this.#find(account, orderNo);
      if (order !== undefined) change(order);
    });
  }

  /** Stop orders that its trades reach come in behind it, and what theirs reach behind those. */
  #command(act: () => void): Told[] {
    this.#reports = [];
    this.#trades = [];
    act();
    for (let order = this.#reached.shift(); order !== undefined; order = this.#reached.shift()) {
      this.#report(order);
      this.#trade(order);
    }
    const symbol = this.#reports[0]?.symbol;
    if (symbol !== undefined) {
      const book = { bids: this.levels(symbol, "buy"), asks: this.levels(symbol, "sell") };
      this.market.note(symbol, book, this.#trades);
    }
    return this.#reports;
  }

  #find(account: string, orderNo: string): ModelOrder | undefined {
    return this.#orders.find((order) => order.account === account && order.orderNo === orderNo);
  }

  /** A new order comes in, or waits for its trigger, which may have been reached already. */
  #enter(order: ModelOrder): void {
    if (order.trigger === 0n) {
      this.#trade(order);
      return;
    }
    this.#wait(order);
  }

  #wait(order: ModelOrder): void {
    order.isWaiting = true;
    order.arrival = this.#nextArrival();
    const last = this.lastPrice(order.terms.symbol);
    if (last !== null && !this.#offTick.has(order.terms.symbol)) {
      this.#reach(order.terms.symbol, last);
    }
  }

  /** The nearest trigger first, at one trigger who came first; buys before sells. */
  #reach(symbol: string, last: Units): void {
    for (const side of ["buy", "sell"] as const) {
      const isReached = ({ trigger }: ModelOrder) =>
        side === "buy" ? trigger <= last : trigger >= last;
      const reached = this.#orders
        .filter(({ isOpen, isWaiting }) => isOpen && isWaiting)
        .filter(({ terms }) => terms.symbol === symbol && terms.order_side === side)
        .filter(isReached)
        .sort((one, other) => {
          const nearer = side === "buy" ? one.trigger - other.trigger : other.trigger - one.trigger;
          return nearer === 0n ? one.arrival - other.arrival : Number(nearer);
        });
      for (const order of reached) order.isWaiting = false;
      this.#reached.push(...reached);
    }
  }

  #nextExecId(): string {
    this.#tradeCount += 1;
    return String(EXEC_ID_BASE + this.#tradeCount);
  }

  /** What trades apart is not told, and moves no price. */
  #printed({ isOdd, terms }: ModelOrder, trade: Omit<Trade, "atMs">): void {
    if (isOdd) return;
    const { symbol } = terms;
    this.#trades.push({ ...trade, atMs: this.nowMs });
    this.#lastPrices.set(symbol, trade.price);
    this.#offTick.delete(symbol);
    this.#reach(symbol, trade.price);
  }

  /** An enhanced limit order is one only when it comes in first. */
  #trade(order: ModelOrder, isNew = true): void {
    const { time_in_force, order_side, order_type, symbol } = order.terms;
    const isMarket = order.price === 0n;
    const reachable = this.#book(symbol, order_side === "buy" ? "sell" : "buy", order.isOdd)
      .filter((other) => other !== order && !this.#reached.includes(other))
      .filter((other) => {
        if (order_side === "buy") return other.rests <= (isMarket ? order.collar : order.price);
        return isMarket || other.rests >= order.price;
      })
      .sort((one, other) => {
        const better = order_side === "buy" ? one.rests - other.rests : other.rests - one.rests;
        return better === 0n ? one.arrival - other.arrival : Number(better);
      });
    const own = reachable.findIndex(({ account }) => account === order.account);
    let others = own === -1 ? reachable : reachable.slice(0, own);
    if (isNew && order_type === "enhanced_limit_order") {
      const queues = [...new Set(reachable.map(({ rests }) => rests))];
      const last = queues[QUEUES_MAX - 1];
      if (last !== undefined && queues.length > QUEUES_MAX) {
        order.rests = last;
        others = others.filter(({ rests }) => queues.indexOf(rests) < QUEUES_MAX);
      }
    }
    const offered = others.reduce((sum, other) => sum + other.qty - other.executed, 0n);
    if (time_in_force === "fok" && offered < order.qty - order.executed) {
      this.#close(order, "fill_or_kill");
      return;
    }
    for (const other of others) if (order.isOpen) this.#fill(order, other);
    if (!order.isOpen) return;
    const isOwnNext = own !== -1 && others.length === own;
    if (isOwnNext) this.#close(order, "self_trade");
    else if (time_in_force === "ioc") this.#close(order, "immediate_or_cancel");
    else if (isMarket) this.#close(order, "no_liquidity");
    order.arrival = this.#nextArrival();
  }

  #nextArrival(): number {
    this.#arrival += 1;
    return this.#arrival;
  }

  #fill(order: ModelOrder, other: ModelOrder): void {
    const left = order.qty - order.executed;
    const offered = other.qty - other.executed;
    const [qty = 0n] = [left, offered].sort((one, other) => Number(one - other));
    const price = other.rests;
    for (const side of [order, other]) this.#traded(side, qty, price);
    const execId = this.#nextExecId();
    for (const side of [order, other]) this.#report(side, { qty, price, execId });
    const { order_side: aggressorSide } = order.terms;
    this.#printed(order, { price, qty, aggressorSide, execId });
  }

  #traded(order: ModelOrder, qty: Units, price: Units): void {
    const { market, order_side, symbol } = order.terms;
    const before = order.charge;
    const amount = (qty * price) / ONE;
    order.executed += qty;
    order.amount += amount;
    order.charge = chargeOn(market, order_side, order.amount);
    if (order.executed === order.qty) order.isOpen = false;
    const { currency, product } = instrumentOf(symbol);
    const sign = order_side === "buy" ? 1n : -1n;
    const day = settlementDay(market, this.nowMs, false);
    const book = (asset: string, units: Units) => {
      if (day === null) this.money.add(order.account, asset, units);
      else this.money.addDue(order.account, asset, units, day);
    };
    book(currency, -sign * amount - (order.charge - before));
    book(product, sign * qty);
  }

  #close(order: ModelOrder, reason: string): void {
    order.isOpen = false;
    order.isPending = false;
    order.isCancelPending = false;
    order.reason = reason;
    this.#report(order);
  }

  #report(order: ModelOrder, fill: Fill | null = null): void {
    order.version += 1;
    const told = toldOf(order, fill);
    const stream = this.streams.get(order.account) ?? [];
    stream.push(told);
    this.streams.set(order.account, stream);
    this.#reports.push(told);
  }
}

/**
 * The obvious exchange, for tests only: the rules once more, written without a thought for speed
 * and sharing nothing with the exchange but its vocabulary. One list of orders by arrival, sorted
 * whenever priority matters; nothing is kept that could go stale.
 */
import { assert } from "../assert.ts";
import {
  type Account,
  CancelReason,
  type ExecId,
  type Instrument,
  type NewOrderSingle,
  type OrderCancelReplaceRequest,
  type OrderId,
  OrdType,
  type Price,
  type Qty,
  Side,
  TimeInForce,
  type VenueReport,
} from "../model/index.ts";
import type { Depth, DepthRow } from "./exchange.ts";
import type { BookCommand, ExchangeCommand, MarketPhase } from "./exchange-command.ts";

interface NaiveOrder {
  readonly orderId: OrderId;
  readonly account: Account;
  readonly side: Side;
  ordType: OrdType;
  readonly timeInForce: TimeInForce;
  price: bigint;
  stopPx: bigint;
  protectionPx: bigint;
  orderQty: bigint;
  leavesQty: bigint;
  isWaiting: boolean;
}

export class NaiveExchange {
  readonly #markets: ReadonlyMap<string, NaiveMarket>;
  /** By symbol, where odd lots are taken; and how much is no odd lot any more. */
  readonly #oddLots: Map<string, { market: NaiveMarket; lotQty: bigint }>;
  #tradeCount = 0;

  constructor(instruments: readonly Instrument[]) {
    const nextExecId = (): ExecId => {
      this.#tradeCount += 1;
      return `${1_000_000_000 + this.#tradeCount}` as ExecId;
    };
    this.#markets = new Map(
      instruments.map(({ symbol, priceTick, lotQty }) => {
        return [symbol, new NaiveMarket(nextExecId, priceTick, lotQty)];
      }),
    );
    this.#oddLots = new Map(
      instruments.flatMap(({ symbol, priceTick, lotQty, oddLotQty }) => {
        if (oddLotQty === null) return [];
        return [[symbol, { market: new NaiveMarket(nextExecId, priceTick, oddLotQty), lotQty }]];
      }),
    );
  }

  get orderCount(): number {
    const markets = [...this.#markets.values()];
    for (const { market } of this.#oddLots.values()) markets.push(market);
    return markets.reduce((sum, { orderCount }) => sum + orderCount, 0);
  }

  handle(command: ExchangeCommand): VenueReport[] {
    const market = this.market(command.symbol);
    if (command.type === "SetGrid") {
      // Prices and quantities are what they were: nothing here is counted in steps.
      const { priceTick, lotQty, oddLotQty } = command.grid;
      market.setGrid(priceTick, lotQty);
      const odd = this.#oddLots.get(command.symbol);
      odd?.market.setGrid(priceTick, oddLotQty ?? lotQty);
      if (odd !== undefined) odd.lotQty = lotQty;
      return [];
    }
    const oddLots = this.#oddLots.get(command.symbol);
    if (oddLots === undefined) return market.handle(command);
    if (command.type === "Uncross") return market.handle(command);
    if (command.type === "ChangePhase") {
      const phase = command.phase === "closed" ? "closed" : "continuous";
      return [...market.handle(command), ...oddLots.market.handle({ ...command, phase })];
    }
    // Whoever does not have the order that is cancelled or replaced reports nothing.
    if (command.type !== "NewOrderSingle") {
      return [...market.handle(command), ...oddLots.market.handle(command)];
    }
    return command.orderQty < oddLots.lotQty
      ? oddLots.market.handle(command)
      : market.handle(command);
  }

  market(symbol: string): NaiveMarket {
    const market = this.#markets.get(symbol);
    assert(market !== undefined, "the symbol is listed");
    return market;
  }
}

class NaiveMarket {
  readonly #nextExecId: () => ExecId;
  #priceTick: bigint;
  #lotQty: bigint;
  #orders: NaiveOrder[] = [];
  #reached: NaiveOrder[] = [];
  #reports: VenueReport[] = [];
  #phase: MarketPhase = "continuous";
  lastPx = 0n;
  /** The last price where it reaches stop orders: one that left the grid does not. */
  #reachPx = 0n;

  constructor(nextExecId: () => ExecId, priceTick: bigint, lotQty: bigint) {
    this.#nextExecId = nextExecId;
    this.#priceTick = priceTick;
    this.#lotQty = lotQty;
  }

  get orderCount(): number {
    return this.#orders.length;
  }

  setGrid(priceTick: bigint, lotQty: bigint): void {
    this.#priceTick = priceTick;
    this.#lotQty = lotQty;
    if (this.lastPx % priceTick !== 0n) this.#reachPx = 0n;
  }

  depth(levelCountMax: number): Depth {
    const rows = (side: Side): DepthRow[] => {
      const queue = this.#queue(side).filter((order) => order.price > 0n);
      return [...new Set(queue.map((order) => order.price))]
        .slice(0, levelCountMax)
        .map((price) => {
          const level = queue.filter((order) => order.price === price);
          return [price as Price, sumLeaves(level) as Qty, level.length];
        });
    };
    return { bids: rows(Side.Buy), asks: rows(Side.Sell) };
  }

  handle(command: BookCommand): VenueReport[] {
    this.#reports = [];
    const isSandbox = command.type === "CrossOrder" || command.type === "WithdrawOrder";
    assert(!isSandbox, "it does what members ask for");
    if (command.type === "NewOrderSingle") this.#enter(command);
    else if (command.type === "ChangePhase") this.#changePhase(command.phase);
    else if (command.type === "Uncross") this.#uncross(BigInt(command.referenceTicks));
    else if (command.type === "ExpireDay") this.#expireDay();
    else this.#change(command);
    for (let stop = this.#reached.shift(); stop !== undefined; stop = this.#reached.shift()) {
      this.#reports.push({ type: "Triggered", account: stop.account, orderId: stop.orderId });
      stop.isWaiting = false;
      this.#comeIn(stop);
    }
    return this.#reports;
  }

  #enter(command: NewOrderSingle): void {
    const { orderId, account, side, ordType, timeInForce } = command;
    const { price, stopPx, protectionPx, orderQty } = command;
    const isWaiting = ordType === OrdType.StopLimit || ordType === OrdType.StopMarket;
    const terms = { price, stopPx, protectionPx, orderQty, leavesQty: orderQty, isWaiting };
    const order = { orderId, account, side, ordType, timeInForce, ...terms };
    this.#reports.push({ type: "Accepted", account, orderId });
    if (isWaiting) this.#wait(order);
    else this.#comeIn(order);
  }

  #change(command: { readonly type: string; readonly orderId: OrderId }): void {
    const order = this.#orders.find(({ orderId }) => orderId === command.orderId);
    if (order === undefined) return;
    if (command.type === "OrderCancelRequest") this.#cancel(order, CancelReason.Requested);
    else this.#replace(order, command as OrderCancelReplaceRequest);
  }

  #replace(order: NaiveOrder, command: OrderCancelReplaceRequest): void {
    const { price, stopPx, protectionPx, orderQty } = command;
    const { account, orderId } = order;
    const isOnlySmaller =
      price === order.price &&
      orderQty <= order.orderQty &&
      (stopPx === order.stopPx || !order.isWaiting);
    order.leavesQty += orderQty - order.orderQty;
    Object.assign(order, { price, stopPx, protectionPx, orderQty });
    this.#reports.push({ type: "Replaced", account, orderId, price, stopPx, orderQty });
    if (isOnlySmaller) return;
    this.#leave(order);
    if (order.isWaiting) this.#wait(order);
    else this.#comeIn(order);
  }

  #wait(stop: NaiveOrder): void {
    this.#orders.push(stop);
    this.#reach();
  }

  /** An order that comes in stands last, and trades first. */
  #comeIn(order: NaiveOrder): void {
    this.#leave(order);
    if (this.#phase !== "auction") this.#trade(order);
    // Its next price, if it gets one, is a plain limit.
    order.ordType = OrdType.Limit;
    if (order.leavesQty > 0n) this.#orders.push(order);
  }

  #trade(order: NaiveOrder): void {
    const { account, timeInForce } = order;
    const isEnhanced = order.ordType === OrdType.EnhancedLimit;
    const reachable = this.#queue(order.side === Side.Buy ? Side.Sell : Side.Buy).filter(
      (other) => {
        const limit = order.price === 0n ? order.protectionPx : order.price;
        if (limit === 0n) return true;
        return order.side === Side.Buy ? other.price <= limit : other.price >= limit;
      },
    );
    const prices = [...new Set(reachable.map((other) => other.price))];
    const allowed = isEnhanced ? prices.slice(0, 10) : prices;
    const tradable = reachable.filter((other) => allowed.includes(other.price));
    const own = tradable.findIndex((other) => other.account === account);
    const others = own === -1 ? tradable : tradable.slice(0, own);
    const isWhole = sumLeaves(others) >= order.leavesQty;
    if (timeInForce === TimeInForce.FillOrKill && !isWhole) {
      this.#lose(order, CancelReason.FillOrKill);
      return;
    }
    for (const other of others) {
      if (order.leavesQty > 0n) this.#fill(order, other, other.price);
    }
    if (order.leavesQty === 0n) return;
    if (own !== -1) this.#lose(order, CancelReason.SelfTrade);
    else if (timeInForce === TimeInForce.ImmediateOrCancel) {
      this.#lose(order, CancelReason.ImmediateOrCancel);
    } else if (order.price === 0n) this.#lose(order, CancelReason.NoLiquidity);
    else if (prices.length > allowed.length) order.price = allowed.at(-1) ?? 0n;
  }

  #fill(first: NaiveOrder, second: NaiveOrder, price: bigint): void {
    const lastQty = smaller(first.leavesQty, second.leavesQty);
    this.#report([first, second], lastQty, price);
    this.#printed(price);
    this.#reach();
  }

  #printed(price: bigint): void {
    this.lastPx = price;
    this.#reachPx = price;
  }

  #report(orders: readonly NaiveOrder[], lastQty: bigint, lastPx: bigint): void {
    const execId = this.#nextExecId();
    for (const order of orders) {
      const { account, orderId } = order;
      const trade = { execId, lastQty: lastQty as Qty, lastPx: lastPx as Price };
      this.#reports.push({ type: "Traded", account, orderId, ...trade });
      order.leavesQty -= lastQty;
      assert(order.leavesQty >= 0n, "an order does not trade more than it has");
      if (order.leavesQty === 0n) this.#leave(order);
    }
  }

  /** Every waiting stop order that the last price reaches: buys from below, sells from above. */
  #reach(): void {
    if (this.#phase !== "continuous" || this.#reachPx === 0n) return;
    const waiting = this.#orders.filter(
      (order) => order.isWaiting && !this.#reached.includes(order),
    );
    const buys = waiting.filter(({ side, stopPx }) => side === Side.Buy && stopPx <= this.#reachPx);
    const sells = waiting.filter(
      ({ side, stopPx }) => side === Side.Sell && stopPx >= this.#reachPx,
    );
    this.#reached.push(...buys.sort((a, b) => compare(a.stopPx, b.stopPx)));
    this.#reached.push(...sells.sort((a, b) => compare(b.stopPx, a.stopPx)));
  }

  #changePhase(phase: MarketPhase): void {
    this.#phase = phase;
    this.#reach();
  }

  #expireDay(): void {
    const inPriority = [
      ...this.#queue(Side.Buy),
      ...this.#queue(Side.Sell),
      ...this.#waiting(Side.Buy),
      ...this.#waiting(Side.Sell),
    ];
    for (const order of inPriority) {
      if (order.timeInForce === TimeInForce.Day) this.#cancel(order, CancelReason.Expired);
    }
  }

  #uncross(referenceTicks: bigint): void {
    for (let round = 1; ; round += 1) {
      const price = this.#auctionPrice(referenceTicks * this.#priceTick);
      const { pairs, colliding } = this.#pairs(price);
      const leaving = round > 16 ? this.#youngerSides(colliding) : colliding;
      for (const order of leaving) this.#cancel(order, CancelReason.SelfTrade);
      if (colliding.length > 0) continue;
      for (const [buy, sell, qty] of pairs) this.#report([buy, sell], qty, price);
      if (pairs.length > 0) this.#printed(price);
      break;
    }
    for (const order of [...this.#queue(Side.Buy), ...this.#queue(Side.Sell)]) {
      if (order.price === 0n) this.#cancel(order, CancelReason.AuctionUnmatched);
    }
  }

  /** Tries every price between the lowest ask and the highest bid, then the rules one by one. */
  #auctionPrice(reference: bigint): bigint {
    const buys = this.#queue(Side.Buy);
    const sells = this.#queue(Side.Sell);
    const bid = buys.find(({ price }) => price > 0n)?.price ?? 0n;
    const ask = sells.find(({ price }) => price > 0n)?.price ?? bid + 1n;
    let prices: bigint[] = [];
    for (let price = ask; price <= bid; price += this.#priceTick) {
      if ([...buys, ...sells].some((order) => order.price === price)) prices.push(price);
    }
    const demand = (price: bigint) =>
      sumLeaves(buys.filter((order) => order.price === 0n || order.price >= price));
    const supply = (price: bigint) => sumLeaves(sells.filter((order) => order.price <= price));
    const surplus = (price: bigint) => demand(price) - supply(price);
    prices = least(prices, (price) => -smaller(demand(price), supply(price)));
    prices = least(prices, (price) => absolute(surplus(price)));
    if (prices.length === 0) return reference;
    if (prices.every((price) => surplus(price) > 0n)) prices = prices.slice(-1);
    if (prices.every((price) => surplus(price) < 0n)) prices = prices.slice(0, 1);
    if (reference > 0n) prices = least(prices, (price) => absolute(price - reference));
    return prices.at(-1) ?? 0n;
  }

  /** Lines up single lots of both sides and pairs them one by one. */
  #pairs(price: bigint): { pairs: [NaiveOrder, NaiveOrder, bigint][]; colliding: NaiveOrder[] } {
    const lotsOf = (order: NaiveOrder): NaiveOrder[] => {
      const lots: NaiveOrder[] = [];
      for (let qty = 0n; qty < order.leavesQty; qty += this.#lotQty) lots.push(order);
      return lots;
    };
    const takes = (order: NaiveOrder): boolean => {
      if (order.price === 0n) return true;
      return order.side === Side.Buy ? order.price >= price : order.price <= price;
    };
    let buys = price === 0n ? [] : this.#queue(Side.Buy).filter(takes).flatMap(lotsOf);
    let sells = this.#queue(Side.Sell).filter(takes).flatMap(lotsOf);
    const pairs: [NaiveOrder, NaiveOrder, bigint][] = [];
    const colliding: NaiveOrder[] = [];
    while (buys[0] !== undefined && sells[0] !== undefined) {
      const [buy] = buys;
      const [sell] = sells;
      if (buy.account === sell.account) {
        const younger = BigInt(buy.orderId) > BigInt(sell.orderId) ? buy : sell;
        colliding.push(younger);
        buys = buys.filter((order) => order !== younger);
        sells = sells.filter((order) => order !== younger);
        continue;
      }
      const last = pairs.at(-1);
      if (last?.[0] === buy && last[1] === sell) last[2] += this.#lotQty;
      else pairs.push([buy, sell, this.#lotQty]);
      buys = buys.slice(1);
      sells = sells.slice(1);
    }
    return { pairs, colliding };
  }

  /** Of each account of these orders what is not on the side of its oldest one. */
  #youngerSides(colliding: readonly NaiveOrder[]): NaiveOrder[] {
    const inBook = [...this.#queue(Side.Buy), ...this.#queue(Side.Sell)];
    return inBook.filter(({ account, side }) => {
      if (!colliding.some((order) => order.account === account)) return false;
      const own = inBook.filter((order) => order.account === account);
      own.sort((a, b) => compare(BigInt(a.orderId), BigInt(b.orderId)));
      return own[0]?.side !== side;
    });
  }

  /** Orders in the book in an auction's priority; the sort keeps the order of arrival. */
  #queue(side: Side): NaiveOrder[] {
    const isBuy = side === Side.Buy;
    const queue = this.#orders.filter((order) => order.side === side && !order.isWaiting);
    const priced = queue.filter(({ price }) => price > 0n);
    const byPrice = priced.sort((a, b) => compare(a.price, b.price) * (isBuy ? -1 : 1));
    return [...queue.filter(({ price }) => price === 0n), ...byPrice];
  }

  #waiting(side: Side): NaiveOrder[] {
    const nearest = side === Side.Buy ? 1 : -1;
    return this.#orders
      .filter((order) => order.side === side && order.isWaiting)
      .sort((a, b) => compare(a.stopPx, b.stopPx) * nearest);
  }

  #cancel(order: NaiveOrder, reason: CancelReason): void {
    this.#leave(order);
    this.#lose(order, reason);
  }

  #lose(order: NaiveOrder, reason: CancelReason): void {
    order.leavesQty = 0n;
    const { account, orderId } = order;
    this.#reports.push({ type: "Canceled", account, orderId, reason });
  }

  #leave(order: NaiveOrder): void {
    this.#orders = this.#orders.filter((other) => other !== order);
  }
}

function sumLeaves(orders: readonly NaiveOrder[]): bigint {
  return orders.reduce((total, order) => total + order.leavesQty, 0n);
}

function least(values: readonly bigint[], keyOf: (value: bigint) => bigint): bigint[] {
  const keys = values.map(keyOf);
  return values.filter((value) => keys.every((key) => keyOf(value) <= key));
}

function smaller(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function compare(a: bigint, b: bigint): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/**
 * One account at the desk: its open orders, newest and oldest reachable at once, and its stream
 * number; its money is in the ledger. Closed orders are not here: what is closed leaves memory.
 */
import { assert } from "../assert.ts";
import { WorkingTotals } from "../limits/exposure.ts";
import type { Account, ClOrdId, KeyId, OrderId } from "../model/ids.ts";
import { NO_CL_ORD_ID } from "../model/ids.ts";
import { type MarketGroup, marketGroupOf } from "../model/instrument.ts";
import type { Order } from "../model/order.ts";
import { DeadManSwitches } from "./dead-man.ts";
import { DisconnectWatches } from "./disconnect-watches.ts";
import { type OpenCursor, OpenOrders, type OpenScan } from "./open-orders.ts";

/** How many there are of each name; nothing is kept of a name that has none. */
class Counts<Name> {
  readonly #counts = new Map<Name, { count: number }>();

  of(name: Name): number {
    return this.#counts.get(name)?.count ?? 0;
  }

  change(name: Name, by: 1 | -1): void {
    const known = this.#counts.get(name);
    if (known === undefined) {
      assert(by === 1, "what is counted down was counted");
      this.#counts.set(name, { count: 1 });
      return;
    }
    known.count += by;
    if (known.count === 0) this.#counts.delete(name);
  }
}

/** The live orders of a client's name that several share: of the account, and of each portfolio. */
export class SharedName {
  readonly #orderIds = new Set<OrderId>();
  readonly #byPortfolio = new Map<string, Set<OrderId>>();

  /** Oldest first. */
  get orderIds(): ReadonlySet<OrderId> {
    return this.#orderIds;
  }

  /** Those in the portfolio, oldest first. */
  orderIdsIn(portfolioId: string): ReadonlySet<OrderId> {
    return this.#byPortfolio.get(portfolioId) ?? NO_ORDER_IDS;
  }

  add({ orderId, portfolioId }: Order): void {
    this.#orderIds.add(orderId);
    const known = this.#byPortfolio.get(portfolioId);
    if (known === undefined) this.#byPortfolio.set(portfolioId, new Set([orderId]));
    else known.add(orderId);
  }

  remove({ orderId, portfolioId }: Order): void {
    const inPortfolio = this.#byPortfolio.get(portfolioId);
    assert(inPortfolio?.delete(orderId) === true, "the name's orders include this one");
    if (inPortfolio.size === 0) this.#byPortfolio.delete(portfolioId);
    this.#orderIds.delete(orderId);
  }
}

const NO_ORDER_IDS: ReadonlySet<OrderId> = new Set();

export class AccountBook {
  readonly account: Account;
  /** Whether it may sell what it does not hold. */
  readonly shortSellingAllowed: boolean;
  /** Number of the latest report in the account's stream. */
  streamSeq = 0;
  /** Closed for good: it takes no orders and no money. */
  isClosed = false;
  /** What the open orders add up to. */
  readonly working = new WorkingTotals();
  readonly deadMan = new DeadManSwitches();
  readonly watches = new DisconnectWatches();
  readonly #open = new OpenOrders();
  /** Live orders by the client's name. */
  readonly #byClOrdId = new Map<ClOrdId, OrderId | SharedName>();
  readonly #openByKey = new Counts<KeyId>();
  readonly #openByPortfolio = new Counts<string>();
  readonly #openByGroup = new Counts<MarketGroup>();

  constructor(account: Account, shortSellingAllowed: boolean) {
    this.account = account;
    this.shortSellingAllowed = shortSellingAllowed;
  }

  get openCount(): number {
    return this.#open.size;
  }

  /** Open orders that the key placed. */
  openCountOf(key: KeyId): number {
    return this.#openByKey.of(key);
  }

  /** Open orders in the portfolio. */
  openCountIn(portfolioId: string): number {
    return this.#openByPortfolio.of(portfolioId);
  }

  /** Open orders in the market and all its names. */
  openCountAt(marketGroup: MarketGroup): number {
    return this.#openByGroup.of(marketGroup);
  }

  openOrder(orderId: OrderId): Order | null {
    return this.#open.get(orderId);
  }

  /** The live orders that carry the client's name; usually one or none. */
  openByClOrdId(clOrdId: ClOrdId): readonly OrderId[] {
    const found = this.#byClOrdId.get(clOrdId);
    if (found === undefined) return [];
    return typeof found === "string" ? [found] : [...found.orderIds];
  }

  /** The one live order that carries the client's name, or all that share it; null without any. */
  named(clOrdId: ClOrdId): OrderId | SharedName | null {
    return this.#byClOrdId.get(clOrdId) ?? null;
  }

  /** How many live orders carry the client's name. */
  openCountNamed(clOrdId: ClOrdId): number {
    const found = this.#byClOrdId.get(clOrdId);
    return found === undefined ? 0 : typeof found === "string" ? 1 : found.orderIds.size;
  }

  /** What is open now, to be looked through in steps. */
  scanOpen(): OpenScan {
    return this.#open.scan();
  }

  /** What is open now and stays so, oldest first, to be worked off in steps. */
  openCursor(): OpenCursor {
    return this.#open.cursor();
  }

  openNewestFirst(): Iterable<Order> {
    return this.#open.newestFirst();
  }

  /** Oldest first: the order in which snapshots list them. */
  openOldestFirst(): Iterable<Order> {
    return this.#open.oldestFirst();
  }

  /** For so many more open orders. */
  makeRoom(openCount: number): void {
    this.#open.makeRoom(openCount);
  }

  insert(order: Order): void {
    this.#open.insert(order);
    this.#openByKey.change(order.enteredBy, 1);
    this.#openByPortfolio.change(order.portfolioId, 1);
    this.#openByGroup.change(marketGroupOf(order.market), 1);
    if (order.clOrdId !== NO_CL_ORD_ID) this.#indexClOrdId(order);
  }

  replace(order: Order): void {
    this.#open.replace(order);
  }

  remove(orderId: OrderId): void {
    const order = this.#open.remove(orderId);
    this.#openByKey.change(order.enteredBy, -1);
    this.#openByPortfolio.change(order.portfolioId, -1);
    this.#openByGroup.change(marketGroupOf(order.market), -1);
    if (order.clOrdId !== NO_CL_ORD_ID) this.#forgetClOrdId(order);
  }

  #indexClOrdId(order: Order): void {
    const found = this.#byClOrdId.get(order.clOrdId);
    if (found === undefined) {
      this.#byClOrdId.set(order.clOrdId, order.orderId);
      return;
    }
    if (typeof found !== "string") {
      found.add(order);
      return;
    }
    const shared = new SharedName();
    const first = this.#open.get(found);
    assert(first !== null, "an indexed order is open");
    shared.add(first);
    shared.add(order);
    this.#byClOrdId.set(order.clOrdId, shared);
  }

  #forgetClOrdId(order: Order): void {
    const found = this.#byClOrdId.get(order.clOrdId);
    assert(found !== undefined, "a named open order is indexed by its name");
    if (typeof found !== "string") found.remove(order);
    if (typeof found === "string" || found.orderIds.size === 0) {
      this.#byClOrdId.delete(order.clOrdId);
    }
  }
}

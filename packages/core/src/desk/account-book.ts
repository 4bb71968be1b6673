/**
 * One account at the desk: its open orders, newest and oldest reachable at once, and its stream
 * number; its money is in the ledger. Closed orders are not here: what is closed leaves memory.
 */
import { assert } from "../assert.ts";
import { WorkingTotals } from "../limits/exposure.ts";
import type { Account, ClOrdId, KeyId, OrderId } from "../model/ids.ts";
import { NO_CL_ORD_ID } from "../model/ids.ts";
import type { Order } from "../model/order.ts";
import { DeadManSwitches } from "./dead-man.ts";
import { DisconnectWatches } from "./disconnect-watches.ts";
import { OpenOrders, type OpenScan } from "./open-orders.ts";

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
  /** Live orders by the client's name; a set only where several share it. */
  readonly #byClOrdId = new Map<ClOrdId, OrderId | Set<OrderId>>();
  readonly #openByKey = new Counts<KeyId>();
  readonly #openByPortfolio = new Counts<string>();

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

  openOrder(orderId: OrderId): Order | null {
    return this.#open.get(orderId);
  }

  /** The live orders that carry the client's name; usually one or none. */
  openByClOrdId(clOrdId: ClOrdId): readonly OrderId[] {
    const found = this.#byClOrdId.get(clOrdId);
    if (found === undefined) return [];
    return typeof found === "string" ? [found] : [...found];
  }

  /** How many live orders carry the client's name. */
  openCountNamed(clOrdId: ClOrdId): number {
    const found = this.#byClOrdId.get(clOrdId);
    return found === undefined ? 0 : typeof found === "string" ? 1 : found.size;
  }

  /** What is open now, to be looked through in steps. */
  scanOpen(): OpenScan {
    return this.#open.scan();
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
    if (order.clOrdId !== NO_CL_ORD_ID) this.#indexClOrdId(order.clOrdId, order.orderId);
  }

  replace(order: Order): void {
    this.#open.replace(order);
  }

  remove(orderId: OrderId): void {
    const { clOrdId, enteredBy, portfolioId } = this.#open.remove(orderId);
    this.#openByKey.change(enteredBy, -1);
    this.#openByPortfolio.change(portfolioId, -1);
    if (clOrdId !== NO_CL_ORD_ID) this.#forgetClOrdId(clOrdId, orderId);
  }

  #indexClOrdId(clOrdId: ClOrdId, orderId: OrderId): void {
    const found = this.#byClOrdId.get(clOrdId);
    if (found === undefined) this.#byClOrdId.set(clOrdId, orderId);
    else if (typeof found === "string") this.#byClOrdId.set(clOrdId, new Set([found, orderId]));
    else found.add(orderId);
  }

  #forgetClOrdId(clOrdId: ClOrdId, orderId: OrderId): void {
    const found = this.#byClOrdId.get(clOrdId);
    assert(found !== undefined, "a named open order is indexed by its name");
    if (typeof found === "string") {
      this.#byClOrdId.delete(clOrdId);
      return;
    }
    assert(found.delete(orderId), "the name's orders include this one");
    if (found.size === 0) this.#byClOrdId.delete(clOrdId);
  }
}

/**
 * Holds orders against the limits of their account and of their key. What is open and what is held
 * is read from the desk, so it is exact and the same after a restart; rates and the memory of
 * recent orders are this object's own, and a restart begins them afresh.
 */
import { assert } from "@countermand/core/assert";
import { type Desk, grossExposure } from "@countermand/core/desk";
import type { Exchange } from "@countermand/core/exchange";
import {
  type LimitFacts,
  type LimitScope,
  type LimitSet,
  limitRefusal,
  NO_LIMITS,
  workingAfter,
} from "@countermand/core/limits";
import {
  type Account,
  type Instrument,
  type Order,
  type Price,
  type Refusal,
  type RefusalName,
  Side,
} from "@countermand/core/model";
import type { Caller } from "../auth/key-store.ts";
import { LazyRows } from "./lazy-rows.ts";
import { RecentOrders } from "./recent-orders.ts";
import { TokenBucket } from "./token-bucket.ts";

/** Where the rows of limits come from: asked for every order, so that a change works at once. */
export interface LimitSource {
  ofAccount(account: Account): LimitSet;
  ofKey(apiKey: string): LimitSet;
}

/** The state that an order is held against. */
export interface MarketState {
  readonly desk: Desk;
  readonly exchange: Exchange;
}

/** Asked by the partitions about each order of one caller. */
export interface OrderGuard {
  /** Why the order is not sent, or null. `before` is null for a new one. Changes nothing. */
  refusal(state: MarketState, before: Order | null, order: Order): Refusal | null;
  /** The order was sent. */
  sent(before: Order | null, order: Order): void;
}

type CountRefusal = (scope: LimitScope, refused: RefusalName) => void;

export class OrderLimits {
  readonly #source: LimitSource;
  readonly #monotonicMs: () => number;
  /** By scope and name. */
  readonly #owners = new LazyRows<Owner>((owner, nowMs) => owner.isAsNew(nowMs));
  readonly #refusedCounts = new Map<string, number>();

  constructor(source: LimitSource, monotonicMs: () => number) {
    this.#source = source;
    this.#monotonicMs = monotonicMs;
  }

  /** Orders refused so far, by `scope refusal`. */
  get refusedCounts(): ReadonlyMap<string, number> {
    return this.#refusedCounts;
  }

  /** Accounts and keys that something is remembered of. */
  get ownerCount(): number {
    return this.#owners.size;
  }

  /** Null where neither the account nor the key has limits. */
  guardOf(caller: Caller): OrderGuard | null {
    return this.#guardOf(caller, (scope, refused) => this.#count(scope, refused));
  }

  /** The same for an order that is not sent: what is refused then is not counted. */
  previewGuardOf(caller: Caller): OrderGuard | null {
    return this.#guardOf(caller, () => undefined);
  }

  #guardOf({ account, apiKey }: Caller, count: CountRefusal): OrderGuard | null {
    const ofAccount = this.#source.ofAccount(account);
    const ofKey = this.#source.ofKey(apiKey);
    if (ofAccount === NO_LIMITS && ofKey === NO_LIMITS) return null;
    this.#owners.tidy(this.#monotonicMs());
    const owners = [this.#owner("account", account, ofAccount), this.#owner("key", apiKey, ofKey)];
    return {
      refusal: (state, before, order) => {
        const found = this.#refusal(owners, state, before, order);
        if (found !== null) count(found.scope, found.refusal.refused);
        return found?.refusal ?? null;
      },
      sent: (before, order) => {
        for (const owner of owners) owner.sent(before, order, this.#monotonicMs());
      },
    };
  }

  #refusal(
    owners: readonly Owner[],
    state: MarketState,
    before: Order | null,
    order: Order,
  ): { readonly scope: LimitScope; readonly refusal: Refusal } | null {
    for (const owner of owners) {
      const facts = new Facts(owner, state, before, order, this.#monotonicMs());
      const refusal = limitRefusal(owner.limits, facts);
      if (refusal !== null) return { scope: owner.scope, refusal };
    }
    return null;
  }

  #count(scope: LimitScope, refused: RefusalName): void {
    const key = `${scope} ${refused}`;
    this.#refusedCounts.set(key, (this.#refusedCounts.get(key) ?? 0) + 1);
  }

  #owner(scope: LimitScope, name: string, limits: LimitSet): Owner {
    const owner = this.#owners.of(`${scope} ${name}`, () => new Owner(scope));
    owner.setLimits(limits, this.#monotonicMs());
    return owner;
  }
}

/** An account or a key with its row of limits, and what is remembered of its orders. */
class Owner {
  readonly scope: LimitScope;
  #limits: LimitSet = NO_LIMITS;
  #bucket: TokenBucket | null = null;
  #recent: RecentOrders | null = null;

  constructor(scope: LimitScope) {
    this.scope = scope;
  }

  get limits(): LimitSet {
    return this.#limits;
  }

  /** Whether one that is made anew would do the same. */
  isAsNew(nowMs: number): boolean {
    return this.#bucket?.isFull(nowMs) !== false && this.#recent?.isEmpty(nowMs) !== false;
  }

  /** What is remembered for a limit begins afresh when that limit changes. */
  setLimits(limits: LimitSet, nowMs: number): void {
    if (limits === this.#limits) return;
    const { orderRate, duplicateMs } = limits;
    if (orderRate !== this.#limits.orderRate) {
      this.#bucket = orderRate === null ? null : new TokenBucket(orderRate, 1, nowMs);
    }
    if (duplicateMs !== this.#limits.duplicateMs) {
      this.#recent = duplicateMs === null ? null : new RecentOrders(duplicateMs);
    }
    this.#limits = limits;
  }

  sent(before: Order | null, order: Order, nowMs: number): void {
    this.#bucket?.take(1, nowMs);
    if (before === null) this.#recent?.add(order, nowMs);
  }

  sinceSameMs(order: Order, nowMs: number): number | null {
    return this.#recent?.sinceMs(order, nowMs) ?? null;
  }

  rateWaitMs(nowMs: number): number {
    return this.#bucket?.waitMs(1, nowMs) ?? 0;
  }
}

class Facts implements LimitFacts {
  readonly scope: LimitScope;
  readonly before: Order | null;
  readonly order: Order;
  readonly currency: string;
  readonly #owner: Owner;
  readonly #state: MarketState;
  readonly #instrument: Instrument;
  readonly #nowMs: number;

  constructor(owner: Owner, state: MarketState, before: Order | null, order: Order, nowMs: number) {
    const instrument = state.desk.instrument(order.symbol);
    assert(instrument !== null, "an order that passed the desk's checks has an instrument");
    this.scope = owner.scope;
    this.before = before;
    this.order = order;
    this.currency = instrument.currency;
    this.#owner = owner;
    this.#state = state;
    this.#instrument = instrument;
    this.#nowMs = nowMs;
  }

  /** The price the order would meet, else that of the last trade, else that of its own side. */
  marketPx(): Price | null {
    return this.#marketPx(this.order.symbol, this.order.side);
  }

  sinceSameMs(): number | null {
    return this.#owner.sinceSameMs(this.order, this.#nowMs);
  }

  openOrderCount(): number {
    return this.scope === "key"
      ? this.#book.openCountOf(this.order.enteredBy)
      : this.#book.openCount;
  }

  grossExposure(): { readonly before: bigint; readonly after: bigint } {
    const { desk, exchange } = this.#state;
    const { account } = this.order;
    const { product } = this.#instrument;
    const prices = {
      markPx: (symbol: string) => exchange.lastTradePrice(symbol),
      sellPx: (symbol: string) => this.#marketPx(symbol, Side.Sell),
    };
    const working = workingAfter(this.#book.working.of(product), this.before, this.order);
    return {
      before: grossExposure(desk, account, this.currency, prices),
      after: grossExposure(desk, account, this.currency, prices, { product, working }),
    };
  }

  #marketPx(symbol: string, side: Side): Price | null {
    const { exchange } = this.#state;
    const [bid, ask] = [exchange.bestBid(symbol), exchange.bestAsk(symbol)];
    const [opposite, own] = side === Side.Buy ? [ask, bid] : [bid, ask];
    return opposite ?? exchange.lastTradePrice(symbol) ?? own;
  }

  rateWaitMs(): number {
    return this.#owner.rateWaitMs(this.#nowMs);
  }

  get #book() {
    const book = this.#state.desk.book(this.order.account);
    assert(book !== null, "an order's account is open at its desk");
    return book;
  }
}

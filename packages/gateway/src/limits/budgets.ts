/**
 * How much each key may ask for: a bucket for new orders, and a larger one for cancels that every
 * accepted order puts one back into. A cancel of an order that is open and wanted unconditionally
 * is never refused, so that whatever an account has can always be cancelled; what changes nothing
 * has to be in the budget. In memory only: a restart begins with full buckets, as do other rules.
 */
import type { BudgetState } from "@countermand/contract";
import type { Caller } from "../auth/key-store.ts";
import { LazyRows } from "./lazy-rows.ts";
import { TokenBucket } from "./token-bucket.ts";

export interface BudgetRules {
  /** Tokens of a full place bucket. */
  readonly places: number;
  /** Seconds in which an empty bucket fills. */
  readonly fillSeconds: number;
  /** How many times larger the cancel bucket is; at least 2. */
  readonly cancelFactor: number;
}

export interface BudgetsOptions {
  /** Null: nobody is held to any. Others from one moment to the next begin with full buckets. */
  readonly rules: () => BudgetRules | null;
  readonly monotonicMs: () => number;
  /** Open orders that the caller may know of. */
  readonly openCount: (caller: Caller) => number;
}

/** Cancels of one request. */
export interface CancelCost {
  /** One for each order that is named. */
  readonly named: number;
  /** Those among them that are open, without a condition. */
  readonly open: number;
}

interface Buckets {
  readonly place: TokenBucket;
  readonly cancel: TokenBucket;
  readonly fillSeconds: number;
}

export type BudgetName = "place" | "cancel";

const NO_STATES: readonly BudgetState[] = [];

export class Budgets {
  readonly #options: BudgetsOptions;
  /** By key. */
  readonly #buckets = new LazyRows<Buckets>(
    ({ place, cancel }, nowMs) => place.isFull(nowMs) && cancel.isFull(nowMs),
  );
  /** Those that the buckets were made by. */
  #rules: BudgetRules | null = null;
  readonly #refusedCounts = new Map<BudgetName, number>();

  constructor(options: BudgetsOptions) {
    this.#options = options;
  }

  /** Whether anybody is held to a budget now. */
  get isOn(): boolean {
    return this.#options.rules() !== null;
  }

  get refusedCounts(): ReadonlyMap<BudgetName, number> {
    return this.#refusedCounts;
  }

  /** Keys that something is counted for. */
  get countedKeys(): number {
    return this.#buckets.size;
  }

  /** Takes one for each new order or amend. 0, or seconds until it is worth another try. */
  takePlaces(caller: Caller, count: number): number {
    const place = this.#of(caller)?.place;
    if (place === undefined) return 0;
    const nowMs = this.#options.monotonicMs();
    if (place.count(nowMs) < count) return this.#refused("place", place.waitMs(count, nowMs));
    place.take(count, nowMs);
    return 0;
  }

  /** As {@link takePlaces}; of what is open, as much is taken as there is. */
  takeCancels(caller: Caller, { named, open }: CancelCost): number {
    const cancel = this.#of(caller)?.cancel;
    if (cancel === undefined) return 0;
    const nowMs = this.#options.monotonicMs();
    const needed = named - open;
    if (cancel.count(nowMs) < needed) return this.#refused("cancel", cancel.waitMs(needed, nowMs));
    cancel.take(named, nowMs);
    return 0;
  }

  /** So many orders were accepted. */
  placed(caller: Caller, count: number): void {
    this.#of(caller)?.cancel.add(count, this.#options.monotonicMs());
  }

  /** What is left, of cancels never fewer than the caller has open orders; none without rules. */
  statesOf(caller: Caller): readonly BudgetState[] {
    const buckets = this.#of(caller);
    if (buckets === null) return NO_STATES;
    const nowMs = this.#options.monotonicMs();
    const { place, cancel, fillSeconds } = buckets;
    const open = this.#options.openCount(caller);
    const stateOf = (name: BudgetName, bucket: TokenBucket, remaining: number): BudgetState => {
      const fullInSeconds = Math.ceil(bucket.waitMs(bucket.size, nowMs) / 1000);
      return { name, quota: bucket.size, windowSeconds: fillSeconds, remaining, fullInSeconds };
    };
    return [
      stateOf("place", place, place.count(nowMs)),
      stateOf("cancel", cancel, Math.max(open, cancel.count(nowMs))),
    ];
  }

  #refused(name: BudgetName, waitMs: number): number {
    this.#refusedCounts.set(name, (this.#refusedCounts.get(name) ?? 0) + 1);
    return Math.max(1, Math.ceil(waitMs / 1000));
  }

  #of({ apiKey }: Caller): Buckets | null {
    const rules = this.#options.rules();
    if (rules !== this.#rules) this.#buckets.clear();
    this.#rules = rules;
    if (rules === null) return null;
    const { places, fillSeconds, cancelFactor } = rules;
    const nowMs = this.#options.monotonicMs();
    this.#buckets.tidy(nowMs);
    return this.#buckets.of(apiKey, () => ({
      place: new TokenBucket(places, fillSeconds, nowMs),
      cancel: new TokenBucket(places * cancelFactor, fillSeconds, nowMs),
      fillSeconds,
    }));
  }
}

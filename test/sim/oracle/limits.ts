/**
 * Limits before the trade (docs/concepts/limits-and-budgets.md), row by row. Times are known to
 * lie between two moments only, so a limit that depends on them may hold, must hold, or cannot.
 */
import type { Key } from "../clients/requests.ts";
import type { Model } from "./model.ts";
import { ALL_INSTRUMENTS, instrumentOf, ONE, type Units } from "./money.ts";
import type { Terms } from "./orders.ts";
import { promised } from "./violation.ts";

/** Null, or left out: no limit. */
export interface LimitRow {
  readonly orderQty?: Units;
  readonly orderValue?: Readonly<Record<string, Units>>;
  /** A part of the price, times 10^8. */
  readonly priceDistance?: Units;
  readonly duplicateMs?: number;
  readonly openOrders?: number;
  readonly grossExposure?: Readonly<Record<string, Units>>;
  readonly perSecond?: number;
}

export type LimitScope = "account" | "key";

interface Settings extends Readonly<Record<LimitScope, LimitRow>> {
  readonly sinceMs: number;
}

/** Limits of one owner, from the moment in which they were asked for on. */
interface LimitChange {
  /** Null: none of its own. */
  readonly own: LimitRow | null;
  readonly askedAtMs: number;
  answeredAtMs: number | null;
}

/** An order that was taken, or an amend: decided between the two times. */
interface Taken {
  readonly content: string;
  readonly isNew: boolean;
  readonly earliestMs: number;
  readonly latestMs: number;
}

/** What an order is, or becomes, when it is held against limits. */
export interface Held {
  readonly terms: Terms;
  /** The order before an amend; null for a new one. */
  readonly before: Terms | null;
  /** A stop order that has come in. */
  readonly isTriggered: boolean;
  readonly leaves: Units;
  readonly leavesBefore: Units;
  /** When it was sent. */
  readonly sentAtMs: number;
}

const LimitCode = {
  Qty: "11030170",
  Value: "11030171",
  Distance: "11030172",
  Duplicate: "11030173",
  Open: "11030174",
  Exposure: "11030175",
  Rate: "11030176",
} as const;

export class Limits {
  readonly #model: Model;
  readonly #nowMs: () => number;
  readonly #changes = new Map<string, LimitChange[]>();
  readonly #taken = new Map<string, Taken[]>();
  /** Those of all accounts and all keys, the latest ones last. */
  readonly #settings: Settings[] = [{ account: {}, key: {}, sinceMs: 0 }];
  /** The process that runs now began then: what it remembers of orders came later. */
  startedAtMs = 0;

  constructor(model: Model, nowMs: () => number) {
    this.#model = model;
    this.#nowMs = nowMs;
  }

  /** Settings are read, at a start or while it runs: they hold from this very moment on. */
  set(settings: Readonly<Record<LimitScope, LimitRow>>): void {
    this.#settings.push({ ...settings, sinceMs: this.#nowMs() });
  }

  /** Since when all settings are what they are now. */
  get #settledMs(): number {
    return this.#settings.at(-1)?.sinceMs ?? 0;
  }

  /** Of all accounts, or of all keys, as they are now. */
  settingsOf(scope: LimitScope): LimitRow {
    return this.#settings.at(-1)?.[scope] ?? {};
  }

  /** An operator asks for limits of one owner; null takes them away. */
  asked(scope: LimitScope, name: string, own: LimitRow | null): { answered(): void } {
    const change: LimitChange = { own, askedAtMs: this.#nowMs(), answeredAtMs: null };
    const owner = `${scope} ${name}`;
    this.#changes.set(owner, [...(this.#changes.get(owner) ?? []), change]);
    return {
      answered: () => {
        change.answeredAtMs = this.#nowMs();
      },
    };
  }

  /** All answers that would be right now: codes, and "null" where the order may be taken. */
  answers({ account, apiKey }: Key, held: Held): ReadonlySet<string> {
    const answers = new Set<string>();
    for (const ofAccount of this.#rows("account", account, held.sentAtMs)) {
      for (const ofKey of this.#rows("key", apiKey, held.sentAtMs)) {
        const first = this.#answersOf("account", account, account, ofAccount, held);
        for (const code of first) if (code !== "null") answers.add(code);
        if (!first.has("null")) continue;
        for (const code of this.#answersOf("key", apiKey, account, ofKey, held)) answers.add(code);
      }
    }
    return answers;
  }

  /** An order or an amend was taken. */
  taken({ account, apiKey }: Key, { terms, before, sentAtMs }: Held): void {
    const taken = {
      content: contentOf(terms),
      isNew: before === null,
      earliestMs: sentAtMs,
      latestMs: this.#nowMs(),
    };
    for (const owner of [`account ${account}`, `key ${apiKey}`]) {
      const all = [...(this.#taken.get(owner) ?? []), taken];
      this.#taken.set(owner, all.slice(-TAKEN_KEPT));
    }
    this.#requireRate("account", account, sentAtMs);
    this.#requireRate("key", apiKey, sentAtMs);
  }

  /** Rows that may have held since that time. */
  #rows(scope: LimitScope, name: string, sinceMs: number): LimitRow[] {
    let owns: (LimitRow | null)[] = [null];
    for (const { own, askedAtMs, answeredAtMs } of this.#changes.get(`${scope} ${name}`) ?? []) {
      const surelyHolds = answeredAtMs !== null && answeredAtMs < sinceMs;
      if (surelyHolds) owns = [own];
      else if (askedAtMs <= this.#nowMs()) owns.push(own);
    }
    const first = this.#settings.findLastIndex((each) => each.sinceMs <= sinceMs);
    const bases = this.#settings.slice(Math.max(0, first)).map((each) => each[scope]);
    return bases.flatMap((base) => owns.map((own) => ({ ...base, ...own })));
  }

  #answersOf(
    scope: LimitScope,
    name: string,
    account: string,
    row: LimitRow,
    held: Held,
  ): ReadonlySet<string> {
    const code =
      this.#qtyCode(row, held) ?? this.#valueCode(row, held) ?? this.#distanceCode(row, held);
    if (code !== null) return new Set([code]);
    const answers = new Set<string>();
    const duplicate = this.#duplicate(row, `${scope} ${name}`, held);
    if (duplicate !== "cannot") answers.add(LimitCode.Duplicate);
    if (duplicate === "must") return answers;
    const next =
      this.#openCode(scope, name, account, row, held) ?? this.#exposureCode(account, row, held);
    answers.add(next ?? "null");
    if (next === null && this.#mayBeTooFast(row, `${scope} ${name}`)) answers.add(LimitCode.Rate);
    return answers;
  }

  #qtyCode({ orderQty }: LimitRow, { terms, before }: Held): string | null {
    if (orderQty === undefined || terms.qty <= orderQty) return null;
    return before !== null && terms.qty <= before.qty ? null : LimitCode.Qty;
  }

  #valueCode({ orderValue }: LimitRow, { terms, before }: Held): string | null {
    const max = orderValue?.[instrumentOf(terms.symbol).currency];
    if (max === undefined) return null;
    const value = this.#valueOf(terms);
    if (value <= max || (before !== null && value <= this.#valueOf(before))) return null;
    return LimitCode.Value;
  }

  #valueOf(terms: Terms): Units {
    const price = this.#priceOf(terms) || (this.#marketPrice(terms) ?? 0n);
    return (price * terms.qty) / ONE;
  }

  /** Its own price, else its collar, else its trigger. */
  #priceOf(terms: Terms): Units {
    if (terms.price > 0n) return terms.price;
    return this.#model.collarOf(terms) || terms.trigger_price;
  }

  #marketPrice({ symbol, order_side }: Terms): Units | null {
    const other = order_side === "buy" ? "sell" : "buy";
    const { bestPrice, lastPrice } = pricesOf(this.#model, symbol);
    return bestPrice(other) ?? lastPrice ?? bestPrice(order_side);
  }

  #distanceCode({ priceDistance }: LimitRow, held: Held): string | null {
    const { terms, before, isTriggered } = held;
    if (priceDistance === undefined || terms.price === 0n) return null;
    const isMoved = before?.price !== terms.price || before.trigger_price !== terms.trigger_price;
    if (!isMoved) return null;
    const isWaiting = terms.order_type === "stop_limit_order" && !isTriggered;
    const start = isWaiting ? terms.trigger_price : this.#marketPrice(terms);
    if (start === null) return null;
    const distance = terms.price > start ? terms.price - start : start - terms.price;
    return distance * ONE <= priceDistance * start ? null : LimitCode.Distance;
  }

  #duplicate(row: LimitRow, owner: string, held: Held): "must" | "may" | "cannot" {
    const { duplicateMs } = row;
    if (duplicateMs === undefined || held.before !== null) return "cannot";
    const content = contentOf(held.terms);
    const same = (this.#taken.get(owner) ?? []).filter((each) => {
      return each.isNew && each.content === content;
    });
    const isFixed = !this.#changes.has(owner);
    const must = same.some(({ earliestMs }) => {
      // What is remembered begins anew with a limit that changes.
      const knownMs = Math.max(this.startedAtMs, this.#settledMs);
      const isKnown = earliestMs > knownMs && isFixed;
      return isKnown && this.#nowMs() - earliestMs < duplicateMs;
    });
    if (must) return "must";
    const may = same.some(({ latestMs }) => held.sentAtMs - latestMs < duplicateMs + 1);
    return may ? "may" : "cannot";
  }

  #openCode(
    scope: LimitScope,
    name: string,
    account: string,
    { openOrders }: LimitRow,
    { before }: Held,
  ): string | null {
    if (openOrders === undefined || before !== null) return null;
    // What was filled while its cancel was on its way is closed by the answer to that.
    const open = this.#model.orders(account).filter(({ isCancelPending, outstand_qty }) => {
      return outstand_qty > 0n || isCancelPending;
    });
    const mine = scope === "account" ? open : open.filter(({ placedBy }) => placedBy === name);
    return mine.length >= openOrders ? LimitCode.Open : null;
  }

  /** Nobody here sells short: what counts is what is held, at the last price, and all buys. */
  #exposureCode(account: string, { grossExposure }: LimitRow, held: Held): string | null {
    const { terms, before, leaves, leavesBefore } = held;
    const { currency } = instrumentOf(terms.symbol);
    const max = grossExposure?.[currency];
    if (max === undefined || terms.order_side === "sell") return null;
    const now = ALL_INSTRUMENTS.filter((each) => each.currency === currency)
      .map(({ product, symbol }) => {
        const mark = this.#model.lastPrice(symbol) ?? 0n;
        const held = (this.#model.balance(account, product) * mark) / ONE;
        return held + this.#buysOf(account, symbol);
      })
      .reduce((sum, each) => sum + each, 0n);
    const added = (this.#priceOf(terms) * leaves) / ONE;
    const taken = before === null ? 0n : (this.#priceOf(before) * leavesBefore) / ONE;
    const after = now + added - taken;
    return after <= max || after <= now ? null : LimitCode.Exposure;
  }

  #buysOf(account: string, symbol: string): Units {
    let sum = 0n;
    for (const told of this.#model.openOrders(account)) {
      if (told.symbol !== symbol || told.order_side !== "buy") continue;
      sum += (this.#priceOf(told) * told.outstand_qty) / ONE;
    }
    return sum;
  }

  #mayBeTooFast({ perSecond }: LimitRow, owner: string): boolean {
    if (perSecond === undefined) return false;
    return (this.#taken.get(owner) ?? []).some(({ latestMs }) => {
      return this.#nowMs() - latestMs < 1_000 + DECIDED_MS_MAX;
    });
  }

  /** A bucket of one second's orders that fills evenly is never overdrawn. */
  #requireRate(scope: LimitScope, name: string, sentAtMs: number): void {
    const owner = `${scope} ${name}`;
    const rates = this.#rows(scope, name, sentAtMs).map(({ perSecond }) => perSecond);
    if (this.#settledMs > this.startedAtMs) return;
    if (rates.length !== 1 || rates[0] === undefined || this.#changes.has(owner)) return;
    const [rate] = rates;
    const taken = this.#taken.get(owner) ?? [];
    const inLife = taken.filter(({ earliestMs }) => earliestMs >= this.startedAtMs);
    const now = this.#nowMs();
    for (const { earliestMs: fromMs } of inLife) {
      const count = inLife.filter(({ earliestMs }) => earliestMs >= fromMs).length;
      const most = rate + (rate * (now - fromMs)) / 1_000 + 1;
      promised(count <= most, `${owner} sent ${count} orders in ${now - fromMs} ms`);
    }
  }
}

function pricesOf(model: Model, symbol: string) {
  return {
    bestPrice: (side: "buy" | "sell") => model.bestPrice(symbol, side),
    lastPrice: model.lastPrice(symbol),
  };
}

function contentOf({ symbol, order_side, qty, price, trigger_price }: Terms): string {
  return `${symbol} ${order_side} ${qty} ${price} ${trigger_price}`;
}

/** How many of an owner's latest orders are looked at. */
const TAKEN_KEPT = 1_000;
/** Milliseconds, and more, from a decision to the moment in which the auditor reads it. */
const DECIDED_MS_MAX = 2_000;

/**
 * Why an order is not taken, by the model as it stands now: the code, or null. What is wrong with
 * the request itself is known to who makes it up; here is what only the market and the account say.
 */
import type { Command, Key, Placing } from "../clients/requests.ts";
import { ACCOUNT_CLOSED, type Accounts } from "./accounts.ts";
import type { Held, Limits } from "./limits.ts";
import type { Model } from "./model.ts";
import { instrumentOf, type Units } from "./money.ts";
import { conditionCode, sees, type Terms, type Told } from "./orders.ts";
import type { Switches } from "./switches.ts";

const Code = {
  PortfolioNotAllowed: 10010052,
  PriceNotTaken: 11030104,
  TriggerNotTaken: 11030111,
  InsufficientCash: 11030155,
  InsufficientHoldings: 11030156,
  WouldTrade: 11030163,
  UnknownOrder: 11030202,
  TooLate: 11030204,
  NothingToAmend: 11030950,
  QtyNotAboveFilled: 11030951,
  OddKeptApart: 11030954,
  DeadManBlocked: 11031350,
} as const;

type Amend = Command & { kind: "amend" };

export class Refusals {
  readonly #model: Model;
  readonly #switches: Switches;
  readonly #limits: Limits;
  readonly #accounts: Accounts;

  constructor(model: Model, switches: Switches, limits: Limits, accounts: Accounts) {
    this.#accounts = accounts;
    this.#model = model;
    this.#switches = switches;
    this.#limits = limits;
  }

  /** Codes, and "null" where it may be taken; more than one where it depends on when. */
  answersToPlace(
    key: Key,
    { terms, onlyIfResting }: Placing & { readonly terms: Terms },
    sentAtMs: number,
  ): ReadonlySet<string> {
    const code = this.#ofPlace(key, terms, onlyIfResting === true);
    const isClosed = this.#accounts.isClosed(key.account);
    const closed = isClosed ? [ACCOUNT_CLOSED] : [];
    if (code !== null) return new Set([String(code), ...closed]);
    if (isClosed) return new Set(closed);
    return this.#limits.answers(key, newHeld(terms, sentAtMs));
  }

  answersToAmend(key: Key, command: Amend, sentAtMs: number): ReadonlySet<string> {
    const code = this.#ofAmend(key, command);
    if (code !== null) return new Set([String(code)]);
    return this.#limits.answers(key, this.#amendHeld(key, command, sentAtMs));
  }

  placed(key: Key, terms: Terms, sentAtMs: number): void {
    this.#limits.taken(key, newHeld(terms, sentAtMs));
  }

  amended(key: Key, command: Amend, sentAtMs: number): void {
    this.#limits.taken(key, this.#amendHeld(key, command, sentAtMs));
  }

  /** Precondition: the order is open. */
  #amendHeld({ account }: Key, command: Amend, sentAtMs: number): Held {
    const { orderNo } = command;
    const before = this.#model.order(account, orderNo);
    if (before === undefined) throw new Error(`the model has no order ${orderNo}`);
    const terms = amended(before, command);
    const leaves = terms.qty - before.execute_qty;
    const isTriggered = this.#model.isTriggered(account, orderNo);
    return { terms, before, isTriggered, leaves, leavesBefore: before.outstand_qty, sentAtMs };
  }

  #ofPlace(key: Key, terms: Terms, onlyIfResting: boolean): number | null {
    const { account, apiKey } = key;
    if (!sees(key, terms)) return Code.PortfolioNotAllowed;
    return (
      this.#model.grids.fault(terms) ??
      this.#ofMoney(account, terms, this.#model.needOfNew(terms)) ??
      this.#ofSwitches(account, apiKey, terms) ??
      (onlyIfResting && this.#model.wouldTrade(terms) ? Code.WouldTrade : null)
    );
  }

  #ofAmend(key: Key, command: Amend): number | null {
    const { orderNo, price, qty, trigger, condition } = command;
    const { account } = key;
    const told = this.#model.order(account, orderNo);
    if (told === undefined || !sees(key, told)) return Code.UnknownOrder;
    if (told.outstand_qty === 0n || told.isCancelPending) return Code.TooLate;
    if (this.#model.isPending(account, orderNo)) return Code.TooLate;
    const unwanted = conditionCode(condition, told);
    if (unwanted !== null) return unwanted;
    const terms = amended(told, command);
    const isMoved = terms.trigger_price !== told.trigger_price;
    if (!isMoved && terms.price === told.price && terms.qty === told.qty)
      return Code.NothingToAmend;
    if (isMoved && this.#model.isTriggered(account, orderNo)) return Code.TriggerNotTaken;
    if (price !== null && !PRICED.has(told.order_type)) return Code.PriceNotTaken;
    const fault = this.#model.grids.fault(terms);
    const isStop = trigger === null || told.trigger_price > 0n;
    if (!isStop && fault !== Code.PriceNotTaken) return Code.TriggerNotTaken;
    if (fault !== null) return fault;
    const { grids } = this.#model;
    const isKept = grids.isOdd(told.symbol, told.qty) === grids.isOdd(told.symbol, terms.qty);
    if (!isKept) return Code.OddKeptApart;
    if (qty !== null && qty <= told.execute_qty) return Code.QtyNotAboveFilled;
    const need = this.#model.needOfAmend(account, orderNo, command);
    const unable =
      this.#ofMoney(account, told, need) ?? this.#ofSwitches(account, told.placedBy, told);
    if (unable !== null || condition.only_if !== "resting") return unable;
    return this.#model.amendWouldTrade(account, orderNo, command) ? Code.WouldTrade : null;
  }

  /** What an operator takes from an account, or gives it. */
  ofAdjust(account: string, asset: string, units: Units): number | null {
    if (units >= 0n) return null;
    const { isCash, free } = this.freeOf(account, asset);
    if (-units <= free) return null;
    return isCash ? Code.InsufficientCash : Code.InsufficientHoldings;
  }

  /** What an operator may take of it, as the model knows it now. */
  freeOf(account: string, asset: string) {
    const symbol = SYMBOLS[asset];
    if (symbol === undefined) return { isCash: true, free: this.#model.freeCash(account, asset) };
    return { isCash: false, free: this.#model.freeHolding(account, symbol) };
  }

  /** What needs nothing more is never refused, whatever the account lacks. */
  #ofMoney(account: string, { order_side, symbol }: Terms, need: Units): number | null {
    if (need <= 0n) return null;
    if (order_side === "sell") {
      return need <= this.#model.sellable(account, symbol) ? null : Code.InsufficientHoldings;
    }
    const { currency } = instrumentOf(symbol);
    return need <= this.#model.freeCash(account, currency) ? null : Code.InsufficientCash;
  }

  #ofSwitches(account: string, apiKey: string, terms: Terms): number | null {
    const isKeptOut = this.#switches.keepingOut(account, apiKey, terms) !== null;
    return isKeptOut ? Code.DeadManBlocked : null;
  }
}

function amended(told: Told, { price, qty, trigger }: Amend): Told {
  return {
    ...told,
    price: price ?? told.price,
    qty: qty ?? told.qty,
    trigger_price: trigger ?? told.trigger_price,
  };
}

function newHeld(terms: Terms, sentAtMs: number): Held {
  const isTriggered = false;
  return { terms, before: null, isTriggered, leaves: terms.qty, leavesBefore: 0n, sentAtMs };
}

/** By their products. */
const SYMBOLS: Readonly<Record<string, string>> = {
  AAPL: "AAPL",
  DODO: "DODO-USDT",
  "00700": "00700",
  LATER: "LATER",
};

const PRICED: ReadonlySet<string> = new Set([
  "limit_order",
  "enhanced_limit_order",
  "stop_limit_order",
  "at_auction_limit_order",
]);

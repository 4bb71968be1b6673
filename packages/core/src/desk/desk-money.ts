/**
 * The desk's money: the ledger, and what orders, fills and adjustments do to it. Owned by the desk,
 * which is the only caller; everything but the methods that book is pure.
 */
import { assert } from "../assert.ts";
import { type Amount, amountOf, type Price } from "../model/decimal.ts";
import { Side } from "../model/enums.ts";
import type { Asset, Execution } from "../model/event.ts";
import type { Account } from "../model/ids.ts";
import type { Instrument } from "../model/instrument.ts";
import type { Order, OrderDraft } from "../model/order.ts";
import type { Refusal } from "../model/refusal.ts";
import type { VenueReport } from "../model/venue.ts";
import type { BalanceRow } from "../money/asset-balance.ts";
import { housePostings, tradeCost, tradePostings } from "../money/bookings.ts";
import { type AccountLedger, HOUSE_OWNERS, type HouseOwner, Ledger } from "../money/ledger.ts";
import {
  chargesAfterFill,
  protectionPxOf,
  reservationOf,
  reservedAsset,
  reservedUnits,
  worstPrice,
} from "../money/order-money.ts";
import { settlementDate, tradeDate } from "../money/settlement.ts";
import type { AccountBook } from "./account-book.ts";
import { assertDeskRules, type DeskRules } from "./desk-rules.ts";
import { orderFundsRefusal } from "./funds.ts";

type TradeReport = Extract<VenueReport, { type: "Traded" }>;

export class DeskMoney {
  readonly ledger = new Ledger();
  readonly rules: DeskRules;

  constructor(rules: DeskRules) {
    assertDeskRules(rules);
    this.rules = rules;
  }

  /** Adds to a new order its collar and what it holds back. */
  placed(order: OrderDraft, referencePx: Price | null, instrument: Instrument): void {
    order.protectionPx = this.#protectionPx(order, referencePx, instrument);
    this.#reserveIn(order, instrument);
  }

  /** Adds to an order after an event the charges, the collar and the reservation that follow. */
  after(before: Order, order: OrderDraft, instrument: Instrument): void {
    if (order.grossTradeAmt !== before.grossTradeAmt) {
      const fillAmt = (order.grossTradeAmt - before.grossTradeAmt) as Amount;
      order.chargeAmt = chargesAfterFill(before, fillAmt, instrument, this.rules.feeTable);
    }
    if (order.stopPx !== before.stopPx) {
      order.protectionPx = this.#protectionPx(order, null, instrument);
    }
    this.#reserveIn(order, instrument);
  }

  /** Why the account cannot hold back what the order needs more than before, or null. */
  fundsRefusal(
    book: AccountBook,
    before: Order | null,
    order: Order,
    instrument: Instrument,
  ): Refusal | null {
    const needed = reservedUnits(order) - (before === null ? 0n : reservedUnits(before));
    const account = this.ledger.account(book.account);
    return orderFundsRefusal(account, order.side, instrument, needed, book.shortSellingAllowed);
  }

  /** What a fill does to the account's money, from the order before it and after it. */
  execution(report: TradeReport, before: Order, order: Order, instrument: Instrument): Execution {
    const { execId, lastQty, lastPx } = report;
    const isBuy = order.side === Side.Buy;
    assert(!isBuy || lastPx <= worstPrice(order), "a buy never trades beyond what it holds back");
    const terms = this.rules.settlement[instrument.marketGroup];
    const tradedOn = tradeDate(terms, order.updatedAtMs);
    const lastChargeAmt = (order.chargeAmt - before.chargeAmt) as Amount;
    const principal = amountOf(lastPx, lastQty);
    const received = (isBuy ? -principal : principal) - lastChargeAmt;
    const cash = this.ledger.account(order.account).cash(instrument.currency).total;
    return {
      execId,
      lastQty,
      lastPx,
      tradeDate: tradedOn,
      settlDate: settlementDate(terms, tradedOn),
      lastChargeAmt,
      cashBalance: (cash + received) as Amount,
    };
  }

  /** Holds back what the order needs more than before, or sets free what it needs less. */
  reserve(before: Order | null, order: Order, instrument: Instrument): void {
    const units = reservedUnits(order) - (before === null ? 0n : reservedUnits(before));
    this.ledger.reserve(order.account, reservedAsset(order.side, instrument), units);
  }

  bookTrade(before: Order, order: Order, execution: Execution, instrument: Instrument): void {
    const { account, side } = order;
    const { lastQty, lastPx, lastChargeAmt, tradeDate: tradedOn, settlDate } = execution;
    const fillAmt = amountOf(lastPx, lastQty);
    assert(order.cumQty === before.cumQty + lastQty, "a trade adds its quantity");
    assert(order.grossTradeAmt === before.grossTradeAmt + fillAmt, "a trade adds its amount");
    assert(order.chargeAmt === before.chargeAmt + lastChargeAmt, "a trade adds its charges");
    const dueOn = settlDate > tradedOn ? settlDate : null;
    const trade = { side, lastQty, fillAmt, chargeAmt: lastChargeAmt, dueOn };
    this.ledger.book(account, tradePostings(instrument, trade));
    this.ledger.addCost(account, instrument.product, tradeCost(trade));
    const { total } = this.ledger.account(account).cash(instrument.currency);
    assert(total === execution.cashBalance, "a trade's cash balance is the ledger's");
  }

  /** Credits an account from the house, or debits it. */
  bookHouse(account: Account, asset: Asset, units: bigint): void {
    this.ledger.book(account, housePostings(asset, units));
    if (asset.assetClass === "Cash") return;
    // What was given came at no cost; what was taken takes its part of the cost along.
    this.ledger.addCost(account, asset.name, { units, grossAmt: 0n, netAmt: 0n });
  }

  /** One line for each of the house's owners that has a balance. */
  *houseLines(): Iterable<string> {
    for (const owner of HOUSE_OWNERS) {
      const rows = moneyRows(this.ledger.house(owner));
      if (rows.some(({ length }) => length > 0)) yield JSON.stringify(["house", owner, ...rows]);
    }
  }

  restoreHouse(owner: HouseOwner, rows: readonly unknown[]): void {
    restoreMoney(this.ledger.house(owner), rows);
  }

  #reserveIn(order: OrderDraft, instrument: Instrument): void {
    order.reservedAmt = reservationOf(order, instrument, this.rules.feeTable);
  }

  #protectionPx(order: Order, referencePx: Price | null, instrument: Instrument): Price {
    return protectionPxOf(order, referencePx, instrument, this.rules.collarRatio);
  }
}

/** An account's balances as canonical rows: its cash and its holdings. */
export function moneyRows(ledger: AccountLedger): readonly [BalanceRow[], BalanceRow[]] {
  return [ledger.rows("Cash"), ledger.rows("Holding")];
}

export function restoreMoney(ledger: AccountLedger, [cash, holdings]: readonly unknown[]): void {
  ledger.restore("Cash", cash as BalanceRow[]);
  ledger.restore("Holding", holdings as BalanceRow[]);
}

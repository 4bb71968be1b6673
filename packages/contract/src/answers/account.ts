/** Answers about an account's cash and holdings, in the reference's fields and order. */
import {
  type Amount,
  formatDecimal,
  type MarketName,
  type Price,
  type Qty,
} from "@countermand/core/model";
import { MARKET_WORDS } from "../names.ts";
import { encodeSuccess } from "./envelope.ts";
import { jsonString } from "./json-text.ts";
import { encodePage, type Page } from "./page.ts";

/** What is told of one currency. */
export interface BalanceRow {
  readonly currency: string;
  readonly marketValue: Amount;
  readonly cash: Amount;
  readonly cashOnHold: Amount;
  readonly cashWithdraw: Amount;
  readonly unsettNetAmt: Amount;
  readonly unsettBuyAmt: Amount;
  readonly unsettSellAmt: Amount;
  readonly interestNet: Amount;
  readonly interestDebit: Amount;
  readonly interestCredit: Amount;
}

/** What is told of one product. */
export interface PositionRow {
  readonly market: MarketName;
  readonly productCode: string;
  readonly productName: string;
  readonly qty: Qty;
  readonly osSellQty: Qty;
  readonly availQty: Qty;
  readonly availSellQty: Qty;
  readonly unclearedQty: Qty;
  readonly currency: string;
  readonly avgCost: Price;
  readonly avgPrice: Price;
  readonly prevPrice: Price;
  readonly prevMarketValue: Amount;
  readonly pendingDepositQty: Qty;
  readonly pendingWithdrawalQty: Qty;
  readonly approvedDepositQty: Qty;
}

/** The answer of `GET /account/v1/balance`: one element per currency. */
export function encodeBalances(rows: readonly BalanceRow[]): string {
  return encodeSuccess(`[${rows.map(encodeBalance).join(",")}]`);
}

/** The answer of `GET /account/v1/positions`. */
export function encodePositionsPage(page: Page<PositionRow>): string {
  return encodePage("positions", page, encodePosition);
}

/** The answer of `POST /trade/v1/orders/quantity`. */
export function encodeQuantity(qty: Qty): string {
  return encodeSuccess(`{"qty":${formatDecimal(qty)}}`);
}

function encodeBalance(row: BalanceRow): string {
  return (
    `{"base_currency":${jsonString(row.currency)},` +
    `"market_value":${formatDecimal(row.marketValue)},` +
    `"cash":${formatDecimal(row.cash)},` +
    `"cash_on_hold":${formatDecimal(row.cashOnHold)},` +
    `"cash_withdraw":${formatDecimal(row.cashWithdraw)},` +
    `"unsett_net_amt":${formatDecimal(row.unsettNetAmt)},` +
    `"unsett_buy_amt":${formatDecimal(row.unsettBuyAmt)},` +
    `"unsett_sell_amt":${formatDecimal(row.unsettSellAmt)},` +
    `"interest_net":${formatDecimal(row.interestNet)},` +
    `"interest_debit":${formatDecimal(row.interestDebit)},` +
    `"interest_credit":${formatDecimal(row.interestCredit)}}`
  );
}

function encodePosition(row: PositionRow): string {
  return (
    `{"market":"${MARKET_WORDS.wordOf(row.market)}",` +
    `"product_code":${jsonString(row.productCode)},` +
    `"product_name":${jsonString(row.productName)},` +
    `"qty":${formatDecimal(row.qty)},` +
    `"os_sell_qty":${formatDecimal(row.osSellQty)},` +
    `"avail_qty":${formatDecimal(row.availQty)},` +
    `"avail_sell_qty":${formatDecimal(row.availSellQty)},` +
    `"uncleared_qty":${formatDecimal(row.unclearedQty)},` +
    `"base_currency":${jsonString(row.currency)},` +
    `"avg_cost":${formatDecimal(row.avgCost)},` +
    `"avg_price":${formatDecimal(row.avgPrice)},` +
    `"prev_price":${formatDecimal(row.prevPrice)},` +
    `"prev_market_value":${formatDecimal(row.prevMarketValue)},` +
    `"pending_deposit_qty":${formatDecimal(row.pendingDepositQty)},` +
    `"pending_withdrawal_qty":${formatDecimal(row.pendingWithdrawalQty)},` +
    `"approved_deposit_qty":${formatDecimal(row.approvedDepositQty)}}`
  );
}

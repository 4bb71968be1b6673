/** The statement of an account, in the reference's fields and order. */
import {
  type Account,
  type Amount,
  formatDecimal,
  type MarketName,
  type OrderId,
  type Price,
  type Qty,
  type UnixDay,
} from "@countermand/core/model";
import { formatDate } from "../dates.ts";
import {
  BUSINESS_TYPE_WORDS,
  type BusinessType,
  IO_TYPE_WORDS,
  type IoType,
  MARKET_WORDS,
} from "../names.ts";
import { jsonString } from "./json-text.ts";
import { encodePage, type Page } from "./page.ts";

/** What is told of one line. Amounts and quantities are signed: above zero the account got it. */
export interface TransactionRow {
  readonly id: string;
  readonly account: Account;
  readonly type: "Opening" | "Adjustment" | "Buy" | "Sell" | "Charge";
  readonly date: UnixDay;
  readonly settlDate: UnixDay;
  /** What the balance is of. */
  readonly assetClass: "Cash" | "Holding";
  readonly currency: string;
  readonly market: MarketName | "";
  readonly productCode: string;
  readonly productName: string;
  readonly price: Price;
  readonly qty: Qty;
  readonly amt: Amount;
  readonly balance: bigint;
  readonly orderId: OrderId | "";
  readonly remarks: string;
}

/** The answer of `GET /account/v1/transactions`; rows newest first. */
export function encodeTransactionsPage(page: Page<TransactionRow>): string {
  return encodePage("transactions", page, encodeTransaction);
}

/** What the filter `business_type` compares. */
export function businessTypeOf({ type }: Pick<TransactionRow, "type">): BusinessType {
  return type === "Opening" || type === "Adjustment" ? type : "Trade";
}

/** What the filter `io_type` compares: which way the asset that the balance is of went. */
export function ioTypeOf(row: Pick<TransactionRow, "assetClass" | "amt" | "qty">): IoType {
  return (row.assetClass === "Cash" ? row.amt : row.qty) > 0n ? "In" : "Out";
}

/** `business_sub_type`. */
const SUB_TYPE_WORDS: { readonly [T in TransactionRow["type"]]: string } = {
  Opening: "",
  Adjustment: "",
  Buy: "buy",
  Sell: "sell",
  Charge: "charge",
};

/** No line is in two currencies, so the three fields about the exchange of money are empty. */
function encodeTransaction(row: TransactionRow): string {
  return (
    `{"id":${jsonString(row.id)},` +
    `"account_id":${jsonString(row.account)},` +
    `"tran_type":"${row.assetClass === "Cash" ? "cash" : "holding"}",` +
    `"date":"${formatDate(row.date)}",` +
    `"sett_date":"${formatDate(row.settlDate)}",` +
    `"base_currency":${jsonString(row.currency)},` +
    `"market":"${row.market === "" ? "" : MARKET_WORDS.wordOf(row.market)}",` +
    `"product_code":${jsonString(row.productCode)},` +
    `"product_name":${jsonString(row.productName)},` +
    `"price":${formatDecimal(row.price)},` +
    `"qty":${formatDecimal(row.qty)},` +
    `"amt":${formatDecimal(row.amt)},` +
    `"balance":${formatDecimal(row.balance)},` +
    `"io_type":"${IO_TYPE_WORDS.wordOf(ioTypeOf(row))}",` +
    `"fx_currency":"","fx_amt":0,"fx_rate":0,` +
    `"remarks":${jsonString(row.remarks)},` +
    `"business_type":"${BUSINESS_TYPE_WORDS.wordOf(businessTypeOf(row))}",` +
    `"business_sub_type":"${SUB_TYPE_WORDS[row.type]}",` +
    `"order_no":"${row.orderId}"}`
  );
}

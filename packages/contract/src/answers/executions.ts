/** Single executions: one row per side of a fill. */
import { amountOf, type Execution, formatDecimal, type Order } from "@countermand/core/model";
import { MARKET_WORDS, ORDER_SIDE_WORDS } from "../names.ts";
import { jsonString } from "./json-text.ts";
import { encodePage, type Page } from "./page.ts";
import { unixSeconds } from "./unix-seconds.ts";

/** A fill and what the report of it said about its order. */
export interface ReportedExecution {
  readonly execution: Pick<Execution, "execId" | "lastQty" | "lastPx" | "lastChargeAmt">;
  /** `updatedAtMs` is the time of the trade. */
  readonly order: Pick<
    Order,
    "orderId" | "clOrdId" | "market" | "symbol" | "side" | "portfolioId" | "updatedAtMs"
  >;
  /** The instrument's. */
  readonly currency: string;
}

/** The answer of `GET /trade/v1/executions`; rows newest first. */
export function encodeExecutionsPage(page: Page<ReportedExecution>): string {
  return encodePage("executions", page, encodeExecution);
}

function encodeExecution({ execution, order, currency }: ReportedExecution): string {
  const { execId, lastQty, lastPx, lastChargeAmt } = execution;
  return (
    `{"exec_id":${jsonString(execId)},"order_no":"${order.orderId}",` +
    `"reference_id":${jsonString(order.clOrdId)},` +
    `"market":"${MARKET_WORDS.wordOf(order.market)}","symbol":${jsonString(order.symbol)},` +
    `"order_side":"${ORDER_SIDE_WORDS.wordOf(order.side)}",` +
    `"last_qty":${formatDecimal(lastQty)},"last_price":${formatDecimal(lastPx)},` +
    `"last_amount":${formatDecimal(amountOf(lastPx, lastQty))},` +
    `"charge":${formatDecimal(lastChargeAmt)},"base_currency":${jsonString(currency)},` +
    `"portfolio_id":${jsonString(order.portfolioId)},` +
    `"trade_time":${unixSeconds(order.updatedAtMs)}}`
  );
}

/**
 * Who trades with an order that a fault fills: an account of the sandbox's own, so that every fill
 * has two sides and money is neither made nor lost. It is opened, by an event like any account,
 * when it is first needed. No key belongs to it.
 */
import {
  type Account,
  type AccountOpened,
  type Amount,
  fixed,
  NO_CL_ORD_ID,
  type Order,
  OrdType,
  type PlaceRequest,
  type Price,
  type Qty,
  Side,
  TimeInForce,
  type UnixMs,
} from "@countermand/core/model";

export const LIQUIDITY_ACCOUNT = "sandbox-liquidity" as Account;

/** More than all demo accounts together can sell to it. */
const CASH = "1000000000000";
const CURRENCIES = ["HKD", "USD", "USDT"];

/** It may sell short: so it can sell whatever is listed. */
export function liquidityAccount(atMs: UnixMs): AccountOpened {
  const amount = fixed(CASH);
  return {
    type: "AccountOpened",
    atMs,
    account: LIQUIDITY_ACCOUNT,
    cash: CURRENCIES.map((currency) => [currency, amount as Amount]),
    holdings: [],
    shortSellingAllowed: true,
  };
}

/** The order that trades with a resting one: whole, at its price, or not at all. */
export function counterRequest(resting: Order, qty: bigint, price: Price): PlaceRequest {
  return {
    market: resting.market,
    symbol: resting.symbol,
    ordType: OrdType.Limit,
    side: resting.side === Side.Buy ? Side.Sell : Side.Buy,
    timeInForce: TimeInForce.ImmediateOrCancel,
    orderQty: qty as Qty,
    price,
    stopPx: null,
    clOrdId: NO_CL_ORD_ID,
    portfolioId: "",
  };
}

/** What an account is told about its money. Pure: no balance is computed anywhere else. */
import {
  type Amount,
  ONE,
  type Price,
  type Qty,
  ZERO_AMOUNT,
  ZERO_PRICE,
  ZERO_QTY,
} from "../model/decimal.ts";
import { type MarketName, Side } from "../model/enums.ts";
import type { Instrument } from "../model/instrument.ts";
import { type InstrumentSource, InstrumentTable } from "../model/instrument-table.ts";
import type { BalanceView } from "./asset-balance.ts";
import { chargeOn, type FeeTable } from "./fee-table.ts";
import type { AccountLedger } from "./ledger.ts";
import { lesserOf } from "./order-money.ts";

/** Prices to value holdings with, by symbol; null where there is none. */
export interface Marks {
  readonly lastPx: (symbol: string) => Price | null;
  /** Closing price of the trading day before. */
  readonly prevClosePx: (symbol: string) => Price | null;
}

/** One currency of an account. */
export interface CashBalance {
  readonly currency: string;
  /**
   * Holdings of products that trade in this currency, at their last price; at their average price
   * where nothing has traded. Below zero for short holdings.
   */
  readonly marketValue: Amount;
  /** Settled: what is in the account today. */
  readonly cash: Amount;
  /** Held back for open buys and their charges. */
  readonly cashOnHold: Amount;
  /** Free of holds and unsettled purchases: what can be withdrawn, and what new buys can use. */
  readonly cashWithdraw: Amount;
  /** unsettSellAmt - unsettBuyAmt. */
  readonly unsettNetAmt: Amount;
  /** To be paid for purchases, charges included. */
  readonly unsettBuyAmt: Amount;
  /** To be received for sales, less charges. */
  readonly unsettSellAmt: Amount;
  /** No interest is paid or charged: three zeros. */
  readonly interestNet: Amount;
  readonly interestDebit: Amount;
  readonly interestCredit: Amount;
}

/** One product of an account. */
export interface Position {
  readonly market: MarketName;
  readonly symbol: string;
  readonly productCode: string;
  readonly productName: string;
  /** All that is held, what is not settled yet included; below zero when sold short. */
  readonly qty: Qty;
  /** In open sell orders. */
  readonly osSellQty: Qty;
  /** Settled, not sold and not in sell orders: what can be moved elsewhere. */
  readonly availQty: Qty;
  /** What can be sold now: purchases that are not settled yet count. */
  readonly availSellQty: Qty;
  /** Bought and not settled yet. */
  readonly unclearedQty: Qty;
  readonly currency: string;
  /**
   * What one unit cost, with charges; what the account was opened with or credited with came at no
   * cost. For a short holding, what one unit brought.
   */
  readonly avgCost: Price;
  /** The same without charges. */
  readonly avgPrice: Price;
  /** Closing price of the day before; zero where there is none. */
  readonly prevPrice: Price;
  readonly prevMarketValue: Amount;
  /** Deposits and withdrawals of products are done at once: three zeros. */
  readonly pendingDepositQty: Qty;
  readonly pendingWithdrawalQty: Qty;
  readonly approvedDepositQty: Qty;
}

/** One element per currency: those that instruments trade in and those the account has, sorted. */
export function balances(
  account: AccountLedger,
  instruments: InstrumentSource,
  marks: Marks,
): CashBalance[] {
  const table = InstrumentTable.of(instruments);
  const traded = table.all.map(({ currency }) => currency);
  const currencies = [...new Set([...traded, ...account.names("Cash")])].sort();
  const products = productsOf(table);
  return currencies.map((currency) => {
    const values = products
      .filter(({ main }) => main.currency === currency)
      .map((product) => marketValue(account, product, marks));
    return cashBalance(currency, account.cash(currency), values);
  });
}

/** One element per product that the account holds or is selling, in the instruments' order. */
export function positions(
  account: AccountLedger,
  instruments: InstrumentSource,
  marks: Marks,
): Position[] {
  const held = new Set(account.names("Holding"));
  return productsOf(InstrumentTable.of(instruments))
    .filter(({ main }) => held.has(main.product))
    .map((product) => position(product, account.holding(product.main.product), marks));
}

/** How much could be traded: the question of the quantity estimate. */
export interface TradableQuery {
  readonly side: Side;
  /** Price per unit of a buy; a sell does without. */
  readonly price: Price;
  /** Part of the free cash or of the sellable holding to use, in 10^-8: above zero, at most one. */
  readonly ratio: bigint;
  /** Lots that the market takes in one order; null for no bound but the instrument's. */
  readonly lotsMax: bigint | null;
}

/**
 * The largest quantity, in whole lots, that a buy at this price could pay with its charges, or
 * that a sell could give, out of that part of what is free. Short selling is not counted.
 */
export function tradableQty(
  account: AccountLedger,
  instrument: Instrument,
  query: TradableQuery,
  feeTable: FeeTable,
): Qty {
  const { lotQty, orderQtyMax } = instrument;
  const lotCountMax = lesserOf(orderQtyMax / lotQty, query.lotsMax ?? orderQtyMax);
  if (query.side === Side.Sell) {
    const { sellable } = account.holding(instrument.product);
    const lotCount = atLeastZero((sellable * query.ratio) / ONE) / lotQty;
    return (lesserOf(lotCount, lotCountMax) * lotQty) as Qty;
  }
  const budget = atLeastZero((account.cash(instrument.currency).free * query.ratio) / ONE);
  const cost = (lotCount: bigint) => {
    const gross = ((query.price * lotQty) / ONE) * lotCount;
    return gross + chargeOn(feeTable, instrument.marketGroup, Side.Buy, gross as Amount);
  };
  return (largestWithin(lotCountMax, (lotCount) => cost(lotCount) <= budget) * lotQty) as Qty;
}

/** The largest count up to `max` that fits, zero if none does; what fits, fits for less. */
function largestWithin(max: bigint, fits: (count: bigint) => boolean): bigint {
  let low = 0n;
  let high = max;
  while (low < high) {
    const middle = (low + high + 1n) / 2n;
    if (fits(middle)) low = middle;
    else high = middle - 1n;
  }
  return low;
}

/** The instruments that trade a product, and the first of them, which names its holdings. */
interface Product {
  readonly main: Instrument;
  readonly all: readonly Instrument[];
}

function productsOf(table: InstrumentTable): Product[] {
  const names = new Set(table.all.map(({ product }) => product));
  return [...names].flatMap((name) => {
    const all = table.allOfProduct(name);
    return all[0] === undefined ? [] : [{ main: all[0], all }];
  });
}

/** The first price that is known of them. */
function firstPx({ all }: Product, pxOf: (symbol: string) => Price | null): Price | null {
  for (const { symbol } of all) {
    const px = pxOf(symbol);
    if (px !== null) return px;
  }
  return null;
}

function cashBalance(
  currency: string,
  balance: BalanceView,
  marketValues: readonly bigint[],
): CashBalance {
  return {
    currency,
    marketValue: marketValues.reduce((sum, value) => sum + value, 0n) as Amount,
    cash: balance.settled as Amount,
    cashOnHold: balance.reserved as Amount,
    cashWithdraw: atLeastZero(balance.free) as Amount,
    unsettNetAmt: (balance.incoming - balance.outgoing) as Amount,
    unsettBuyAmt: balance.outgoing as Amount,
    unsettSellAmt: balance.incoming as Amount,
    interestNet: ZERO_AMOUNT,
    interestDebit: ZERO_AMOUNT,
    interestCredit: ZERO_AMOUNT,
  };
}

function position(product: Product, balance: BalanceView, marks: Marks): Position {
  const { main: instrument } = product;
  const { settled, outgoing, reserved, total } = balance;
  const prevPrice = firstPx(product, marks.prevClosePx) ?? ZERO_PRICE;
  return {
    market: instrument.marketGroup,
    symbol: instrument.symbol,
    productCode: instrument.product,
    productName: instrument.securityDesc,
    qty: total as Qty,
    osSellQty: reserved as Qty,
    availQty: atLeastZero(settled - outgoing - reserved) as Qty,
    availSellQty: atLeastZero(balance.sellable) as Qty,
    unclearedQty: balance.incoming as Qty,
    currency: instrument.currency,
    avgCost: perUnit(balance.netCost, total),
    avgPrice: perUnit(balance.grossCost, total),
    prevPrice,
    prevMarketValue: valueAt(prevPrice, total) as Amount,
    pendingDepositQty: ZERO_QTY,
    pendingWithdrawalQty: ZERO_QTY,
    approvedDepositQty: ZERO_QTY,
  };
}

function marketValue(account: AccountLedger, product: Product, marks: Marks) {
  const { total, grossCost } = account.holding(product.main.product);
  const lastPx = firstPx(product, marks.lastPx);
  return lastPx === null ? grossCost : valueAt(lastPx, total);
}

/** Rounded towards zero: a holding need not lie on the grid that its orders do. */
function valueAt(price: Price, qty: bigint): bigint {
  return (price * qty) / ONE;
}

/** Half up at the eighth decimal; zero of nothing. Both are negative for a short holding. */
function perUnit(cost: bigint, qty: bigint): Price {
  if (qty === 0n) return ZERO_PRICE;
  const [amount, units] = qty < 0n ? [-cost, -qty] : [cost, qty];
  return ((2n * amount * ONE + units) / (2n * units)) as Price;
}

function atLeastZero(units: bigint): bigint {
  return units > 0n ? units : 0n;
}

/** What the operator API shows of accounts and instruments. */
import { formatDecimal, type Instrument } from "@countermand/core/model";
import { jsonString } from "../answers/json-text.ts";

/** One balance: what is settled, due and held back. */
export interface OperatorBalanceRow {
  readonly name: string;
  readonly settled: bigint;
  readonly incoming: bigint;
  readonly outgoing: bigint;
  readonly reserved: bigint;
  readonly total: bigint;
}

export interface AccountRow {
  readonly account: string;
  readonly isClosed: boolean;
  readonly shortSellingAllowed: boolean;
  readonly openCount: number;
  readonly cash: readonly OperatorBalanceRow[];
  readonly holdings: readonly OperatorBalanceRow[];
}

export interface InstrumentStateRow {
  readonly instrument: Instrument;
  readonly state: "trading" | "halted" | "retired";
  /** Open orders of everybody in it. */
  readonly openCount: number;
}

export function encodeAccount(row: AccountRow): string {
  return (
    `{"account":${jsonString(row.account)},"state":"${row.isClosed ? "closed" : "open"}",` +
    `"short_selling":${row.shortSellingAllowed},"open_orders":${row.openCount},` +
    `"cash":${balancesJson(row.cash)},"holdings":${balancesJson(row.holdings)}}`
  );
}

export function encodeAccounts(
  rows: readonly AccountRow[],
  {
    total,
    page,
    pageSize,
  }: { readonly total: number; readonly page: number; readonly pageSize: number },
): string {
  const accounts = rows.map(encodeAccount).join(",");
  return `{"total_records":${total},"page":${page},"page_size":${pageSize},"accounts":[${accounts}]}`;
}

export function encodeInstrument({ instrument, state, openCount }: InstrumentStateRow): string {
  const { symbol, securityDesc, currency, product, markets, priceTick, lotQty } = instrument;
  const { oddLotQty, priceMax, orderQtyMax } = instrument;
  const oddLot = oddLotQty === null ? "null" : formatDecimal(oddLotQty);
  return (
    `{"symbol":${jsonString(symbol)},"name":${jsonString(securityDesc)},` +
    `"currency":${jsonString(currency)},"product":${jsonString(product)},` +
    `"markets":${JSON.stringify(markets)},"tick":${formatDecimal(priceTick)},` +
    `"lot":${formatDecimal(lotQty)},"odd_lot":${oddLot},` +
    `"price_max":${formatDecimal(priceMax)},"qty_max":${formatDecimal(orderQtyMax)},` +
    `"state":"${state}",` +
    `"open_orders":${openCount}}`
  );
}

export function encodeInstruments(rows: readonly InstrumentStateRow[]): string {
  return `{"instruments":[${rows.map(encodeInstrument).join(",")}]}`;
}

function balancesJson(rows: readonly OperatorBalanceRow[]): string {
  return `{${rows.map(balanceJson).join(",")}}`;
}

function balanceJson({ name, settled, incoming, outgoing, reserved, total }: OperatorBalanceRow) {
  const figures = { settled, incoming, outgoing, reserved, total };
  const members = Object.entries(figures).map(([key, units]) => `"${key}":${formatDecimal(units)}`);
  return `${jsonString(name)}:{${members.join(",")}}`;
}

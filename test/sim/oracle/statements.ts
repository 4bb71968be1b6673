/**
 * What accounts are told of the money that they moved: a row for each fill, and the lines of their
 * statements, as the wire shows them. Balances are lines added up, from the opening on.
 */
import type { BalanceAdjusted } from "../../../packages/core/src/model/index.ts";
import type { Key, StatementFilter } from "../clients/requests.ts";
import { DAY_MS, dateOf, exchangeOf, tradeDay } from "./days.ts";
import {
  ALL_INSTRUMENTS,
  decimal,
  instrumentOf,
  ONE,
  OPENING,
  settlementDay,
  type Units,
} from "./money.ts";
import type { Told } from "./orders.ts";

export type StatementRow = Readonly<Record<string, string | number>>;
export type StatementKind = "executions" | "transactions";

/** What one event of the journal has moved. */
interface Booking {
  /** Where the journal has the event. */
  readonly seq: number;
  /** Message of the account's stream that tells of it; 0: none does. */
  readonly streamSeq: number;
  /** Null: it is no fill. */
  readonly execution: StatementRow | null;
  /** In the order in which they were made. */
  readonly lines: readonly StatementRow[];
}

/** Where in the journal, and when by the exchange's clock. */
export interface Place {
  readonly seq: number;
  readonly atMs: number;
}

const CASH: ReadonlySet<string> = new Set(["HKD", "USD", "USDT"]);

export class Statements {
  readonly #bookings = new Map<string, Booking[]>();
  readonly #balances = new Map<string, Units>();
  readonly #hasHolidays: boolean;

  constructor(hasHolidays: boolean) {
    this.#hasHolidays = hasHolidays;
  }

  opened(account: string, place: Place): void {
    const assets = [...OPENING];
    const lines = assets.map(([asset, units], index) => {
      return this.#houseLine(account, place, { asset, units, index, cause: "opening" });
    });
    this.#of(account).push({ seq: place.seq, streamSeq: 0, execution: null, lines });
  }

  adjusted({ account, asset, reason, units }: BalanceAdjusted, place: Place): void {
    const line = { asset: asset.name, units, index: 0, cause: "adjustment", remarks: reason };
    const lines = [this.#houseLine(account, place, line)];
    this.#of(account).push({ seq: place.seq, streamSeq: 0, execution: null, lines });
  }

  /** The journal has it no more up to there; balances stay. */
  cut(seq: number): void {
    for (const [account, bookings] of this.#bookings) {
      const left = bookings.filter((booking) => booking.seq > seq);
      this.#bookings.set(account, left);
    }
  }

  /** A message that tells of a fill; `paid` is what the order was charged before it. */
  filled(told: Told, streamSeq: number, paid: Units, place: Place): void {
    const { last_qty: qty, last_price: price, exec_id, account_code: account } = told;
    if (qty === null || price === null || exec_id === null) return;
    const { currency } = instrumentOf(told.symbol);
    const amount = (qty * price) / ONE;
    const charge = told.charge - paid;
    const { order_no, reference_id, market, symbol, order_side, portfolio_id } = told;
    const execution = {
      exec_id,
      ...{ order_no, reference_id, market, symbol, order_side },
      last_qty: shown(qty),
      last_price: shown(price),
      last_amount: shown(amount),
      charge: shown(charge),
      base_currency: currency,
      portfolio_id,
      trade_time: Math.floor(place.atMs / 1000),
    };
    const sign = order_side === "buy" ? -1n : 1n;
    const value = { amt: sign * amount, qty: -sign * qty, price };
    const lines = [
      this.#tradeLine(told, place, 1, { ...value, sub: order_side }),
      ...(charge === 0n
        ? []
        : [this.#tradeLine(told, place, 2, { amt: -charge, qty: 0n, price: 0n, sub: "charge" })]),
    ];
    // What it moved of the product has no line: the next one of the product shows it.
    this.#add(account, instrumentOf(told.symbol).product, -sign * qty);
    this.#of(account).push({ seq: place.seq, streamSeq, execution, lines });
  }

  /** What the last line of the asset says that the account has. */
  balance(account: string, asset: string): Units {
    return this.#balances.get(`${account} ${asset}`) ?? 0n;
  }

  /** Some row of it, to ask for those like it. */
  rows(account: string, kind: StatementKind): StatementRow[] {
    return rowsOf(this.#of(account), kind);
  }

  /** What is wrong with a page that a client got which had seen so much of its stream, or null. */
  problem(asked: Asked, data: StatementPage, knownSeq: number): string | null {
    const bookings = this.#of(asked.key.account);
    const isSeen = ({ streamSeq }: Booking) => streamSeq > 0 && streamSeq <= knownSeq;
    const least = bookings.findLastIndex(isSeen) + 1;
    let problem: string | null = "there is no such moment";
    for (let count = least; count <= bookings.length && problem !== null; count += 1) {
      problem = pageProblem(asked, data, bookings.slice(0, count));
    }
    return problem;
  }

  #of(account: string): Booking[] {
    const found = this.#bookings.get(account) ?? [];
    this.#bookings.set(account, found);
    return found;
  }

  #tradeLine(told: Told, { seq, atMs }: Place, index: number, moved: Moved): StatementRow {
    const { market, order_no, symbol, account_code: account } = told;
    const { currency, product } = instrumentOf(symbol);
    const day = tradeDay(exchangeOf(market), atMs);
    return {
      ...EMPTY_LINE,
      id: `${seq}-${index}`,
      account_id: account,
      tran_type: "cash",
      date: dateOf(day),
      sett_date: dateOf(settlementDay(market, atMs, this.#hasHolidays) ?? day),
      base_currency: currency,
      market,
      product_code: product,
      price: shown(moved.price),
      qty: shown(moved.qty),
      amt: shown(moved.amt),
      balance: shown(this.#add(account, currency, moved.amt)),
      io_type: moved.amt > 0n ? "in" : "out",
      business_type: "trade",
      business_sub_type: moved.sub,
      order_no,
    };
  }

  #houseLine(account: string, { seq, atMs }: Place, given: Given): StatementRow {
    const { asset, units, index, cause, remarks = "" } = given;
    const isCash = CASH.has(asset);
    const traded = HOUSE_PRODUCTS.find(({ product }) => product === asset);
    const date = dateOf(Math.floor(atMs / DAY_MS));
    return {
      ...EMPTY_LINE,
      id: `${seq}-${index + 1}`,
      account_id: account,
      tran_type: isCash ? "cash" : "holding",
      date,
      sett_date: date,
      base_currency: isCash ? asset : (traded?.currency ?? ""),
      market: traded?.market ?? "",
      product_code: isCash ? "" : asset,
      qty: isCash ? 0 : shown(units),
      amt: isCash ? shown(units) : 0,
      balance: shown(this.#add(account, asset, units)),
      io_type: units > 0n ? "in" : "out",
      remarks,
      business_type: cause,
    };
  }

  #add(account: string, asset: string, units: Units): Units {
    const balance = this.balance(account, asset) + units;
    this.#balances.set(`${account} ${asset}`, balance);
    return balance;
  }
}

interface Moved {
  readonly amt: Units;
  readonly qty: Units;
  readonly price: Units;
  readonly sub: string;
}

interface Given {
  readonly asset: string;
  readonly units: Units;
  readonly index: number;
  readonly cause: string;
  readonly remarks?: string;
}

export interface Asked {
  readonly key: Key;
  readonly kind: StatementKind;
  readonly filter: StatementFilter;
}

export interface StatementPage {
  readonly total_records: number;
  readonly executions?: readonly StatementRow[];
  readonly transactions?: readonly StatementRow[];
}

/** What nobody of the simulation trades is held as well. */
const HOUSE_PRODUCTS = [
  ...ALL_INSTRUMENTS,
  { product: "BTC", symbol: "BTC-USDT", currency: "USDT", market: "crypto" },
] as const;

const EMPTY_LINE = {
  price: 0,
  qty: 0,
  fx_currency: "",
  fx_amt: 0,
  fx_rate: 0,
  remarks: "",
  business_sub_type: "",
  order_no: "",
} as const;

/** Names of products have times of their own. */
const NAME = "product_name";

/** Newest first. */
function rowsOf(bookings: readonly Booking[], kind: StatementKind): StatementRow[] {
  const rows = bookings.flatMap(({ execution, lines }) => {
    if (kind === "transactions") return lines;
    return execution === null ? [] : [execution];
  });
  return rows.reverse();
}

function pageProblem(asked: Asked, data: StatementPage, bookings: readonly Booking[]) {
  const { key, kind, filter } = asked;
  const { page, size, least, most, ...fields } = filter;
  const time = kind === "executions" ? "trade_time" : "date";
  const all = rowsOf(bookings, kind)
    .filter((row) => kind !== "executions" || isOf(key, row))
    .filter((row) => Object.entries(fields).every(([name, value]) => row[name] === value))
    .filter((row) => least === undefined || (row[time] ?? "") >= least)
    .filter((row) => most === undefined || (row[time] ?? "") <= most);
  const meant = all.slice((page - 1) * size, page * size);
  const told = data[kind] ?? [];
  if (data.total_records !== all.length) return `there are ${all.length}`;
  if (told.length !== meant.length) return `${meant.length} are on the page`;
  for (const [index, expected] of meant.entries()) {
    const row = told[index] ?? {};
    const names = new Set([...Object.keys(row), ...Object.keys(expected)]);
    names.delete(NAME);
    for (const name of names) {
      if (row[name] === expected[name]) continue;
      return `${name} of row ${index + 1} is ${row[name]}, not ${expected[name]}`;
    }
  }
  return null;
}

function isOf({ portfolios }: Key, { portfolio_id }: StatementRow): boolean {
  return portfolios === undefined || portfolios.includes(String(portfolio_id));
}

function shown(units: Units): number {
  return Number(decimal(units));
}

/**
 * What accounts have: settled, to be paid and to be got, and what a trade is charged
 * (docs/concepts/money.md). Every due amount is kept by itself and added up when it is asked for.
 */

import { exchangeOf, nextSettlementDay, tradeDay } from "./days.ts";

/** Whole numbers of 10^-8. */
export type Units = bigint;

export const ONE = 100_000_000n;

export interface Instrument {
  readonly symbol: string;
  readonly market: string;
  readonly currency: string;
  readonly product: string;
  readonly tick: Units;
}

export const INSTRUMENTS: readonly Instrument[] = [
  { symbol: "AAPL", market: "usex", currency: "USD", product: "AAPL", tick: ONE / 100n },
  { symbol: "DODO-USDT", market: "crypto", currency: "USDT", product: "DODO", tick: 100n },
  { symbol: "00700", market: "hkex", currency: "HKD", product: "00700", tick: ONE / 100n },
];

/** What an operator may list. Nobody has any of it before. */
export const LISTED: Instrument = {
  symbol: "LATER",
  market: "usex",
  currency: "USD",
  product: "LATER",
  tick: ONE / 20n,
};

/** Nobody trades it, ever. */
export const NOBODYS_SYMBOL = "NONE";

export const ALL_INSTRUMENTS: readonly Instrument[] = [...INSTRUMENTS, LISTED];

export function instrumentOf(symbol: string): Instrument {
  const found = ALL_INSTRUMENTS.find((each) => each.symbol === symbol);
  if (found === undefined) throw new Error(`the model has no instrument ${symbol}`);
  return found;
}

/** What a sandbox account begins with: in the order of its statement. */
const OPENING_ROWS: readonly (readonly [asset: string, units: Units])[] = [
  ["HKD", 100_000_000n * ONE],
  ["USD", 10_000_000n * ONE],
  ["USDT", 10_000_000n * ONE],
  ["00700", 1_000_000n * ONE],
  ["AAPL", 100_000n * ONE],
  ["BTC", 1_000n * ONE],
  ["DODO", 10_000_000n * ONE],
];
export const OPENING: ReadonlyMap<string, Units> = new Map(OPENING_ROWS);

interface Due {
  readonly account: string;
  readonly asset: string;
  /** Above zero to be got, below to be paid. */
  readonly units: Units;
  /** Days since 1970. */
  readonly day: number;
}

export class Money {
  readonly #settled = new Map<string, Units>();
  #due: Due[] = [];
  readonly #emptyAtFirst = new Set<string>();
  /** It is as it was as long as this is. */
  changeCount = 0;

  /** An account that operators open. */
  beginEmpty(account: string): void {
    this.#emptyAtFirst.add(account);
  }

  settled(account: string, asset: string): Units {
    const opening = this.#emptyAtFirst.has(account) ? 0n : (OPENING.get(asset) ?? 0n);
    return this.#settled.get(`${account} ${asset}`) ?? opening;
  }

  toPay(account: string, asset: string): Units {
    return -this.#dueSum(account, asset, (units) => units < 0n);
  }

  toGet(account: string, asset: string): Units {
    return this.#dueSum(account, asset, (units) => units > 0n);
  }

  total(account: string, asset: string): Units {
    return this.settled(account, asset) + this.#dueSum(account, asset, () => true);
  }

  /** At once. */
  add(account: string, asset: string, units: Units): void {
    this.#settled.set(`${account} ${asset}`, this.settled(account, asset) + units);
    this.changeCount += 1;
  }

  addDue(account: string, asset: string, units: Units, day: number): void {
    this.#due.push({ account, asset, units, day });
    this.changeCount += 1;
  }

  /** What is due on the day or before it changes hands. */
  settle(day: number): void {
    for (const due of this.#due) if (due.day <= day) this.add(due.account, due.asset, due.units);
    this.#due = this.#due.filter((due) => due.day > day);
  }

  #dueSum(account: string, asset: string, isIn: (units: Units) => boolean): Units {
    let sum = 0n;
    for (const due of this.#due) {
      if (due.account === account && due.asset === asset && isIn(due.units)) sum += due.units;
    }
    return sum;
  }
}

/** The day on which a trade of that time changes hands; null: at once. */
export function settlementDay(market: string, atMs: number, hasHolidays: boolean): number | null {
  const exchange = exchangeOf(market);
  if (exchange === "crypto") return null;
  const next = (after: number) => nextSettlementDay(exchange, after, hasHolidays);
  const day = tradeDay(exchange, atMs);
  return exchange === "usex" ? next(day) : next(next(day));
}

/** docs/concepts/money.md, Charges: on all that an order has traded. */
export function chargeOn(market: string, side: "buy" | "sell", amount: Units): Units {
  if (amount === 0n) return 0n;
  if (exchangeOf(market) === "crypto") return divideUp(amount, 1_000n);
  const cent = 1_000_000n;
  const toTheCent = (parts: bigint) => ((amount * parts) / 10_000_000n + cent / 2n) / cent;
  const commission = toTheCent(3_000n);
  if (market === "hkex") {
    const levies = [270n, 15n, 565n, 420n].reduce((sum, parts) => sum + toTheCent(parts), 0n);
    const stampDuty = divideUp(amount, 1_000n * ONE) * 100n;
    return ((commission < 300n ? 300n : commission) + levies + stampDuty) * cent;
  }
  const least = 99n;
  const fee = side === "sell" ? divideUp(amount * 278n, 10_000_000n * cent) : 0n;
  return ((commission < least ? least : commission) + fee) * cent;
}

function divideUp(amount: Units, by: bigint): Units {
  return (amount + by - 1n) / by;
}

/** `"123.45"` of units. */
export function decimal(units: Units): string {
  const sign = units < 0n ? "-" : "";
  const digits = (units < 0n ? -units : units).toString().padStart(9, "0");
  const fraction = digits.slice(-8).replace(/0+$/, "");
  return `${sign}${digits.slice(0, -8)}${fraction === "" ? "" : `.${fraction}`}`;
}

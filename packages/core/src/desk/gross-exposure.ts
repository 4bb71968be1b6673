/** What an account is exposed to in a currency, added up over its products. Nothing nets out. */
import { assert } from "../assert.ts";
import { productExposure, type Working } from "../limits/exposure.ts";
import { type Amount, ONE, type Price, ZERO_PRICE } from "../model/decimal.ts";
import type { Account } from "../model/ids.ts";
import type { Instrument } from "../model/instrument.ts";
import type { Desk } from "./desk.ts";

/** An account's open orders in one product, as they would be. */
export interface WorkingChange {
  readonly product: string;
  readonly working: Working;
}

/** Of a symbol that trades a product; null where nobody knows. */
export interface ExposurePrices {
  /** Of the last trade. */
  readonly markPx: (symbol: string) => Price | null;
  /** What the market pays. */
  readonly sellPx: (symbol: string) => Price | null;
}

/**
 * Holdings count at their mark, at what they cost where there is none; open orders at their own
 * prices, sells without one at what the market pays. Of a product that trades under several symbols
 * the first mark counts, and the most that any of their markets pays: which of them an order is in
 * is not known here. Precondition: the account is of this desk.
 */
export function grossExposure(
  desk: Desk,
  account: Account,
  currency: string,
  prices: ExposurePrices,
  change: WorkingChange | null = null,
): Amount {
  const book = desk.book(account);
  assert(book !== null, "the account is open here");
  const money = desk.money(account);
  const products = new Set([...money.names("Holding"), ...book.working.products()]);
  if (change !== null) products.add(change.product);
  let sum = 0n;
  for (const product of products) {
    const instruments = desk.instrumentsOfProduct(product);
    if (instruments[0]?.currency !== currency) continue;
    const { total, grossCost } = money.holding(product);
    const working = change?.product === product ? change.working : book.working.of(product);
    sum += productExposure(
      total,
      firstKnown(instruments, prices.markPx) ?? averagePx(grossCost, total),
      working,
      highestKnown(instruments, prices.sellPx),
    );
  }
  return sum as Amount;
}

function firstKnown(
  instruments: readonly Instrument[],
  pxOf: (symbol: string) => Price | null,
): Price | null {
  for (const { symbol } of instruments) {
    const px = pxOf(symbol);
    if (px !== null) return px;
  }
  return null;
}

function highestKnown(
  instruments: readonly Instrument[],
  pxOf: (symbol: string) => Price | null,
): Price {
  let highest = ZERO_PRICE;
  for (const { symbol } of instruments) {
    const px = pxOf(symbol);
    if (px !== null && px > highest) highest = px;
  }
  return highest;
}

function averagePx(cost: bigint, qty: bigint): Price {
  return (qty === 0n ? 0n : (cost * ONE) / qty) as Price;
}

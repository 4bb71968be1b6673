/** What an account is exposed to in a currency, added up over its products. Nothing nets out. */
import { assert } from "../assert.ts";
import { productExposure, type Working } from "../limits/exposure.ts";
import { type Amount, ONE, type Price, ZERO_PRICE } from "../model/decimal.ts";
import type { Account } from "../model/ids.ts";
import type { Desk } from "./desk.ts";

/** An account's open orders in one product, as they would be. */
export interface WorkingChange {
  readonly product: string;
  readonly working: Working;
}

/** Of the symbol that trades a product; null where nobody knows. */
export interface ExposurePrices {
  /** Of the last trade. */
  markPx(symbol: string): Price | null;
  /** What the market pays. */
  sellPx(symbol: string): Price | null;
}

/**
 * Holdings count at their mark, at what they cost where there is none; open orders at their own
 * prices, sells without one at what the market pays. Precondition: the account is of this desk.
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
    const instrument = desk.instrumentOfProduct(product);
    if (instrument === null || instrument.currency !== currency) continue;
    const { total, grossCost } = money.holding(product);
    const working = change?.product === product ? change.working : book.working.of(product);
    sum += productExposure(
      total,
      prices.markPx(instrument.symbol) ?? averagePx(grossCost, total),
      working,
      prices.sellPx(instrument.symbol) ?? ZERO_PRICE,
    );
  }
  return sum as Amount;
}

function averagePx(cost: bigint, qty: bigint): Price {
  return (qty === 0n ? 0n : (cost * ONE) / qty) as Price;
}

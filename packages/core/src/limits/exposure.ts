/**
 * What open orders may come to, and what an account is exposed to with them. Pure: the totals are
 * a function of the open orders, kept up with each change so that nobody has to add them up.
 */
import { assert } from "../assert.ts";
import { type Amount, amountOf, ONE, type Price, ZERO_PRICE } from "../model/decimal.ts";
import { Side } from "../model/enums.ts";
import type { Order } from "../model/order.ts";
import { leavesQty } from "../order/order.ts";

/** The open orders of one account in one product. */
export interface Working {
  readonly buyQty: bigint;
  readonly buyAmt: bigint;
  readonly sellQty: bigint;
  /** Of the sells that have a price. */
  readonly sellAmt: bigint;
  /** Sells at any price, which are worth what the market pays. */
  readonly unpricedSellQty: bigint;
}

export const NOTHING_WORKING: Working = {
  buyQty: 0n,
  buyAmt: 0n,
  sellQty: 0n,
  sellAmt: 0n,
  unpricedSellQty: 0n,
};

/**
 * The price that an order is valued at: its own, else its collar, else its trigger. Zero for a sell
 * at any price, which takes what the market pays.
 */
export function valuationPx({ price, protectionPx, stopPx }: Order): Price {
  if (price > 0n) return price;
  return protectionPx > 0n ? protectionPx : stopPx;
}

/** The totals after an order changed; null is an order that is not open yet. */
export function workingAfter(working: Working, before: Order | null, after: Order): Working {
  const qty = leavesQty(after) - (before === null ? 0n : leavesQty(before));
  const amt = openAmt(after) - (before === null ? 0n : openAmt(before));
  if (after.side === Side.Buy) {
    return { ...working, buyQty: working.buyQty + qty, buyAmt: working.buyAmt + amt };
  }
  const unpricedQty = valuationPx(after) === ZERO_PRICE ? qty : 0n;
  return {
    ...working,
    sellQty: working.sellQty + qty,
    sellAmt: working.sellAmt + amt,
    unpricedSellQty: working.unpricedSellQty + unpricedQty,
  };
}

/** Totals of open orders by product. Owned by the desk, for one account. */
export class WorkingTotals {
  readonly #byProduct = new Map<string, Working>();

  of(product: string): Working {
    return this.#byProduct.get(product) ?? NOTHING_WORKING;
  }

  products(): Iterable<string> {
    return this.#byProduct.keys();
  }

  /** Takes in a change of an order. `before` is null for one that opens. */
  change(product: string, before: Order | null, after: Order): void {
    const changed = workingAfter(this.of(product), before, after);
    const isSound = changed.buyQty >= 0n && changed.sellQty >= 0n;
    assert(isSound, "open orders never add up to less than nothing");
    if (changed.buyQty === 0n && changed.sellQty === 0n) this.#byProduct.delete(product);
    else this.#byProduct.set(product, changed);
  }
}

/**
 * The most that an account may come to be worth in one product, long or short, in its currency:
 * what it holds and everything that adds to it. Orders that only reduce what is held, sells of a
 * holding and buys that cover a short one, add nothing. `sellPx` is what the market pays.
 */
export function productExposure(
  heldQty: bigint,
  markPx: bigint,
  working: Working,
  sellPx: bigint,
): Amount {
  const heldAmt = ((heldQty < 0n ? -heldQty : heldQty) * markPx) / ONE;
  const { buyQty, buyAmt, sellQty, unpricedSellQty } = working;
  const sellAmt = working.sellAmt + (unpricedSellQty * sellPx) / ONE;
  const long = heldQty >= 0n ? heldAmt + buyAmt : uncovered(buyQty, buyAmt, -heldQty);
  const short = heldQty > 0n ? uncovered(sellQty, sellAmt, heldQty) : heldAmt + sellAmt;
  return (long > short ? long : short) as Amount;
}

/** The part of the amount that goes beyond what the quantity covers. */
function uncovered(qty: bigint, amt: bigint, coveredQty: bigint): bigint {
  return qty > coveredQty ? (amt * (qty - coveredQty)) / qty : 0n;
}

/** What is left of the order to trade; nothing of one that is closed. */
function openAmt(order: Order): bigint {
  return amountOf(valuationPx(order), leavesQty(order));
}

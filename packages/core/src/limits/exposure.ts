/**
 * What open orders may come to, and what an account is exposed to with them. Pure: the totals are
 * a function of the open orders, kept up with each change so that nobody has to add them up.
 */
import { assert } from "../assert.ts";
import {
  type Amount,
  amountOf,
  ONE,
  type Price,
  type Qty,
  ZERO_PRICE,
  ZERO_QTY,
} from "../model/decimal.ts";
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
  const changed = { ...working };
  addChange(changed, before, after);
  return changed;
}

/** Totals that are kept up in place. */
type KeptWorking = { -readonly [Total in keyof Working]: Working[Total] };

function addChange(working: KeptWorking, before: Order | null, after: Order): void {
  const qtyBefore = before === null ? ZERO_QTY : leavesQty(before);
  const qtyAfter = leavesQty(after);
  const qty = qtyAfter - qtyBefore;
  const amt = openAmt(after, qtyAfter) - (before === null ? 0n : openAmt(before, qtyBefore));
  if (after.side === Side.Buy) {
    working.buyQty += qty;
    working.buyAmt += amt;
    return;
  }
  working.sellQty += qty;
  working.sellAmt += amt;
  if (valuationPx(after) === ZERO_PRICE) working.unpricedSellQty += qty;
}

/** Totals of open orders by product. Owned by the desk, for one account. */
export class WorkingTotals {
  readonly #byProduct = new Map<string, KeptWorking>();

  /** As they are now: a later change is seen in them. */
  of(product: string): Working {
    return this.#byProduct.get(product) ?? NOTHING_WORKING;
  }

  products(): Iterable<string> {
    return this.#byProduct.keys();
  }

  /** Takes in a change of an order. `before` is null for one that opens. */
  change(product: string, before: Order | null, after: Order): void {
    const known = this.#byProduct.get(product);
    const working = known ?? { ...NOTHING_WORKING };
    addChange(working, before, after);
    const { buyQty, sellQty } = working;
    assert(buyQty >= 0n && sellQty >= 0n, "open orders never add up to less than nothing");
    if (buyQty === 0n && sellQty === 0n) this.#byProduct.delete(product);
    else if (known === undefined) this.#byProduct.set(product, working);
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

/** What is left of the order to trade, of which that is the quantity. */
function openAmt(order: Order, qty: Qty): bigint {
  return qty === 0n ? 0n : amountOf(valuationPx(order), qty);
}

/** What an order costs: what it holds back while it works, and what each fill of it is charged. */
import { assert } from "../assert.ts";
import {
  type Amount,
  amountOf,
  ONE,
  type Price,
  ZERO_AMOUNT,
  ZERO_PRICE,
} from "../model/decimal.ts";
import { Side } from "../model/enums.ts";
import type { Asset } from "../model/event.ts";
import type { Instrument } from "../model/instrument.ts";
import type { Order } from "../model/order.ts";
import { ORD_TYPES } from "../order/ord-types.ts";
import { isWorking, leavesQty } from "../order/order.ts";
import { chargeOn, type FeeTable } from "./fee-table.ts";

/** The asset that an order of this side gives, and so holds back. */
export function reservedAsset(side: Side, { currency, product }: Instrument): Asset {
  return side === Side.Buy
    ? { assetClass: "Cash", name: currency }
    : { assetClass: "Holding", name: product };
}

/**
 * What an order holds back of that asset: cash for the open part of a buy and all its charges, the
 * open part itself of a sell; zero once nothing of it works.
 */
export function reservedUnits(order: Order): bigint {
  return order.side === Side.Buy ? order.reservedAmt : leavesQty(order);
}

/**
 * Cash that the open part of a buy can take at most: LeavesQty at its worst price, and the charges
 * on everything then traded less those already paid. A fill at that price or a better one never
 * takes more than it sets free.
 */
export function reservationOf(order: Order, instrument: Instrument, feeTable: FeeTable): Amount {
  if (order.side === Side.Sell || !isWorking(order)) return ZERO_AMOUNT;
  const worstAmt = amountOf(worstPrice(order), leavesQty(order));
  const grossTradeAmt = (order.grossTradeAmt + worstAmt) as Amount;
  const charges = chargeOn(feeTable, instrument.marketGroup, order.side, grossTradeAmt);
  const chargesLeft = charges > order.chargeAmt ? charges - order.chargeAmt : 0n;
  return (worstAmt + chargesLeft) as Amount;
}

/**
 * All charges of an order after a fill, from the order before it: those on the whole traded amount,
 * except that a sale is never charged more than it brings. What one fill of a sell cannot pay, the
 * order's later fills do; so a sale never takes cash.
 */
export function chargesAfterFill(
  before: Order,
  fillAmt: Amount,
  instrument: Instrument,
  feeTable: FeeTable,
): Amount {
  const grossTradeAmt = (before.grossTradeAmt + fillAmt) as Amount;
  const charges = chargeOn(feeTable, instrument.marketGroup, before.side, grossTradeAmt);
  // A table may have fallen since the order's last fill: what was paid stays paid.
  if (charges <= before.chargeAmt) return before.chargeAmt;
  if (before.side === Side.Buy) return charges;
  return lesserOf(charges, before.chargeAmt + fillAmt) as Amount;
}

/** The worst price a buy may trade at. */
export function worstPrice(order: Pick<Order, "ordType" | "price" | "protectionPx">): Price {
  return ORD_TYPES[order.ordType].priced ? order.price : order.protectionPx;
}

/**
 * The collar of a buy without a price; zero for every other order. It lies so far above the price
 * that the order starts from: a stop order's trigger, else the reference price. With neither offers
 * nor trades there is no such price and nothing to trade with: the lowest price there is.
 */
export function protectionPxOf(
  terms: Pick<Order, "ordType" | "side" | "stopPx">,
  referencePx: Price | null,
  instrument: Instrument,
  collarRatio: bigint,
): Price {
  const { priced, stop } = ORD_TYPES[terms.ordType];
  if (priced || terms.side === Side.Sell) return ZERO_PRICE;
  const { priceTick, priceMax } = instrument;
  const startPx = stop ? terms.stopPx : (referencePx ?? priceTick);
  assert(startPx > 0n, "a price that an order starts from is positive");
  const above = (startPx * (ONE + collarRatio)) / ONE;
  // A trade under a finer tick may have left a price below the first one. Zero would be no collar.
  if (above < priceTick) return priceTick;
  return lesserOf(above - (above % priceTick), priceMax) as Price;
}

export function lesserOf(one: bigint, other: bigint): bigint {
  if (one < other) return one;
  return other;
}

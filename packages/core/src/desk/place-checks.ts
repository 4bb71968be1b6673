/**
 * What the desk asks of an order's terms before the venue sees them, in the order of
 * REFUSAL_NAMES: the same questions for a new order and for the new terms of an open one.
 */
import type { PlaceRequest } from "../model/command.ts";
import { formatDecimal, ONE, type Price, type Qty } from "../model/decimal.ts";
import { OrdType, Side, TimeInForce } from "../model/enums.ts";
import { hasWholeUnits, type Instrument } from "../model/instrument.ts";
import type { Order } from "../model/order.ts";
import { type Refusal, type RefusalName, refuse } from "../model/refusal.ts";
import { ORD_TYPES } from "../order/ord-types.ts";

/** What an order asks for, as sent: figures are any decimal, null for one not sent. */
export type OrderFigures = Pick<
  PlaceRequest,
  "ordType" | "timeInForce" | "price" | "stopPx" | "orderQty"
>;

/** The first reason why the order cannot be placed, money apart, or null. */
export function placeRefusal(
  request: PlaceRequest,
  instrument: Instrument | undefined,
  ordTypes: ReadonlySet<OrdType>,
): Refusal | null {
  if (instrument === undefined || !instrument.markets.includes(request.market)) {
    return unlistedRefusal(request, instrument);
  }
  return ordTypeRefusal(request, ordTypes) ?? figuresRefusal(request, instrument);
}

/** The symbol is not on the market that was named; says where it is, if it is anywhere. */
export function unlistedRefusal(
  { symbol, market }: Pick<PlaceRequest, "symbol" | "market">,
  instrument: Instrument | undefined,
): Refusal {
  if (instrument === undefined) {
    return refuse("UNKNOWN_SYMBOL", `symbol ${symbol} is not traded on any market`);
  }
  const { markets } = instrument;
  const details = `symbol ${symbol} is not traded on ${market}, but on ${markets.join(", ")}`;
  return { ...refuse("UNKNOWN_SYMBOL", details), markets };
}

/** Why a quantity cannot be estimated for this price: a buy needs one, a sell does without. */
export function tradableRefusal(
  side: Side,
  price: bigint | null,
  instrument: Instrument,
): Refusal | null {
  if (side === Side.Sell && price === null) return null;
  return gridRefusal("PRICE", "price", price, instrument);
}

/** The first reason why an order cannot have these figures, or null. */
export function figuresRefusal(figures: OrderFigures, instrument: Instrument): Refusal | null {
  return (
    priceRefusal(figures, instrument) ??
    triggerRefusal(figures, instrument) ??
    qtyRefusal(figures, instrument)
  );
}

/** The first reason why an order of earlier terms could not be placed under these, or null. */
export function standingRefusal(order: Order, instrument: Instrument): Refusal | null {
  const { priced, stop } = ORD_TYPES[order.ordType];
  const { ordType, timeInForce, orderQty } = order;
  const [price, stopPx] = [priced ? order.price : null, stop ? order.stopPx : null];
  const isProtectionOff = order.protectionPx % instrument.priceTick !== 0n;
  return (
    figuresRefusal({ ordType, timeInForce, orderQty, price, stopPx }, instrument) ??
    (isProtectionOff ? refuse("PRICE_OFF_TICK", "its collar is not on the tick") : null)
  );
}

/** The figure of terms that were checked; zero where the order type has none. */
export function checkedPrice(price: bigint | null): Price {
  return (price ?? 0n) as Price;
}

export function checkedQty({ orderQty }: OrderFigures): Qty {
  return orderQty as Qty;
}

function ordTypeRefusal(
  { ordType, timeInForce }: PlaceRequest,
  ordTypes: ReadonlySet<OrdType>,
): Refusal | null {
  if (!ordTypes.has(ordType)) {
    return refuse("ORD_TYPE_UNAVAILABLE", "this venue does not take this order type");
  }
  if (ORD_TYPES[ordType].timesInForce.includes(timeInForce)) return null;
  return refuse("TIME_IN_FORCE_NOT_TAKEN", "this order type does not take this time in force");
}

function priceRefusal({ ordType, price }: OrderFigures, instrument: Instrument): Refusal | null {
  if (ORD_TYPES[ordType].priced) return gridRefusal("PRICE", "price", price, instrument);
  if (price === null) return null;
  return refuse("PRICE_NOT_TAKEN", "this order type has no price: leave price out or send 0");
}

function triggerRefusal({ ordType, stopPx }: OrderFigures, instrument: Instrument): Refusal | null {
  if (ORD_TYPES[ordType].stop) {
    return gridRefusal("TRIGGER_PRICE", "trigger_price", stopPx, instrument);
  }
  if (stopPx === null) return null;
  return refuse(
    "TRIGGER_PRICE_NOT_TAKEN",
    "only a stop order has a trigger_price: leave it out or send 0",
  );
}

function gridRefusal(
  subject: "PRICE" | "TRIGGER_PRICE",
  field: string,
  price: bigint | null,
  { priceTick, priceMax }: Instrument,
): Refusal | null {
  const refused = (fault: "NOT_POSITIVE" | "OUT_OF_RANGE" | "OFF_TICK"): RefusalName =>
    `${subject}_${fault}`;
  if (price === null || price <= 0n) {
    return refuse(refused("NOT_POSITIVE"), `${field} must be a decimal greater than 0`);
  }
  if (price > priceMax) {
    return refuse(refused("OUT_OF_RANGE"), `${field} must be at most ${formatDecimal(priceMax)}`);
  }
  if (price % priceTick !== 0n) {
    const tick = formatDecimal(priceTick);
    return refuse(refused("OFF_TICK"), `${field} must be a multiple of the tick ${tick}`);
  }
  return null;
}

function qtyRefusal(figures: OrderFigures, instrument: Instrument): Refusal | null {
  const { orderQty } = figures;
  const { lotQty, orderQtyMax } = instrument;
  if (orderQty === 0n) return refuse("QTY_ZERO", "qty is 0: send a quantity greater than 0");
  if (orderQty < 0n) return refuse("QTY_NEGATIVE", "qty must be greater than 0");
  if (hasWholeUnits(instrument) && orderQty < ONE) {
    return refuse("QTY_BELOW_ONE", `${instrument.symbol} trades in whole units`);
  }
  if (orderQty % lotQty !== 0n) return offLotRefusal(figures, instrument);
  if (orderQty > orderQtyMax) {
    return refuse("QTY_OUT_OF_RANGE", `qty must be at most ${formatDecimal(orderQtyMax)}`);
  }
  return null;
}

/**
 * Why a quantity off the board lot is refused, or null. Where the market takes odd lots, one is
 * less than a board lot, a multiple of the odd-lot step, and a limit order that may rest, as in
 * Hong Kong's odd lot market.
 */
function offLotRefusal(figures: OrderFigures, { lotQty, oddLotQty }: Instrument): Refusal | null {
  const { ordType, timeInForce, orderQty } = figures;
  const lot = formatDecimal(lotQty);
  if (oddLotQty === null) return refuse("QTY_OFF_LOT", `qty must be a multiple of the lot ${lot}`);
  if (orderQty % oddLotQty !== 0n) {
    const step = formatDecimal(oddLotQty);
    return refuse("ODD_LOT_TOO_FINE", `qty must be a multiple of ${step}`, step);
  }
  if (orderQty > lotQty) {
    const details = `qty must be a multiple of the lot ${lot}, or an odd lot below it`;
    return refuse("ODD_LOT_OUT_OF_RANGE", details, lot);
  }
  if (ordType !== OrdType.Limit) {
    return refuse("ODD_LOT_ORD_TYPE", `below the lot ${lot} only limit orders are taken`);
  }
  if (timeInForce === TimeInForce.Day || timeInForce === TimeInForce.GoodTillCancel) return null;
  return refuse("ODD_LOT_TIME_IN_FORCE", `below the lot ${lot} an order is for day or gtc`);
}

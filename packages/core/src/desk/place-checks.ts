/**
 * What the desk asks of a new order before the venue sees it, in the order the answers take
 * precedence.
 */
import type { PlaceRequest } from "../model/command.ts";
import { formatDecimal, ONE, type Price, type Qty } from "../model/decimal.ts";
import { OrdType } from "../model/enums.ts";
import { hasWholeUnits, type Instrument } from "../model/instrument.ts";
import { type Refusal, refuse } from "../model/refusal.ts";

/** A property of each order type, so that no check branches on the type itself. */
interface OrdTypeSpec {
  readonly available: boolean;
  readonly priced: boolean;
}

export const ORD_TYPES: { readonly [T in OrdType]: OrdTypeSpec } = {
  [OrdType.Limit]: { available: true, priced: true },
  [OrdType.EnhancedLimit]: { available: true, priced: true },
  [OrdType.Market]: { available: true, priced: false },
  [OrdType.StopLimit]: { available: false, priced: true },
  [OrdType.StopMarket]: { available: false, priced: false },
};

/** The first reason why the order cannot be placed, or null. */
export function placeRefusal(
  request: PlaceRequest,
  instrument: Instrument | undefined,
): Refusal | null {
  if (instrument === undefined || !instrument.markets.includes(request.market)) {
    return refuse("UNKNOWN_SYMBOL", `symbol ${request.symbol} is not traded on this market`);
  }
  return (
    ordTypeRefusal(request) ?? priceRefusal(request, instrument) ?? qtyRefusal(request, instrument)
  );
}

function ordTypeRefusal(request: PlaceRequest): Refusal | null {
  if (ORD_TYPES[request.ordType].available) return null;
  return refuse("ORD_TYPE_UNAVAILABLE", "stop orders are not available on this venue");
}

function priceRefusal(request: PlaceRequest, instrument: Instrument): Refusal | null {
  const { price } = request;
  if (!ORD_TYPES[request.ordType].priced) {
    return price === null
      ? null
      : refuse("PRICE_NOT_TAKEN", "this order type has no price: leave price out or send 0");
  }
  if (price === null || price <= 0n) {
    return refuse("PRICE_NOT_POSITIVE", "price must be a decimal greater than 0");
  }
  const { priceTick, priceMax } = instrument;
  if (price > priceMax) {
    return refuse("PRICE_OUT_OF_RANGE", `price must be at most ${formatDecimal(priceMax)}`);
  }
  if (price % priceTick !== 0n) {
    const tick = formatDecimal(priceTick);
    return refuse("PRICE_OFF_TICK", `price must be a multiple of the tick ${tick}`);
  }
  return null;
}

function qtyRefusal(request: PlaceRequest, instrument: Instrument): Refusal | null {
  const { orderQty } = request;
  const { lotQty, orderQtyMax } = instrument;
  if (orderQty === 0n) return refuse("QTY_ZERO", "qty is 0: send a quantity greater than 0");
  if (orderQty < 0n) return refuse("QTY_NEGATIVE", "qty must be greater than 0");
  if (hasWholeUnits(instrument) && orderQty < ONE) {
    return refuse("QTY_BELOW_ONE", `${instrument.symbol} trades in whole units`);
  }
  if (orderQty % lotQty !== 0n) {
    const lot = formatDecimal(lotQty);
    return refuse("QTY_OFF_LOT", `qty must be a multiple of the lot ${lot}`);
  }
  if (orderQty > orderQtyMax) {
    return refuse("QTY_OUT_OF_RANGE", `qty must be at most ${formatDecimal(orderQtyMax)}`);
  }
  return null;
}

/** The checked price of a request; zero for an order type without one. */
export function checkedPrice(request: PlaceRequest): Price {
  return (request.price ?? 0n) as Price;
}

export function checkedQty(request: PlaceRequest): Qty {
  return request.orderQty as Qty;
}

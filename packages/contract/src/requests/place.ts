/**
 * Place requests: syntax only. What an instrument allows (range, tick, lot, sign) is the desk's to
 * say. Order of checks: unknown field, market, order_type, symbol, order_side, price,
 * trigger_price, qty, time_in_force, reference_id, portfolio_id, only_if. The first fault is the
 * answer.
 */

import { type ClOrdId, OrdType, type PlaceRequest, TimeInForce } from "@countermand/core/model";
import { type Fault, fault, isFault } from "../errors.ts";
import { JsonObject, type JsonValue } from "../json-exact.ts";
import { LIMITS } from "../limits.ts";
import { MARKET_WORDS, ORDER_SIDE_WORDS, ORDER_TYPE_WORDS, TIME_IN_FORCE_WORDS } from "../names.ts";
import { fieldNames } from "../schema/json-schema.ts";
import { PLACE_REQUEST } from "../schema/request-schemas.ts";
import { shown } from "../shown.ts";
import { decodeBatch } from "./cancel.ts";
import {
  decimalField,
  kept,
  notText,
  symbolField,
  textFault,
  textField,
  unknownField,
  wordField,
} from "./fields.ts";
import { decodeRestingOnly } from "./order-naming.ts";

/** One element of a batch: a fault in it never affects the others. */
export interface PlaceElement {
  /** As sent, for the answer; "" when absent or not text. */
  readonly referenceId: string;
  readonly request: PlaceRequest | Fault;
}

const PLACE_FIELDS = fieldNames(PLACE_REQUEST);

/** The body of `POST /trade/v1/orders`. */
export function decodePlace(value: JsonValue): PlaceRequest | Fault {
  if (value instanceof JsonObject) return decodeObject(value);
  return fault("MALFORMED_BODY", "the body must be one JSON object; a batch has a path of its own");
}

/** The body of `POST /trade/v1/orders/batch`. */
export function decodePlaceBatch(value: JsonValue): readonly PlaceElement[] | Fault {
  const objects = decodeBatch(value);
  if (isFault(objects)) return objects;
  return objects.map((object) => ({
    referenceId: textField(object, "reference_id") ?? "",
    request: decodeObject(object),
  }));
}

function decodeObject(object: JsonObject): PlaceRequest | Fault {
  const unknownName = unknownField(object, PLACE_FIELDS);
  if (unknownName !== null) {
    return fault(
      "PLACE_UNKNOWN_FIELD",
      `unknown field ${shown(unknownName)}; an order takes ${PLACE_FIELDS.join(", ")}`,
    );
  }
  const market = wordField(object, "market", MARKET_WORDS, "INVALID_MARKET");
  if (isFault(market)) return market;
  const ordType = wordField(object, "order_type", ORDER_TYPE_WORDS, "INVALID_ORDER_TYPE");
  if (isFault(ordType)) return ordType;
  const symbol = symbolField(object);
  if (isFault(symbol)) return symbol;
  const side = wordField(object, "order_side", ORDER_SIDE_WORDS, "INVALID_SIDE");
  if (isFault(side)) return side;
  const figures = figureFields(object, ordType);
  if (isFault(figures)) return figures;
  const timeInForce = timeInForceField(object);
  if (isFault(timeInForce)) return timeInForce;
  const labels = labelFields(object);
  if (isFault(labels)) return labels;
  const onlyIfResting = conditionField(object, ordType, timeInForce);
  if (isFault(onlyIfResting)) return onlyIfResting;
  const order = { market, symbol, ordType, side, timeInForce, ...figures, ...labels };
  return onlyIfResting ? { ...order, onlyIfResting } : order;
}

function figureFields(
  object: JsonObject,
  ordType: OrdType,
): Pick<PlaceRequest, "orderQty" | "price" | "stopPx"> | Fault {
  const price = priceField(object, ordType);
  if (isFault(price)) return price;
  const stopPx = stopPxField(object, ordType);
  if (isFault(stopPx)) return stopPx;
  const orderQty = decimalField(object, "qty", "MALFORMED_QTY");
  if (orderQty === null) return fault("QTY_MISSING", "qty is required");
  if (isFault(orderQty)) return orderQty;
  return { orderQty, price, stopPx };
}

const UNPRICED: readonly OrdType[] = [OrdType.Market, OrdType.StopMarket, OrdType.Auction];

/** An order at any price takes none, but many programs send one of zero. */
function priceField(object: JsonObject, ordType: OrdType): bigint | null | Fault {
  const price = decimalField(object, "price", "MALFORMED_PRICE");
  if (UNPRICED.includes(ordType)) return price === 0n ? null : price;
  if (price === null) return fault("PRICE_MISSING", "price is required for this order_type");
  return price;
}

function stopPxField(object: JsonObject, ordType: OrdType): bigint | null | Fault {
  const stopPx = decimalField(object, "trigger_price", "MALFORMED_TRIGGER_PRICE");
  if (ordType === OrdType.StopLimit || ordType === OrdType.StopMarket) {
    if (stopPx !== null) return stopPx;
    return fault("TRIGGER_PRICE_MISSING", "trigger_price is required for this order_type");
  }
  if (stopPx === null || stopPx === 0n) return null;
  if (isFault(stopPx)) return stopPx;
  // Dropping it silently would place an order that works at once, which nobody asked for.
  return fault("TRIGGER_PRICE_NOT_TAKEN", "trigger_price is for stop orders only");
}

function timeInForceField(object: JsonObject): TimeInForce | Fault {
  if (textField(object, "time_in_force") === "") return TimeInForce.Day;
  return wordField(object, "time_in_force", TIME_IN_FORCE_WORDS, "INVALID_TIME_IN_FORCE");
}

/** Types of which an order can rest at its price from the moment when it comes in. */
const RESTING_TYPES: readonly OrdType[] = [OrdType.Limit, OrdType.EnhancedLimit];
const RESTING_TIMES: readonly TimeInForce[] = [TimeInForce.Day, TimeInForce.GoodTillCancel];

function conditionField(
  object: JsonObject,
  ordType: OrdType,
  timeInForce: TimeInForce,
): boolean | Fault {
  const onlyIfResting = decodeRestingOnly(object);
  if (isFault(onlyIfResting) || !onlyIfResting) return onlyIfResting;
  if (RESTING_TYPES.includes(ordType) && RESTING_TIMES.includes(timeInForce)) return true;
  const problem = "only a limit order for day or gtc can be sent with only_if resting";
  return fault("PLACE_INVALID_ONLY_IF", problem);
}

function labelFields(object: JsonObject): Pick<PlaceRequest, "clOrdId" | "portfolioId"> | Fault {
  const clOrdId = labelField(object, "reference_id", LIMITS.referenceIdCharactersMax.value);
  if (clOrdId.problem !== null) return fault("INVALID_REFERENCE_ID", clOrdId.problem);
  const portfolioId = labelField(object, "portfolio_id", LIMITS.portfolioIdCharactersMax.value);
  if (portfolioId.problem !== null) return fault("INVALID_PORTFOLIO_ID", portfolioId.problem);
  return { clOrdId: kept(clOrdId.text) as ClOrdId, portfolioId: kept(portfolioId.text) };
}

function labelField(
  object: JsonObject,
  name: string,
  charactersMax: number,
): { readonly text: string; readonly problem: string | null } {
  const text = textField(object, name);
  if (text === null) return { text: "", problem: notText(name, object.get(name)) };
  return { text, problem: textFault(name, text, charactersMax) };
}

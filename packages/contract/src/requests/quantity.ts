/**
 * The quantity estimate: syntax only. Order of checks: unknown field, market, symbol, order_side,
 * price, ratio.
 */

import { type MarketName, ONE, Side } from "@countermand/core/model";
import { type Fault, fault, isFault } from "../errors.ts";
import type { JsonObject, JsonValue } from "../json-exact.ts";
import { MARKET_WORDS, ORDER_SIDE_WORDS } from "../names.ts";
import { fieldNames } from "../schema/json-schema.ts";
import { QUANTITY_REQUEST } from "../schema/request-schemas.ts";
import { decimalField, requestObject, symbolField, wordField } from "./fields.ts";

/** How much of what an account has free could be traded. */
export interface QuantityRequest {
  readonly market: MarketName;
  readonly symbol: string;
  readonly side: Side;
  /** In 10^-8; null for a sell that named none. Zero and negative ones are refused by the desk. */
  readonly price: bigint | null;
  /** In 10^-8: above 0, at most 1. */
  readonly ratio: bigint;
}

const QUANTITY_FIELDS = fieldNames(QUANTITY_REQUEST);

/** The body of `POST /trade/v1/orders/quantity`. */
export function decodeQuantity(value: JsonValue): QuantityRequest | Fault {
  const object = requestObject(value, QUANTITY_FIELDS, "QUANTITY_UNKNOWN_FIELD", "an estimate");
  if (isFault(object)) return object;
  const market = wordField(object, "market", MARKET_WORDS, "INVALID_MARKET");
  if (isFault(market)) return market;
  const symbol = symbolField(object);
  if (isFault(symbol)) return symbol;
  const side = wordField(object, "order_side", ORDER_SIDE_WORDS, "INVALID_SIDE");
  if (isFault(side)) return side;
  const figures = figureFields(object, side);
  return isFault(figures) ? figures : { market, symbol, side, ...figures };
}

function figureFields(
  object: JsonObject,
  side: Side,
): Pick<QuantityRequest, "price" | "ratio"> | Fault {
  const price = priceField(object, side);
  if (isFault(price)) return price;
  const ratio = decimalField(object, "ratio", "INVALID_RATIO");
  if (ratio === null) return fault("INVALID_RATIO", "ratio is required");
  if (isFault(ratio)) return ratio;
  if (ratio > 0n && ratio <= ONE) return { price, ratio };
  return fault("INVALID_RATIO", "ratio must be above 0 and at most 1");
}

/** Holdings are sold by the piece, so a sell needs no price; many programs send one of zero. */
function priceField(object: JsonObject, side: Side): bigint | null | Fault {
  const price = decimalField(object, "price", "MALFORMED_PRICE");
  if (side === Side.Sell) return price === 0n ? null : price;
  return price ?? fault("PRICE_MISSING", "price is required to estimate a buy");
}

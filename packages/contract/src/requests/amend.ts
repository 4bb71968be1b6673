/**
 * Amend requests: syntax only. Whether the order can have the new figures is the desk's to say.
 * Order of checks: unknown field, what order-naming.ts checks, price, trigger_price, qty.
 */

import type { AmendRequest } from "@countermand/core/model";
import { type Fault, fault, isFault } from "../errors.ts";
import { JsonObject, type JsonValue } from "../json-exact.ts";
import { fieldNames } from "../schema/json-schema.ts";
import { AMEND_REQUEST } from "../schema/request-schemas.ts";
import { shown } from "../shown.ts";
import { decimalField, unknownField } from "./fields.ts";
import { decodeAmendNaming } from "./order-naming.ts";

const AMEND_FIELDS = fieldNames(AMEND_REQUEST);

/** The body of `PUT /trade/v1/orders`. One that changes nothing is for the desk to refuse. */
export function decodeAmend(value: JsonValue): AmendRequest | Fault {
  if (!(value instanceof JsonObject)) {
    return fault("MALFORMED_BODY", "the body must be one JSON object: orders are amended singly");
  }
  const unknownName = unknownField(value, AMEND_FIELDS);
  if (unknownName !== null) {
    const names = AMEND_FIELDS.join(", ");
    const details = `unknown field ${shown(unknownName)}; an amend takes ${names}`;
    return fault("AMEND_UNKNOWN_FIELD", details);
  }
  const naming = decodeAmendNaming(value);
  if (isFault(naming)) return naming;
  const figures = figureFields(value);
  return isFault(figures) ? figures : { ...naming, ...figures };
}

function figureFields(
  object: JsonObject,
): Pick<AmendRequest, "price" | "stopPx" | "orderQty"> | Fault {
  const price = decimalField(object, "price", "MALFORMED_PRICE");
  if (isFault(price)) return price;
  const stopPx = decimalField(object, "trigger_price", "MALFORMED_TRIGGER_PRICE");
  if (isFault(stopPx)) return stopPx;
  const orderQty = decimalField(object, "qty", "MALFORMED_QTY");
  if (isFault(orderQty)) return orderQty;
  return { price, stopPx, orderQty };
}

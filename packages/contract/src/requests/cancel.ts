/**
 * Cancel requests in all their forms. Order of checks inside one request: unknown field, then what
 * order-naming.ts checks.
 */
import { type Fault, fault, IDENTIFIER_INVALID, isFault } from "../errors.ts";
import { JsonObject, type JsonValue } from "../json-exact.ts";
import { LIMITS } from "../limits.ts";
import { shown } from "../shown.ts";
import { kept, textField, unknownField } from "./fields.ts";
import {
  decodeNaming,
  decodeNamingValues,
  malformedIdentifier,
  NAMING_FIELDS,
  type OrderNaming,
  orderNoTarget,
  UNCONDITIONAL,
} from "./order-naming.ts";
import { decodePercent, nameQuery, parseQuery } from "./query-string.ts";

/** A cancel: which order, and the conditions under which it is still wanted. */
export type CancelRequest = OrderNaming;

/** One element of a batch: a fault in it never affects the others. */
export interface CancelElement {
  /** As sent, for the answer; "" when absent or not text. */
  readonly orderNo: string;
  /** As sent, for the answer; "" when absent or not text. */
  readonly referenceId: string;
  readonly request: CancelRequest | Fault;
}

/** The body of `DELETE /trade/v1/orders` and of its POST alias. */
export function decodeCancel(value: JsonValue): CancelRequest | Fault {
  if (value instanceof JsonObject) return decodeObject(value);
  return fault(
    "MALFORMED_BODY",
    `${IDENTIFIER_INVALID}: the body must be one JSON object; a batch has a path of its own`,
  );
}

/** The body of `DELETE /trade/v1/orders/batch` and of its POST alias. */
export function decodeCancelBatch(value: JsonValue): readonly CancelElement[] | Fault {
  const objects = decodeBatch(value);
  return isFault(objects) ? objects : objects.map(decodeElement);
}

/** The body-less form `DELETE /trade/v1/orders?order_no=...`; the raw query without "?". */
export function decodeCancelQuery(rawQuery: string): CancelRequest | Fault {
  if (rawQuery === "") {
    return fault(
      "CANCEL_IDS_EMPTY",
      "neither a body nor a query arrived; where a proxy drops the body of DELETE, " +
        "use DELETE /trade/v1/orders?order_no=... or POST /trade/v1/orders/cancel",
    );
  }
  const parameters = parseQuery(rawQuery);
  if (typeof parameters === "string") return malformedIdentifier(parameters);
  const named = nameQuery(parameters, NAMING_FIELDS);
  if ("unknown" in named) return unknown(named.unknown);
  if ("repeated" in named) return malformedIdentifier(`${named.repeated} is given twice`);
  return decodeNamingValues(named.values);
}

/** The body-less form `DELETE /trade/v1/orders/{order_no}`; the segment as on the request line. */
export function decodeCancelPath(segment: string): CancelRequest | Fault {
  const orderNo = decodePercent(segment);
  if (orderNo === null) return malformedIdentifier("order_no is not percent-encoded UTF-8");
  const target = orderNoTarget(orderNo);
  return isFault(target) ? target : { target, condition: UNCONDITIONAL };
}

/** The objects of a batch of any operation, or the fault of the whole request. */
export function decodeBatch(value: JsonValue): readonly JsonObject[] | Fault {
  const max = LIMITS.batchOrdersMax.value;
  if (!Array.isArray(value)) return malformedBatch("the body must be a JSON array");
  const elements: readonly JsonValue[] = value;
  if (elements.length === 0) return malformedBatch("the array is empty");
  if (elements.length > max) {
    return malformedBatch(`the array has ${elements.length} elements, at most ${max} are taken`);
  }
  const objects = elements.filter((element) => element instanceof JsonObject);
  if (objects.length === elements.length) return objects;
  const index = elements.findIndex((element) => !(element instanceof JsonObject));
  return malformedBatch(`element ${index + 1} is not an object`);
}

function decodeElement(object: JsonObject): CancelElement {
  return {
    orderNo: kept(textField(object, "order_no") ?? ""),
    referenceId: kept(textField(object, "reference_id") ?? ""),
    request: decodeObject(object),
  };
}

function decodeObject(object: JsonObject): CancelRequest | Fault {
  const unknownName = unknownField(object, NAMING_FIELDS);
  return unknownName === null ? decodeNaming(object) : unknown(unknownName);
}

function unknown(name: string): Fault {
  return fault("CANCEL_UNKNOWN_FIELD", `${IDENTIFIER_INVALID}: unknown field ${shown(name)}`);
}

function malformedBatch(problem: string): Fault {
  return fault("MALFORMED_BATCH", `${problem}; nothing was done`);
}

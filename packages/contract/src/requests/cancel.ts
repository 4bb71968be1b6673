/**
 * Cancel requests in all their forms. Order of checks inside one request: unknown field, type of
 * order_no, type of reference_id, neither given, form of the identifier that decides.
 */
import type { CancelTarget, ClOrdId, OrderId } from "@countermand/core/model";
import { type Fault, fault, IDENTIFIER_INVALID, isFault } from "../errors.ts";
import { JsonObject, type JsonValue } from "../json-exact.ts";
import { LIMITS } from "../limits.ts";
import { shown } from "../shown.ts";
import { notText, orderNoFault, textFault, textField, unknownField } from "./fields.ts";
import { decodePercent, nameQuery, parseQuery } from "./query-string.ts";

/** One element of a batch: a fault in it never affects the others. */
export interface CancelElement {
  /** As sent, for the answer; "" when absent or not text. */
  readonly orderNo: string;
  /** As sent, for the answer; "" when absent or not text. */
  readonly referenceId: string;
  readonly target: CancelTarget | Fault;
}

const CANCEL_FIELDS = ["order_no", "reference_id"] as const;

/** The body of `DELETE /trade/v1/orders` and of its POST alias. */
export function decodeCancel(value: JsonValue): CancelTarget | Fault {
  if (value instanceof JsonObject) return decodeElement(value).target;
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
export function decodeCancelQuery(rawQuery: string): CancelTarget | Fault {
  if (rawQuery === "") {
    return fault(
      "CANCEL_IDS_EMPTY",
      "neither a body nor a query arrived; where a proxy drops the body of DELETE, " +
        "use DELETE /trade/v1/orders?order_no=... or POST /trade/v1/orders/cancel",
    );
  }
  const parameters = parseQuery(rawQuery);
  if (typeof parameters === "string") return malformed(parameters);
  const named = nameQuery(parameters, CANCEL_FIELDS);
  if ("unknown" in named) return unknown(named.unknown);
  if ("repeated" in named) return malformed(`${named.repeated} is given twice`);
  return decodeIds(named.values.get("order_no") ?? "", named.values.get("reference_id") ?? "");
}

/** The body-less form `DELETE /trade/v1/orders/{order_no}`; the segment as on the request line. */
export function decodeCancelPath(segment: string): CancelTarget | Fault {
  const orderNo = decodePercent(segment);
  return orderNo === null ? malformed("order_no is not percent-encoded UTF-8") : byOrderNo(orderNo);
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
  const orderNo = textField(object, "order_no");
  const referenceId = textField(object, "reference_id");
  return {
    orderNo: orderNo ?? "",
    referenceId: referenceId ?? "",
    target: decodeTarget(object, orderNo, referenceId),
  };
}

function decodeTarget(
  object: JsonObject,
  orderNo: string | null,
  referenceId: string | null,
): CancelTarget | Fault {
  const unknownName = unknownField(object, CANCEL_FIELDS);
  if (unknownName !== null) return unknown(unknownName);
  if (orderNo === null) return malformed(notText("order_no", object.get("order_no")));
  if (referenceId === null) return malformed(notText("reference_id", object.get("reference_id")));
  return decodeIds(orderNo, referenceId);
}

/** Both given: order_no alone decides, the other is not even looked at. */
function decodeIds(orderNo: string, referenceId: string): CancelTarget | Fault {
  if (orderNo !== "") return byOrderNo(orderNo);
  if (referenceId === "") return fault("CANCEL_IDS_EMPTY", "");
  const problem = textFault("reference_id", referenceId, LIMITS.referenceIdCharactersMax.value);
  if (problem !== null) return malformed(problem);
  return { by: "clOrdId", clOrdId: referenceId as ClOrdId };
}

function byOrderNo(orderNo: string): CancelTarget | Fault {
  const problem = orderNoFault(orderNo);
  return problem === null ? { by: "orderId", orderId: orderNo as OrderId } : malformed(problem);
}

function malformed(problem: string): Fault {
  return fault("MALFORMED_IDENTIFIER", `${IDENTIFIER_INVALID}: ${problem}`);
}

function unknown(name: string): Fault {
  return fault("CANCEL_UNKNOWN_FIELD", `${IDENTIFIER_INVALID}: unknown field ${shown(name)}`);
}

function malformedBatch(problem: string): Fault {
  return fault("MALFORMED_BATCH", `${problem}; nothing was done`);
}

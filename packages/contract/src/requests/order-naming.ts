/**
 * Which open order a cancel or an amend means, and under which conditions. Order of checks: type of
 * order_no, type of reference_id, neither given, form of the identifier that decides, only_if,
 * version.
 */

import type { CancelTarget, ClOrdId, OnlyIf, OrderId } from "@countermand/core/model";
import { type Fault, fault, IDENTIFIER_INVALID, isFault } from "../errors.ts";
import type { JsonObject, JsonValue } from "../json-exact.ts";
import { LIMITS } from "../limits.ts";
import { fieldNames } from "../schema/json-schema.ts";
import { CANCEL_REQUEST } from "../schema/request-schemas.ts";
import { shown } from "../shown.ts";
import {
  kept,
  kindOf,
  notText,
  orderNoFault,
  type Range,
  textFault,
  textField,
  wholeNumberField,
} from "./fields.ts";

/** An order as a request names it. */
export interface OrderNaming {
  readonly target: CancelTarget;
  readonly condition: OnlyIf;
}

export const NAMING_FIELDS = fieldNames(CANCEL_REQUEST);

/** No condition was sent. */
export const UNCONDITIONAL: OnlyIf = { unfilled: false, version: null };

const ONLY_IF_UNFILLED = "unfilled";
/** The order, or its new terms, would queue untraded. */
const ONLY_IF_RESTING = "resting";
const CANCEL_CONDITIONS: readonly string[] = [ONLY_IF_UNFILLED];
const AMEND_CONDITIONS: readonly string[] = [ONLY_IF_UNFILLED, ONLY_IF_RESTING];
const VERSIONS: Range = { min: 1, max: Number.MAX_SAFE_INTEGER };

/** The naming fields of a cancel's body. */
export function decodeNaming(object: JsonObject): OrderNaming | Fault {
  return namingOf(object, CANCEL_CONDITIONS);
}

/** The naming fields of an amend's body; its other fields are not looked at. */
export function decodeAmendNaming(object: JsonObject): OrderNaming | Fault {
  return namingOf(object, AMEND_CONDITIONS);
}

/** The condition of a new order: whether it is to rest only. */
export function decodeRestingOnly(object: JsonObject): boolean | Fault {
  const onlyIf = object.get("only_if");
  if (onlyIf === undefined || onlyIf === "") return false;
  if (onlyIf === ONLY_IF_RESTING) return true;
  return fault("PLACE_INVALID_ONLY_IF", conditionProblem([ONLY_IF_RESTING], onlyIf));
}

function namingOf(object: JsonObject, conditions: readonly string[]): OrderNaming | Fault {
  const orderNo = textField(object, "order_no");
  if (orderNo === null) return malformedIdentifier(notText("order_no", object.get("order_no")));
  const referenceId = textField(object, "reference_id");
  if (referenceId === null) {
    return malformedIdentifier(notText("reference_id", object.get("reference_id")));
  }
  const target = decodeTarget(orderNo, referenceId);
  return isFault(target)
    ? target
    : withCondition(target, object.get("only_if"), object.get("version"), conditions);
}

/** The naming fields of a query string. */
export function decodeNamingValues(values: ReadonlyMap<string, string>): OrderNaming | Fault {
  const target = decodeTarget(values.get("order_no") ?? "", values.get("reference_id") ?? "");
  return isFault(target)
    ? target
    : withCondition(target, values.get("only_if"), values.get("version"), CANCEL_CONDITIONS);
}

/** An order by its number, which is not empty. */
export function orderNoTarget(orderNo: string): CancelTarget | Fault {
  const problem = orderNoFault(orderNo);
  if (problem !== null) return malformedIdentifier(problem);
  return { by: "orderId", orderId: kept(orderNo) as OrderId };
}

export function malformedIdentifier(problem: string): Fault {
  return fault("MALFORMED_IDENTIFIER", `${IDENTIFIER_INVALID}: ${problem}`);
}

/** Both given: order_no alone decides, the other is not even looked at. */
function decodeTarget(orderNo: string, referenceId: string): CancelTarget | Fault {
  if (orderNo !== "") return orderNoTarget(orderNo);
  if (referenceId === "") return fault("CANCEL_IDS_EMPTY", "");
  const problem = textFault("reference_id", referenceId, LIMITS.referenceIdCharactersMax.value);
  if (problem !== null) return malformedIdentifier(problem);
  return { by: "clOrdId", clOrdId: kept(referenceId) as ClOrdId };
}

function withCondition(
  target: CancelTarget,
  onlyIf: JsonValue | undefined,
  versionValue: JsonValue | undefined,
  conditions: readonly string[],
): OrderNaming | Fault {
  const isGiven = onlyIf !== undefined && onlyIf !== "";
  if (isGiven && !(typeof onlyIf === "string" && conditions.includes(onlyIf))) {
    return fault("INVALID_ONLY_IF", conditionProblem(conditions, onlyIf));
  }
  if (!isGiven && versionValue === undefined) return { target, condition: UNCONDITIONAL };
  const field = { name: "version", value: versionValue };
  const version = wholeNumberField(field, VERSIONS, "INVALID_VERSION");
  if (isFault(version)) return version;
  const unfilled = onlyIf === ONLY_IF_UNFILLED;
  const resting = onlyIf === ONLY_IF_RESTING;
  return { target, condition: { unfilled, version, ...(resting && { resting }) } };
}

function conditionProblem(conditions: readonly string[], onlyIf: JsonValue): string {
  const sent = typeof onlyIf === "string" ? shown(onlyIf) : kindOf(onlyIf);
  return `only_if must be ${conditions.join(" or ")}, not ${sent}`;
}

/**
 * Requests about the dead-man's switch: syntax only. Order of checks: unknown field, timeout,
 * scope, value.
 */
import type { DeadManScope } from "@countermand/core/model";
import { type Fault, fault } from "../errors.ts";
import { JsonObject, type JsonValue, NumberText } from "../json-exact.ts";
import { LIMITS } from "../limits.ts";
import { DEAD_MAN_SCOPE_WORDS } from "../names.ts";
import { DEAD_MAN_REQUEST } from "../schema/dead-man-schemas.ts";
import { fieldNames } from "../schema/json-schema.ts";
import { shown } from "../shown.ts";
import { kindOf, notText, textFault, textField, unknownField, wordField } from "./fields.ts";

export interface DeadManRequest {
  /** Null: the calling key. */
  readonly scope: DeadManScope | null;
  /** 0 releases the switch. */
  readonly timeoutMs: number;
}

const FIELDS = fieldNames(DEAD_MAN_REQUEST);
const WHOLE_NUMBER = /^(?:0|[1-9][0-9]{0,9})$/;

/** The body of `POST /trade/v1/dead-man`. */
export function decodeDeadMan(value: JsonValue): DeadManRequest | Fault {
  if (!(value instanceof JsonObject)) {
    return fault("MALFORMED_BODY", "the body must be one JSON object");
  }
  const unknownName = unknownField(value, FIELDS);
  if (unknownName !== null) {
    const names = FIELDS.join(", ");
    return fault(
      "DEAD_MAN_UNKNOWN_FIELD",
      `unknown field ${shown(unknownName)}; it takes ${names}`,
    );
  }
  const timeoutMs = timeoutField(value.get("timeout"));
  if (typeof timeoutMs === "object") return timeoutMs;
  const kind = wordField(value, "scope", DEAD_MAN_SCOPE_WORDS, "INVALID_DEAD_MAN");
  if (typeof kind === "object") return kind;
  const text = textField(value, "value");
  if (text === null) return invalid(notText("value", value.get("value")));
  if (kind === "Key") {
    if (text !== "") return invalid("value is not for the scope key: it is the calling key's");
    return { scope: null, timeoutMs };
  }
  if (text === "") return invalid("value is required for this scope");
  const problem = textFault("value", text, LIMITS.referenceIdCharactersMax.value);
  return problem === null ? { scope: { kind, value: text }, timeoutMs } : invalid(problem);
}

function timeoutField(value: JsonValue | undefined): number | Fault {
  const text = value instanceof NumberText ? value.text : value;
  const seconds = typeof text === "string" && WHOLE_NUMBER.test(text) ? Number(text) : Number.NaN;
  const [min, max] = [LIMITS.deadManSecondsMin.value, LIMITS.deadManSecondsMax.value];
  if (seconds === 0 || (seconds >= min && seconds <= max)) return seconds * 1000;
  const sent = typeof text === "string" ? shown(text) : kindOf(value);
  return invalid(`timeout must be 0 or whole seconds from ${min} to ${max}, not ${sent}`);
}

function invalid(details: string): Fault {
  return fault("INVALID_DEAD_MAN", details);
}

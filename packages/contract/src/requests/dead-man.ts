/**
 * Requests about the dead-man's switch: syntax only. Order of checks: unknown field, timeout,
 * scope, value.
 */
import type { DeadManScope } from "@countermand/core/model";
import { type Fault, fault, isFault } from "../errors.ts";
import { type JsonValue, NumberText } from "../json-exact.ts";
import { LIMITS } from "../limits.ts";
import { DEAD_MAN_SCOPE_WORDS } from "../names.ts";
import { DEAD_MAN_REQUEST } from "../schema/dead-man-schemas.ts";
import { fieldNames } from "../schema/json-schema.ts";
import { shown } from "../shown.ts";
import {
  kindOf,
  notText,
  requestObject,
  textFault,
  textField,
  wholeNumber,
  wordField,
} from "./fields.ts";

export interface DeadManRequest {
  /** Null: the calling key. */
  readonly scope: DeadManScope | null;
  /** 0 releases the switch. */
  readonly timeoutMs: number;
}

const FIELDS = fieldNames(DEAD_MAN_REQUEST);

/** The body of `POST /trade/v1/dead-man`. */
export function decodeDeadMan(value: JsonValue): DeadManRequest | Fault {
  const object = requestObject(value, FIELDS, "DEAD_MAN_UNKNOWN_FIELD", "it");
  if (isFault(object)) return object;
  const timeoutMs = timeoutField(object.get("timeout"));
  if (isFault(timeoutMs)) return timeoutMs;
  const kind = wordField(object, "scope", DEAD_MAN_SCOPE_WORDS, "INVALID_DEAD_MAN");
  if (isFault(kind)) return kind;
  const text = textField(object, "value");
  if (text === null) return invalid(notText("value", object.get("value")));
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
  const [min, max] = [LIMITS.deadManSecondsMin.value, LIMITS.deadManSecondsMax.value];
  const seconds = typeof text === "string" ? wholeNumber(text, { min: 0, max }) : null;
  if (seconds !== null && (seconds === 0 || seconds >= min)) return seconds * 1000;
  const sent = typeof text === "string" ? shown(text) : kindOf(value);
  return invalid(`timeout must be 0 or whole seconds from ${min} to ${max}, not ${sent}`);
}

function invalid(details: string): Fault {
  return fault("INVALID_DEAD_MAN", details);
}

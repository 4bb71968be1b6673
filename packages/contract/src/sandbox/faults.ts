/**
 * The sandbox's requests about faults: syntax. Order of checks: unknown field, fault, delay_ms,
 * count, probability, seed.
 */
import { formatDecimal, ONE } from "@countermand/core/model";
import { type Fault, fault, isFault } from "../errors.ts";
import { JsonObject, type JsonValue, NumberText } from "../json-exact.ts";
import { LIMITS } from "../limits.ts";
import { decimalField, kindOf, unknownField, wordField } from "../requests/fields.ts";
import { fieldNames } from "../schema/json-schema.ts";
import { FAULT_REQUEST } from "../schema/sandbox-schemas.ts";
import { shown } from "../shown.ts";
import { FAULT_SEED_MAX, FAULT_WORDS, type FaultKind, faultSpec } from "./fault-kinds.ts";

/** A fault to arm: the body of `POST /sandbox/v1/faults`. */
export interface FaultRequest {
  readonly kind: FaultKind;
  /** 0 for a fault without delay. */
  readonly delayMs: number;
  /** How many times it happens. */
  readonly count: number;
  /** Chance at each occasion, in 10^-8: above 0, at most 1. */
  readonly probability: bigint;
  readonly seed: number;
}

/** An armed fault as it is shown. */
export interface FaultView extends FaultRequest {
  /** From 1, per key. */
  readonly id: number;
  /** Times it has happened. */
  readonly firedCount: number;
}

const FAULT_FIELDS = fieldNames(FAULT_REQUEST);

export function decodeFaultRequest(value: JsonValue): FaultRequest | Fault {
  if (!(value instanceof JsonObject)) {
    return fault("MALFORMED_BODY", "the body must be one JSON object");
  }
  const unknownName = unknownField(value, FAULT_FIELDS);
  if (unknownName !== null) {
    const details = `unknown field ${shown(unknownName)}; a fault takes ${FAULT_FIELDS.join(", ")}`;
    return fault("FAULT_UNKNOWN_FIELD", details);
  }
  const kind = wordField(value, "fault", FAULT_WORDS, "UNKNOWN_FAULT");
  if (typeof kind === "object") return kind;
  const delayMs = delayField(value, kind);
  if (typeof delayMs === "object") return delayMs;
  const count = wholeField(value, "count", 1, 1, LIMITS.faultCountMax.value);
  if (typeof count === "object") return count;
  const probability = probabilityField(value);
  if (typeof probability === "object") return probability;
  const seed = wholeField(value, "seed", 1, 0, FAULT_SEED_MAX);
  if (typeof seed === "object") return seed;
  return { kind, delayMs, count, probability, seed };
}

export function encodeFaultView({ id, kind, firedCount, ...rest }: FaultView): string {
  const delay = faultSpec(kind).delayMs === null ? "" : `"delay_ms":${rest.delayMs},`;
  return (
    `{"id":${id},"fault":"${FAULT_WORDS.wordOf(kind)}",${delay}"count":${rest.count},` +
    `"probability":${formatDecimal(rest.probability)},"seed":${rest.seed},"fired":${firedCount}}`
  );
}

/** `data` of `GET /sandbox/v1/faults`. */
export function encodeFaultList(views: readonly FaultView[]): string {
  return `{"faults":[${views.map(encodeFaultView).join(",")}]}`;
}

/** `data` of `DELETE /sandbox/v1/faults`. */
export function encodeFaultsCleared(count: number): string {
  return `{"cleared":${count}}`;
}

function delayField(object: JsonObject, kind: FaultKind): number | Fault {
  const { delayMs, word } = faultSpec(kind);
  if (delayMs === null) {
    if (object.get("delay_ms") === undefined) return 0;
    return fault("INVALID_FAULT_PARAMETER", `${word} has no delay: leave delay_ms out`);
  }
  return wholeField(object, "delay_ms", delayMs, 0, LIMITS.faultDelayMsMax.value);
}

function probabilityField(object: JsonObject): bigint | Fault {
  const probability = decimalField(object, "probability", "INVALID_FAULT_PARAMETER");
  if (probability === null) return ONE;
  if (isFaultOf(probability) || (probability > 0n && probability <= ONE)) return probability;
  return fault("INVALID_FAULT_PARAMETER", "probability must be above 0 and at most 1");
}

function isFaultOf(value: bigint | Fault): value is Fault {
  return typeof value === "object" && isFault(value);
}

const WHOLE = /^(?:0|[1-9][0-9]{0,9})$/;

/** A whole number, as number or as string; the default where none is sent. */
function wholeField(
  object: JsonObject,
  name: string,
  byDefault: number,
  min: number,
  max: number,
): number | Fault {
  const value = object.get(name);
  if (value === undefined || value === "") return byDefault;
  const text = value instanceof NumberText ? value.text : value;
  const rule = `${name} must be a whole number from ${min} to ${max}`;
  if (typeof text !== "string") {
    return fault("INVALID_FAULT_PARAMETER", `${rule}, not ${kindOf(value)}`);
  }
  const number = WHOLE.test(text) ? Number.parseInt(text, 10) : Number.NaN;
  if (number >= min && number <= max) return number;
  return fault("INVALID_FAULT_PARAMETER", `${rule}, not ${shown(text)}`);
}

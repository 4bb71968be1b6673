/**
 * The sandbox's requests about faults: syntax. Order of checks: unknown field, fault, delay_ms,
 * count, probability, seed.
 */
import { formatDecimal, ONE } from "@countermand/core/model";
import { type Fault, fault, isFault } from "../errors.ts";
import type { JsonObject, JsonValue } from "../json-exact.ts";
import { LIMITS } from "../limits.ts";
import {
  decimalField,
  type Range,
  requestObject,
  wholeNumberField,
  wordField,
} from "../requests/fields.ts";
import { fieldNames } from "../schema/json-schema.ts";
import { FAULT_REQUEST } from "../schema/sandbox-schemas.ts";
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
  const object = requestObject(value, FAULT_FIELDS, "FAULT_UNKNOWN_FIELD", "a fault");
  if (isFault(object)) return object;
  const kind = wordField(object, "fault", FAULT_WORDS, "UNKNOWN_FAULT");
  if (isFault(kind)) return kind;
  const delayMs = delayField(object, kind);
  if (isFault(delayMs)) return delayMs;
  const count = wholeField(object, "count", 1, { min: 1, max: LIMITS.faultCountMax.value });
  if (isFault(count)) return count;
  const probability = probabilityField(object);
  if (isFault(probability)) return probability;
  const seed = wholeField(object, "seed", 1, { min: 0, max: FAULT_SEED_MAX });
  if (isFault(seed)) return seed;
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
  return wholeField(object, "delay_ms", delayMs, { min: 0, max: LIMITS.faultDelayMsMax.value });
}

function probabilityField(object: JsonObject): bigint | Fault {
  const probability = decimalField(object, "probability", "INVALID_FAULT_PARAMETER");
  if (probability === null) return ONE;
  if (isFault(probability) || (probability > 0n && probability <= ONE)) return probability;
  return fault("INVALID_FAULT_PARAMETER", "probability must be above 0 and at most 1");
}

/** The default where none is sent. */
function wholeField(
  object: JsonObject,
  name: string,
  byDefault: number,
  range: Range,
): number | Fault {
  const field = { name, value: object.get(name) };
  return wholeNumberField(field, range, "INVALID_FAULT_PARAMETER") ?? byDefault;
}

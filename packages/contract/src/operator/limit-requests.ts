/** Bodies of the operator API about the limits of single accounts and keys. */
import { type Fault, isFault } from "../errors.ts";
import { JsonObject, type JsonValue, NumberText } from "../json-exact.ts";
import { LIMITS } from "../limits.ts";
import { kindOf } from "../requests/fields.ts";
import type { ObjectSchema } from "../schema/json-schema.ts";
import { LIMITS_REMOVAL, LIMITS_REQUEST } from "../schema/operator-request-schemas.ts";
import { shown } from "../shown.ts";
import { actObject, invalid, optionalText } from "./operator-fields.ts";
import { LIMIT_WORDS, type LimitField } from "./operator-words.ts";

const LIMIT_FIELDS = Object.keys(LIMIT_WORDS) as readonly LimitField[];
const FIELD_OF: ReadonlyMap<string, LimitField> = new Map(
  LIMIT_FIELDS.map((field) => [LIMIT_WORDS[field], field]),
);
const CURRENCY = /^(?:\*|[A-Z]{3,8})$/;

export interface LimitsRemoval {
  readonly reason: string;
  /** Of the limits that were read; null: whichever hold. */
  readonly version: string | null;
}

export interface LimitsRequest extends LimitsRemoval {
  /** As they would stand in their settings; at least one. */
  readonly limits: ReadonlyMap<LimitField, string>;
}

/** Body of `PUT /operator/v1/limits/...`: values are checked where the settings' are. */
export function decodeLimits(value: JsonValue): LimitsRequest | Fault {
  const act = versionedAct(value, LIMITS_REQUEST);
  if (isFault(act)) return act;
  const { object, ...rest } = act;
  const given = object.get("limits");
  if (!(given instanceof JsonObject) || given.names.length === 0) {
    return invalid('limits must be an object with a limit at least: {"open_orders_max":10}');
  }
  const limits = new Map<LimitField, string>();
  for (const name of given.names) {
    const field = FIELD_OF.get(name);
    if (field === undefined) {
      return invalid(
        `there is no limit ${shown(name)}; there are ${[...FIELD_OF.keys()].join(", ")}`,
      );
    }
    const text = settingText(name, given.get(name) ?? null);
    if (isFault(text)) return text;
    limits.set(field, text);
  }
  return { ...rest, limits };
}

/** Body of `DELETE /operator/v1/limits/...`. */
export function decodeLimitsRemoval(value: JsonValue): LimitsRemoval | Fault {
  const act = versionedAct(value, LIMITS_REMOVAL);
  return isFault(act) ? act : { reason: act.reason, version: act.version };
}

/** An act on what was read. The body is signed, as the header If-Match is not. */
function versionedAct(
  value: JsonValue,
  schema: ObjectSchema,
): (LimitsRemoval & { readonly object: JsonObject }) | Fault {
  const act = actObject(value, schema);
  if (isFault(act)) return act;
  const version = optionalText(act.object, "version", LIMITS.operatorNameCharactersMax.value);
  return version !== null && isFault(version) ? version : { ...act, version };
}

/** The value as its setting is written: an object is a list of amounts by currency. */
function settingText(name: string, value: JsonValue): string | Fault {
  if (value instanceof NumberText) return value.text;
  if (typeof value === "string") return value;
  if (!(value instanceof JsonObject) || value.names.length === 0) {
    return invalid(
      `${name} must be a number, a text such as "off", or amounts, not ${kindOf(value)}`,
    );
  }
  const parts: string[] = [];
  for (const currency of value.names) {
    const amount = value.get(currency) ?? null;
    const text = amount instanceof NumberText ? amount.text : amount;
    if (!CURRENCY.test(currency) || typeof text !== "string" || /[,:]/.test(text)) {
      return invalid(`${name} takes amounts by currency: {"HKD":1000000,"*":50000}`);
    }
    parts.push(`${currency}:${text}`);
  }
  return parts.join(",");
}

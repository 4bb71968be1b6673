/** What the decoders of the operator API's bodies share. Unknown fields are refused by name. */
import { type Fault, fault } from "../errors.ts";
import { JsonObject, type JsonValue } from "../json-exact.ts";
import { LIMITS } from "../limits.ts";
import { kindOf, notText, textFault, textField, unknownField } from "../requests/fields.ts";
import { shown } from "../shown.ts";

/** The body as an object that has these fields and no others. */
export function operatorObject(value: JsonValue, known: readonly string[]): JsonObject | Fault {
  if (!(value instanceof JsonObject)) {
    return fault("MALFORMED_BODY", "the body must be one JSON object");
  }
  const unknown = unknownField(value, known);
  if (unknown === null) return value;
  const taken = known.length === 0 ? "no fields" : known.join(", ");
  const details = `unknown field ${shown(unknown)}; this takes ${taken}`;
  return fault("OPERATOR_UNKNOWN_FIELD", details);
}

/** Text of a field, null when it is absent or "". */
export function optionalText(
  object: JsonObject,
  name: string,
  charactersMax: number,
): string | null | Fault {
  const text = textField(object, name);
  if (text === null) return invalid(notText(name, object.get(name)));
  if (text === "") return null;
  const problem = textFault(name, text, charactersMax);
  return problem === null ? text : invalid(problem);
}

export function requiredText(
  object: JsonObject,
  name: string,
  charactersMax: number,
): string | Fault {
  return optionalText(object, name, charactersMax) ?? invalid(`${name} is required`);
}

/** Why an operator does something: with every act, for the journal. */
export function reasonField(object: JsonObject): string | Fault {
  return requiredText(object, "reason", LIMITS.operatorReasonCharactersMax.value);
}

/** Null when it is absent. */
export function booleanField(object: JsonObject, name: string): boolean | null | Fault {
  const value = object.get(name);
  if (value === undefined) return null;
  if (typeof value === "boolean") return value;
  return invalid(`${name} must be true or false, not ${kindOf(value)}`);
}

export function invalid(details: string): Fault {
  return fault("OPERATOR_INVALID_FIELD", details);
}

/** Tells a fault from whatever a field may hold. */
export function isFieldFault(value: unknown): value is Fault {
  return typeof value === "object" && value !== null && "error" in value;
}

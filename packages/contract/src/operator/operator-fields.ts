/** What the decoders of the operator API's bodies share. Unknown fields are refused by name. */
import { type Fault, fault, isFault } from "../errors.ts";
import type { JsonObject, JsonValue } from "../json-exact.ts";
import { LIMITS } from "../limits.ts";
import { kept, kindOf, notText, requestObject, textFault, textField } from "../requests/fields.ts";
import { fieldNames, type ObjectSchema } from "../schema/json-schema.ts";

/** The body as an object that has the fields of this schema and no others. */
export function operatorObject(body: JsonValue, schema: ObjectSchema): JsonObject | Fault {
  return requestObject(body, fieldNames(schema), "OPERATOR_UNKNOWN_FIELD", "this");
}

/** The body of an act: its object, and why it is done, for the journal; which every act says. */
export function actObject(
  body: JsonValue,
  schema: ObjectSchema,
): { readonly object: JsonObject; readonly reason: string } | Fault {
  const object = operatorObject(body, schema);
  if (isFault(object)) return object;
  const reason = requiredText(object, "reason", LIMITS.operatorReasonCharactersMax.value);
  return isFault(reason) ? reason : { object, reason: kept(reason) };
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

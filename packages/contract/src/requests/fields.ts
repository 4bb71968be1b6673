/** What the decoders of single fields share: the types and texts a client may send. */
import { type DecimalFault, parseDecimal } from "@countermand/core/model";
import { type ErrorName, type Fault, fault } from "../errors.ts";
import { JsonObject, type JsonValue, NumberText } from "../json-exact.ts";
import { LIMITS } from "../limits.ts";
import type { WordTable } from "../names.ts";
import { shown } from "../shown.ts";

const DIGITS = /^[0-9]+$/;
const CONTROL_CHARACTER = /\p{Cc}/u;
/** Longer substrings may be views that keep the text they were cut from in memory. */
const COPIED_LENGTH_MIN = 13;

/** Both ends are inclusive. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

const WHOLE_NUMBER = /^(?:0|[1-9][0-9]{0,15})$/;

/** The number that digits spell, without sign and leading zeros; null where it is out of range. */
export function wholeNumber(text: string, { min, max }: Range): number | null {
  const value = WHOLE_NUMBER.test(text) ? Number(text) : Number.NaN;
  return value >= min && value <= max ? value : null;
}

/** Says what a whole number must be; `sent` is what came instead. */
export function wholeNumberRule(name: string, { min, max }: Range, sent: string): string {
  return `${name} must be a whole number from ${min} to ${max}, not ${sent}`;
}

/** A whole number, sent as number or as text; null when absent or "". */
export function wholeNumberField(
  { name, value }: { readonly name: string; readonly value: JsonValue | undefined },
  range: Range,
  error: ErrorName,
): number | null | Fault {
  if (value === undefined || value === "") return null;
  const text = value instanceof NumberText ? value.text : value;
  if (typeof text !== "string") return fault(error, wholeNumberRule(name, range, kindOf(value)));
  return wholeNumber(text, range) ?? fault(error, wholeNumberRule(name, range, shown(text)));
}

/** The members that are not undefined. */
export type Present<T> = {
  readonly [K in keyof T as undefined extends T[K] ? never : K]: T[K];
} & {
  readonly [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** What was read, without what was not sent: absent and undefined are two things. */
export function present<T extends object>(members: T): Present<T> {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Present<T>;
}

/**
 * A body as an object that has these fields and no others. `what` takes them: it stands in the
 * details.
 */
export function requestObject(
  body: JsonValue,
  known: readonly string[],
  unknownError: ErrorName,
  what: string,
): JsonObject | Fault {
  if (!(body instanceof JsonObject)) {
    return fault("MALFORMED_BODY", "the body must be one JSON object");
  }
  const unknown = unknownField(body, known);
  if (unknown === null) return body;
  const names = known.length === 0 ? "no fields" : known.join(", ");
  return fault(unknownError, `unknown field ${shown(unknown)}; ${what} takes ${names}`);
}

/** The first field that is not in the list, null when all are known. */
export function unknownField(object: JsonObject, known: readonly string[]): string | null {
  for (let member = object.first; member !== null; member = member.next) {
    if (!known.includes(member.name)) return member.name;
  }
  return null;
}

/** Text of a field, "" when it is absent; null when it is anything but text. */
export function textField(object: JsonObject, name: string): string | null {
  const value = object.get(name);
  if (value === undefined) return "";
  return typeof value === "string" ? value : null;
}

/** Says what is wrong with a field that had to be text, and how to write it. */
export function notText(name: string, value: JsonValue | undefined): string {
  return value instanceof NumberText
    ? `${name} must be a JSON string: write ${shown(value.text)} in quotes`
    : `${name} must be a JSON string, not ${kindOf(value)}`;
}

/** What a value is, in a word. */
export function kindOf(value: JsonValue | undefined): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (value instanceof NumberText) return "a number";
  if (value instanceof JsonObject) return "an object";
  if (typeof value === "string") return "a string";
  return typeof value === "boolean" ? "a boolean" : "an array";
}

/** What is wrong with an order number, null when nothing is. */
export function orderNoFault(text: string): string | null {
  const { value: max } = LIMITS.orderNoDigitsMax;
  if (!DIGITS.test(text)) return `order_no has digits only, not ${shown(text)}`;
  return text.length <= max ? null : `order_no has at most ${max} digits`;
}

/** What is wrong with a client's text, null when nothing is. Characters are code points. */
export function textFault(name: string, text: string, charactersMax: number): string | null {
  if (isLonger(text, charactersMax)) return `${name} has at most ${charactersMax} characters`;
  return CONTROL_CHARACTER.test(text) ? `${name} contains a control character` : null;
}

/** A copy of a text that will be kept: it does not hold on to the request it was cut from. */
export function kept(text: string): string {
  return text.length < COPIED_LENGTH_MIN ? text : (JSON.parse(JSON.stringify(text)) as string);
}

/** The symbol, which every request with one needs. */
export function symbolField(object: JsonObject): string | Fault {
  const text = textField(object, "symbol");
  if (text === null) return fault("MALFORMED_SYMBOL", notText("symbol", object.get("symbol")));
  if (text === "") return fault("MALFORMED_SYMBOL", "symbol is required");
  const problem = textFault("symbol", text, LIMITS.symbolCharactersMax.value);
  return problem === null ? kept(text) : fault("MALFORMED_SYMBOL", problem);
}

/** The value of a word that the request needs. */
export function wordField<Value extends string>(
  object: JsonObject,
  name: string,
  table: WordTable<Value>,
  error: ErrorName,
): Value | Fault {
  const text = textField(object, name);
  const value = text === null ? undefined : table.valueOf(text);
  if (value !== undefined) return value;
  const given = object.get(name);
  const sent = typeof given === "string" && given !== "" ? shown(given) : kindOf(given);
  const got = given === "" ? "nothing" : sent;
  return fault(error, `${name} must be one of ${table.words.join(", ")}, not ${got}`);
}

/** A decimal sent as number or as string, in fixed-point units; null when absent or "". */
export function decimalField(
  object: JsonObject,
  name: string,
  error: ErrorName,
): bigint | null | Fault {
  const value = object.get(name);
  if (value === undefined || value === "") return null;
  const text = value instanceof NumberText ? value.text : value;
  if (typeof text !== "string") {
    return fault(error, `${name} must be a decimal as number or string, not ${kindOf(value)}`);
  }
  const units = parseDecimal(text);
  if (typeof units === "bigint") return units;
  return fault(error, `${name} ${DECIMAL_RULES[units]}, not ${shown(text)}`);
}

const DECIMAL_RULES: Readonly<Record<DecimalFault, string>> = {
  Malformed: "must be a decimal such as 423.83",
  Exponent: "must be written without an exponent",
  TooManyDecimals: `takes at most ${LIMITS.decimalPlacesMax.value} decimals`,
  TooLarge: "takes at most 18 digits before the point",
};

function isLonger(text: string, charactersMax: number): boolean {
  if (text.length <= charactersMax) return false;
  // A character has one or two code units, so a text of more than twice the limit need not be
  // counted.
  return text.length > 2 * charactersMax || Array.from(text).length > charactersMax;
}

/** What a tool takes: told to the assistant as JSON Schema, and checked by the same table. */
import { isRecord, RpcCode, RpcError } from "./json-rpc.ts";

export interface Parameter {
  readonly type: "string" | "integer";
  readonly description: string;
  readonly words?: readonly string[];
  readonly pattern?: string;
  /** Of a number. */
  readonly min?: number;
  readonly max?: number;
  readonly required?: true;
}

export type Parameters = Readonly<Record<string, Parameter>>;
export type Arguments = Readonly<Record<string, string | number>>;

/** Characters of an argument; the gateway's own limits are all below. */
const TEXT_CHARS_MAX = 256;

export function schemaOf(parameters: Parameters): object {
  const entries = Object.entries(parameters);
  return {
    type: "object",
    properties: Object.fromEntries(entries.map(([name, each]) => [name, propertyOf(each)])),
    required: entries.filter(([, { required }]) => required).map(([name]) => name),
    additionalProperties: false,
  };
}

function propertyOf({ type, description, words, pattern, min, max }: Parameter): object {
  return {
    type,
    description,
    ...(words !== undefined && { enum: words }),
    ...(pattern !== undefined && { pattern }),
    ...(min !== undefined && { minimum: min }),
    ...(max !== undefined && { maximum: max }),
    ...(type === "string" && { maxLength: TEXT_CHARS_MAX }),
  };
}

/** @throws RpcError */
export function readArguments(parameters: Parameters, given: unknown): Arguments {
  if (given !== undefined && !isRecord(given)) throw wrong("arguments must be an object");
  const found = given ?? {};
  const unknown = Object.keys(found).find((name) => !Object.hasOwn(parameters, name));
  if (unknown !== undefined) {
    const known = Object.keys(parameters).join(", ") || "none";
    throw wrong(`no argument ${unknown}; there are: ${known}`);
  }
  const read: Record<string, string | number> = {};
  for (const [name, parameter] of Object.entries(parameters)) {
    const value = found[name];
    if (value !== undefined) read[name] = readArgument(name, parameter, value);
    else if (parameter.required) throw wrong(`${name} is missing`);
  }
  return read;
}

function readArgument(name: string, parameter: Parameter, value: unknown): string | number {
  const { type, words, pattern, min, max } = parameter;
  if (type === "integer") {
    const fits = Number.isSafeInteger(value) && isWithin(value as number, min, max);
    if (!fits) throw wrong(`${name} must be a whole number from ${min} to ${max}`);
    return value as number;
  }
  if (typeof value !== "string" || value.length > TEXT_CHARS_MAX) {
    throw wrong(`${name} must be text of at most ${TEXT_CHARS_MAX} characters`);
  }
  if (words !== undefined && !words.includes(value)) {
    throw wrong(`${name} must be ${words.join(", ")}`);
  }
  if (pattern !== undefined && !new RegExp(pattern).test(value)) {
    throw wrong(`${name} must be like ${pattern}`);
  }
  return value;
}

function isWithin(value: number, min = -Infinity, max = Infinity): boolean {
  return value >= min && value <= max;
}

function wrong(message: string): RpcError {
  return new RpcError(RpcCode.WrongParams, message);
}

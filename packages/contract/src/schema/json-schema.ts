/**
 * JSON Schema (draft 2020-12, the dialect of OpenAPI 3.1) as plain data, and the few forms that the
 * wire has. Decoders take their field names from these objects; the documents and the client's
 * types are made from them.
 */
import type { LimitName } from "../limits.ts";
import { LIMITS } from "../limits.ts";
import type { WordTable } from "../names.ts";

export interface Schema {
  readonly $ref?: string;
  readonly type?: "object" | "array" | "string" | "number" | "integer" | "boolean" | "null";
  readonly description?: string;
  /** Name of an element of a tuple. */
  readonly title?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  /** A schema is that of every member that `properties` does not name. */
  readonly additionalProperties?: boolean | Schema;
  readonly items?: Schema;
  readonly prefixItems?: readonly Schema[];
  readonly maxProperties?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly enum?: readonly (string | number)[];
  readonly const?: string | number | boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  /** `decimal`: exact, at most 8 decimals, never an exponent. */
  readonly format?: "decimal";
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly default?: string | number | boolean;
  readonly examples?: readonly unknown[];
}

/** An object with members of these schemas. */
export type ObjectSchema = Schema & {
  readonly properties: Readonly<Record<string, Schema>>;
};

/** Where the documents keep named schemas. */
const COMPONENTS = "#/components/schemas/";

export function ref(name: string): Schema {
  return { $ref: `${COMPONENTS}${name}` };
}

/** The name of a {@link ref}; null for a schema that is written out. */
export function refName({ $ref }: Schema): string | null {
  return $ref?.startsWith(COMPONENTS) === true ? $ref.slice(COMPONENTS.length) : null;
}

/**
 * An object that we send: every member is there but those in `optional`. A reader ignores members
 * it does not know.
 */
export function answer(
  description: string,
  properties: Readonly<Record<string, Schema>>,
  optional: readonly string[] = [],
): ObjectSchema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: "object", description, properties, required };
}

/** An object that a client sends: unknown members are refused. */
export function request(
  description: string,
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[] = [],
): ObjectSchema {
  return { type: "object", description, properties, required, additionalProperties: false };
}

/** The names of an object's members, in their order: what a decoder takes. */
export function fieldNames({ properties }: ObjectSchema): readonly string[] {
  return Object.keys(properties);
}

export function text(description: string, rest: Partial<Schema> = {}): Schema {
  return { type: "string", description, ...rest };
}

/** Text of a client, with the limit that holds for it. */
export function limitedText(description: string, limit: LimitName, rest: Partial<Schema> = {}) {
  return text(description, { maxLength: LIMITS[limit].value, ...rest });
}

export function words(description: string, table: Pick<WordTable<string>, "words">): Schema {
  return text(description, { enum: table.words });
}

/** A decimal that we send: a JSON number, digit for digit. */
export function decimal(description: string): Schema {
  return { type: "number", format: "decimal", description };
}

const DECIMAL_TEXT = "^-?[0-9]{1,18}(\\.[0-9]{1,8})?$";

/** A decimal that a client sends, as number or as text. */
export function decimalInput(description: string): Schema {
  return {
    description,
    format: "decimal",
    oneOf: [{ type: "number" }, { type: "string", pattern: DECIMAL_TEXT }],
  };
}

export function integer(description: string, rest: Partial<Schema> = {}): Schema {
  return { type: "integer", description, ...rest };
}

const WHOLE_NUMBER_TEXT = "^(0|[1-9][0-9]{0,15})$";

/** A whole number that a client sends, as number or as text. */
export function integerInput(description: string, rest: Partial<Schema> = {}): Schema {
  const { default: byDefault, ...range } = rest;
  return {
    description,
    ...(byDefault !== undefined && { default: byDefault }),
    oneOf: [
      { type: "integer", ...range },
      { type: "string", pattern: WHOLE_NUMBER_TEXT },
    ],
  };
}

export function boolean(description: string): Schema {
  return { type: "boolean", description };
}

export function array(description: string, items: Schema, rest: Partial<Schema> = {}): Schema {
  return { type: "array", description, items, ...rest };
}

/** An object whose members are called what the data is about, such as a currency. */
export function record(description: string, member: Schema, rest: Partial<Schema> = {}): Schema {
  return { type: "object", description, additionalProperties: member, ...rest };
}

/** Of this schema, or null. */
export function nullable(description: string, schema: Schema): Schema {
  return { description, anyOf: [schema, { type: "null" }] };
}

/** Exactly this text. */
export function literal(value: string): Schema {
  return { type: "string", const: value };
}

/** Unix seconds. */
export function seconds(description: string): Schema {
  return integer(`${description}, Unix seconds`, { minimum: 0 });
}

/** Unix milliseconds. */
export function milliseconds(description: string): Schema {
  return integer(`${description}, Unix milliseconds`, { minimum: 0 });
}

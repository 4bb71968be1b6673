/** What the OpenAPI documents of clients and operators have in common. */
import type { ErrorSpec } from "../errors.ts";
import { type ObjectSchema, ref, type Schema } from "./json-schema.ts";

export interface DocumentOptions {
  /** Version of the product. */
  readonly version: string;
  /** Where the gateway is, such as http://127.0.0.1:8080. */
  readonly serverUrl: string;
}

export type Json = Readonly<Record<string, unknown>>;

export function header(description: string, type: "string" | "integer" = "string"): Json {
  return { description, schema: { type } };
}

function headerRefs(names: readonly string[]): Json {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

function json(schema: Schema): Json {
  return { "application/json": { schema } };
}

/** Each member of the schema as a parameter. */
export function queryParameters({ properties, required = [] }: ObjectSchema): Json[] {
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: "query",
    required: required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema,
  }));
}

/** What a document begins with. */
export function documentHead(
  title: string,
  description: string,
  { version, serverUrl }: DocumentOptions,
) {
  return {
    openapi: "3.1.0",
    info: {
      title,
      version,
      summary: "An order gateway: when it says a cancel is done, it is done.",
      description,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: serverUrl }],
  };
}

const FAILED = "Failed";

/** One shared answer per HTTP status that a failure may have, with all its causes. */
export function failuresOf(
  errors: readonly ErrorSpec[],
  headersOf: (status: number) => readonly string[],
): Readonly<Record<string, Json>> {
  const causes = new Map<number, string[]>();
  for (const { httpStatus, code, reason, action } of errors) {
    const lines = causes.get(httpStatus) ?? [];
    lines.push(`- ${code} \`${reason}\`: ${action}`);
    causes.set(httpStatus, lines);
  }
  const sorted = [...causes].sort(([a], [b]) => a - b);
  return Object.fromEntries(
    sorted.map(([status, lines]) => [
      `${FAILED}${status}`,
      {
        description: lines.join("\n"),
        headers: headerRefs(headersOf(status)),
        content: json(ref("Failure")),
      },
    ]),
  );
}

/** The answers of an operation: that of success, and a reference to each of the failures. */
export function responsesOf(
  ok: Schema,
  okHeaders: readonly string[],
  failures: Readonly<Record<string, Json>>,
): Json {
  return {
    200: { description: "Done.", headers: headerRefs(okHeaders), content: json(ok) },
    ...Object.fromEntries(
      Object.keys(failures).map((name) => [
        name.slice(FAILED.length),
        { $ref: `#/components/responses/${name}` },
      ]),
    ),
  };
}

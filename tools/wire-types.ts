/**
 * Writes the client's types of the wire from the contract's schemas:
 * `npm run wire-types` writes packages/client/src/wire.ts, a test compares it with what this makes.
 */
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { ERRORS, refName, type Schema, STREAM_SCHEMAS } from "../packages/contract/src/index.ts";

export const WIRE_TYPES_PATH = "packages/client/src/wire.ts";

const HEADER = `/**
 * What travels, in the wire's own words. Made from the gateway's schemas by \`npm run wire-types\`:
 * change those, not this file. Decimals are text, digit for digit; a client may send more members
 * only where the gateway names them.
 */
import type { Decimal } from "./decimal.ts";
`;

/** The whole file. */
export function wireTypes(): string {
  const types = Object.entries(STREAM_SCHEMAS).map(([name, schema]) => declaration(name, schema));
  return `${HEADER}\n${[...types, integerFields(), httpStatuses()].join("\n\n")}\n`;
}

/** What is told over a socket has no HTTP status; the word of a cause has one status only. */
function httpStatuses(): string {
  const statuses = new Map<string, number>();
  for (const [name, { code, httpStatus, reason }] of Object.entries(ERRORS)) {
    if (OVER_HTTP.test(String(code)) && !TOLD_TO_CLIENTS.has(name)) continue;
    if ((statuses.get(reason) ?? httpStatus) !== httpStatus) throw new Error(`${reason} has two`);
    if (httpStatus !== MOST_STATUS) statuses.set(reason, httpStatus);
  }
  const rows = [...statuses].map(([reason, status]) => `  [${JSON.stringify(reason)}, ${status}],`);
  return [
    `/** HTTP status of a failure on a socket by its reason, where it is not ${MOST_STATUS}. */`,
    `export const HTTP_STATUSES: ReadonlyMap<string, number> = new Map([\n${rows.join("\n")}\n]);`,
  ].join("\n");
}

/** Codes of what goes over HTTP alone: the sandbox's clock and faults, operators, the console. */
const OVER_HTTP = /^.{4}(?:11|12|15|18)/;
/** What operators decide, and clients learn over their sockets. */
const TOLD_TO_CLIENTS: ReadonlySet<string> = new Set([
  "ACCOUNT_CLOSED",
  "BLOCKED",
  "INSTRUMENT_HALTED",
  "INSTRUMENT_RETIRED",
  "MARKET_CANCEL_ONLY",
  "MARKET_HALTED",
  "MODE_CHANGED",
] satisfies (keyof typeof ERRORS)[]);

/** That of most failures. */
const MOST_STATUS = 400;

/** No name is a whole number in one place and a decimal in another: a reader goes by the name. */
function integerFields(): string {
  const kinds = new Map<string, "integer" | "decimal">();
  const visit = (schema: Schema): void => {
    for (const [name, member] of Object.entries(schema.properties ?? {})) {
      const kind = kindOf(member);
      const before = kinds.get(name) ?? kind;
      if (kind !== null && kind !== before) throw new Error(`${name} is integer and decimal`);
      if (kind !== null) kinds.set(name, kind);
      visit(member);
    }
    if (schema.items !== undefined) visit(schema.items);
    for (const each of [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])]) visit(each);
  };
  for (const schema of Object.values(STREAM_SCHEMAS)) visit(schema);
  const names = [...kinds].filter(([, kind]) => kind === "integer").map(([name]) => name);
  const rows = names.sort().map((name) => `  ${JSON.stringify(name)},`);
  return [
    "/** Members that are whole numbers; every other number of an answer is a decimal. */",
    `export const INTEGER_FIELDS: ReadonlySet<string> = new Set([\n${rows.join("\n")}\n]);`,
  ].join("\n");
}

function kindOf(schema: Schema): "integer" | "decimal" | null {
  if (schema.format === "decimal") return "decimal";
  return schema.type === "integer" ? "integer" : null;
}

function declaration(name: string, schema: Schema): string {
  const comment = schema.description === undefined ? "" : `${docComment(schema.description, "")}\n`;
  if (schema.type !== "object") return `${comment}export type ${name} = ${typeOf(schema)};`;
  const rows = memberRows(schema);
  const own = rows.filter((row) => !ORDER_ROWS.has(row));
  const isOrder = name !== "Order" && rows.length - own.length === ORDER_ROWS.size;
  return isOrder
    ? `${comment}export interface ${name} extends Order ${block(own)}`
    : `${comment}export interface ${name} ${block(rows)}`;
}

function memberRows({ properties = {}, required = [], additionalProperties }: Schema): string[] {
  const isSent = additionalProperties === false;
  return Object.entries(properties).map(([name, schema]) => {
    const mark = required.includes(name) ? "" : "?";
    const comment = commentOf(schema);
    return `${comment}  readonly ${name}${mark}: ${typeOf(schema, isSent)};`;
  });
}

/** Whatever has them all is an order with more to it. */
const ORDER_ROWS: ReadonlySet<string> = new Set(memberRows(STREAM_SCHEMAS.Order));

function block(rows: readonly string[]): string {
  return rows.length === 0 ? "{}" : `{\n${rows.join("\n")}\n}`;
}

function commentOf(schema: Schema): string {
  const { minimum, maximum } = schema.oneOf?.find(({ type }) => type === "integer") ?? schema;
  const range = [
    ...(minimum === undefined ? [] : [`at least ${minimum}`]),
    ...(maximum === undefined ? [] : [`at most ${maximum}`]),
    ...(schema.maxLength === undefined ? [] : [`at most ${schema.maxLength} characters`]),
    ...(schema.default === undefined ? [] : [`${schema.default} unless given`]),
  ];
  const said = [schema.description ?? "", ...(range.length > 0 ? [`(${range.join(", ")})`] : [])];
  const text = said.join(" ").trim();
  return text === "" ? "" : `${docComment(text, "  ")}\n`;
}

function typeOf(schema: Schema, isSent = false): string {
  const name = refName(schema);
  if (name !== null) return name;
  if (schema.format === "decimal") return "Decimal";
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) {
    const known = schema.enum.map((word) => JSON.stringify(word)).join(" | ");
    // A reader must bear words that come later; a sender must not invent any.
    return isSent ? known : `${known} | (string & {})`;
  }
  const alternatives = schema.oneOf ?? schema.anyOf;
  if (alternatives !== undefined) {
    return [...new Set(alternatives.map((each) => typeOf(each, isSent)))].join(" | ");
  }
  switch (schema.type) {
    case "array":
      return arrayType(schema, isSent);
    case "object":
      return block(memberRows(schema)).replaceAll("\n", "\n  ");
    case "integer":
    case "number":
      return "number";
    case "boolean":
    case "string":
      return schema.type;
    default:
      return "unknown";
  }
}

function arrayType({ items, prefixItems }: Schema, isSent: boolean): string {
  if (prefixItems !== undefined) {
    const elements = prefixItems.map((item) => {
      const type = typeOf(item, isSent);
      return item.title === undefined ? type : `${item.title}: ${type}`;
    });
    return `readonly [${elements.join(", ")}]`;
  }
  const item = items === undefined ? "unknown" : typeOf(items, isSent);
  return /[ |]/.test(item) ? `readonly (${item})[]` : `readonly ${item}[]`;
}

/** One line where it fits into 100 columns, else broken at words. */
function docComment(text: string, indent: string): string {
  const line = `${indent}/** ${text} */`;
  if (line.length <= 100) return line;
  const lines = [`${indent}/**`];
  let current = `${indent} *`;
  for (const word of text.split(" ")) {
    if (current.length + word.length + 1 > 100) {
      lines.push(current);
      current = `${indent} *`;
    }
    current += ` ${word}`;
  }
  return [...lines, current, `${indent} */`].join("\n");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  writeFileSync(WIRE_TYPES_PATH, wireTypes());
  process.stdout.write(`${WIRE_TYPES_PATH}: ${Object.keys(STREAM_SCHEMAS).length} types\n`);
}

/** The OpenAPI 3.1 document, made from the route table, the schemas and the error catalogue. */
import { RECEIPT_KIND } from "../answers/receipt.ts";
import { ERRORS, type ErrorName, type ErrorSpec } from "../errors.ts";
import { ROUTES, type RouteName, type RouteSpec } from "../routes.ts";
import { ENDPOINTS, type Endpoint } from "./endpoints.ts";
import { EXAMPLES } from "./examples.ts";
import { type ObjectSchema, ref, type Schema } from "./json-schema.ts";
import { SCHEMAS } from "./schemas.ts";

export interface DocumentOptions {
  /** Version of the product. */
  readonly version: string;
  /** Where the gateway is, such as http://127.0.0.1:8080. */
  readonly serverUrl: string;
}

type Json = Readonly<Record<string, unknown>>;

export function openApiDocument({ version, serverUrl }: DocumentOptions): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of ROUTES) {
    const operations = paths[route.path] ?? {};
    operations[route.method.toLowerCase()] = operation(route);
    paths[route.path] = operations;
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Countermand",
      version,
      summary: "An order gateway: when it says a cancel is done, it is done.",
      description: INTRODUCTION,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: serverUrl }],
    tags: TAGS,
    paths,
    components: {
      schemas: SCHEMAS,
      securitySchemes: SECURITY_SCHEMES,
      responses: RESPONSES,
      headers: HEADERS,
    },
  };
}

const INTRODUCTION = [
  "Every request but those about market data and time is signed: `X-API-Signature` is the Base64 of",
  "HMAC-SHA256(secret, `METHOD|path|timestamp|payload`), where payload is the raw body, or the raw",
  "query string of a request without one; a key that has a public key signs the same text with",
  "Ed25519. Decimals are JSON numbers that stand for exactly the",
  "digits written: read them as text.",
].join(" ");

const TAGS = [
  { name: "Orders", description: "Place, cancel, amend and list orders." },
  { name: "Account", description: "Cash, holdings and what moved them." },
  { name: "Market data", description: "Public: books, trades, candles." },
  { name: "Console", description: "Signing a browser in." },
  { name: "Sandbox", description: "What only the sandbox does." },
  { name: "Server", description: "The gateway itself." },
];

const HEADER = { type: "apiKey", in: "header" } as const;
const SECURITY_SCHEMES = {
  apiKey: { ...HEADER, name: "X-API-Key", description: "Who asks." },
  timestamp: { ...HEADER, name: "X-API-Timestamp", description: "Unix milliseconds, 13 digits." },
  signature: { ...HEADER, name: "X-API-Signature", description: "Base64, or hex digits." },
};
const SIGNED = [{ apiKey: [], timestamp: [], signature: [] }];

/** Headers of answers that say something of the request. */
const HEADERS = {
  "X-Request-Id": header("That of the request, where it had one of at most 128 characters."),
  "X-Idempotent-Replay": header("true: the answer that the same request got before."),
  "Preference-Applied": header("return=representation, where that was asked for."),
  "RateLimit-Policy": header("The key's budgets, where it has any."),
  RateLimit: header("What is left of them."),
  "Retry-After": header("Seconds until the same request is worth sending again.", "integer"),
  Allow: header("The methods that the path takes."),
};
type HeaderName = keyof typeof HEADERS;

const FAILED = "Failed";
/** One shared answer per HTTP status that a failure may have, with all its causes. */
const RESPONSES = responsesByStatus();
const STATUSES = Object.keys(RESPONSES);

function operation(route: RouteSpec & { readonly name: keyof typeof ENDPOINTS }): Json {
  const endpoint = ENDPOINTS[route.name];
  const parameters = parametersOf(route, endpoint);
  const { aliasOf, does, name, signed } = route;
  const summary = does.charAt(0).toUpperCase() + does.slice(1);
  const sameAs = aliasOf === null ? {} : { description: `Does the same as ${aliasOf}.` };
  return {
    operationId: name,
    tags: [endpoint.tag],
    summary,
    ...sameAs,
    ...(signed ? { security: SIGNED } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(endpoint.body === undefined ? {} : { requestBody: requestBody(route.name, endpoint.body) }),
    responses: {
      200: {
        description: "Done.",
        headers: headers(headersOf(route, endpoint)),
        content: json(endpoint.ok),
      },
      ...Object.fromEntries(
        STATUSES.map((status) => [
          status.slice(FAILED.length),
          { $ref: `#/components/responses/${status}` },
        ]),
      ),
    },
  };
}

/** A route that takes its content in the query as well needs no body. */
function requestBody(name: RouteName, schema: Schema): Json {
  const content = { "application/json": { schema, example: EXAMPLES[name] } };
  return { required: ENDPOINTS[name].query === undefined, content };
}

function parametersOf({ path }: RouteSpec, { query, prefers, receipts }: Endpoint): Json[] {
  const parameters: Json[] = [];
  if (path.includes("{order_no}")) {
    const schema = { type: "string", pattern: "^[0-9]+$" };
    parameters.push({ name: "order_no", in: "path", required: true, schema });
  }
  if (query !== undefined) parameters.push(...queryParameters(query));
  if (prefers === true) {
    const schema = { type: "string", enum: ["return=representation"] };
    parameters.push({ name: "Prefer", in: "header", required: false, schema });
  }
  if (receipts === true) {
    const schema = { type: "string", enum: [RECEIPT_KIND] };
    parameters.push({ name: "X-Receipt", in: "header", required: false, schema });
  }
  return parameters;
}

function queryParameters({ properties, required = [] }: ObjectSchema): Json[] {
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: "query",
    required: required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema,
  }));
}

function headersOf({ signed }: RouteSpec, { prefers }: Endpoint): readonly HeaderName[] {
  if (!signed) return ["X-Request-Id"];
  const names = ["X-Request-Id", "X-Idempotent-Replay", "RateLimit-Policy", "RateLimit"] as const;
  return prefers === true ? [...names, "Preference-Applied"] : names;
}

/** Of a failure with this status: a refused write that was remembered is repeated as well. */
function failureHeaders(status: number): readonly HeaderName[] {
  const names = ["X-Request-Id", "RateLimit-Policy", "RateLimit"] as const;
  if (status === 400) return [...names, "Preference-Applied"];
  if (status === 405) return ["X-Request-Id", "Allow"];
  if (status === 409) return [...names, "Preference-Applied", "X-Idempotent-Replay"];
  return status === 429 || status === 503 ? [...names, "Retry-After"] : names;
}

function header(description: string, type: "string" | "integer" = "string"): Json {
  return { description, schema: { type } };
}

function headers(names: readonly HeaderName[]): Json {
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}

function responsesByStatus(): Readonly<Record<string, Json>> {
  const causes = new Map<number, string[]>();
  for (const name of Object.keys(ERRORS) as ErrorName[]) {
    const { httpStatus, code, reason, action }: ErrorSpec = ERRORS[name];
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
        headers: headers(failureHeaders(status)),
        content: json(ref("Failure")),
      },
    ]),
  );
}

function json(schema: Schema): Json {
  return { "application/json": { schema } };
}

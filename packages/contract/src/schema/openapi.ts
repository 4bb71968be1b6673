/** The OpenAPI 3.1 document, made from the route table, the schemas and the error catalogue. */
import { RECEIPT_KIND } from "../answers/receipt.ts";
import { ERRORS } from "../errors.ts";
import { ROUTES, type RouteName, type RouteSpec } from "../routes.ts";
import { ENDPOINTS, type Endpoint } from "./endpoints.ts";
import { EXAMPLES } from "./examples.ts";
import type { Schema } from "./json-schema.ts";
import {
  type DocumentOptions,
  documentHead,
  failuresOf,
  header,
  type Json,
  queryParameters,
  responsesOf,
} from "./openapi-parts.ts";
import { SCHEMAS } from "./schemas.ts";

export function openApiDocument(options: DocumentOptions): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of ROUTES) {
    const operations = paths[route.path] ?? {};
    operations[route.method.toLowerCase()] = operation(route);
    paths[route.path] = operations;
  }
  return {
    ...documentHead("Countermand", INTRODUCTION, options),
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

const RESPONSES = failuresOf(Object.values(ERRORS), failureHeaders);

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
    responses: responsesOf(endpoint.ok, headersOf(route, endpoint), RESPONSES),
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

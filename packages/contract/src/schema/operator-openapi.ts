/** The OpenAPI 3.1 document of the operator API, which its own listener serves. */
import { ACCESS_ERRORS } from "../errors/access-errors.ts";
import { GENERAL_ERRORS } from "../errors/general-errors.ts";
import { OPERATOR_ERRORS } from "../errors/operator-errors.ts";
import { QUERY_ERRORS } from "../errors/order-errors.ts";
import { ERRORS, type ErrorName } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import { success } from "./envelope-schemas.ts";
import { ref } from "./json-schema.ts";
import {
  type DocumentOptions,
  documentHead,
  failuresOf,
  header,
  type Json,
  queryParameters,
  responsesOf,
} from "./openapi-parts.ts";
import { OPERATOR_SCHEMAS } from "./operator-answer-schemas.ts";
import { OPERATOR_ENDPOINTS, type OperatorEndpoint } from "./operator-endpoints.ts";

export function operatorApiDocument(options: DocumentOptions): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const [route, endpoint] of Object.entries(OPERATOR_ENDPOINTS)) {
    const [method = "", path = ""] = route.split(" ");
    const operations = paths[path] ?? {};
    operations[method.toLowerCase()] = operation(method, path, endpoint);
    paths[path] = operations;
  }
  return {
    ...documentHead("Countermand for operators", INTRODUCTION, options),
    tags: TAGS,
    security: [{ token: [] }, { apiKey: [], timestamp: [], signature: [] }],
    paths,
    components: {
      schemas: OPERATOR_SCHEMAS,
      securitySchemes: SECURITY_SCHEMES,
      responses: RESPONSES,
      headers: HEADERS,
    },
  };
}

const INTRODUCTION = [
  "Block and kill, set modes, run accounts and keys, change instruments. Every request has the",
  "token, or is signed as those of clients are by a key with the permission `operate`. Every write",
  "has a `reason`, which the journal keeps with the operator's name. Send an `Idempotency-Key` with",
  "it: then the same request again changes nothing and gets the first answer. Times are Unix",
  "milliseconds, but those of orders. Decimals are JSON numbers that stand for exactly the digits",
  "written: read them as text.",
].join(" ");

const TAGS = [
  { name: "Trading", description: "Block, kill, release, modes." },
  { name: "Accounts", description: "Open, credit and debit, close; their orders." },
  { name: "Limits", description: "What orders of an account or key are held against." },
  { name: "Keys", description: "Make, rotate, expire, revoke." },
  { name: "Instruments", description: "Add, change, halt, retire." },
  { name: "Audit", description: "The whole story of an order." },
  { name: "Console", description: "Signing a browser in." },
];

const HEADER = { type: "apiKey", in: "header" } as const;
const SECURITY_SCHEMES = {
  token: { type: "http", scheme: "bearer", description: "COUNTERMAND_OPERATOR_TOKEN." },
  apiKey: { ...HEADER, name: "X-API-Key", description: "A key with the permission operate." },
  timestamp: { ...HEADER, name: "X-API-Timestamp", description: "Unix milliseconds, 13 digits." },
  signature: { ...HEADER, name: "X-API-Signature", description: "As clients sign." },
};

const HEADERS = {
  "X-Request-Id": header("That of the request, where it had one of at most 128 characters."),
  "X-Idempotent-Replay": header("true: the answer that the same request got before."),
  ETag: header("The version of the limits, in quotes."),
  "Retry-After": header("Seconds until the same request is worth sending again.", "integer"),
  "WWW-Authenticate": header("Bearer."),
  Allow: header("The methods that the path takes."),
};
type HeaderName = keyof typeof HEADERS;

/** What operators may meet of the errors of orders. */
const OF_ORDERS: readonly ErrorName[] = [
  "INSUFFICIENT_CASH",
  "INSUFFICIENT_HOLDINGS",
  "UNKNOWN_ORDER",
];
const RESPONSES = failuresOf(
  [
    ...Object.values({ ...GENERAL_ERRORS, ...ACCESS_ERRORS, ...QUERY_ERRORS, ...OPERATOR_ERRORS }),
    ...OF_ORDERS.map((name) => ERRORS[name]),
  ],
  failureHeaders,
);

function operation(method: string, path: string, endpoint: OperatorEndpoint): Json {
  const { body, data, does, tag } = endpoint;
  return {
    operationId: operationId(method, path),
    tags: [tag],
    summary: does.charAt(0).toUpperCase() + does.slice(1),
    parameters: parametersOf(method, path, endpoint),
    ...(body === undefined ? {} : { requestBody: requestBody(body) }),
    responses: responsesOf(success(ref(data)), headersOf(method, endpoint), RESPONSES),
  };
}

/** `POST /operator/v1/keys/{api_key}/rotate` is postKeysRotate: no two routes are called alike. */
function operationId(method: string, path: string): string {
  const words = path.split(/[/-]/).slice(3);
  const named = words.map((word) => word.replace(/^\{(.*)\}$/, "by_$1"));
  const parts = named.flatMap((word) => word.split("_"));
  return (
    method.toLowerCase() +
    parts.map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join("")
  );
}

function requestBody({ schema, example }: NonNullable<OperatorEndpoint["body"]>): Json {
  return {
    required: true,
    content: { "application/json": { schema: ref(schema), example } },
  };
}

function parametersOf(method: string, path: string, endpoint: OperatorEndpoint): Json[] {
  const { query, needsKey = false, hasVersion = false } = endpoint;
  const parameters: Json[] = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => {
    return { name, in: "path", required: true, schema: { type: "string" } };
  });
  if (query !== undefined) parameters.push(...queryParameters(query));
  if (method === "GET") return parameters;
  const name = { type: "string", minLength: 1, maxLength: LIMITS.operatorNameCharactersMax.value };
  const sent = (header: string, required: boolean, description: string) => {
    return { name: header, in: "header", required, description, schema: name };
  };
  parameters.push(
    sent("X-Operator", true, "Who does it: the journal keeps it. Not used where a key signs."),
    sent(
      "Idempotency-Key",
      needsKey,
      "Names the request for 24 hours. Not used where a key signs.",
    ),
  );
  if (!hasVersion) return parameters;
  const description = "The ETag of the limits that were read: others are not replaced.";
  const schema = { type: "string" };
  return [...parameters, { name: "If-Match", in: "header", required: false, description, schema }];
}

function headersOf(method: string, { hasVersion = false }: OperatorEndpoint): HeaderName[] {
  return [
    "X-Request-Id",
    ...(method === "GET" ? [] : ["X-Idempotent-Replay" as const]),
    ...(hasVersion ? ["ETag" as const] : []),
  ];
}

function failureHeaders(status: number): readonly HeaderName[] {
  if (status === 401) return ["X-Request-Id", "WWW-Authenticate"];
  if (status === 405) return ["X-Request-Id", "Allow"];
  return status === 429 || status === 503 ? ["X-Request-Id", "Retry-After"] : ["X-Request-Id"];
}

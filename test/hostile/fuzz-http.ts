/**
 * Mutated requests over HTTP, and what is wrong with the answers: only rows of the error catalogue,
 * never a 5xx but a catalogued 503, never 50 ms, nothing taken that its schema refuses.
 */
import { performance } from "node:perf_hooks";
import { Ajv2020 } from "ajv/dist/2020.js";
import { ERRORS, type ErrorSpec } from "../../packages/contract/src/errors.ts";
import { matchRoute } from "../../packages/contract/src/routes.ts";
import { ENDPOINTS } from "../../packages/contract/src/schema/endpoints.ts";
import { ref, refName, type Schema } from "../../packages/contract/src/schema/json-schema.ts";
import { OPERATOR_SCHEMAS } from "../../packages/contract/src/schema/operator-answer-schemas.ts";
import { OPERATOR_ENDPOINTS } from "../../packages/contract/src/schema/operator-endpoints.ts";
import { SCHEMAS } from "../../packages/contract/src/schema/schemas.ts";
import type { Random } from "../e2e/crash/random.ts";
import { OPERATOR_TOKEN } from "../e2e/operator-client.ts";
import { assertDescribed, operatorRouteOf } from "../e2e/operator-document.ts";
import {
  type Answer,
  type Key,
  SignedClient,
  type SignedRequest,
  sign,
} from "../e2e/signed-client.ts";
import { mutated } from "./byte-mutations.ts";
import { mutatedHeaders, mutatedJson, mutatedTarget } from "./mutations.ts";
import {
  OPERATOR_REQUESTS,
  SIGNED_REQUESTS,
  UNSIGNED_REQUESTS,
  type ValidRequest,
} from "./valid-requests.ts";

/** Milliseconds in which every request is answered. */
const ANSWER_MS_MAX = 50;
/** Times a slow answer is asked for again: what is slow by itself is slow each time. */
const SLOW_TRIES = 5;

export interface FuzzReport {
  sentCount: number;
  /** Answers by HTTP status. */
  readonly statuses: Map<number, number>;
  /** Of the slowest answer, the machine's own pauses included. */
  slowestMs: number;
  /** Answers that took longer than the bound and, asked for again, did not. */
  pauseCount: number;
  /** What must not be, one line each. */
  readonly faults: string[];
}

export interface FuzzPlace {
  readonly url: string;
  /** Null where operators are left out. */
  readonly operatorUrl: string | null;
  readonly key: Key;
  /** Whether answers are held against the clock. */
  readonly isTimed: boolean;
}

export async function fuzzHttp(
  place: FuzzPlace,
  random: Random,
  count: number,
): Promise<FuzzReport> {
  const report: FuzzReport = {
    sentCount: 0,
    statuses: new Map(),
    slowestMs: 0,
    pauseCount: 0,
    faults: [],
  };
  const clients = clientsOf(place);
  for (let index = 0; index < count; index += 1) {
    const { client, request } = nextRequest(random, place, clients);
    const startedMs = performance.now();
    const answer = await client.send(request).catch((error: Error) => error);
    const ms = performance.now() - startedMs;
    note(report, request, answer);
    if (place.isTimed && ms > ANSWER_MS_MAX) await askAgain(report, client, request);
    report.slowestMs = Math.max(report.slowestMs, ms);
    // An armed fault loses answers, and answers are what this looks at.
    if (request.target.startsWith("/sandbox/v1/faults")) {
      await clients.trade.call("DELETE", "/sandbox/v1/faults");
    }
  }
  clients.trade.close();
  clients.operator?.close();
  return report;
}

interface Clients {
  readonly trade: SignedClient;
  readonly operator: SignedClient | null;
}

function clientsOf({ url, operatorUrl, key }: FuzzPlace): Clients {
  const operator = operatorUrl === null ? null : new SignedClient(operatorUrl, key, 1);
  return { trade: new SignedClient(url, key, 1), operator };
}

const SIGNED = Object.values(SIGNED_REQUESTS).flat();

function nextRequest(random: Random, { key }: FuzzPlace, { trade, operator }: Clients) {
  const kind = random.below(10);
  if (operator !== null && kind < 4) {
    const headers = {
      Authorization: `Bearer ${OPERATOR_TOKEN}`,
      "X-Operator": "kim",
      "Idempotency-Key": `k${random.below(1e9)}`,
    };
    const valid = random.pick(OPERATOR_REQUESTS);
    return {
      client: operator,
      request: changedRequest(random, valid, (each) => plain(each, headers)),
    };
  }
  if (kind < 5) {
    const valid = random.pick(UNSIGNED_REQUESTS);
    return { client: trade, request: changedRequest(random, valid, (each) => plain(each, {})) };
  }
  const signed = (each: Sent): SignedRequest => sign(key, each.method, each.target, each.body);
  return { client: trade, request: changedRequest(random, random.pick(SIGNED), signed) };
}

interface Sent {
  readonly method: string;
  readonly target: string;
  readonly body: Buffer;
}

/** Body, target or both are changed before they are signed, headers after it. */
function changedRequest(
  random: Random,
  valid: ValidRequest,
  complete: (sent: Sent) => SignedRequest,
): SignedRequest {
  const { method } = valid;
  const body = Buffer.from(valid.body === undefined ? "" : JSON.stringify(valid.body));
  const hasBody = body.length > 0;
  switch (random.below(hasBody ? 10 : 4)) {
    case 0: {
      const request = complete({ method, target: valid.target, body });
      return { ...request, headers: mutatedHeaders(random, request.headers) };
    }
    case 1:
    case 2:
      return complete({ method, target: mutatedTarget(random, valid.target), body });
    case 3: {
      const other = random.pick(SIGNED).body ?? {};
      return complete({
        method,
        target: valid.target,
        body: hasBody ? body : Buffer.from(JSON.stringify(other)),
      });
    }
    case 4:
    case 5:
      return complete({ method, target: valid.target, body: mutated(random, body, body) });
    default: {
      const json = Buffer.from(JSON.stringify(mutatedJson(random, valid.body)));
      return complete({ method, target: valid.target, body: json });
    }
  }
}

function plain(
  { method, target, body }: Sent,
  headers: Readonly<Record<string, string>>,
): SignedRequest {
  const type = body.length > 0 ? { "Content-Type": "application/json" } : {};
  return { method, target, body, headers: { ...headers, ...type } };
}

function note(report: FuzzReport, request: SignedRequest, answer: Answer | Error): void {
  report.sentCount += 1;
  const fault = answer instanceof Error ? answer.message : faultOf(request, answer);
  if (!(answer instanceof Error)) {
    report.statuses.set(answer.status, (report.statuses.get(answer.status) ?? 0) + 1);
  }
  if (fault === null) return;
  const got = answer instanceof Error ? "" : `${answer.status} ${answer.text.slice(0, 300)}`;
  const { method, target, body, headers } = request;
  report.faults.push(
    `${fault}: ${method} ${target} ${body.toString("latin1")} ${JSON.stringify(headers)} -> ${got}`,
  );
}

const SPECS = new Map<string, ErrorSpec>(
  Object.values(ERRORS).map((spec: ErrorSpec) => [
    `${spec.httpStatus} ${spec.code} ${spec.reason}`,
    spec,
  ]),
);

/** What is wrong with an answer; null when nothing is. */
function faultOf(request: SignedRequest, { status, text, headers }: Answer): string | null {
  if (status === 304) return null;
  if (headers["content-type"]?.startsWith("application/json") !== true) {
    return status === 200 ? null : "an error that is not JSON";
  }
  const answer = JSON.parse(text) as { code?: unknown; reason?: unknown };
  const { code, reason } = answer;
  const undescribed = undescribedBy(request, status, answer);
  if (undescribed !== null) return undescribed;
  if (status === 200) return acceptedFault(request, code);
  if (!SPECS.has(`${status} ${code} ${reason}`)) return "an error that is not in the catalogue";
  return status >= 500 && status !== 503 ? "a 5xx" : null;
}

/** What the operators' document does not say of an answer; null where it says it. */
function undescribedBy({ method, target }: SignedRequest, status: number, answer: object) {
  try {
    assertDescribed(`${method} ${target}`, status, answer);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

const AJV = new Ajv2020({ strict: true, strictTypes: false, formats: { decimal: true } });
AJV.addKeyword("components");
const VALIDATORS = new Map<string, ReturnType<typeof AJV.compile>>();

/** A request that was carried out is one that its schema allows; lists are not looked into. */
function acceptedFault(request: SignedRequest, code: unknown): string | null {
  const { body } = request;
  const described = code === 0 && body.length > 0 ? describedBody(request) : null;
  if (described === null || described.schema.type === "array") return null;
  const { name, schema, schemas } = described;
  const known = VALIDATORS.get(name);
  const validate = known ?? AJV.compile({ components: { schemas }, $id: name, ...schema });
  VALIDATORS.set(name, validate);
  const named = schemas[refName(schema) ?? ""] ?? schema;
  return validate(asMeant(named, JSON.parse(body.toString("utf8"))))
    ? null
    : `taken against its schema (${AJV.errorsText(validate.errors)})`;
}

interface DescribedBody {
  readonly name: string;
  readonly schema: Schema;
  readonly schemas: Readonly<Record<string, Schema>>;
}

/** What the documents say of a request's body; null where its route takes none. */
function describedBody({ method, target }: SignedRequest): DescribedBody | null {
  const operatorRoute = operatorRouteOf(`${method} ${target}`);
  if (operatorRoute !== null) {
    const body = OPERATOR_ENDPOINTS[operatorRoute]?.body;
    if (body === undefined) return null;
    return { name: operatorRoute, schema: ref(body.schema), schemas: OPERATOR_SCHEMAS };
  }
  const match = matchRoute(method, target.split("?", 1)[0] ?? "");
  if (match === null || !("route" in match)) return null;
  const { name } = match.route;
  const schema = ENDPOINTS[name].body;
  return schema === undefined ? null : { name, schema, schemas: SCHEMAS };
}

/**
 * As the schema has it: an empty text is none, a whole number may be in quotes, and beside an order
 * number any reference is taken, because the number alone decides (CONTRACT section 4).
 */
function asMeant(schema: Schema, value: object): object {
  const known = schema.properties ?? {};
  const isNumbered = "order_no" in value && value.order_no !== "";
  const given = Object.entries(value).filter(([name, each]) => {
    return each !== "" && !(isNumbered && name === "reference_id");
  });
  return Object.fromEntries(
    given.map(([name, each]) => {
      const isWhole = known[name]?.type === "integer" && /^-?\d+$/.test(String(each));
      return [name, isWhole ? Number(each) : each];
    }),
  );
}

async function askAgain(
  report: FuzzReport,
  client: SignedClient,
  request: SignedRequest,
): Promise<void> {
  let fastestMs = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < SLOW_TRIES; tries += 1) {
    const startedMs = performance.now();
    await client.send(request).catch(() => undefined);
    fastestMs = Math.min(fastestMs, performance.now() - startedMs);
  }
  if (fastestMs <= ANSWER_MS_MAX) report.pauseCount += 1;
  else
    report.faults.push(
      `${fastestMs.toFixed(0)} ms: ${request.method} ${request.target} ${request.body.toString("latin1")}`,
    );
}

/**
 * The operator API on a listener of its own: the token first, then who operates, the form, the
 * meaning. Every write is decided in one turn of the sequencer and answered when it is durable.
 */

import { isUtf8 } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
import {
  type Fault,
  fault,
  Header,
  isFault,
  JsonFault,
  type JsonValue,
  LIMITS,
  malformedJson,
  OPERATOR_NEED,
  operatorApiDocument,
  parseExact,
} from "@countermand/contract";
import type { OperatorAnswers } from "@countermand/core/control";
import type { UnixMs } from "@countermand/core/model";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { faultAnswer } from "../answers.ts";
import { type Authenticator, framingFault } from "../auth/authenticate.ts";
import { permissionFault } from "../auth/authorize.ts";
import type { OpenSession } from "../console/console-sessions.ts";
import type { OperatorConsole, OperatorHolder } from "../console/operator-sessions.ts";
import { answerClientError } from "../http/client-error.ts";
import { connectionRoom } from "../http/connection-room.ts";
import { addDocument } from "../http/docs-routes.ts";
import { echoRequestId, send, sendFault } from "../http/framework-replies.ts";
import { NO_SCHEMAS } from "../http/no-schemas.ts";
import { nodeServer, renewTls, schemeOf } from "../http/node-server.ts";
import { originForm } from "../http/request-form.ts";
import { isEchoable } from "../http/responses.ts";
import { NODE_SERVER_OPTIONS } from "../http/server-options.ts";
import type { TlsFiles } from "../secret-settings.ts";
import type { AwaitedAnswers } from "../sequencer/awaited-answers.ts";
import type { Answer, Sequencer } from "../sequencer/sequencer.ts";
import { IDEMPOTENCY_KEY_MS, OPERATOR_BODY_BYTES_MAX } from "./limits.ts";
import { OperatorConnections } from "./operator-connections.ts";
import {
  addOperatorPages,
  isPagePath,
  operatorSession,
  PAGE_ROUTES,
  pageUrlOf,
} from "./operator-pages.ts";
import {
  OPERATOR_ROUTES,
  type OperatorDeed,
  type OperatorInquiry,
  type OperatorRoute,
} from "./operator-routes.ts";
import type { OperatorService } from "./operator-service.ts";
import type { OperatorAnswer } from "./operator-turn.ts";

/** What the operator API serves with, once the gateway has recovered. */
export interface OperatorParts {
  readonly service: OperatorService;
  readonly sequencer: Sequencer;
  readonly awaited: AwaitedAnswers;
  readonly authenticator: Authenticator;
  readonly console: OperatorConsole;
}

export interface OperatorServerOptions {
  readonly token: string;
  /** Certificate and key in PEM; null speaks plain HTTP. */
  readonly tls: TlsFiles | null;
  readonly wallMs: () => number;
  /** Header in which a proxy names the client; null where there is none. */
  readonly addressHeader: string | null;
  /** Null while the gateway is starting. */
  readonly parts: () => OperatorParts | null;
  readonly onBug: (error: Error) => void;
}

interface Identified {
  readonly operator: string;
  /** Of a key that signed. */
  readonly apiKey: string | null;
  /** When the secret began that it signed with; 0 where none did. */
  readonly secretSinceMs: number;
  readonly requestId: string;
  readonly ifMatch?: string;
  /** Null for a read, and for a write that may not be recognised again. */
  readonly idempotency: Idempotency | null;
  readonly isUrgent: boolean;
  readonly isRepeatable: boolean;
}

interface Idempotency {
  readonly key: string;
  readonly contentDigest: string;
  /** The key is the signature's, which was good for some minutes only. */
  readonly isSigned: boolean;
}

const PRINTABLE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

export class OperatorServer {
  readonly #app: FastifyInstance;

  private constructor(app: FastifyInstance) {
    this.#app = app;
  }

  /** Resolves with a listening server; rejects with the listener's error. */
  static async listen(
    options: OperatorServerOptions,
    host: string,
    port: number,
  ): Promise<OperatorServer> {
    const server = new OperatorServer(appOf(options));
    try {
      await server.#app.listen({ host, port });
      return server;
    } catch (error) {
      await server.#app.close();
      throw error;
    }
  }

  /** Where operators connect. */
  get url(): string {
    return this.#app.listeningOrigin.replace(/^http:/, `${schemeOf(this.#app.server)}:`);
  }

  renewTls(tls: TlsFiles): void {
    renewTls(this.#app.server, tls);
  }

  /** Resolves when the last request is answered, or when `deadline` is. */
  async close(deadline: Promise<void>): Promise<void> {
    this.#app.server.closeIdleConnections();
    const closed = this.#app.close();
    await Promise.race([closed, deadline]);
    this.#app.server.closeAllConnections();
    await closed;
  }
}

function appOf(options: OperatorServerOptions): FastifyInstance {
  const app = Fastify({
    bodyLimit: OPERATOR_BODY_BYTES_MAX,
    schemaController: NO_SCHEMAS,
    forceCloseConnections: "idle",
    // While it stops the framework would answer in words of its own, which no catalogue has.
    return503OnClosing: false,
    serverFactory: (handler) => nodeServer(NODE_SERVER_OPTIONS, options.tls, handler),
    clientErrorHandler: answerClientError,
    frameworkErrors: (_error, request, reply) => {
      if (isAdmitted(request, reply)) sendFault(reply, UNKNOWN_PATH);
    },
    exposeHeadRoutes: false,
    rewriteUrl: ({ url = "" }) => originForm(url),
  });
  // Else the framework leaves the body of a GET unread, and nobody is told that it is not taken.
  app.addHttpMethod("GET", { hasBody: true, overrideExisting: true });
  const connections = new OperatorConnections(app.server, connectionRoom(true).operators);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  const isToken = tokenCheck(options.token);
  /** Whoever is not has his answer. */
  const isAdmitted = (request: FastifyRequest, reply: FastifyReply): boolean => {
    echoRequestId(request, reply);
    if (isOpen(request) || isSigned(request)) return true;
    if (!isToken(request.headers.authorization)) {
      sendFault(reply.header("WWW-Authenticate", "Bearer"), TOKEN_FAULT);
      return false;
    }
    connections.known(request.raw.socket);
    return true;
  };
  app.addHook("onRequest", (request, reply, done) => {
    if (isAdmitted(request, reply)) done();
  });
  app.decorateRequest("signer", null);
  app.decorateRequest("page", null);
  app.addHook("preHandler", (request, reply, done) => {
    if (isOpen(request)) {
      done();
      return;
    }
    const signer = isSigned(request) ? signerOf(options, request) : null;
    if (signer !== null && isFault(signer)) {
      sendFault(reply, signer);
      return;
    }
    if (signer !== null) connections.known(request.raw.socket);
    request.signer = signer;
    done();
  });
  for (const route of OPERATOR_ROUTES) {
    app.route({
      method: route.method,
      url: route.path,
      handler: (request, reply) => answer(options, route, request, reply),
    });
  }
  addPages(app, options, connections);
  addDocument(app, DOCUMENT_PATH, operatorApiDocument);
  app.setNotFoundHandler(refuseRoute);
  app.setErrorHandler((error: Error & { readonly statusCode?: number }, request, reply) => {
    if (error.statusCode === 413) {
      return sendFault(reply, fault("BODY_TOO_LARGE", `at most ${OPERATOR_BODY_BYTES_MAX} bytes`));
    }
    if (error.statusCode !== undefined && error.statusCode < 500) {
      if (request.is404) return refuseRoute(request, reply);
      if (error.statusCode === 415) return sendFault(reply, UNSUPPORTED_MEDIA_TYPE);
      return sendFault(reply, fault("MALFORMED_REQUEST", "the request cannot be read"));
    }
    sendFault(reply, fault("OUTCOME_UNKNOWN", ""));
    options.onBug(error);
    return reply;
  });
  return app;
}

/** What the API is, for whoever asks: it says nothing of this gateway but its version. */
const DOCUMENT_PATH = "/openapi.json";

/** Whether it needs neither token nor signature: a page has a session, or is to get one. */
function isOpen({ url }: FastifyRequest): boolean {
  return isPagePath(url) || url.split("?", 1)[0] === DOCUMENT_PATH;
}

/** The console for operators: the same routes, by the cookie of a session. */
function addPages(
  app: FastifyInstance,
  options: OperatorServerOptions,
  connections: OperatorConnections,
): void {
  const console = () => options.parts()?.console ?? null;
  const { addressHeader } = options;
  addOperatorPages(app, { console, addressHeader, json: jsonOf });
  for (const route of PAGE_ROUTES) {
    app.route({
      method: route.method,
      url: pageUrlOf(route),
      handler: (request, reply) => {
        const page = operatorSession({ console, addressHeader }, request);
        if (isFault(page)) return sendFault(reply, page);
        connections.known(request.raw.socket);
        request.page = page;
        return answer(options, route, request, reply);
      },
    });
  }
}

/** A key that signed a request, and what names the request. */
interface Signer {
  readonly apiKey: string;
  readonly secretSinceMs: number;
  readonly fingerprint: string;
}

declare module "fastify" {
  interface FastifyRequest {
    /** Null where the token was sent. */
    signer: Signer | null;
    /** Null where no page asks. */
    page: OpenSession<OperatorHolder> | null;
  }
}

/** By a key instead of the token: such a request is checked when its body is there. */
function isSigned({ headers }: FastifyRequest): boolean {
  return headers[Header.ApiKey] !== undefined && headers.authorization === undefined;
}

function signerOf(options: OperatorServerOptions, request: FastifyRequest): Signer | Fault {
  const authenticator = options.parts()?.authenticator;
  if (authenticator === undefined) return STARTING;
  const { headers, method, raw, url } = request;
  const path = url.split("?", 1)[0] ?? "";
  const rawQuery = rawQueryOf(url);
  const body = bodyOf(request);
  const sent = { method, path, rawQuery, headers, body, socket: raw.socket };
  const authenticated = framingFault(sent) ?? authenticator.authenticate(sent);
  if (isFault(authenticated)) return authenticated;
  const refusal = permissionFault(authenticated.key, OPERATOR_NEED);
  if (refusal !== null) return refusal;
  const { fingerprint } = authenticator.identityOf(authenticated);
  const { caller, secretSinceMs = 0 } = authenticated;
  return { apiKey: caller.apiKey, secretSinceMs, fingerprint };
}

const STARTING = fault("STARTING", "the gateway reads its journal");
const UNKNOWN_PATH = fault("UNKNOWN_PATH", "nothing is served at this path");
const UNSUPPORTED_MEDIA_TYPE = fault(
  "UNSUPPORTED_MEDIA_TYPE",
  "Content-Type must be application/json",
);
const TOKEN_FAULT = fault("OPERATOR_TOKEN_INVALID", "");

/** In constant time, whatever was sent. */
function tokenCheck(token: string): (authorization: string | undefined) => boolean {
  const digest = (text: string) => createHash("sha256").update(text, "latin1").digest();
  const expected = digest(`Bearer ${token}`);
  return (authorization) => {
    const [, scheme = "", rest = ""] = /^(\S+) +(.*)$/.exec(authorization ?? "") ?? [];
    const given = `${scheme.toLowerCase() === "bearer" ? "Bearer" : scheme} ${rest}`;
    return timingSafeEqual(expected, digest(given));
  };
}

async function answer(
  options: OperatorServerOptions,
  route: OperatorRoute,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const parts = options.parts();
  if (parts === null) return sendFault(reply, STARTING);
  const identified = identify(route, request);
  if (isFault(identified)) return sendFault(reply, identified);
  const deed = decode(route, request);
  if (isFault(deed)) return sendFault(reply, deed);
  const wallMs = options.wallMs() as UnixMs;
  const { awaited, service } = parts;
  if ("inquire" in deed) {
    const found = await inTime(options, awaited, deed.inquire(service, wallMs));
    return isFault(found) ? sendFault(reply, found) : send(reply, found);
  }
  const given = await inTime(options, awaited, carryOut(parts, identified, deed, wallMs));
  if (isFault(given)) return sendFault(reply, given);
  if (given.isReplayed) reply.header("X-Idempotent-Replay", "true");
  const { version } = given.answer;
  if (version !== undefined) reply.header("ETag", `"${version}"`);
  return send(reply, given.answer);
}

function inTime<T>(
  { onBug }: OperatorServerOptions,
  awaited: AwaitedAnswers,
  answer: Promise<T>,
): Promise<T | Fault> {
  return new Promise((resolve) => {
    const giveUp = (details: string) => resolve(fault("OUTCOME_UNKNOWN", details));
    awaited.await(answer, { give: resolve, giveUp, onBug });
  });
}

function identify(route: OperatorRoute, request: FastifyRequest): Identified | Fault {
  const { page, signer } = request;
  const given = request.headers[Header.RequestId];
  const requestId = isEchoable(given) ? given : "";
  const { apiKey = null, secretSinceMs = 0 } = signer ?? {};
  const ifMatch = request.headers["if-match"];
  const seen = ifMatch === undefined ? {} : { ifMatch };
  const { isRepeatable, isUrgent } = route;
  const by = { apiKey, secretSinceMs, requestId, ...seen, isRepeatable, isUrgent };
  if (route.method === "GET") return { ...by, operator: "", idempotency: null };
  if (signer !== null) {
    // The headers of a person are not signed: the key says who, the signature which request.
    const key = `signed:${signer.fingerprint}`;
    const idempotency = { key, contentDigest: "", isSigned: true };
    return { ...by, operator: signer.apiKey, idempotency };
  }
  const { value: max } = LIMITS.operatorNameCharactersMax;
  // Nobody gives a page another name than the one that was signed in.
  const operator = page === null ? headerText(request, "x-operator") : page.key.operator;
  if (operator.length > max || !PRINTABLE.test(operator)) {
    return fault("OPERATOR_NAME_INVALID", "the header X-Operator says who does this");
  }
  if (request.headers["idempotency-key"] === undefined) {
    if (route.needsKey) return fault("IDEMPOTENCY_KEY_MISSING", "");
    return { ...by, operator, idempotency: null };
  }
  const key = headerText(request, "idempotency-key");
  if (key.length > max || !PRINTABLE.test(key)) return fault("IDEMPOTENCY_KEY_INVALID", "");
  const contentDigest = createHash("sha256")
    .update(`${request.method}\0${request.url}\0`)
    .update(bodyOf(request))
    .digest("base64url");
  return { ...by, operator, idempotency: { key, contentDigest, isSigned: false } };
}

function decode(
  route: OperatorRoute,
  request: FastifyRequest,
): OperatorDeed | OperatorInquiry | Fault {
  const json = jsonOf(request);
  if (json !== null && isFault(json)) return json;
  const rawQuery = rawQueryOf(request.url);
  return route.decode({
    parameters: request.params as Readonly<Record<string, string>>,
    query: new URLSearchParams(rawQuery),
    rawQuery,
    json,
  });
}

/** All behind the first question mark: others are a value's. */
function rawQueryOf(url: string): string {
  const mark = url.indexOf("?");
  return mark === -1 ? "" : url.slice(mark + 1);
}

function jsonOf(request: FastifyRequest): { readonly value: JsonValue } | null | Fault {
  const body = bodyOf(request);
  if (body.length === 0) return null;
  const type = request.headers["content-type"];
  if (type !== undefined && !/^application\/json *(?:;.*)?$/i.test(type)) {
    return UNSUPPORTED_MEDIA_TYPE;
  }
  if (!isUtf8(body)) return fault("MALFORMED_UTF8", "the body is not UTF-8");
  const json = parseExact(body.toString("utf8"));
  return json instanceof JsonFault ? malformedJson(json) : { value: json };
}

function bodyOf({ body }: FastifyRequest): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}

/** One turn: what was answered before is answered again, else the deed is done and kept. */
function carryOut(
  { service, sequencer }: OperatorParts,
  { idempotency, isRepeatable, isUrgent, ...by }: Identified,
  deed: OperatorDeed,
  wallMs: UnixMs,
): Promise<{ readonly answer: OperatorAnswer; readonly isReplayed: boolean }> {
  const { partitions } = sequencer;
  return sequencer.operate((nowMs) => {
    const turn = { ...by, wallMs, nowMs };
    const fresh = (): OperatorAnswer => deed(service, turn);
    if (idempotency === null) return { answer: fresh(), isReplayed: false };
    const { key, contentDigest } = idempotency;
    const { answers } = partitions.control;
    const before = answers.get(key, wallMs);
    if (before !== null) {
      const isSame = before.contentDigest === contentDigest;
      return {
        answer: isSame ? before : faultAnswer("IDEMPOTENCY_KEY_REUSED", ""),
        isReplayed: isSame,
      };
    }
    const doubt = isRepeatable ? null : doubtOf(answers, idempotency, wallMs);
    if (doubt !== null) return { answer: doubt, isReplayed: false };
    if (!answers.hasRoom(wallMs, isUrgent)) {
      // It may be done again, and must not wait.
      if (isRepeatable) return { answer: fresh(), isReplayed: false };
      return { answer: faultAnswer("OVERLOADED", ""), isReplayed: false };
    }
    const answer = fresh();
    // What there was nothing to do for is done, too: sent again later it must not undo what came
    // since. A refusal is not kept, also one that has begun something: a retry is a fresh try.
    if (answer.httpStatus < 400) {
      partitions.stageControlEvent({
        type: "OperatorAnswered",
        atMs: wallMs,
        idempotencyKey: key,
        contentDigest,
        expiresAtMs: (wallMs + IDEMPOTENCY_KEY_MS) as UnixMs,
        httpStatus: answer.httpStatus,
        body: answer.keptBody ?? answer.body,
      });
    }
    return { answer, isReplayed: false };
  });
}

/** From the earliest to the latest moment at which a signature is good. */
const SIGNED_MS = 2 * LIMITS.timestampWindowMsMax.value;

/** Null where the memory of answers can vouch that a request, unknown to it, is a new one. */
function doubtOf(
  answers: OperatorAnswers,
  { isSigned }: Idempotency,
  wallMs: UnixMs,
): Answer | null {
  const fromMs = isSigned ? wallMs + IDEMPOTENCY_KEY_MS - SIGNED_MS : wallMs;
  const openMs = answers.mayHaveForgotten(fromMs as UnixMs);
  if (openMs === null) return null;
  const seconds = Math.ceil((openMs - fromMs) / 1000);
  const remedy = isSigned
    ? `sign it anew in ${seconds} s`
    : `send it in ${seconds} s, or sign it with a key that has operate`;
  const details =
    "nothing was done now: the gateway's clock was set back, and it may have forgotten that it " +
    `did this before; look whether it did, then ${remedy}; kills, releases and revocations are ` +
    "always taken";
  return faultAnswer("TIMESTAMP_OUT_OF_WINDOW", details);
}

/** What a request gets that no route takes. */
function refuseRoute(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = request.url.split("?", 1)[0] ?? "";
  const methods = OPERATOR_ROUTES.filter((route) => fits(route, path)).map(({ method }) => method);
  if (methods.length === 0) {
    return sendFault(reply, UNKNOWN_PATH);
  }
  const allow = methods.join(", ");
  return sendFault(
    reply.header("Allow", allow),
    fault("METHOD_NOT_ALLOWED", `this path takes ${allow}`),
  );
}

function fits(route: OperatorRoute, path: string): boolean {
  const [expected, given] = [route.path.split("/"), path.split("/")];
  if (expected.length !== given.length) return false;
  return expected.every((segment, index) => segment.startsWith(":") || segment === given[index]);
}

function headerText({ headers }: FastifyRequest, name: string): string {
  const value = headers[name];
  return typeof value === "string" ? value : "";
}

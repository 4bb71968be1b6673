/**
 * The operator API on a listener of its own: the token first, then who operates, the form, the
 * meaning. Every write is decided in one turn of the sequencer and answered when it is durable.
 */
import { type Fault, fault, isFault, operatorApiDocument } from "@countermand/contract";
import type { UnixMs } from "@countermand/core/model";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { answerClientError } from "../http/client-error.ts";
import { connectionRoom } from "../http/connection-room.ts";
import { addDocument } from "../http/docs-routes.ts";
import { send, sendFault } from "../http/framework-replies.ts";
import { NO_JSON_TYPE } from "../http/json-body.ts";
import { NO_SCHEMAS } from "../http/no-schemas.ts";
import { cutConnections, nodeServer, renewTls, schemeOf } from "../http/node-server.ts";
import { originForm, pathOf } from "../http/request-target.ts";
import { NODE_SERVER_OPTIONS } from "../http/server-options.ts";
import type { TlsFiles } from "../secret-settings.ts";
import type { AwaitedAnswers } from "../sequencer/awaited-answers.ts";
import { OPERATOR_BODY_BYTES_MAX } from "./limits.ts";
import {
  DOCUMENT_PATH,
  isOpen,
  OperatorAdmission,
  type OperatorSender,
} from "./operator-admission.ts";
import { OperatorConnections } from "./operator-connections.ts";
import { contentOf, jsonOf } from "./operator-content.ts";
import { identify } from "./operator-identity.ts";
import { carryOut } from "./operator-memory.ts";
import { addOperatorPages, PAGE_ROUTES, pageUrlOf } from "./operator-pages.ts";
import { type OperatorServerOptions, STARTING } from "./operator-parts.ts";
import { OPERATOR_ROUTES, type OperatorRoute } from "./operator-routes.ts";

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
    const server = new OperatorServer(listenerOf(options));
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
    cutConnections(this.#app.server);
    await closed;
  }
}

function listenerOf(options: OperatorServerOptions): FastifyInstance {
  const app = Fastify({
    bodyLimit: OPERATOR_BODY_BYTES_MAX,
    schemaController: NO_SCHEMAS,
    forceCloseConnections: "idle",
    // While it stops the framework would answer in words of its own, which no catalogue has.
    return503OnClosing: false,
    serverFactory: (handler) => nodeServer(NODE_SERVER_OPTIONS, options.tls, handler),
    clientErrorHandler: answerClientError,
    // Of a path that cannot be decoded: no hook is called for it.
    frameworkErrors: (_error, request, reply) => {
      if (admission.admits(request, reply)) sendFault(reply, UNKNOWN_PATH);
    },
    exposeHeadRoutes: false,
    rewriteUrl: ({ url = "" }) => originForm(url),
  });
  const connections = new OperatorConnections(app.server, connectionRoom(true).operators);
  const admission = new OperatorAdmission(options, connections);
  app.addHook("onRequest", (request, reply, done) => {
    if (admission.admits(request, reply)) done();
  });
  readBodies(app);
  addRoutes(app, options, admission);
  addDocument(app, DOCUMENT_PATH, operatorApiDocument);
  addRefusals(app, options, admission);
  return app;
}

/** As they are: what they hold is looked at once it is known who sent them. */
function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  // Else the framework leaves the body of a GET unread, and nobody is told that it is not taken.
  app.addHttpMethod("GET", { hasBody: true, overrideExisting: true });
}

/** The API for programs, and for the console the part of it that a page may ask. */
function addRoutes(
  app: FastifyInstance,
  options: OperatorServerOptions,
  admission: OperatorAdmission,
): void {
  const add = (url: string, route: OperatorRoute, senderOf: SenderOf): void => {
    const { method } = route;
    app.route({
      method,
      url,
      handler: (request, reply) => answer({ options, route, senderOf, request, reply }),
    });
  };
  for (const route of OPERATOR_ROUTES) {
    add(route.path, route, (request) => admission.senderOf(request));
  }
  for (const route of PAGE_ROUTES) {
    add(pageUrlOf(route), route, (request) => admission.pageOf(request));
  }
  const { addressHeader, parts } = options;
  addOperatorPages(app, { console: () => parts()?.console ?? null, addressHeader, json: jsonOf });
}

type SenderOf = (request: FastifyRequest) => OperatorSender | Fault;

interface Asked {
  readonly options: OperatorServerOptions;
  readonly route: OperatorRoute;
  readonly senderOf: SenderOf;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

async function answer({ options, route, senderOf, request, reply }: Asked): Promise<FastifyReply> {
  const sender = senderOf(request);
  if (isFault(sender)) return sendFault(reply, sender);
  const parts = options.parts();
  if (parts === null) return sendFault(reply, STARTING);
  const identified = identify(route, sender, request);
  if (isFault(identified)) return sendFault(reply, identified);
  const content = contentOf(request);
  const deed = isFault(content) ? content : route.decode(content);
  if (isFault(deed)) return sendFault(reply, deed);
  const wallMs = options.wallMs() as UnixMs;
  const { awaited, service } = parts;
  if ("inquire" in deed) {
    const found = await inTime(options, awaited, deed.inquire(service, wallMs));
    return isFault(found) ? sendFault(reply, found) : send(reply, found);
  }
  const doing = carryOut(parts, { ...identified, route, deed, wallMs });
  const given = await inTime(options, awaited, doing);
  if (isFault(given)) return sendFault(reply, given);
  if (given.isReplayed) reply.header("X-Idempotent-Replay", "true");
  const { version } = given.answer;
  if (version !== undefined) reply.header("ETag", `"${version}"`);
  return send(reply, given.answer);
}

/** The outcome is unknown where the answer is not there when it is given up, or by a bug. */
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

function addRefusals(
  app: FastifyInstance,
  { onBug }: OperatorServerOptions,
  admission: OperatorAdmission,
): void {
  app.setNotFoundHandler((request, reply) => {
    const sender = isOpen(request) ? null : admission.senderOf(request);
    return isFault(sender) ? sendFault(reply, sender) : refuseRoute(request, reply);
  });
  app.setErrorHandler((error: Error & { readonly statusCode?: number }, request, reply) => {
    const { statusCode = 500 } = error;
    if (statusCode >= 500) {
      sendFault(reply, fault("OUTCOME_UNKNOWN", ""));
      onBug(error);
      return reply;
    }
    if (statusCode === 413) return sendFault(reply, BODY_TOO_LARGE);
    if (request.is404) return refuseRoute(request, reply);
    return sendFault(reply, statusCode === 415 ? NO_JSON_TYPE : UNREADABLE);
  });
}

const BODY_TOO_LARGE = fault("BODY_TOO_LARGE", `at most ${OPERATOR_BODY_BYTES_MAX} bytes`);
const UNREADABLE = fault("MALFORMED_REQUEST", "the request cannot be read");
const UNKNOWN_PATH = fault("UNKNOWN_PATH", "nothing is served at this path");

/** What a request gets that no route takes. */
function refuseRoute(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = pathOf(request.url);
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

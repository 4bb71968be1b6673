/**
 * The HTTP server: one port, two ways. Signed routes go to the signed endpoint, everything
 * else to the framework. Upgrades go to the order stream. Signed requests of plain form do not
 * even pass node:http.
 */

import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  CONSOLE_PATH,
  fault,
  isFault,
  LIMITS,
  MARKET_ROUTES,
  MARKET_STREAM_PATH,
  matchRoute,
  ROUTES,
  type Route,
  STREAM_PATH,
} from "@countermand/contract";
import Fastify, { type FastifyInstance } from "fastify";
import { faultAnswer } from "../answers.ts";
import type { ConsoleEdge } from "../console/console-edge.ts";
import { OTHER_ROUTE } from "../ops/metrics.ts";
import type { TlsFiles } from "../secret-settings.ts";
import { TOO_MANY_AT_ONCE } from "../trade/failed-answer.ts";
import { readBody } from "./body-reader.ts";
import { answerClientError, isAnswered } from "./client-error.ts";
import { connectionRoom } from "./connection-room.ts";
import { Listeners } from "./listeners.ts";
import { NO_SCHEMAS } from "./no-schemas.ts";
import {
  cutConnections,
  endBehind,
  endBehindAnswers,
  type Handler,
  nodeServer,
  schemeOf,
} from "./node-server.ts";
import { PlainEdge } from "./plain-edge.ts";
import { originForm } from "./request-target.ts";
import { type ArrivedRequest, sendFault, sendLastFault, sendUpgradeRequired } from "./responses.ts";
import { NODE_SERVER_OPTIONS } from "./server-options.ts";
import type { SignedEndpoint, Target } from "./signed-endpoint.ts";
import { SIGNED_ROUTES } from "./signed-routes.ts";
import { addUnsignedRoutes, refusePath, type UnsignedRoutesOptions } from "./unsigned-routes.ts";

export interface HttpServerOptions {
  readonly signed: SignedEndpoint;
  readonly console: Pick<ConsoleEdge, "handle">;
  readonly unsigned: UnsignedRoutesOptions;
  /** Asked before anything of a request is read that is no cancel. */
  readonly admits: () => boolean;
  /** Certificate and key in PEM; null speaks plain HTTP. */
  readonly tls: TlsFiles | null;
  /** Whether the sandbox's own routes are there. */
  readonly sandbox: boolean;
  /** Counts a request when its answer is done, so long after it was read. */
  readonly onAnswered: (route: string, httpStatus: number, tookMs: number) => void;
  /** Of a clock that is never set. */
  readonly monotonicMs: () => number;
  /** Whether there is a listener for operators, who need connections as well. */
  readonly hasOperators?: boolean;
  /** False leaves every request to node:http, so that the two ways can be compared. */
  readonly readsPlain?: boolean;
}

export class HttpServer {
  readonly server: Server;
  readonly #app: FastifyInstance;
  readonly #state: ServerState;
  /** Null where node:http reads everything. */
  readonly #plain: PlainEdge | null;
  readonly #listeners: Listeners;

  private constructor(
    app: FastifyInstance,
    server: Server,
    state: ServerState,
    plain: PlainEdge | null,
    connectionsMax: number,
  ) {
    this.#app = app;
    this.server = server;
    this.#state = state;
    this.#plain = plain;
    this.#listeners = new Listeners(server, connectionsMax);
  }

  static async create(options: HttpServerOptions): Promise<HttpServer> {
    let server: Server | null = null;
    const state: ServerState = { closing: false };
    const app = Fastify({
      bodyLimit: LIMITS.bodyBytesMax.value,
      schemaController: NO_SCHEMAS,
      clientErrorHandler: answerClientError,
      frameworkErrors: refusePath,
      rewriteUrl: ({ url = "" }) => originForm(url),
      serverFactory: (framework: Handler) => {
        server = nodeServer(SERVER_OPTIONS, options.tls, (request, response) => {
          if (state.closing) endBehind(response);
          dispatch(options, framework, request, response);
        });
        return server;
      },
    });
    addUnsignedRoutes(app, options.unsigned);
    await app.ready();
    if (server === null) throw new Error("the framework did not make its server");
    const made: Server = server;
    const plain = options.readsPlain === false ? null : plainEdge(made, options, state);
    const { clients } = connectionRoom(options.hasOperators === true);
    return new HttpServer(app, made, state, plain, clients);
  }

  /** Looks for slow and idle connections; done by itself every PLAIN_CHECK_MS. */
  checkConnections(): void {
    this.#plain?.check();
  }

  /** Resolves with the address that clients use. Rejects with the listener's error. */
  async listen(host: string, port: number): Promise<string> {
    return urlOf(schemeOf(this.server), await this.#listeners.listen(host, port));
  }

  /** Takes no new connection; resolves when the last request is answered, or when `deadline` is. */
  async close(deadline: Promise<void>): Promise<void> {
    this.#state.closing = true;
    // A client that keeps its connection would keep the server from closing.
    endBehindAnswers(this.server);
    const closed = this.#listeners.close();
    this.server.closeIdleConnections();
    this.#plain?.closeIdle();
    await Promise.race([closed, deadline]);
    cutConnections(this.server);
    this.#plain?.close();
    await closed;
    await this.#app.close();
  }
}

interface ServerState {
  closing: boolean;
}

const UNSIGNED_PATHS: ReadonlySet<string> = new Set(
  ROUTES.filter(({ signed }) => !signed).map(({ path }) => path),
);

/** What people and probes look at to see how the gateway is. */
const ALWAYS_SERVED: ReadonlySet<string> = new Set(
  [...UNSIGNED_PATHS].filter((path) => MARKET_ROUTES.every((route) => route.path !== path)),
);

const SERVER_OPTIONS = {
  ...NODE_SERVER_OPTIONS,
  // Other upgrades are offers that a server may ignore: the request is then an ordinary one. So is
  // a handshake that did not wait for the answers before it, which could not leave any more.
  shouldUpgradeCallback: ({ headers, socket }: IncomingMessage) => {
    return headers.upgrade?.toLowerCase() === "websocket" && isAnswered(socket);
  },
};

function dispatch(
  options: HttpServerOptions,
  framework: Handler,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const url = originForm(request.url ?? "");
  const mark = url.indexOf("?");
  const path = mark === -1 ? url : url.slice(0, mark);
  const match = matchRoute(request.method ?? "", path);
  const route = match !== null && "route" in match ? match.route.name : OTHER_ROUTE;
  const startedMs = options.monotonicMs();
  response.once("finish", () => {
    options.onAnswered(route, response.statusCode, options.monotonicMs() - startedMs);
  });
  if (path === STREAM_PATH || path === MARKET_STREAM_PATH) {
    sendUpgradeRequired(request, response, path);
  } else if (match === null && (path === CONSOLE_PATH || path.startsWith(`${CONSOLE_PATH}/`))) {
    if (!options.admits()) shed(request, response);
    else options.console.handle(request, response, { path, rawQuery: rawQueryOf(url, mark) });
  } else if (match === null || UNSIGNED_PATHS.has(path) || isHidden(options, path)) {
    if (ALWAYS_SERVED.has(path) || options.admits()) framework(request, response);
    else shed(request, response);
  } else if ("allow" in match) {
    refuseMethod(request, response, match.allow);
  } else {
    if (isShed(options, match.route.name)) {
      shed(request, response);
      return;
    }
    const rawQuery = rawQueryOf(url, mark);
    const target: Target = { path, rawQuery, route: match.route, segment: match.segment ?? null };
    options.signed.handle(request, response, target);
  }
}

/** Reads plain signed requests without node:http, and with the same outcome. */
function plainEdge(server: Server, options: HttpServerOptions, state: ServerState): PlainEdge {
  return new PlainEdge(server, {
    wallMs: options.unsigned.wallMs,
    find: (method, url) => plainTarget(options, method, url),
    serve: (request, target) => servePlain(options, request, target),
    answered: ({ route }, httpStatus, startedMs) => {
      options.onAnswered(route.name, httpStatus, options.monotonicMs() - startedMs);
    },
    monotonicMs: options.monotonicMs,
    isClosing: () => state.closing,
  });
}

/** Null for what is not signed: that is no part of what has to be quick. */
function plainTarget(options: HttpServerOptions, method: string, url: string): Target | null {
  const mark = url.indexOf("?");
  const path = mark === -1 ? url : url.slice(0, mark);
  const match = matchRoute(method, path);
  if (match === null || !("route" in match) || !SIGNED_ROUTES.has(match.route.name)) return null;
  if (isHidden(options, path)) return null;
  const { route, segment = null } = match;
  // Without a segment the path is the route's, whose text outlives the request anyway.
  const ownPath = segment === null ? route.path : path;
  return { path: ownPath, rawQuery: rawQueryOf(url, mark), route, segment };
}

function servePlain(options: HttpServerOptions, request: ArrivedRequest, target: Target): void {
  if (isShed(options, target.route.name)) {
    request.answer(faultAnswer("OVERLOADED", TOO_MANY_AT_ONCE));
  } else {
    options.signed.take(request, target);
  }
}

/** Whether there is no room for it now. Cancels are neither counted nor refused. */
function isShed(options: HttpServerOptions, route: Route["name"]): boolean {
  return SIGNED_ROUTES.get(route)?.cancels !== true && !options.admits();
}

/** Refuses what is not read. A small body is dropped by the server itself, behind the answer. */
function shed(request: IncomingMessage, response: ServerResponse): void {
  const refusal = fault("OVERLOADED", TOO_MANY_AT_ONCE);
  const { "content-length": length = "0", "transfer-encoding": coding } = request.headers;
  if (coding === undefined && Number(length) <= LIMITS.bodyBytesMax.value) {
    sendFault(request, response, refusal);
    return;
  }
  readBody(request, (body) => {
    if (isFault(body)) sendLastFault(request, response, body);
    else sendFault(request, response, refusal);
  });
}

function rawQueryOf(url: string, mark: number): string {
  return mark === -1 ? "" : url.slice(mark + 1);
}

/** In production nothing answers that it is there and not to be used. */
function isHidden({ sandbox }: HttpServerOptions, path: string): boolean {
  return !sandbox && path.startsWith("/sandbox/");
}

function refuseMethod(
  request: IncomingMessage,
  response: ServerResponse,
  allow: readonly string[],
): void {
  const methods = allow.join(", ");
  const refusal = fault("METHOD_NOT_ALLOWED", `this path takes ${methods}`);
  // A server that closes on unread bytes resets the connection, and the client never sees why.
  readBody(request, () => {
    sendLastFault(request, response, refusal, ["Allow", methods]);
  });
}

function urlOf(scheme: string, { address, family, port }: AddressInfo): string {
  return `${scheme}://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}

/**
 * Node's HTTP server, with TLS or without. The two behave alike, but for what is below HTTP. What
 * Node takes and the standard does not is refused before a handler sees it.
 */
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from "node:http";
import { createServer as createSecureServer, Server as SecureServer } from "node:https";
import type { Socket } from "node:net";
import { type Fault, fault } from "@countermand/contract";
import { assert } from "@countermand/core/assert";
import type { TlsFiles } from "../secret-settings.ts";
import { refuseUpgrade } from "../ws/refuse-upgrade.ts";
import { isAnswered, isLatest, rememberLatest } from "./client-error.ts";
import { endGently, isEnding } from "./last-answer.ts";
import { ANSWER_STALL_MS, ANSWERING_MAX, HEADERS_TIMEOUT_MS } from "./limits.ts";
import { createServer } from "./node-http.ts";
import { formFault } from "./request-form.ts";
import { isIgnored, sendFault } from "./responses.ts";

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Connections with a request whose answer is the last, as its head says. What begins behind it is
 * not looked at; what began before it goes on.
 */
const closing = new WeakSet<object>();

/** With a certificate it speaks TLS 1.2 and later. */
export function nodeServer(options: ServerOptions, tls: TlsFiles | null, handler: Handler): Server {
  const take = (request: IncomingMessage, response: ServerResponse): void => {
    const refusal = formFault(request);
    if (refusal !== null) {
      refuse(request, response, refusal);
      return;
    }
    // An offer that nobody takes: Node drops what came in the same packet behind it.
    if (request.headers.upgrade !== undefined) {
      closing.add(request.socket);
      response.shouldKeepAlive = false;
    }
    handler(request, response);
  };
  const answering = new Set<ServerResponse>();
  const inTurn = (request: IncomingMessage, response: ServerResponse, act: Handler): void => {
    takeTurn(request, response, () => {
      answering.add(response);
      response.once("close", () => answering.delete(response));
      act(request, response);
    });
  };
  const onRequest: Handler = (request, response) => inTurn(request, response, take);
  const server =
    tls === null ? createServer(options, onRequest) : secureServer(options, tls, onRequest);
  underWay.set(server, answering);
  keepAnswering(server, answering);
  rememberConnections(server);
  server.timeout = ANSWER_STALL_MS;
  // Who has closed his side after his request still gets its answer, as on the short way.
  Object.assign(server, { httpAllowHalfOpen: true });
  server.on(tls === null ? "connection" : "secureConnection", (socket: Socket) => {
    // How Node closes a connection behind its last answer.
    socket.destroySoon = endThis;
  });
  server.on("checkContinue", (request, response) => {
    continueInTurn(response);
    inTurn(request, response, take);
  });
  // Without a listener Node says 417 in no words of ours, and goes on with what comes behind.
  server.on("checkExpectation", (request, response) => {
    inTurn(request, response, refuseExpectation);
  });
  // Without a listener Node closes the connection and says nothing.
  server.on("connect", (request, socket) => {
    // Node lets go of the connection at once, and so answers before could not be brought to an end.
    if (!isAnswered(socket)) socket.destroy();
    else refuseUpgrade(request, socket, NO_PROXY);
  });
  return server;
}

/** Answers of a server that are to come or to leave, and have had their turn. */
const underWay = new WeakMap<Server, ReadonlySet<ServerResponse>>();

/** Has each connection end behind what was asked on it. */
export function endBehindAnswers(server: Server): void {
  for (const response of underWay.get(server) ?? []) endBehind(response);
}

/**
 * Makes an answer the last of its connection; nothing is done behind it. Not where something was
 * asked behind it before: that may be done already.
 */
export function endBehind(response: ServerResponse): void {
  if (!isLatest(response)) return;
  const { socket } = response.req;
  closing.add(socket);
  if (response.headersSent) response.once("close", () => endGently(socket));
  else response.shouldKeepAlive = false;
}

/** Connections of a server, also those that have not come to HTTP. */
const connections = new WeakMap<Server, ReadonlySet<Socket>>();

function rememberConnections(server: Server): void {
  const open = new Set<Socket>();
  connections.set(server, open);
  const forget = function (this: Socket): void {
    open.delete(this);
  };
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    socket.once("close", forget);
  });
}

/**
 * Cuts every connection. Node cuts those that HTTP has begun on: not one whose handshake of TLS is
 * not done, and a server is closed only when all are gone.
 */
export function cutConnections(server: Server): void {
  for (const socket of connections.get(server) ?? []) socket.destroy();
}

/**
 * Node takes a connection for idle once the answer is given that is to leave next, and in its
 * `close` cuts it: with what has not left of that answer, and the answers behind it.
 */
function keepAnswering(server: Server, answering: ReadonlySet<ServerResponse>): void {
  const closeIdle = server.closeIdleConnections.bind(server);
  server.closeIdleConnections = () => {
    const sockets = new Set([...answering].map(({ req }) => req.socket));
    for (const socket of sockets) socket.destroy = stay;
    closeIdle();
    for (const socket of sockets) Reflect.deleteProperty(socket, "destroy");
  };
}

function stay(this: Socket): Socket {
  return this;
}

/**
 * Node alone, where answers before it wait, keeps 100 Continue for its turn, and then writes it
 * behind the head of an answer that has bytes for its body: it would be read as their beginning.
 */
function continueInTurn(response: ServerResponse): void {
  if (response.socket !== null) {
    response.writeContinue();
    return;
  }
  // Node does not see that it is sent, and would close the connection behind the answer.
  Object.assign(response, { _expect_continue: false });
  response.once("socket", (socket) => void socket.write("HTTP/1.1 100 Continue\r\n\r\n"));
}

const NO_PROXY = fault("MALFORMED_REQUEST", "this is a server and no proxy");

function refuseExpectation(request: IncomingMessage, response: ServerResponse): void {
  refuse(request, response, fault("MALFORMED_REQUEST", "Expect is 100-continue or nothing"));
}

/** Answers by the head alone and closes the connection. */
function refuse(request: IncomingMessage, response: ServerResponse, refusal: Fault): void {
  closing.add(request.socket);
  sendFault(request, response, refusal, ["Connection", "close"]);
}

/** Not a closure: each connection has it. */
function endThis(this: Socket): void {
  endGently(this);
}

interface Turns {
  answeringCount: number;
  isPausing: boolean;
  readonly waiting: (() => void)[];
}

const turns = new WeakMap<object, Turns>();

/**
 * Node reads all requests that one packet brings and keeps all their answers, whether anybody reads
 * them or not. So those beyond a few wait, unanswered, until answers have left, and meanwhile no
 * more is read.
 */
function takeTurn(request: IncomingMessage, response: ServerResponse, take: () => void): void {
  const { socket } = request;
  rememberLatest(socket, response);
  const act = (): void => {
    // Nothing is left to say to a request that was answered while it waited for its turn.
    if (isIgnored(request) || closing.has(socket) || response.headersSent) return;
    take();
  };
  const turn = turns.get(socket) ?? { answeringCount: 0, isPausing: false, waiting: [] };
  turns.set(socket, turn);
  response.once("close", () => {
    const next = turn.waiting.shift();
    if (next === undefined) turn.answeringCount -= 1;
    else next();
    // Node reads on behind each answer.
    if (turn.waiting.length > 0) pauseLater(socket, turn);
    else if (next !== undefined && !isHeldByNode(socket)) socket.resume();
  });
  if (turn.answeringCount < ANSWERING_MAX) {
    turn.answeringCount += 1;
    act();
  } else {
    turn.waiting.push(act);
    pauseLater(socket, turn);
  }
}

/**
 * While long answers wait Node pauses its parser as well, and has both go on when they have left.
 * What was read before would be taken for no HTTP, and the rest of it for the next request.
 */
function isHeldByNode(socket: Socket): boolean {
  return "_paused" in socket && socket._paused === true;
}

/**
 * Behind each request, and behind each answer, Node says a tick later that it reads on. Who pauses
 * behind that in the same turn has read one piece more, and not all that the loop takes at once.
 */
function pauseLater(socket: Socket, turn: Turns): void {
  if (turn.isPausing) return;
  turn.isPausing = true;
  const pause = (): void => {
    if (turn.waiting.length > 0 && !isEnding(socket)) socket.pause();
  };
  process.nextTick(() => process.nextTick(pause));
  setImmediate(() => {
    turn.isPausing = false;
    pause();
  });
}

function secureServer(options: ServerOptions, tls: TlsFiles, handler: Handler): Server {
  const handshakeTimeout = HEADERS_TIMEOUT_MS;
  // As node:http makes its own, and as the listeners beside it are.
  const all = { ...options, ...secureOptions(tls), handshakeTimeout, allowHalfOpen: true };
  const secure = createSecureServer(all, handler) as unknown as Server;
  secure.prependListener("connection", endInHandshake);
  secure.prependListener("secureConnection", mayEndFirst);
  readPastNobody(secure);
  return secure;
}

/**
 * Who closes his side before the handshake is done has gone: nothing can be answered there, and
 * the connection would be kept until the handshake's time is over. TLS takes this over from the
 * socket below it, where listeners beside the server's own make them, too.
 */
function endInHandshake(socket: Socket): void {
  socket.allowHalfOpen = false;
}

function mayEndFirst(socket: Socket): void {
  socket.allowHalfOpen = true;
}

/**
 * Node's parser takes the bytes of a connection before the stream has them. Of TLS it gets all that
 * was read with one packet, also where it paused in between, and takes that for no HTTP. To read on
 * in the stream it is enough that somebody has listened there.
 */
function readPastNobody(secure: Server): void {
  const [taking] = secure.listeners("secureConnection");
  assert(taking !== undefined, "node:https takes the connections of its server");
  secure.removeListener("secureConnection", taking as () => void);
  secure.on("secureConnection", (socket: Socket) => {
    taking.call(secure, socket);
    socket.on("data", ignore).off("data", ignore);
  });
}

function ignore(): void {}

export function schemeOf(server: Server): "http" | "https" {
  return (server as unknown) instanceof SecureServer ? "https" : "http";
}

/** For the connections that begin from now on; those that are open stay as they are. */
export function renewTls(server: Server, tls: TlsFiles): void {
  const secure: unknown = server;
  if (secure instanceof SecureServer) secure.setSecureContext(secureOptions(tls));
}

function secureOptions({ cert, key }: TlsFiles) {
  return { cert, key, minVersion: "TLSv1.2" } as const;
}

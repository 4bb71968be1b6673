/**
 * Requests that HTTP itself refuses: too large, too slow, not HTTP. They too are answered in
 * JSON.
 */
import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { type ErrorName, fault } from "@countermand/contract";
import { faultAnswer } from "../answers.ts";
import { endGently, isEnding } from "./last-answer.ts";
import { STATUS_CODES } from "./node-http.ts";
import { HEAD_TOO_LONG } from "./request-form.ts";
import { JSON_TYPE, sendFault } from "./responses.ts";

/** The newest request of each connection, by its response. */
const latest = new WeakMap<Duplex, ServerResponse>();

/** Connections that an error was found on: what else comes in on them is part of it. */
const failed = new WeakSet<Duplex>();

/** Told of every request as it begins. */
export function rememberLatest(socket: Duplex, response: ServerResponse): void {
  latest.set(socket, response);
}

/** Whether nothing was asked behind it on its connection. */
export function isLatest(response: ServerResponse): boolean {
  return latest.get(response.req.socket) === response;
}

/** Whether all that was asked on it is, and the answers have left. */
export function isAnswered(socket: Duplex): boolean {
  return latest.get(socket)?.destroyed !== false;
}

/** The client is gone, or TLS did not come about: nothing could be told. */
const UNANSWERABLE = /^(?:ECONNRESET$|EPIPE$|ERR_TLS_|ERR_SSL_)/;

/** What OpenSSL says of a first record that is none. */
const NO_TLS: ReadonlySet<unknown> = new Set([
  "ERR_SSL_HTTP_REQUEST",
  "ERR_SSL_HTTPS_PROXY_REQUEST",
  "ERR_SSL_WRONG_VERSION_NUMBER",
]);
/** Its reader of first records: later ones can be of a wrong version as well. */
const FIRST_RECORD = "tlsany_meth";

/**
 * Answers and closes the connection. Answers leave in the order of the requests: one that is under
 * way goes first, or its client would take this one for it. A request that was answered before its
 * body was read gets no second answer for what is wrong with the body. Nothing to answer when the
 * client is gone.
 */
export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (isEnding(socket)) return;
  if (NO_TLS.has(error.code) && error.message.includes(FIRST_RECORD)) {
    answerBelowTls(socket);
    return;
  }
  if (UNANSWERABLE.test(error.code ?? "") || !socket.writable) {
    socket.destroy();
    return;
  }
  if (failed.has(socket)) return;
  failed.add(socket);
  // Nor is the rest of it looked at, which may come while answers before it are still to leave.
  socket.removeAllListeners("data");
  socket.on("data", drop);
  const [name, details] = meaningOf(error);
  const last = latest.get(socket);
  if (last === undefined) {
    endWith(socket, rawResponse(name, details));
  } else if (!last.headersSent && !last.req.complete) {
    // The error is in this very request's body.
    sendFault(last.req, last, fault(name, details), ["Connection", "close"]);
  } else {
    const response = last.req.complete ? rawResponse(name, details) : "";
    if (last.writableFinished) endWith(socket, response);
    else last.once("finish", () => endWith(socket, response));
  }
}

function drop(): void {}

/**
 * Whoever speaks plain HTTP to a port of TLS cannot read what TLS writes, and a connection that is
 * closed without a word leaves open whether the request was carried out.
 */
function answerBelowTls(socket: Duplex): void {
  // Node does not document how to reach it. Without it the connection is closed, as it would be.
  const { _parent: carrier } = socket as { readonly _parent?: Duplex };
  if (carrier?.writable !== true) socket.destroy();
  else endWith(carrier, rawResponse("MALFORMED_REQUEST", TLS_SPOKEN));
}

const TLS_SPOKEN = "TLS is spoken here; use https:// in place of http://";

function endWith(socket: Duplex, response: string): void {
  if (!socket.writable) return;
  socket.write(response);
  endGently(socket);
}

/** A whole HTTP/1.1 response that closes the connection. */
function rawResponse(name: ErrorName, details: string): string {
  const { httpStatus, body } = faultAnswer(name, details);
  return (
    `HTTP/1.1 ${httpStatus} ${STATUS_CODES[httpStatus] ?? ""}\r\n` +
    `Content-Type: ${JSON_TYPE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n` +
    `Cache-Control: no-store\r\nConnection: close\r\n\r\n${body}`
  );
}

function meaningOf(error: NodeJS.ErrnoException): [ErrorName, string] {
  switch (error.code) {
    case "HPE_HEADER_OVERFLOW":
      return ["HEADERS_TOO_LARGE", HEAD_TOO_LONG];
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return ["REQUEST_TIMEOUT", "the request did not arrive in time"];
    default:
      return [
        "MALFORMED_REQUEST",
        `not a well-formed HTTP/1.1 request (${error.code ?? "unknown"})`,
      ];
  }
}

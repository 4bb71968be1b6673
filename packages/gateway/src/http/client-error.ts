/**
 * Requests that HTTP itself refuses: too large, too slow, not HTTP. They too are answered in
 * JSON.
 */
import { type ServerResponse, STATUS_CODES } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { type ErrorName, fault } from "@countermand/contract";
import { LINGER_MS } from "./limits.ts";
import { faultAnswer, JSON_TYPE, sendFault } from "./responses.ts";

/**
 * Answers and closes the connection. Answers leave in the order of the requests: one that is under
 * way goes first, or its client would take this one for it. Nothing to answer when the client is
 * gone. `answering` are the responses under way on all connections, oldest first.
 */
export function answerClientError(
  error: NodeJS.ErrnoException,
  socket: Duplex,
  answering: Iterable<ServerResponse>,
): void {
  if (error.code === "ECONNRESET" || error.code === "EPIPE" || !socket.writable) {
    socket.destroy();
    return;
  }
  const [name, details] = meaningOf(error);
  const last = lastOn(socket, answering);
  if (last === null || last.writableFinished) {
    endWith(socket, rawResponse(name, details));
  } else if (!last.headersSent && !last.req.complete) {
    // The error is in this very request's body.
    sendFault(last.req, last, fault(name, details), ["Connection", "close"]);
  } else {
    last.once("finish", () => {
      if (socket.writable) endWith(socket, rawResponse(name, details));
    });
  }
}

/** Some clients never close their side: they must not keep ours. */
function endWith(socket: Duplex, response: string): void {
  socket.end(response);
  if (socket instanceof Socket) socket.setTimeout(LINGER_MS, () => socket.destroy());
}

function lastOn(socket: Duplex, answering: Iterable<ServerResponse>): ServerResponse | null {
  let last: ServerResponse | null = null;
  for (const response of answering) {
    if (response.req.socket === socket) last = response;
  }
  return last;
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
      return ["HEADERS_TOO_LARGE", "request line and headers have more than 16 KiB"];
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return ["REQUEST_TIMEOUT", "the request did not arrive in time"];
    default:
      return [
        "MALFORMED_REQUEST",
        `not a well-formed HTTP/1.1 request (${error.code ?? "unknown"})`,
      ];
  }
}

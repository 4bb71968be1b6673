/**
 * Requests that HTTP itself refuses: too large, too slow, not HTTP. They too are answered in
 * JSON.
 */
import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { ErrorName } from "@countermand/contract";
import { faultAnswer, JSON_TYPE } from "./responses.ts";

/** Answers on the bare socket and closes it. Nothing to answer when the client is gone. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === "ECONNRESET" || error.code === "EPIPE" || !socket.writable) {
    socket.destroy();
    return;
  }
  const [name, details] = meaningOf(error);
  socket.end(rawResponse(name, details));
}

/** A whole HTTP/1.1 response that closes the connection. */
export function rawResponse(name: ErrorName, details: string): string {
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

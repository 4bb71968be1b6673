/** Handshakes that are refused: answered as HTTP with the JSON error body, before any upgrade. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type ErrorName, type Fault, Header } from "@countermand/contract";
import { faultAnswer } from "../answers.ts";
import { endGently } from "../http/last-answer.ts";
import { REQUEST_ID_CHARACTERS_MAX } from "../http/limits.ts";
import { STATUS_CODES } from "../http/node-http.ts";
import { JSON_TYPE } from "../http/responses.ts";
import { RETRY_AFTER_SECONDS } from "./limits.ts";

const RETRY_AFTER = `Retry-After: ${RETRY_AFTER_SECONDS}`;

/** What some errors say in headers of their own. */
const HEADERS: Partial<Record<ErrorName, readonly string[]>> = {
  METHOD_NOT_ALLOWED: ["Allow: GET"],
  UPGRADE_REQUIRED: ["Upgrade: websocket", "Sec-WebSocket-Version: 13"],
  STARTING: [RETRY_AFTER],
  DRAINING: [RETRY_AFTER],
  OVERLOADED: [RETRY_AFTER],
  RATE_LIMITED: [RETRY_AFTER],
  UNVERIFIED_TOO_OFTEN: [RETRY_AFTER],
};

/** Answers on the bare socket and closes it. Nothing to answer when the client is gone. */
export function refuseUpgrade(request: IncomingMessage, socket: Duplex, fault: Fault): void {
  // The server let go of the socket, and an error that nobody hears would end the process.
  socket.on("error", () => socket.destroy());
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const { httpStatus, body } = faultAnswer(fault.error, fault.details);
  const head = [
    `HTTP/1.1 ${httpStatus} ${STATUS_CODES[httpStatus] ?? ""}`,
    `Content-Type: ${JSON_TYPE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Cache-Control: no-store",
    "Connection: close",
    ...(HEADERS[fault.error] ?? []),
    ...requestIdHeaders(request),
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
  endGently(socket);
}

const VISIBLE_ASCII = /^[\x20-\x7e]*$/;

/**
 * X-Request-Id, echoed when it is short and plain; half an id would match nothing in anybody's log.
 */
export function requestIdHeaders(request: IncomingMessage): readonly string[] {
  const requestId = request.headers[Header.RequestId];
  if (typeof requestId !== "string" || !VISIBLE_ASCII.test(requestId)) return [];
  return requestId.length <= REQUEST_ID_CHARACTERS_MAX ? [`X-Request-Id: ${requestId}`] : [];
}

/** Answers as HTTP: the one place that writes JSON to a response. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { type ErrorName, encodeError, errorSpec, type Fault, Header } from "@countermand/contract";
import type { Answer } from "../sequencer/sequencer.ts";
import { REQUEST_ID_CHARACTERS_MAX, RETRY_AFTER_SECONDS } from "./limits.ts";

/** Header names and values in turn, as `writeHead` takes them. */
type RawHeaders = string[];

export const JSON_TYPE = "application/json; charset=utf-8";

export function sendAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  more: readonly string[] = [],
): void {
  const headers: RawHeaders = [
    "Content-Type",
    JSON_TYPE,
    "Content-Length",
    String(Buffer.byteLength(answer.body)),
    "Cache-Control",
    "no-store",
    ...more,
  ];
  const requestId = request.headers[Header.RequestId];
  if (isEchoable(requestId)) headers.push("X-Request-Id", requestId);
  if (answer.httpStatus === 503 || answer.httpStatus === 429) {
    headers.push("Retry-After", String(answer.retryAfterSeconds ?? RETRY_AFTER_SECONDS));
  }
  response.writeHead(answer.httpStatus, headers);
  // Text leaves in one piece with the headers, bytes in a piece of their own. But with text Node
  // writes the headers in UTF-8 too, and an echoed id is to stay byte for byte what came in.
  response.end(requestId === undefined ? answer.body : Buffer.from(answer.body));
}

export function sendFault(
  request: IncomingMessage,
  response: ServerResponse,
  fault: Fault,
  more: readonly string[] = [],
): void {
  sendAnswer(request, response, faultAnswer(fault.error, fault.details), more);
}

/** Connections whose last answer is given: what still comes in on them is not acted on. */
const ended = new WeakSet<object>();

/** Answers and closes the connection; requests behind this one are ignored (RFC 9112, 9.6). */
export function sendLastFault(
  request: IncomingMessage,
  response: ServerResponse,
  fault: Fault,
  more: readonly string[] = [],
): void {
  ended.add(request.socket);
  sendFault(request, response, fault, [...more, "Connection", "close"]);
}

/** Whether the connection was closed to further requests. */
export function isIgnored(request: IncomingMessage): boolean {
  return ended.has(request.socket);
}

export function faultAnswer(error: ErrorName, details: string): Answer {
  return { httpStatus: errorSpec(error).httpStatus, body: encodeError(error, details) };
}

/** Longer ids are left out rather than cut: half an id matches nothing in anybody's log. */
export function isEchoable(requestId: string | string[] | undefined): requestId is string {
  return typeof requestId === "string" && requestId.length <= REQUEST_ID_CHARACTERS_MAX;
}

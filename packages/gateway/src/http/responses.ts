/** Answers as HTTP: the one place that writes JSON to a response. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { type Fault, fault, Header } from "@countermand/contract";
import { faultAnswer } from "../answers.ts";
import type { Answer } from "../sequencer/sequencer.ts";
import { REQUEST_ID_CHARACTERS_MAX, RETRY_AFTER_SECONDS } from "./limits.ts";
import { STATUS_CODES } from "./node-http.ts";

/** Header names and values in turn, as `writeHead` takes them. */
type RawHeaders = string[];

export const JSON_TYPE = "application/json; charset=utf-8";

/** A request that is there whole, and the way back to who sent it. */
export interface ArrivedRequest {
  readonly headers: IncomingHttpHeaders;
  /** What it came in on. */
  readonly socket: { readonly remoteAddress?: string | undefined };
  /** Empty where there is none. */
  readonly body: Buffer;
  /** Called once. `more` are names and values of further headers in turn. */
  answer(answer: Answer, more?: readonly string[]): void;
  /** Instead of an answer: the connection is cut. */
  cut(): void;
}

/** Headers of an answer to a request with these headers; `more` go between. */
function answerHeaders(
  asked: IncomingHttpHeaders,
  answer: Answer,
  more: readonly string[],
): RawHeaders {
  const headers: RawHeaders = [
    "Content-Type",
    JSON_TYPE,
    "Content-Length",
    String(Buffer.byteLength(answer.body)),
    "Cache-Control",
    "no-store",
    ...more,
  ];
  const requestId = asked[Header.RequestId];
  if (isEchoable(requestId)) headers.push("X-Request-Id", requestId);
  if (asksToWait(answer.httpStatus)) headers.push("Retry-After", retryAfterSeconds(answer));
  return headers;
}

export function asksToWait(httpStatus: number): boolean {
  return httpStatus === 503 || httpStatus === 429;
}

export function retryAfterSeconds(answer: Answer): string {
  return String(answer.retryAfterSeconds ?? RETRY_AFTER_SECONDS);
}

const CONTENT_LINES = `Content-Type: ${JSON_TYPE}\r\nContent-Length: `;
const OK_LINES = `HTTP/1.1 200 OK\r\n${CONTENT_LINES}`;

/**
 * The status line and the lines of {@link answerHeaders}, as node:http writes them. `bodyBytes` are
 * those of the answer's body.
 */
export function answerLines(
  asked: IncomingHttpHeaders,
  answer: Answer,
  more: readonly string[],
  bodyBytes: number,
): string {
  const { httpStatus } = answer;
  const begin =
    httpStatus === 200
      ? OK_LINES
      : `HTTP/1.1 ${httpStatus} ${STATUS_CODES[httpStatus]}\r\n${CONTENT_LINES}`;
  let lines = `${begin}${bodyBytes}\r\nCache-Control: no-store\r\n`;
  for (let at = 0; at < more.length; at += 2) lines += `${more[at]}: ${more[at + 1]}\r\n`;
  const requestId = asked[Header.RequestId];
  if (isEchoable(requestId)) lines += `X-Request-Id: ${requestId}\r\n`;
  if (asksToWait(httpStatus)) lines += `Retry-After: ${retryAfterSeconds(answer)}\r\n`;
  return lines;
}

export function sendAnswer(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  more: readonly string[] = [],
): void {
  response.writeHead(answer.httpStatus, answerHeaders(request.headers, answer, more));
  // Text leaves in one piece with the headers, bytes in a piece of their own. But with text Node
  // writes the headers in UTF-8 too, and an echoed id is to stay byte for byte what came in.
  const isNamed = request.headers[Header.RequestId] !== undefined;
  response.end(isNamed ? Buffer.from(answer.body) : answer.body);
}

export function sendFault(
  request: IncomingMessage,
  response: ServerResponse,
  { error, details }: Fault,
  more: readonly string[] = [],
): void {
  sendAnswer(request, response, faultAnswer(error, details), more);
}

/** Connections whose last answer is given: what still comes in on them is not acted on. */
const ended = new WeakSet<object>();

/** Answers and closes the connection; requests behind this one are ignored (RFC 9112, 9.6). */
export function sendLastFault(
  request: IncomingMessage,
  response: ServerResponse,
  refusal: Fault,
  more: readonly string[] = [],
): void {
  ended.add(request.socket);
  sendFault(request, response, refusal, [...more, "Connection", "close"]);
}

/** Whether the connection was closed to further requests. */
export function isIgnored(request: IncomingMessage): boolean {
  return ended.has(request.socket);
}

/** A handshake is none without its headers, nor while an answer before it has not left. */
export function sendUpgradeRequired(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): void {
  const details = `${path} is a WebSocket: send the headers of an upgrade, after the last answer`;
  sendFault(request, response, fault("UPGRADE_REQUIRED", details), ["Upgrade", "websocket"]);
}

/** Longer ids are left out rather than cut: half an id matches nothing in anybody's log. */
export function isEchoable(requestId: string | string[] | undefined): requestId is string {
  return typeof requestId === "string" && requestId.length <= REQUEST_ID_CHARACTERS_MAX;
}

/** Answers in JSON that leave through the framework, as {@link sendAnswer} writes them without. */
import { type Fault, Header } from "@countermand/contract";
import type { FastifyReply, FastifyRequest } from "fastify";
import { faultAnswer } from "../answers.ts";
import type { Answer } from "../sequencer/sequencer.ts";
import { asksToWait, isEchoable, JSON_TYPE, retryAfterSeconds } from "./responses.ts";

export function echoRequestId({ headers }: FastifyRequest, reply: FastifyReply): void {
  const requestId = headers[Header.RequestId];
  if (isEchoable(requestId)) reply.header("X-Request-Id", requestId);
}

export function send(reply: FastifyReply, answer: Answer): FastifyReply {
  const { httpStatus, body } = answer;
  if (asksToWait(httpStatus)) reply.header("Retry-After", retryAfterSeconds(answer));
  return reply
    .code(httpStatus)
    .header("Content-Type", JSON_TYPE)
    .header("Cache-Control", "no-store")
    .send(echoableBytes(body));
}

export function sendFault(reply: FastifyReply, { error, details }: Fault): FastifyReply {
  return send(reply, faultAnswer(error, details));
}

/**
 * With text Node writes the headers in UTF-8 too, and an echoed id is to stay byte for byte what
 * came in.
 */
export function echoableBytes(text: string): Buffer {
  return Buffer.from(text);
}

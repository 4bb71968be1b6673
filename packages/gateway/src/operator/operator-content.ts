/** What a request of the operators' listener carries, as the framework hands it over. */
import { type Fault, isFault } from "@countermand/contract";
import type { FastifyRequest } from "fastify";
import { type JsonBody, jsonBodyOf } from "../http/json-body.ts";
import { rawQueryOf } from "../http/request-target.ts";
import type { OperatorContent } from "./operator-routes.ts";

export function contentOf(request: FastifyRequest): OperatorContent | Fault {
  const json = jsonOf(request);
  if (json !== null && isFault(json)) return json;
  const rawQuery = rawQueryOf(request.url);
  return {
    parameters: request.params as OperatorContent["parameters"],
    query: new URLSearchParams(rawQuery),
    rawQuery,
    json,
  };
}

/** Null without a body. */
export function jsonOf(request: FastifyRequest): JsonBody | null | Fault {
  const body = bodyOf(request);
  return body.length === 0 ? null : jsonBodyOf(request.headers, body);
}

export function bodyOf({ body }: FastifyRequest): Buffer {
  return Buffer.isBuffer(body) ? body : Buffer.alloc(0);
}

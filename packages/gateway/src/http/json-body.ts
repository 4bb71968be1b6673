/** The body of a request as JSON, read alike on every listener. */
import { isUtf8 } from "node:buffer";
import type { IncomingHttpHeaders } from "node:http";
import {
  type Fault,
  fault,
  JsonFault,
  type JsonValue,
  malformedJson,
  parseExact,
} from "@countermand/contract";

export interface JsonBody {
  readonly value: JsonValue;
}

/** Precondition: there is a body. */
export function jsonBodyOf(headers: IncomingHttpHeaders, body: Buffer): JsonBody | Fault {
  const media = mediaTypeFault(headers);
  if (media !== null) return media;
  if (!isUtf8(body)) return fault("MALFORMED_UTF8", "the body is not UTF-8");
  const json = parseExact(body.toString("utf8"));
  return json instanceof JsonFault ? malformedJson(json) : { value: json };
}

export const NO_JSON_TYPE = fault(
  "UNSUPPORTED_MEDIA_TYPE",
  "Content-Type must be application/json",
);
const ENCODED = fault("UNSUPPORTED_MEDIA_TYPE", "send the body without Content-Encoding");

const JSON_MEDIA_TYPE =
  /^application\/json[ \t]*(?:;[ \t]*charset[ \t]*=[ \t]*"?utf-?8"?[ \t]*)?$/i;

function mediaTypeFault(headers: IncomingHttpHeaders): Fault | null {
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") return ENCODED;
  const type = headers["content-type"];
  return type === undefined || JSON_MEDIA_TYPE.test(type) ? null : NO_JSON_TYPE;
}

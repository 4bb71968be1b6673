/**
 * What a request must be, beyond what Node's parser looks at, so that every reader on its way frames
 * it alike (RFC 9112, 3.2 and 6.1).
 */
import type { IncomingMessage } from "node:http";
import { type Fault, fault, LIMITS } from "@countermand/contract";
import { DROPPED_BODY_BYTES_MAX } from "./limits.ts";

/** Why it is refused, and its connection closed; or null. */
export function formFault(request: IncomingMessage): Fault | null {
  const { headers, httpVersion } = request;
  if (httpVersion !== "1.1" && httpVersion !== "1.0") {
    return malformed(`HTTP/1.1 is spoken here, and not HTTP/${httpVersion}`);
  }
  const tooLong = headFault(request);
  if (tooLong !== null) return tooLong;
  const hosts = hostCount(request.rawHeaders);
  if (hosts > 1) return malformed("a request carries one header Host");
  if (hosts === 0 && httpVersion === "1.1") {
    return malformed("an HTTP/1.1 request carries the header Host");
  }
  if (Number(headers["content-length"]) > DROPPED_BODY_BYTES_MAX) {
    // It would not be read to its end, so nobody waits for it.
    return fault("BODY_TOO_LARGE", `the body has more than ${LIMITS.bodyBytesMax.value} bytes`);
  }
  const coding = headers["transfer-encoding"];
  if (coding === undefined) return null;
  if (httpVersion === "1.0") return malformed("HTTP/1.0 knows no Transfer-Encoding");
  // "gzip, chunked" is well formed, and there is nobody here who would unzip it.
  if (coding.toLowerCase() !== "chunked")
    return malformed("Transfer-Encoding is chunked or nothing");
  return null;
}

/**
 * Node's own limit counts the address, names and values alone, and so lets longer heads pass: here
 * is what lies between them, too, as it is commonly written. Also for handshakes.
 */
export function headFault({ method, url, rawHeaders }: HeadParts): Fault | null {
  let bytes = (method ?? "").length + (url ?? "").length + AROUND_LINE_BYTES;
  for (const part of rawHeaders) bytes += part.length + 2;
  if (bytes <= LIMITS.headersBytesMax.value) return null;
  return fault("HEADERS_TOO_LARGE", HEAD_TOO_LONG);
}

type HeadParts = Pick<IncomingMessage, "method" | "url" | "rawHeaders">;

export const HEAD_TOO_LONG = "request line and headers have more than 16 KiB";
/** Two spaces, the version and the end of its line, and the empty line behind the headers. */
const AROUND_LINE_BYTES = "  HTTP/1.1\r\n\r\n".length;

/** Node keeps the first of several and tells nobody. */
function hostCount(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === "host") count += 1;
  }
  return count;
}

function malformed(details: string): Fault {
  return fault("MALFORMED_REQUEST", details);
}

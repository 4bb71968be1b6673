/** Reads what a server said to known requests: whether an answer has a body hangs on its one. */
import type { MixedRequest } from "./mixed-requests.ts";

export interface MixedAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** The server says that it closes, or speaks another protocol from here on. */
  readonly isLast: boolean;
}

interface Read {
  readonly answers: readonly MixedAnswer[];
  /** Bytes that are no whole answer. */
  readonly rest: Buffer;
}

const STATUS_LINE = /^HTTP\/1\.1 ([1-5][0-9][0-9]) /;

export function readMixed(requests: readonly MixedRequest[], bytes: Buffer): Read {
  const answers: MixedAnswer[] = [];
  for (let from = 0; ; ) {
    const rest = bytes.subarray(from);
    const end = rest.indexOf("\r\n\r\n") + 4;
    const [statusLine = "", ...lines] = rest.toString("latin1", 0, end - 4).split("\r\n");
    const status = Number(STATUS_LINE.exec(statusLine)?.[1]);
    if (end < 4 || Number.isNaN(status)) return { answers, rest };
    from += end;
    if (status === 100) continue;
    const headers = new Map(lines.map(headerIn));
    const isLast = status === 101 || headers.get("connection") === "close";
    const isHead = requests[answers.length]?.isHead === true;
    const body = isHead || status === 101 ? { text: "", length: 0 } : bodyIn(rest, end, headers);
    if (body === null) return { answers, rest };
    from += body.length;
    answers.push({ status, headers, body: body.text, isLast });
    if (isLast) return { answers, rest: bytes.subarray(from) };
  }
}

function headerIn(line: string): [name: string, value: string] {
  const colon = line.indexOf(":");
  return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
}

/** Null where it is not whole. */
function bodyIn(bytes: Buffer, from: number, headers: ReadonlyMap<string, string>) {
  if (headers.get("transfer-encoding") === "chunked") return chunkedBody(bytes, from);
  const length = Number(headers.get("content-length") ?? 0);
  if (from + length > bytes.length) return null;
  return { text: bytes.toString("utf8", from, from + length), length };
}

function chunkedBody(bytes: Buffer, from: number) {
  let text = "";
  for (let at = from; ; ) {
    const end = bytes.indexOf("\r\n", at);
    if (end === -1) return null;
    const length = Number.parseInt(bytes.toString("latin1", at, end), 16);
    at = end + 2 + length + 2;
    if (Number.isNaN(length) || at > bytes.length) return null;
    if (length === 0) return { text, length: at - from };
    text += bytes.toString("utf8", end + 2, end + 2 + length);
  }
}

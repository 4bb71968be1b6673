/**
 * Reads the head of a plain request: one whose framing nobody could understand differently. A small
 * part of HTTP/1.1 (RFC 9112) on purpose: whatever is outside of it is not refused here but left to
 * node:http, with every byte of it, so this reader never has to say what is wrong.
 */
import type { IncomingHttpHeaders } from "node:http";
import { Header, LIMITS } from "@countermand/contract";
import { PLAIN_HEAD_BYTES_MAX, PLAIN_HEADERS_MAX } from "./limits.ts";

export interface PlainHead {
  readonly method: string;
  /** Path and query as on the request line. */
  readonly url: string;
  /** By name in lower case; each was sent once. */
  readonly headers: IncomingHttpHeaders;
  /** With the empty line that ends it. */
  readonly headBytes: number;
  readonly bodyBytes: number;
}

/** `partial`: it may become one. Null: it is none. */
export type PlainRead = PlainHead | "partial" | null;

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const HASH = 0x23;
const SLASH = 0x2f;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const A = 0x41;
const Z = 0x5a;
const TILDE = 0x7e;

const VERSION = " HTTP/1.1\r\n";
const METHOD_CHARACTERS_MAX = 7;
const CONTENT_LENGTH_DIGITS_MAX = 5;

/** 1 for each character of a token (RFC 9110, 5.6.2), by its code. */
const TOKEN = new Uint8Array(256);
for (const code of Buffer.from("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz", "latin1")) {
  TOKEN[code] = 1;
}
for (let code = A; code <= Z; code += 1) TOKEN[code] = 1;

/**
 * Headers that change how a request is framed or answered, or that node:http has ways of its own
 * with: a request that has one is not plain.
 */
const UNPLAIN: ReadonlySet<string> = new Set([
  "__proto__",
  "expect",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "set-cookie",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** Reads the head at the beginning of the bytes. */
export function readPlainHead(bytes: Buffer): PlainRead {
  const isCut = bytes.length > PLAIN_HEAD_BYTES_MAX;
  const text = bytes.toString("latin1", 0, isCut ? PLAIN_HEAD_BYTES_MAX : bytes.length);
  const read = new HeadReader(text).read();
  return read === "partial" && isCut ? null : read;
}

/** Without a prototype's names, and quicker to fill than an object without a prototype. */
const PlainHeaders = function PlainHeaders() {} as unknown as new () => Record<string, string>;
PlainHeaders.prototype = Object.freeze(Object.create(null));

/** Names in lower case that most requests have, so that none is cut out and turned each time. */
const KNOWN_NAMES: readonly string[] = [
  ...Object.values(Header),
  "accept",
  "accept-encoding",
  "accept-language",
  "connection",
  "content-length",
  "content-type",
  "host",
  "user-agent",
  "x-forwarded-for",
];

/** By their length. */
const KNOWN_BY_LENGTH: readonly (readonly string[])[] = Array.from({ length: 32 }, (_, length) => {
  return KNOWN_NAMES.filter((name) => name.length === length);
});

/** The name in lower case. Precondition: characters of a token. */
function nameIn(text: string, from: number, to: number): string {
  for (const known of KNOWN_BY_LENGTH[to - from] ?? []) {
    let at = 0;
    // Small letters differ from capital ones by one bit, which a hyphen has as well.
    while (at < known.length && (text.charCodeAt(from + at) | 0x20) === known.charCodeAt(at)) {
      at += 1;
    }
    if (at === known.length) return known;
  }
  return text.slice(from, to).toLowerCase();
}

class HeadReader {
  readonly #text: string;
  #at = 0;

  /** Each character is a byte. */
  constructor(text: string) {
    this.#text = text;
  }

  read(): PlainRead {
    const method = this.#method();
    if (method === null || method === "partial") return method;
    const url = this.#target();
    if (url === null || url === "") return url === "" ? "partial" : null;
    const headers = new PlainHeaders();
    for (let count = 0; ; count += 1) {
      const next = this.#code();
      if (next === CR) break;
      if (Number.isNaN(next)) return "partial";
      if (count === PLAIN_HEADERS_MAX) return null;
      const taken = this.#header(headers);
      if (taken !== true) return taken;
    }
    if (this.#text.length < this.#at + 2) return "partial";
    if (this.#text.charCodeAt(this.#at + 1) !== LF) return null;
    const bodyBytes = bodyBytesOf(headers);
    if (bodyBytes === null || headers["host"] === undefined) return null;
    return { method, url, headers, headBytes: this.#at + 2, bodyBytes };
  }

  #code(): number {
    return this.#text.charCodeAt(this.#at);
  }

  #method(): string | "partial" | null {
    const text = this.#text;
    let end = 0;
    for (; end <= METHOD_CHARACTERS_MAX; end += 1) {
      const code = text.charCodeAt(end);
      if (Number.isNaN(code)) return "partial";
      if (code === SPACE) break;
      if (code < A || code > Z) return null;
    }
    if (end === 0 || end > METHOD_CHARACTERS_MAX) return null;
    this.#at = end + 1;
    return text.slice(0, end);
  }

  /** "" while it is not there whole. In origin form, of visible ASCII, without a fragment. */
  #target(): string | null {
    const text = this.#text;
    const from = this.#at;
    if (from === text.length) return "";
    if (this.#code() !== SLASH) return null;
    let end = from + 1;
    for (; end < text.length; end += 1) {
      const code = text.charCodeAt(end);
      if (code === SPACE) break;
      if (code < SPACE || code > TILDE || code === HASH) return null;
    }
    const version = text.slice(end, end + VERSION.length);
    if (version !== VERSION) return VERSION.startsWith(version) ? "" : null;
    this.#at = end + VERSION.length;
    return text.slice(from, end);
  }

  /** Takes one line. A value is of visible ASCII, spaces and tabs. */
  #header(headers: Record<string, string>): true | "partial" | null {
    const text = this.#text;
    const nameAt = this.#at;
    let at = nameAt;
    while (TOKEN[text.charCodeAt(at)] === 1) at += 1;
    if (at === text.length) return "partial";
    if (at === nameAt || text.charCodeAt(at) !== COLON) return null;
    const name = nameIn(text, nameAt, at);
    at += 1;
    while (isBlank(text.charCodeAt(at))) at += 1;
    const valueAt = at;
    let valueEnd = at;
    for (; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === CR) break;
      if (isBlank(code)) continue;
      if (code < SPACE || code > TILDE) return null;
      valueEnd = at + 1;
    }
    if (text.length < at + 2) return "partial";
    if (text.charCodeAt(at + 1) !== LF) return null;
    if (name in headers || UNPLAIN.has(name)) return null;
    const value = text.slice(valueAt, valueEnd);
    if (name === "connection" && value.toLowerCase() !== "keep-alive") return null;
    headers[name] = value;
    this.#at = at + 2;
    return true;
  }
}

/** Null for a length that is none of ours to judge, or more than a body may have. */
function bodyBytesOf(headers: Record<string, string>): number | null {
  const text = headers["content-length"];
  if (text === undefined || text === "0") return 0;
  if (text.length === 0 || text.length > CONTENT_LENGTH_DIGITS_MAX) return null;
  if (text.charCodeAt(0) === ZERO) return null;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < ZERO || code > NINE) return null;
  }
  const bodyBytes = Number(text);
  return bodyBytes > LIMITS.bodyBytesMax.value ? null : bodyBytes;
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

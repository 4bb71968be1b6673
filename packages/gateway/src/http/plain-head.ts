/**
 * Reads the head of a plain request: one whose framing nobody could understand differently. A small
 * part of HTTP/1.1 (RFC 9112) on purpose: whatever is outside of it is not refused here but left to
 * node:http, with every byte of it, so this reader never has to say what is wrong.
 */
import type { IncomingHttpHeaders } from "node:http";
import { Header, LIMITS } from "@countermand/contract";
import { assert } from "@countermand/core/assert";
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

/** 1 for each character of a value that is taken: visible ASCII, space and tab, by its code. */
const VALUE = new Uint8Array(256).fill(1, SPACE, TILDE + 1);
VALUE[TAB] = 1;

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
  const read = new HeadReader(bytes, isCut ? PLAIN_HEAD_BYTES_MAX : bytes.length).read();
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

interface KnownName {
  readonly name: string;
  readonly codes: Uint8Array;
  /** One of its own, that tells whether it was there already. */
  readonly bit: number;
}

/** By their length. */
const KNOWN_BY_LENGTH: readonly (readonly KnownName[])[] = Array.from({ length: 32 }, (_, length) =>
  KNOWN_NAMES.flatMap((name, index) => {
    return name.length === length ? [{ name, codes: Buffer.from(name), bit: 1 << index }] : [];
  }),
);
assert(
  KNOWN_NAMES.length < 32 && KNOWN_NAMES.every((name) => !UNPLAIN.has(name)),
  "names are told",
);

/** The name that stands there in any case; null for one that is not known. */
function knownName(bytes: Uint8Array, from: number, to: number): KnownName | null {
  for (const known of KNOWN_BY_LENGTH[to - from] ?? []) {
    const { codes } = known;
    let at = 0;
    // Small letters differ from capital ones by one bit, which a hyphen has as well.
    while (at < codes.length && ((bytes[from + at] as number) | 0x20) === codes[at]) at += 1;
    if (at === codes.length) return known;
  }
  return null;
}

/** Looks at bytes, which cost less to look at than characters; words are cut from their text. */
class HeadReader {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  readonly #text: string;
  readonly #headers = new PlainHeaders();
  /** Bits of the known names that were there. */
  #seen = 0;
  #at = 0;

  constructor(bytes: Buffer, end: number) {
    this.#bytes = bytes;
    this.#end = end;
    this.#text = bytes.toString("latin1", 0, end);
  }

  read(): PlainRead {
    const method = this.#method();
    if (method === null || method === "partial") return method;
    const url = this.#target();
    if (url === null || url === "") return url === "" ? "partial" : null;
    for (let count = 0; ; count += 1) {
      if (this.#at === this.#end) return "partial";
      if (this.#bytes[this.#at] === CR) break;
      if (count === PLAIN_HEADERS_MAX) return null;
      const taken = this.#header();
      if (taken !== true) return taken;
    }
    if (this.#end < this.#at + 2) return "partial";
    if (this.#bytes[this.#at + 1] !== LF) return null;
    const headers = this.#headers;
    const bodyBytes = bodyBytesOf(headers);
    if (bodyBytes === null || headers["host"] === undefined) return null;
    return { method, url, headers, headBytes: this.#at + 2, bodyBytes };
  }

  #method(): string | "partial" | null {
    const bytes = this.#bytes;
    let end = 0;
    for (; end <= METHOD_CHARACTERS_MAX; end += 1) {
      if (end === this.#end) return "partial";
      const code = bytes[end] as number;
      if (code === SPACE) break;
      if (code < A || code > Z) return null;
    }
    if (end === 0 || end > METHOD_CHARACTERS_MAX) return null;
    this.#at = end + 1;
    return this.#text.slice(0, end);
  }

  /** "" while it is not there whole. In origin form, of visible ASCII, without a fragment. */
  #target(): string | null {
    const bytes = this.#bytes;
    const from = this.#at;
    if (from === this.#end) return "";
    if (bytes[from] !== SLASH) return null;
    let end = from + 1;
    for (; end < this.#end; end += 1) {
      const code = bytes[end] as number;
      if (code === SPACE) break;
      if (code < SPACE || code > TILDE || code === HASH) return null;
    }
    if (!this.#text.startsWith(VERSION, end)) {
      return VERSION.startsWith(this.#text.slice(end, end + VERSION.length)) ? "" : null;
    }
    this.#at = end + VERSION.length;
    return this.#text.slice(from, end);
  }

  /** Takes one line. A value is of visible ASCII, spaces and tabs. */
  #header(): true | "partial" | null {
    const bytes = this.#bytes;
    const end = this.#end;
    const nameAt = this.#at;
    let at = nameAt;
    while (at < end && TOKEN[bytes[at] as number] === 1) at += 1;
    if (at === end) return "partial";
    if (at === nameAt || bytes[at] !== COLON) return null;
    const nameEnd = at;
    at += 1;
    while (at < end && isBlank(bytes[at] as number)) at += 1;
    const valueAt = at;
    while (at < end && VALUE[bytes[at] as number] === 1) at += 1;
    if (at < end && bytes[at] !== CR) return null;
    if (end < at + 2) return "partial";
    if (bytes[at + 1] !== LF) return null;
    this.#at = at + 2;
    let valueEnd = at;
    while (valueEnd > valueAt && isBlank(bytes[valueEnd - 1] as number)) valueEnd -= 1;
    return this.#take(nameAt, nameEnd, this.#text.slice(valueAt, valueEnd)) ? true : null;
  }

  /** False for a header that makes the request another one's to read. */
  #take(nameAt: number, nameEnd: number, value: string): boolean {
    const known = knownName(this.#bytes, nameAt, nameEnd);
    if (known === null) {
      const name = this.#text.slice(nameAt, nameEnd).toLowerCase();
      if (name in this.#headers || UNPLAIN.has(name)) return false;
      this.#headers[name] = value;
      return true;
    }
    const { name, bit } = known;
    if ((this.#seen & bit) !== 0) return false;
    if (name === "connection" && value.toLowerCase() !== "keep-alive") return false;
    this.#seen |= bit;
    this.#headers[name] = value;
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

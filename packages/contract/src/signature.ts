/** What a client signs, and how its headers are read. The HMAC itself is the gateway's. */
import type { UnixMs } from "@countermand/core/model";
import { type Fault, fault } from "./errors.ts";
import { shown } from "./shown.ts";

/** Header names as a server reads them; case does not matter on the wire. */
export const Header = {
  ApiKey: "x-api-key",
  Timestamp: "x-api-timestamp",
  Signature: "x-api-signature",
  RequestId: "x-request-id",
  Prefer: "prefer",
  IdempotentReplay: "x-idempotent-replay",
  Receipt: "x-receipt",
} as const;

/** The method word of a WebSocket handshake. */
export const HANDSHAKE_METHOD = "CONNECT";

/** Bytes of an HMAC-SHA256. */
export const SIGNATURE_BYTES = 32;

/** Bytes of an Ed25519 signature. */
export const ED25519_SIGNATURE_BYTES = 64;

/** What stands before the payload; the payload itself is signed as raw bytes. */
export function signedPrefix(method: string, path: string, timestamp: string): string {
  return `${method}|${path}|${timestamp}|`;
}

/** The whole string to sign where the payload is text. */
export function stringToSign(
  method: string,
  path: string,
  timestamp: string,
  payload: string,
): string {
  return signedPrefix(method, path, timestamp) + payload;
}

/** Whether the raw body or the raw query string (without "?") is the payload. */
export function requestPayloadKind(method: string, hasBody: boolean): "body" | "query" {
  if (method === "GET" || method === HANDSHAKE_METHOD) return "query";
  return hasBody ? "body" : "query";
}

const DIGITS = /^[0-9]+$/;
const OTHER_UNITS: ReadonlyMap<number, string> = new Map([
  [10, "looks like seconds, milliseconds are expected"],
  [16, "looks like microseconds, milliseconds are expected"],
  [19, "looks like nanoseconds, milliseconds are expected"],
]);

/**
 * Reads X-API-Timestamp: 13 digits, Unix milliseconds. No guessing, but the common mistakes are
 * named.
 */
export function parseTimestamp(text: string): UnixMs | Fault {
  if (DIGITS.test(text)) {
    if (text.length === 13) return Number(text) as UnixMs;
    const mistake = OTHER_UNITS.get(text.length);
    if (mistake !== undefined) return timestampFault(`X-API-Timestamp ${mistake}`);
  }
  return timestampFault(`X-API-Timestamp must be Unix milliseconds, 13 digits, not ${shown(text)}`);
}

function timestampFault(details: string): Fault {
  return fault("TIMESTAMP_MALFORMED", details);
}

/** Characters of 32 and of 64 bytes in Base64, padding included. */
const BASE64_LENGTH = 44;
const BASE64_LENGTH_ED25519 = 88;
const HEX = /^[0-9a-fA-F]+$/;
/** No letter of Base64: more than any of them stands for. */
const NO_SEXTET = 64;
const SEXTETS = sextets();

/** Where so many bytes go. */
type Room = (byteCount: number) => Uint8Array;

/**
 * The bytes of a signature: 32 of an HMAC, from Base64 (44 characters) or hex (64), or 64 of
 * Ed25519 (88 or 128). Null for anything else. They are written to `room`, whose bytes are all
 * written over, or to bytes of their own.
 */
export function decodeSignature(text: string, room: Room = newBytes): Uint8Array | null {
  const isHexLength =
    text.length === 2 * SIGNATURE_BYTES || text.length === 2 * ED25519_SIGNATURE_BYTES;
  if (isHexLength) return HEX.test(text) ? decodeHex(text, room(text.length / 2)) : null;
  if (text.length === BASE64_LENGTH) return decodeBase64(text, "=", room(SIGNATURE_BYTES));
  if (text.length !== BASE64_LENGTH_ED25519) return null;
  return decodeBase64(text, "==", room(ED25519_SIGNATURE_BYTES));
}

function newBytes(byteCount: number): Uint8Array {
  return new Uint8Array(byteCount);
}

function decodeHex(text: string, bytes: Uint8Array): Uint8Array {
  for (let index = 0; index < bytes.length; index += 1) {
    bytes[index] = Number.parseInt(text.slice(2 * index, 2 * index + 2), 16);
  }
  return bytes;
}

/**
 * Null for other letters, for another padding, and when the last letter carries bits beyond the
 * bytes.
 */
function decodeBase64(text: string, padding: string, bytes: Uint8Array): Uint8Array | null {
  if (!text.endsWith(padding)) return null;
  const letterCount = text.length - padding.length;
  let seen = 0;
  let bits = 0;
  let bitCount = 0;
  let length = 0;
  for (let index = 0; index < letterCount; index += 1) {
    const sextet = SEXTETS[text.charCodeAt(index)] ?? NO_SEXTET;
    seen |= sextet;
    bits = ((bits << 6) | sextet) & 0xffff;
    bitCount += 6;
    if (bitCount < 8) continue;
    bitCount -= 8;
    bytes[length] = bits >> bitCount;
    length += 1;
  }
  const isWhole = (bits & ((1 << bitCount) - 1)) === 0;
  return isWhole && (seen & NO_SEXTET) === 0 ? bytes : null;
}

/** The value of each Base64 letter by its character code; NO_SEXTET for all others. */
function sextets(): Uint8Array {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const table = new Uint8Array(128).fill(NO_SEXTET);
  for (let value = 0; value < alphabet.length; value += 1) {
    table[alphabet.charCodeAt(value)] = value;
  }
  return table;
}

/**
 * What the server saw of a request whose signature it refuses. Nothing of it comes from the secret.
 */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  /** X-API-Timestamp as sent, "" when missing. */
  readonly timestamp: string;
  readonly payloadKind: "body" | "query";
  readonly payloadBytes: number;
  /** Hex digits. */
  readonly payloadSha256: string;
  readonly serverTimeMs: number;
  /** Either side of the server's clock. */
  readonly windowMs: number;
}

/**
 * The details of a 401: the string that had to be signed as far as the server saw it, and the
 * clocks.
 */
export function signatureDetails(seen: SeenRequest): string {
  const prefix = signedPrefix(seen.method, seen.path, seen.timestamp);
  const payload = seen.payloadKind === "body" ? "raw body" : "raw query string";
  return (
    `expected a signature of ${prefix}<${payload}: ${seen.payloadBytes} bytes, ` +
    `SHA-256 ${seen.payloadSha256}>; ${clockDetails(seen)}${missingPayloadDetails(seen)}`
  );
}

/** A proxy that drops the body breaks the signature: this tells it from a wrong secret. */
function missingPayloadDetails({ method, payloadKind, payloadBytes }: SeenRequest): string {
  const mayHaveBody = method !== "GET" && method !== "CONNECT";
  if (!mayHaveBody || payloadKind === "body" || payloadBytes > 0) return "";
  return "; no body and no query arrived: if a body was sent, a proxy dropped it";
}

const CLOCK_REMEDY = "set the client's clock, or sign with the server's, which GET /time tells";

function clockDetails(seen: SeenRequest): string {
  const server = `server time ${seen.serverTimeMs}`;
  const window = `window +-${seen.windowMs} ms`;
  const clientTimeMs = parseTimestamp(seen.timestamp);
  if (typeof clientTimeMs !== "number") return `${server}, ${window}, ${clientTimeMs.details}`;
  const skewMs = clientTimeMs - seen.serverTimeMs;
  const isOutside = Math.abs(skewMs) > seen.windowMs;
  const verdict = isOutside ? " (outside the window)" : "";
  const told = `${server}, client time ${clientTimeMs}, skew ${skewMs} ms${verdict}, ${window}`;
  return isOutside ? `${told}; ${CLOCK_REMEDY}` : told;
}

/**
 * Who sent a request: the signature over its raw bytes, checked before anything of it is parsed. An
 * unknown key costs what a wrong signature costs and is answered alike.
 */
import { createHash, createHmac, createSecretKey, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import {
  decodeSignature,
  type Fault,
  fault,
  Header,
  parseTimestamp,
  requestPayloadKind,
  signatureDetails,
  signedPrefix,
} from "@countermand/contract";
import type { UnixMs } from "@countermand/core/model";
import { SIGNATURE_WINDOW_MS_MAX } from "../config.ts";
import type { RequestIdentity } from "../sequencer/sequencer.ts";
import type { Caller, KeyStore } from "./key-store.ts";

/** A request as it stands on the wire, nothing of it decoded. */
export interface RawRequest {
  /** `CONNECT` for a socket handshake. */
  readonly method: string;
  readonly path: string;
  /** Without `?`. */
  readonly rawQuery: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Uint8Array;
}

export interface AuthenticatorOptions {
  readonly keys: KeyStore;
  readonly wallMs: () => number;
  /** Largest distance between a request's timestamp and the clock, either way. */
  readonly windowMs: number;
}

export interface Authenticated {
  readonly caller: Caller;
  readonly sentAtMs: UnixMs;
  /** The 32 bytes: the Base64 and the hex spelling of a signature are one request. */
  readonly signature: Uint8Array;
}

/** Stands in for the secret of a key that does not exist, so that time does not tell. */
const NO_SECRET = createSecretKey(Buffer.from("there is no such key"));
const NO_SIGNATURE = new Uint8Array(32);

export class Authenticator {
  readonly #options: AuthenticatorOptions;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  authenticate(request: RawRequest): Authenticated | Fault {
    const apiKey = textHeader(request.headers, Header.ApiKey);
    const timestamp = textHeader(request.headers, Header.Timestamp);
    const signatureText = textHeader(request.headers, Header.Signature);
    if (apiKey === "" || timestamp === "" || signatureText === "") {
      return this.#refused(
        "AUTH_HEADER_MISSING",
        missing(apiKey, timestamp, signatureText),
        request,
      );
    }
    const sentAtMs = parseTimestamp(timestamp);
    if (typeof sentAtMs !== "number") return this.#refused(sentAtMs.error, "", request);
    if (Math.abs(sentAtMs - this.#options.wallMs()) > this.#options.windowMs) {
      return this.#refused("TIMESTAMP_OUT_OF_WINDOW", "", request);
    }
    const stored = this.#options.keys.find(apiKey);
    const signature = decodeSignature(signatureText);
    const expected = createHmac("sha256", stored?.secret ?? NO_SECRET)
      .update(signedPrefix(request.method, request.path, timestamp), "latin1")
      .update(payloadOf(request))
      .digest();
    const matches = timingSafeEqual(expected, signature ?? NO_SIGNATURE);
    if (!matches || signature === null || stored === null) {
      const form =
        signature === null ? "X-API-Signature is neither Base64 nor hex of 32 bytes; " : "";
      return this.#refused("SIGNATURE_INVALID", form, request);
    }
    return { caller: stored.caller, sentAtMs, signature };
  }

  /** Names the request for the memory of answered writes. */
  identityOf({ caller, sentAtMs, signature }: Authenticated): RequestIdentity {
    const fingerprint = createHash("sha256")
      .update(`request\0${caller.apiKey}\0${sentAtMs}\0`)
      .update(signature)
      .digest("base64url")
      .slice(0, FINGERPRINT_CHARACTERS);
    return {
      fingerprint,
      contentDigest: "",
      // The widest window: a start with a wider one than before must not forget what it lets in.
      expiresAtMs: (sentAtMs + SIGNATURE_WINDOW_MS_MAX) as UnixMs,
    };
  }

  #refused(error: Fault["error"], problem: string, request: RawRequest): Fault {
    const payload = payloadOf(request);
    const details = signatureDetails({
      method: request.method,
      path: request.path,
      timestamp: textHeader(request.headers, Header.Timestamp),
      payloadKind: requestPayloadKind(request.method, request.body.length > 0),
      payloadBytes: payload.length,
      payloadSha256: createHash("sha256").update(payload).digest("hex"),
      serverTimeMs: this.#options.wallMs(),
      windowMs: this.#options.windowMs,
    });
    return fault(error, problem + details);
  }
}

/** 22 characters of Base64 carry 132 bits: no two requests ever share them. */
export const FINGERPRINT_CHARACTERS = 22;

/** Node gives the request line as Latin-1 text: turned back, these are the bytes that were sent. */
function payloadOf(request: RawRequest): Uint8Array {
  const kind = requestPayloadKind(request.method, request.body.length > 0);
  return kind === "body" ? request.body : Buffer.from(request.rawQuery, "latin1");
}

function missing(apiKey: string, timestamp: string, signature: string): string {
  const names = [
    apiKey === "" ? "X-API-Key" : "",
    timestamp === "" ? "X-API-Timestamp" : "",
    signature === "" ? "X-API-Signature" : "",
  ].filter((name) => name !== "");
  return `missing: ${names.join(", ")}; `;
}

/**
 * A header sent once, or "". Node joins repeated ones with a comma, which no good value contains.
 */
function textHeader(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name];
  return typeof value === "string" ? value : "";
}

/**
 * Who sent a request: the signature over its raw bytes, checked before anything of it is parsed. An
 * unknown key costs what a wrong signature costs and is answered alike.
 */
import { createHash, generateKeyPairSync, hash, randomBytes } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import {
  decodeSignature,
  ED25519_SIGNATURE_BYTES,
  type Fault,
  fault,
  Header,
  parseTimestamp,
  requestPayloadKind,
  SIGNATURE_BYTES,
  signatureDetails,
  signedPrefix,
} from "@countermand/contract";
import { assert } from "@countermand/core/assert";
import type { KeyCredential } from "@countermand/core/control";
import type { UnixMs } from "@countermand/core/model";
import { SIGNATURE_WINDOW_MS_MAX } from "../config.ts";
import type { RequestIdentity } from "../sequencer/sequencer.ts";
import { type AddressedRequest, clientAddress } from "./client-address.ts";
import { FailedChecks } from "./failed-checks.ts";
import { HmacKey } from "./hmac-key.ts";
import type { Caller, KeyStore, StoredKey } from "./key-store.ts";
import { SIGNATURE_CHECKS, type SignatureChecks } from "./signature-checks.ts";

/** A request as it stands on the wire, nothing of it decoded. */
export interface RawRequest extends AddressedRequest {
  /** `CONNECT` for a socket handshake. */
  readonly method: string;
  readonly path: string;
  /** Without `?`. */
  readonly rawQuery: string;
  readonly body: Uint8Array;
}

export interface AuthenticatorOptions {
  readonly keys: KeyStore;
  readonly wallMs: () => number;
  /** Counts how long failures are held against an address; the process's clock by default. */
  readonly monotonicMs?: () => number;
  /** The header in which a proxy names the client, in lower case; null by default: no proxy. */
  readonly addressHeader?: string | null;
  readonly checks?: SignatureChecks;
  /** Largest distance between a request's timestamp and the clock, either way. */
  readonly windowMs: () => number;
}

export interface Authenticated {
  readonly key: StoredKey;
  readonly caller: Caller;
  readonly sentAtMs: UnixMs;
  /** As it was sent; "" where nobody signed. */
  readonly signature: string;
  /** What the signature is good with; absent where nobody signed. */
  readonly credential?: KeyCredential | null;
  /** When that began; absent as well. */
  readonly secretSinceMs?: number;
  /** Where it may end before its connection does: calls back then; the answer takes that back. */
  readonly onEnd?: (callback: () => void) => () => void;
}

/** Stand in for the secret of a key that does not exist, so that time does not tell. */
const NO_SECRET = new HmacKey(randomBytes(SIGNATURE_BYTES));
const NO_PUBLIC_KEY = generateKeyPairSync("ed25519").publicKey;
const NO_SIGNATURE = new Uint8Array(SIGNATURE_BYTES);

const hmacBytes = new Uint8Array(SIGNATURE_BYTES);
const ed25519Bytes = new Uint8Array(ED25519_SIGNATURE_BYTES);

/** Filled anew by each signature, which is checked before the next one is read. */
function bytesForCheck(byteCount: number): Uint8Array {
  return byteCount === SIGNATURE_BYTES ? hmacBytes : ed25519Bytes;
}

export class Authenticator {
  readonly #options: AuthenticatorOptions;
  readonly #checks: SignatureChecks;
  readonly #failed: FailedChecks;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
    this.#checks = options.checks ?? SIGNATURE_CHECKS;
    this.#failed = new FailedChecks(options.monotonicMs ?? options.wallMs);
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
    const nowMs = this.#options.wallMs();
    if (Math.abs(sentAtMs - nowMs) > this.#options.windowMs()) {
      return this.#refused("TIMESTAMP_OUT_OF_WINDOW", "", request);
    }
    const key = this.#options.keys.find(apiKey, nowMs);
    const signature = decodeSignature(signatureText, bytesForCheck);
    const isCostly = signature?.length === ED25519_SIGNATURE_BYTES;
    if (isCostly && !this.#failed.admits(this.#addressOf(request))) {
      return fault("UNVERIFIED_TOO_OFTEN", "too many Ed25519 signatures from here were wrong");
    }
    const good = this.#goodWith(key, request, timestamp, signature ?? NO_SIGNATURE, nowMs);
    if (good === null || signature === null || key === null) {
      if (isCostly) this.#failed.failed(this.#addressOf(request));
      const form = signature === null ? NO_FORM : "";
      return this.#refused("SIGNATURE_INVALID", form, request);
    }
    if (key.addresses?.has(this.#addressOf(request)) === false) {
      return fault("ADDRESS_NOT_ALLOWED", "the key is not taken from the address you send from");
    }
    const { credential, sinceMs: secretSinceMs } = good;
    const { caller } = key;
    return { key, caller, sentAtMs, signature: signatureText, credential, secretSinceMs };
  }

  /**
   * Which secret of the key the signature is good with, or null.
   *
   * The form of the signature, which the sender chose, decides on the work alone: a failure costs
   * two checks of its kind, whether the key exists, is of that kind, was rotated, or not.
   */
  #goodWith(
    key: StoredKey | null,
    request: RawRequest,
    timestamp: string,
    signature: Uint8Array,
    nowMs: number,
  ): Pick<StoredKey, "credential" | "sinceMs"> | null {
    const prefix = signedPrefix(request.method, request.path, timestamp);
    const payload = payloadOf(request);
    const isEd25519 = signature.length === ED25519_SIGNATURE_BYTES;
    const fitting = key?.algorithm === (isEd25519 ? "ed25519" : "hmac") ? key : null;
    const before = fitting?.previous ?? null;
    const previous = before !== null && nowMs < before.untilMs ? before : null;
    for (const each of [fitting, previous]) {
      const isGood = isEd25519
        ? this.#checks.ed25519(each?.secret.ed25519 ?? NO_PUBLIC_KEY, prefix, payload, signature)
        : this.#checks.hmac(each?.secret.hmac ?? NO_SECRET, prefix, payload, signature);
      if (isGood && each !== null) return each;
    }
    return null;
  }

  #addressOf(request: AddressedRequest): string {
    return clientAddress(request, this.#options.addressHeader ?? null);
  }

  /** Names the request for the memory of answered writes. */
  identityOf({ caller, sentAtMs, signature }: Authenticated): RequestIdentity {
    const sent = Buffer.from(`request\0${caller.apiKey}\0${sentAtMs}\0`);
    // Its bytes: the Base64 and the hex spelling of a signature are one request.
    const bytes = decodeSignature(signature);
    assert(bytes !== null, "the signature of a request that came in was read before");
    const digest = hash("sha256", Buffer.concat([sent, bytes]), "base64url");
    const fingerprint = digest.slice(0, FINGERPRINT_CHARACTERS);
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
      windowMs: this.#options.windowMs(),
    });
    const twice = repeatedHeaders(request.headers);
    if (twice.length === 0) return fault(error, problem + details);
    return fault("AUTH_HEADER_MISSING", `sent twice: ${twice.join(", ")}; ${details}`);
  }
}

const NO_FORM = "X-API-Signature is neither Base64 nor hex of 32 bytes (HMAC) or 64 (Ed25519); ";

/** 22 characters of Base64 carry 132 bits: no two requests ever share them. */
export const FINGERPRINT_CHARACTERS = 22;

/** Node gives the request line as Latin-1 text: turned back, these are the bytes that were sent. */
function payloadOf(request: RawRequest): Uint8Array {
  const kind = requestPayloadKind(request.method, request.body.length > 0);
  return kind === "body" ? request.body : Buffer.from(request.rawQuery, "latin1");
}

const SIGNED_HEADERS = [
  ["X-API-Key", Header.ApiKey],
  ["X-API-Timestamp", Header.Timestamp],
  ["X-API-Signature", Header.Signature],
] as const;

/** Node joins repeated headers with a comma, which no good value contains. */
function repeatedHeaders(headers: IncomingHttpHeaders): readonly string[] {
  const repeated = SIGNED_HEADERS.filter(([, name]) => textHeader(headers, name).includes(","));
  return repeated.map(([name]) => name);
}

function missing(apiKey: string, timestamp: string, signature: string): string {
  const names = [
    apiKey === "" ? "X-API-Key" : "",
    timestamp === "" ? "X-API-Timestamp" : "",
    signature === "" ? "X-API-Signature" : "",
  ].filter((name) => name !== "");
  return `missing: ${names.join(", ")}; `;
}

/** A header as it was sent, or "". */
function textHeader(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name];
  return typeof value === "string" ? value : "";
}

/** One payload is signed, so there must be one: nothing unsigned is ever acted on. */
export function framingFault(raw: RawRequest): Fault | null {
  if (raw.body.length === 0) return null;
  if (raw.method === "GET") return fault("BODY_NOT_TAKEN", "a GET is signed by its query string");
  if (raw.rawQuery === "") return null;
  return fault("BODY_AND_QUERY", "send the parameters in the body or in the query string");
}

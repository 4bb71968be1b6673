/**
 * Signatures: HMAC-SHA256 over `METHOD|path|timestamp|payload`, Base64. They need a secret, so they
 * belong on a server: a browser has no place to keep one.
 */

/** Who signs. */
export interface Credentials {
  readonly apiKey: string;
  readonly secret: string;
}

/** The three headers of a signed request. */
export interface SignedHeaders {
  readonly "X-API-Key": string;
  readonly "X-API-Timestamp": string;
  readonly "X-API-Signature": string;
}

/** What is signed. */
export interface SignedParts {
  /** `GET`, `POST`, ...; `CONNECT` for the handshake of a stream. */
  readonly method: string;
  /** As on the request line, without query. */
  readonly path: string;
  /** Unix milliseconds, 13 digits. */
  readonly timestampMs: number;
  /** The body, or the query string without "?" of a request that has none; may be empty. */
  readonly payload: string;
}

/**
 * The text whose HMAC is the signature.
 * @example
 * const parts = { method: "GET", path: "/trade/v1/orders", timestampMs: 1746774142003, payload: "" };
 * assert.equal(stringToSign(parts), "GET|/trade/v1/orders|1746774142003|");
 */
export function stringToSign({ method, path, timestampMs, payload }: SignedParts): string {
  return `${method}|${path}|${timestampMs}|${payload}`;
}

/**
 * Signs with one secret, which is imported once.
 * @example
 * const signer = new Signer({ apiKey: "demo-key", secret: "demo-secret" });
 * const path = "/ws/trade/v1";
 * const parts = { method: "CONNECT", path, timestampMs: 1699999999999, payload: "" };
 * assert.equal(await signer.signature(parts), "yjHIWShhwdNdYnr9I/MtrEwyuE/75Mf2EcjwRs2kCQo=");
 */
export class Signer {
  readonly apiKey: string;
  readonly #key: ReturnType<typeof crypto.subtle.importKey>;

  constructor({ apiKey, secret }: Credentials) {
    this.apiKey = apiKey;
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    const bytes = new TextEncoder().encode(secret);
    this.#key = crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign"]);
    // An empty secret is refused when the first request is signed, where somebody waits for it.
    this.#key.catch(() => {});
  }

  /** The signature in Base64. */
  async signature(parts: SignedParts): Promise<string> {
    const text = new TextEncoder().encode(stringToSign(parts));
    const bytes = new Uint8Array(await crypto.subtle.sign("HMAC", await this.#key, text));
    return btoa(String.fromCharCode(...bytes));
  }

  async headers(parts: SignedParts): Promise<SignedHeaders> {
    return {
      "X-API-Key": this.apiKey,
      "X-API-Timestamp": String(parts.timestampMs),
      "X-API-Signature": await this.signature(parts),
    };
  }
}

/**
 * Signatures over `METHOD|path|timestamp|payload`, Base64: HMAC-SHA256 with a secret that the
 * gateway knows, too, or Ed25519 with a private key that nobody else has. A secret belongs on a
 * server. A browser can hold an Ed25519 key that WebCrypto does not give out.
 */

/** A key of the browser's or of Node's WebCrypto. */
export type SigningKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** Who signs with HMAC-SHA256. */
export interface SecretCredentials {
  readonly apiKey: string;
  readonly secret: string;
}

/** Who signs with Ed25519; the gateway has the public key. */
export interface PrivateKeyCredentials {
  readonly apiKey: string;
  /** PKCS#8 in PEM, as `openssl genpkey -algorithm ed25519` writes it; or WebCrypto's key. */
  readonly privateKey: string | SigningKey;
}

/** Who signs. */
export type Credentials = SecretCredentials | PrivateKeyCredentials;

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
 * The text that is signed.
 * @example
 * const parts = { method: "GET", path: "/trade/v1/orders", timestampMs: 1746774142003, payload: "" };
 * assert.equal(stringToSign(parts), "GET|/trade/v1/orders|1746774142003|");
 */
export function stringToSign({ method, path, timestampMs, payload }: SignedParts): string {
  return `${method}|${path}|${timestampMs}|${payload}`;
}

/**
 * Signs with one key, which is imported once.
 * @example
 * const path = "/ws/trade/v1";
 * const parts = { method: "CONNECT", path, timestampMs: 1699999999999, payload: "" };
 * const signer = new Signer({ apiKey: "demo-key", secret: "demo-secret" });
 * assert.equal(await signer.signature(parts), "yjHIWShhwdNdYnr9I/MtrEwyuE/75Mf2EcjwRs2kCQo=");
 *
 * // The private key stays here; the gateway checks with the public one.
 * const pair = await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
 * const ed25519 = new Signer({ apiKey: "my-key", privateKey: pair.privateKey });
 * assert.equal(atob(await ed25519.signature(parts)).length, 64);
 */
export class Signer {
  readonly apiKey: string;
  readonly #algorithm: "HMAC" | "Ed25519";
  readonly #key: Promise<SigningKey>;

  /** @throws TypeError no API key, or a private key that is no Ed25519 key or of another form */
  constructor(credentials: Credentials) {
    // A variable of the environment that is not set comes as undefined, whatever the types say.
    if (!credentials.apiKey) throw new TypeError("the credentials have no apiKey");
    this.apiKey = credentials.apiKey;
    this.#algorithm = "secret" in credentials ? "HMAC" : "Ed25519";
    this.#key =
      "secret" in credentials
        ? importedSecret(credentials.secret)
        : importedPrivateKey(credentials.privateKey);
    // An empty secret is refused when the first request is signed, where somebody waits for it.
    this.#key.catch(() => {});
  }

  /** The signature in Base64. */
  async signature(parts: SignedParts): Promise<string> {
    const text = new TextEncoder().encode(stringToSign(parts));
    const signature = await crypto.subtle.sign(this.#algorithm, await this.#key, text);
    return btoa(String.fromCharCode(...new Uint8Array(signature)));
  }

  async headers(parts: SignedParts): Promise<SignedHeaders> {
    return {
      "X-API-Key": this.apiKey,
      "X-API-Timestamp": String(parts.timestampMs),
      "X-API-Signature": await this.signature(parts),
    };
  }
}

function importedSecret(secret: string): Promise<SigningKey> {
  if (!secret) return Promise.reject(new TypeError("the credentials have an empty secret"));
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const bytes = new TextEncoder().encode(secret);
  return crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign"]);
}

/** The text between the lines of a PEM file; an encrypted key has other lines. */
const PEM = /^\s*-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END PRIVATE KEY-----\s*$/;
/** What PKCS#8 puts before the 32 bytes of an Ed25519 key (RFC 8410). */
const PREFIX = "302e020100300506032b657004220420";

function importedPrivateKey(key: string | SigningKey): Promise<SigningKey> {
  if (typeof key !== "string") {
    if (key.algorithm.name !== "Ed25519" || !key.usages.includes("sign")) {
      throw new TypeError("the private key is not an Ed25519 key that signs");
    }
    return Promise.resolve(key);
  }
  const text = PEM.exec(key)?.[1]?.replace(/\s+/g, "");
  if (text === undefined) {
    throw new TypeError("the private key is not in PEM: -----BEGIN PRIVATE KEY----- and so on");
  }
  const der = Uint8Array.from(decodedBase64(text), (character) => character.charCodeAt(0));
  if (hexOf(der.subarray(0, 16)) !== PREFIX || der.length !== 48) {
    throw new TypeError("the private key is not an Ed25519 key as openssl writes it");
  }
  return crypto.subtle.importKey("pkcs8", der, { name: "Ed25519" }, false, ["sign"]);
}

function decodedBase64(text: string): string {
  try {
    return atob(text);
  } catch {
    return "";
  }
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * Faults from before a request left this machine: then nothing was done, and that is certain. Every
 * other fault leaves it open, also where an engine names its faults in another way.
 */

/** Nothing was sent. */
export interface Unsent {
  /** What somebody has to mend first; null where another attempt may find it mended. */
  readonly remedy: string | null;
}

const LATER: Unsent = { remedy: null };

/** Faults of a connection that did not come about, by those who do not say what they called. */
const NOT_CONNECTED: ReadonlySet<unknown> = new Set([
  "EAI_AGAIN",
  "ECONNREFUSED",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "UND_ERR_CONNECT_TIMEOUT",
]);
/** What is called before there is a connection: whatever it ends in, nothing was sent. */
const CONNECTING: ReadonlySet<unknown> = new Set(["connect", "getaddrinfo"]);

const UNTRUSTED =
  "the gateway's certificate is not trusted here; name its issuer's file in NODE_EXTRA_CA_CERTS";

/** What is found of a certificate before the first byte of a request is written. */
const CERTIFICATE_REMEDIES: ReadonlyMap<unknown, string> = new Map([
  [
    "CERT_HAS_EXPIRED",
    "the gateway's certificate has expired; renew it, or set this machine's clock",
  ],
  ["CERT_NOT_YET_VALID", "the gateway's certificate is not valid yet; set this machine's clock"],
  ["CERT_REVOKED", "the gateway's certificate was revoked; it needs another one"],
  ["CERT_SIGNATURE_FAILURE", UNTRUSTED],
  ["CERT_UNTRUSTED", UNTRUSTED],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", UNTRUSTED],
  [
    "ERR_TLS_CERT_ALTNAME_INVALID",
    "the gateway's certificate is for other names; use one of those as the address",
  ],
  ["INVALID_CA", UNTRUSTED],
  ["INVALID_PURPOSE", "the gateway's certificate is not one of a server; it needs another one"],
  ["SELF_SIGNED_CERT_IN_CHAIN", UNTRUSTED],
  ["UNABLE_TO_GET_ISSUER_CERT", UNTRUSTED],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", UNTRUSTED],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", UNTRUSTED],
]);

const NO_TLS: Unsent = { remedy: "no TLS is spoken there; use http:// in place of https://" };
/** OpenSSL's reader of the first record, from before the two have agreed on a version. */
const FIRST_RECORD = /wrong version number:[^:]*tlsany_meth/;
/** Node says so only of a connection whose handshake was not done. */
const HANDSHAKE_CUT = /^Client network socket disconnected before secure TLS connection/;
const BLOCKED_PORT: Unsent = { remedy: "fetch speaks to no such port; use another one" };

interface Fault {
  readonly code?: unknown;
  /** One for each address of a name. */
  readonly errors?: readonly Fault[];
  readonly message?: unknown;
  readonly syscall?: unknown;
}

/**
 * What a rejection of fetch says; null where the request may have been sent.
 * @example
 * const fault = await fetch("http://127.0.0.1:1/").catch((error) => error);
 * assert.match(unsent(fault).remedy, /port/);
 * assert.equal(unsent(new Error("the connection broke")), null);
 */
export function unsent(error: unknown): Unsent | null {
  const { cause } = (error ?? {}) as { readonly cause?: Fault };
  if (typeof cause !== "object" || cause === null) return null;
  const { code, errors = [], syscall } = cause;
  if (CONNECTING.has(syscall)) return LATER;
  // The whole has the code of its first part only, which may be one of a connection that stood.
  if (errors.length > 0 && errors.every((each) => CONNECTING.has(each.syscall))) return LATER;
  // A connection that stands can end with the same codes, after a request was sent on it.
  if (syscall === "read" || syscall === "write") return null;
  const message = String(cause.message);
  const remedy = CERTIFICATE_REMEDIES.get(code);
  if (remedy !== undefined) return { remedy };
  if (NOT_CONNECTED.has(code) || HANDSHAKE_CUT.test(message)) return LATER;
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER" && FIRST_RECORD.test(message)) return NO_TLS;
  return code === undefined && message === "bad port" ? BLOCKED_PORT : null;
}

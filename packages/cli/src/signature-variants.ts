/**
 * The mistakes that make a signature wrong, each as what would have been signed: when one of them
 * gives the signature that was sent, that was the mistake. Pure.
 */
import { createHash, createHmac, sign } from "node:crypto";
import { isPrivateKey, privateKeyOf } from "./ed25519.ts";

/** A request as its sender had it. */
export interface SignedAttempt {
  readonly method: string;
  readonly path: string;
  readonly timestamp: string;
  /** The raw body, or the raw query string without "?". */
  readonly payload: string;
  /** Or a private key in PEM. */
  readonly secret: string;
  /** As sent: Base64 or hex. */
  readonly signature: string;
  /** The gateway's address. */
  readonly url: string;
}

/** A way to sign that is not the gateway's. */
interface Variant {
  readonly mistake: string;
  readonly cure: string;
  /** What was signed; null where it would be no other than the right way. */
  readonly change: (attempt: SignedAttempt) => Partial<ChangedAttempt> | null;
}

interface ChangedAttempt extends SignedAttempt {
  /** In place of what the parts give. */
  readonly text: string;
}

type Payload = Pick<SignedAttempt, "path" | "payload">;

/** Where programs sign the query string: in its place, with the path, in both. */
const QUERY_PLACES: readonly ((attempt: SignedAttempt) => Payload)[] = [
  (attempt) => attempt,
  ({ path, payload }) => ({ path: `${path}?${payload}`, payload: "" }),
  ({ path, payload }) => ({ path: `${path}?${payload}`, payload }),
];

/** Each spelling of the gateway's host, as programs put it before a path. */
const HOST_VARIANTS: readonly Variant[] = (["origin", "host", "hostname", "portless"] as const)
  .flatMap((spelling) => QUERY_PLACES.map((place) => ({ spelling, place })))
  .map(({ spelling, place }) => ({
    mistake: "the path was signed with the host before it",
    cure: "The path begins with the slash behind the host: /trade/v1/orders",
    change: (attempt) => {
      const { host, hostname, origin, protocol } = new URL(attempt.url);
      const before = { origin, host, hostname, portless: `${protocol}//${hostname}` }[spelling];
      const { path, payload } = place(attempt);
      return { path: `${before}${path}`, payload };
    },
  }));

const METHODS = ["DELETE", "GET", "POST", "PUT"] as const;

const VARIANTS: readonly Variant[] = [
  {
    mistake: "the payload was left out",
    cure: "Sign the raw body, or the query string of a request without one.",
    change: ({ payload }) => (payload === "" ? null : { payload: "" }),
  },
  {
    mistake: "the query string was signed with its question mark",
    cure: "Sign the query string without the question mark.",
    change: ({ payload }) => ({ payload: `?${payload}` }),
  },
  {
    mistake: "the path was signed with the query string",
    cure: "The path ends before the question mark; the query string is the payload.",
    change: ({ path, payload }) => (payload === "" ? null : { path: `${path}?${payload}` }),
  },
  {
    mistake: "the path was signed with the query string, and the payload left out",
    cure: "The path ends before the question mark; the query string is the payload.",
    change: ({ path, payload }) => ({ path: `${path}?${payload}`, payload: "" }),
  },
  ...HOST_VARIANTS,
  {
    mistake: "the last | was left out",
    cure: "Where there is neither a body nor a query, the text ends with the third |.",
    change: (attempt) => {
      return attempt.payload === "" ? { text: signedText(attempt).slice(0, -1) } : null;
    },
  },
  {
    mistake: "other JSON was signed than sent: without white space",
    cure: "Make the body once, sign those bytes and send those bytes.",
    change: ({ payload }) => rewritten(payload, (value) => JSON.stringify(value)),
  },
  {
    mistake: "other JSON was signed than sent: with a blank after colons and commas",
    cure: "Make the body once, sign those bytes and send those bytes.",
    change: ({ payload }) => rewritten(payload, spaced),
  },
  {
    mistake: "other JSON was signed than sent: with line breaks and an indent of two",
    cure: "Make the body once, sign those bytes and send those bytes.",
    change: ({ payload }) => rewritten(payload, (value) => JSON.stringify(value, null, 2)),
  },
  {
    mistake: "the query parameters were signed in alphabetical order",
    cure: "Sign the query string exactly as it is on the request line.",
    change: ({ payload }) => different(payload, payload.split("&").sort().join("&")),
  },
  {
    mistake: "the payload was signed with a line break at its end",
    cure: "Sign exactly the bytes that are sent.",
    change: ({ payload }) => ({ payload: `${payload}\n` }),
  },
  {
    mistake: "the query string was signed decoded",
    cure: "Sign the query string as it is on the request line, percent-encoded.",
    change: ({ payload }) => different(payload, decoded(payload)),
  },
  {
    mistake: "the method was signed in small letters",
    cure: "Sign the method in capitals; CONNECT for the handshake of a stream.",
    change: ({ method }) => ({ method: method.toLowerCase() }),
  },
  {
    mistake: "the handshake was signed as GET",
    cure: "The method word of a handshake is CONNECT.",
    change: ({ method }) => (method === "CONNECT" ? { method: "GET" } : null),
  },
  ...METHODS.map((word) => ({
    mistake: `another method was signed than sent: ${word}`,
    cure: "Sign the method of the request line, in capitals.",
    change: ({ method }: SignedAttempt) => (method === word ? null : { method: word }),
  })),
  {
    mistake: "a timestamp in seconds was signed",
    cure: "Sign the very text of X-API-Timestamp, which is in milliseconds.",
    change: ({ timestamp }) => ({ timestamp: timestamp.slice(0, 10) }),
  },
  {
    mistake: "the secret was used with a line break at its end",
    cure: "Cut white space off the secret, often left by reading it from a file.",
    change: ({ secret }) => (isPrivateKey(secret) ? null : { secret: `${secret}\n` }),
  },
];

/** The text that is signed. */
export function signedText({ method, path, timestamp, payload }: SignedAttempt): string {
  return `${method}|${path}|${timestamp}|${payload}`;
}

export function signatureOf(
  attempt: SignedAttempt & Partial<ChangedAttempt>,
  form: "base64" | "hex" = "base64",
): string {
  const { secret } = attempt;
  const text = Buffer.from(attempt.text ?? signedText(attempt));
  // Both are the same for the same text every time, so that they can be compared.
  if (isPrivateKey(secret)) return sign(null, text, privateKeyOf(secret)).toString(form);
  return createHmac("sha256", secret).update(text).digest(form);
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** What is known of a signature after it was looked into. */
export type Verdict =
  | { readonly verdict: "right" }
  | { readonly verdict: "mistake"; readonly mistake: string; readonly cure: string }
  /** None of the mistakes that are known here. */
  | { readonly verdict: "unknown" };

export function verdictOf(attempt: SignedAttempt): Verdict {
  const sent = normalized(attempt.signature);
  const matches = (candidate: SignedAttempt & Partial<ChangedAttempt>) => {
    return normalized(signatureOf(candidate)) === sent;
  };
  if (matches(attempt)) return { verdict: "right" };
  for (const { change, mistake, cure } of VARIANTS) {
    const changed = change(attempt);
    if (changed !== null && matches({ ...attempt, ...changed })) {
      return { verdict: "mistake", mistake, cure };
    }
  }
  return isPrivateKey(attempt.secret) ? keyMistake(attempt, sent) : secretMistake(attempt, sent);
}

/** Ed25519 hashes by itself, and takes the text as it stands. */
function keyMistake(attempt: SignedAttempt, sent: string): Verdict {
  const { secret } = attempt;
  const digest = createHash("sha256").update(signedText(attempt));
  const hex = digest.copy().digest("hex");
  const hashed = [digest.digest(), Buffer.from(hex)].map((bytes) => {
    return sign(null, bytes, privateKeyOf(secret)).toString("hex");
  });
  if (hashed.includes(sent)) {
    return {
      verdict: "mistake",
      mistake: "the SHA-256 of the text was signed",
      cure: "Sign the text itself: Ed25519 hashes it.",
    };
  }
  if (sent.length !== HMAC_DIGITS) return { verdict: "unknown" };
  return {
    verdict: "mistake",
    mistake: "32 bytes were sent, as an HMAC gives them; the profile has an Ed25519 key",
    cure: "Sign with the private key: a signature has 64 bytes, 88 characters of Base64.",
  };
}

/** Secrets are text, used as their UTF-8 bytes, whatever they look like. */
function secretMistake(attempt: SignedAttempt, sent: string): Verdict {
  for (const form of ["hex", "base64"] as const) {
    const key = Buffer.from(attempt.secret, form);
    const made = createHmac("sha256", key).update(signedText(attempt)).digest("hex");
    if (made !== sent) continue;
    return {
      verdict: "mistake",
      mistake: `the secret was decoded from ${form} before it was used`,
      cure: "Use the text of the secret as it stands, as UTF-8 bytes.",
    };
  }
  const plain = createHash("sha256")
    .update(attempt.secret + signedText(attempt))
    .digest("hex");
  if (Buffer.from(sent, "hex").toString().trim() === signatureOf(attempt, "hex")) {
    return {
      verdict: "mistake",
      mistake: "the hexadecimal digits of the signature were written as Base64",
      cure: "Write its 32 bytes as Base64: openssl dgst -sha256 -hmac SECRET -binary | base64",
    };
  }
  if (sent.length === ED25519_DIGITS) {
    return {
      verdict: "mistake",
      mistake: "64 bytes were sent, as Ed25519 gives them; the profile has a secret",
      cure: "Add the private key as a profile: countermand profiles add --help",
    };
  }
  if (plain !== sent) return { verdict: "unknown" };
  return {
    verdict: "mistake",
    mistake: "a plain SHA-256 of secret and text was made",
    cure: "Make an HMAC-SHA256 with the secret as its key.",
  };
}

/** Of 32 bytes, and of 64. */
const HMAC_DIGITS = 64;
const ED25519_DIGITS = 128;
const HEX = /^([0-9a-fA-F]{64}|[0-9a-fA-F]{128})$/;

/** Both spellings of a signature as one: hex digits. */
function normalized(signature: string): string {
  if (HEX.test(signature)) return signature.toLowerCase();
  return Buffer.from(signature, "base64").toString("hex");
}

function rewritten(
  payload: string,
  write: (value: unknown) => string,
): Partial<SignedAttempt> | null {
  try {
    return different(payload, write(JSON.parse(payload) as unknown));
  } catch {
    return null;
  }
}

function different(payload: string, changed: string): Partial<SignedAttempt> | null {
  return changed === payload ? null : { payload: changed };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** As Python's json.dumps writes. */
function spaced(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(spaced).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => {
    return `${JSON.stringify(name)}: ${spaced(member)}`;
  });
  return `{${members.join(", ")}}`;
}

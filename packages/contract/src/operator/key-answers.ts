/** What the operator API shows of API keys. Times are Unix milliseconds. */
import { type ActRow, actJson } from "./control-answers.ts";
import type { Permission } from "./operator-words.ts";

export interface KeyRow {
  readonly apiKey: string;
  readonly state: "active" | "expired" | "revoked";
  readonly algorithm: "hmac" | "ed25519";
  readonly label: string;
  readonly accounts: readonly string[];
  readonly permissions: readonly Permission[];
  readonly portfolioIds: readonly string[] | null;
  readonly addresses: readonly string[] | null;
  /** Base64; null for an HMAC key. */
  readonly publicKey: string | null;
  readonly created: ActRow;
  readonly expiresAtMs: number | null;
  readonly rotatedAtMs: number | null;
  readonly previousUntilMs: number | null;
  readonly revoked: ActRow | null;
}

/** JSON text of one key. */
export function encodeKey(key: KeyRow): string {
  return JSON.stringify(keyJson(key));
}

/** The answer that shows a secret the once, or null in its place where it must not stand. */
export function encodeKeyWithSecret(key: KeyRow, secret: string | null): string {
  return JSON.stringify({ ...keyJson(key), secret });
}

/** Of the texts that {@link encodeKey} makes. */
export function encodeKeys(keys: readonly string[]): string {
  return `{"keys":[${keys.join(",")}]}`;
}

function keyJson(key: KeyRow) {
  return {
    api_key: key.apiKey,
    state: key.state,
    label: key.label,
    algorithm: key.algorithm,
    public_key: key.publicKey,
    accounts: key.accounts,
    permissions: key.permissions,
    portfolios: key.portfolioIds,
    addresses: key.addresses,
    created: actJson(key.created),
    expires_at: key.expiresAtMs,
    rotated_at: key.rotatedAtMs,
    previous_until: key.previousUntilMs,
    revoked: key.revoked === null ? null : actJson(key.revoked),
  };
}

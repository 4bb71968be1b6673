/**
 * One-time codes: who holds one may begin a session for its key, once, within its life. A used one
 * is kept as long, so that a key cannot have them without end.
 */
import { createHash, randomBytes } from "node:crypto";
import { CODES_MAX, CODES_PER_KEY_MAX } from "./limits.ts";

/** Whom a code lets in: a key, or an operator, by name. */
export interface SignedIn {
  readonly apiKey: string;
  /** When the secret began that the code was asked for with; 0 where there is none. */
  readonly secretSinceMs: number;
}

interface MadeCode extends SignedIn {
  readonly endsAtMs: number;
  isUsed: boolean;
}

export class SignInCodes {
  readonly #monotonicMs: () => number;
  /** By the hash of the code, oldest first: what is looked up tells nothing by its timing. */
  readonly #made = new Map<string, MadeCode>();

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  /** Whether the key may have another one now. */
  admits(apiKey: string): boolean {
    this.#dropExpired();
    let count = 0;
    for (const code of this.#made.values()) if (code.apiKey === apiKey) count += 1;
    return count < CODES_PER_KEY_MAX;
  }

  /** A code of 256 random bits, fit for a URL. */
  issue({ apiKey, secretSinceMs }: SignedIn, lifeMs: number): string {
    this.#dropExpired();
    for (const oldest of this.#made.keys()) {
      if (this.#made.size < CODES_MAX) break;
      this.#made.delete(oldest);
    }
    const code = randomBytes(32).toString("base64url");
    const endsAtMs = this.#monotonicMs() + lifeMs;
    this.#made.set(hashOf(code), { apiKey, secretSinceMs, endsAtMs, isUsed: false });
    return code;
  }

  /** Whom the code is for, without using it; null when it is unknown, used or too old. */
  find(code: string): SignedIn | null {
    return this.#unused(code);
  }

  /** The same, and it is used up. */
  redeem(code: string): SignedIn | null {
    const found = this.#unused(code);
    if (found !== null) found.isUsed = true;
    return found;
  }

  /** It was told to nobody: as if it had not been made. */
  withdraw(code: string): void {
    this.#made.delete(hashOf(code));
  }

  /** Something about the key was changed: codes that were made before are for nobody. */
  forget(apiKey: string): void {
    for (const [hash, code] of this.#made) {
      if (code.apiKey === apiKey) this.#made.delete(hash);
    }
  }

  #unused(code: string): MadeCode | null {
    this.#dropExpired();
    const found = this.#made.get(hashOf(code));
    return found === undefined || found.isUsed ? null : found;
  }

  #dropExpired(): void {
    const nowMs = this.#monotonicMs();
    for (const [hash, { endsAtMs }] of this.#made) {
      if (endsAtMs <= nowMs) this.#made.delete(hash);
    }
  }
}

function hashOf(code: string): string {
  return createHash("sha256").update(code).digest("base64url");
}

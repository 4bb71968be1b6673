/** One-time codes: who holds one may begin a session for its key, once, within its life. */
import { createHash, randomBytes } from "node:crypto";
import { CODES_MAX } from "./limits.ts";

interface WaitingCode {
  readonly apiKey: string;
  readonly endsAtMs: number;
}

export class SignInCodes {
  readonly #monotonicMs: () => number;
  /** By the hash of the code, oldest first: what is looked up tells nothing by its timing. */
  readonly #waiting = new Map<string, WaitingCode>();

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  /** A code of 256 random bits, fit for a URL. */
  issue(apiKey: string, lifeMs: number): string {
    this.#dropExpired();
    for (const oldest of this.#waiting.keys()) {
      if (this.#waiting.size < CODES_MAX) break;
      this.#waiting.delete(oldest);
    }
    const code = randomBytes(32).toString("base64url");
    this.#waiting.set(hashOf(code), { apiKey, endsAtMs: this.#monotonicMs() + lifeMs });
    return code;
  }

  /** The key that the code is for; null when it is unknown, used or too old. */
  redeem(code: string): string | null {
    this.#dropExpired();
    const hash = hashOf(code);
    const found = this.#waiting.get(hash);
    if (found === undefined) return null;
    this.#waiting.delete(hash);
    return found.apiKey;
  }

  /** Something about the key was changed: codes that were made before are for nobody. */
  forget(apiKey: string): void {
    for (const [hash, code] of this.#waiting) {
      if (code.apiKey === apiKey) this.#waiting.delete(hash);
    }
  }

  #dropExpired(): void {
    const nowMs = this.#monotonicMs();
    for (const [hash, { endsAtMs }] of this.#waiting) {
      if (endsAtMs <= nowMs) this.#waiting.delete(hash);
    }
  }
}

function hashOf(code: string): string {
  return createHash("sha256").update(code).digest("base64url");
}

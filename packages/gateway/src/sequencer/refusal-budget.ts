/**
 * How many refused commands of an account are journaled. They change nothing, so there could be any
 * number of them: a client that repeats one for ever must not fill the disk.
 */
import type { Account } from "@countermand/core/model";
import { TokenBucket } from "../limits/token-bucket.ts";
import { REFUSALS_KEPT_BURST, REFUSALS_KEPT_FILL_SECONDS } from "./limits.ts";

export class RefusalBudget {
  readonly #nowMs: () => number;
  readonly #buckets = new Map<Account, TokenBucket>();
  #refusedCount = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Refusals for which there was nothing left. */
  get refusedCount(): number {
    return this.#refusedCount;
  }

  /** Whether one more of the account is kept. */
  take(account: Account): boolean {
    const nowMs = this.#nowMs();
    const bucket = this.#bucket(account, nowMs);
    if (bucket.count(nowMs) === 0) {
      this.#refusedCount += 1;
      return false;
    }
    bucket.take(1, nowMs);
    return true;
  }

  #bucket(account: Account, nowMs: number): TokenBucket {
    const known = this.#buckets.get(account);
    if (known !== undefined) return known;
    const full = new TokenBucket(REFUSALS_KEPT_BURST, REFUSALS_KEPT_FILL_SECONDS, nowMs);
    this.#buckets.set(account, full);
    return full;
  }
}

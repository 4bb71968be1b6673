/** Who sends signatures that are costly to check and wrong: bounds what that can cost. */
import { TokenBucket } from "../limits/token-bucket.ts";
import { networkOf } from "./address-list.ts";
import { ED25519_FAILURES_MAX, ED25519_FAILURES_SECONDS, FAILING_ADDRESSES_MAX } from "./limits.ts";

export class FailedChecks {
  readonly #monotonicMs: () => number;
  /** What each network may still get wrong; those that have got nothing wrong are not in it. */
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  /** Whether another signature of this address is checked. */
  admits(address: string): boolean {
    const network = networkOf(address);
    const bucket = this.#buckets.get(network);
    if (bucket === undefined) return true;
    const count = bucket.count(this.#monotonicMs());
    if (count === bucket.size) this.#buckets.delete(network);
    return count > 0;
  }

  failed(address: string): void {
    const nowMs = this.#monotonicMs();
    const network = networkOf(address);
    let bucket = this.#buckets.get(network);
    if (bucket === undefined) {
      bucket = new TokenBucket(ED25519_FAILURES_MAX, ED25519_FAILURES_SECONDS, nowMs);
      this.#buckets.set(network, bucket);
      const [oldest] = this.#buckets.keys();
      if (oldest !== undefined && this.#buckets.size > FAILING_ADDRESSES_MAX) {
        this.#buckets.delete(oldest);
      }
    }
    bucket.take(1, nowMs);
  }
}

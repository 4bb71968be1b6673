/**
 * Memory of answered writes: bounded by the signature window, small by keeping only where in the
 * journal the answer stands. Owned by the desk; a pure fold of RequestAnswered events.
 */
import type { UnixMs } from "../model/ids.ts";

export interface AnsweredRequest {
  /** Journal position of the RequestAnswered event, in the desk's partition. */
  readonly seq: number;
  readonly contentDigest: string;
  readonly expiresAtMs: UnixMs;
}

export class AnsweredRequests {
  /**
   * Every second up to this one has been swept; part of the state, so that a restored desk sweeps
   * alike.
   */
  forgottenThroughS = 0;
  readonly #byFingerprint = new Map<string, AnsweredRequest>();
  /**
   * Fingerprints by the second in which they expire, so that forgetting costs nothing per
   * request.
   */
  readonly #bySecond = new Map<number, string[]>();

  get size(): number {
    return this.#byFingerprint.size;
  }

  get(fingerprint: string, nowMs: UnixMs): AnsweredRequest | null {
    const answered = this.#byFingerprint.get(fingerprint);
    // An expired entry may stay until the next event sweeps it; it does not count.
    return answered === undefined || answered.expiresAtMs < nowMs ? null : answered;
  }

  /**
   * Whether a request that expires then may have been answered and forgotten: real time was later
   * once, and ran back. It must not be taken for a new one.
   */
  mayBeForgotten(expiresAtMs: UnixMs): boolean {
    return expirySecond(expiresAtMs) <= this.forgottenThroughS;
  }

  add(fingerprint: string, answered: AnsweredRequest): void {
    this.#byFingerprint.set(fingerprint, answered);
    const second = expirySecond(answered.expiresAtMs);
    const bucket = this.#bySecond.get(second);
    if (bucket === undefined) this.#bySecond.set(second, [fingerprint]);
    else bucket.push(fingerprint);
  }

  /** Forgets what expired before `nowMs`, an event's time: replay forgets the same. */
  forgetExpired(nowMs: UnixMs): void {
    const throughS = expirySecond(nowMs) - 1;
    if (throughS <= this.forgottenThroughS) return;
    this.forgottenThroughS = throughS;
    for (const [second, bucket] of this.#bySecond) {
      if (second > throughS) continue;
      this.#bySecond.delete(second);
      for (const fingerprint of bucket) this.#forget(fingerprint, throughS);
    }
  }

  *entries(): Iterable<readonly [string, AnsweredRequest]> {
    yield* this.#byFingerprint;
  }

  /** A fingerprint may have been used again after it expired: then its newer entry stays. */
  #forget(fingerprint: string, throughS: number): void {
    const answered = this.#byFingerprint.get(fingerprint);
    if (answered !== undefined && expirySecond(answered.expiresAtMs) <= throughS) {
      this.#byFingerprint.delete(fingerprint);
    }
  }
}

function expirySecond(ms: UnixMs): number {
  return Math.floor(ms / 1000);
}

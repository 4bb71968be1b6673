/**
 * When keys end and get other secrets, by the times at which operators asked for it and were
 * answered. Expiries and overlaps go by real time; what lies between asking and the answer may be
 * decided either way.
 */
import type { Key } from "../clients/requests.ts";

interface Asked {
  /** By the world's time. */
  answeredAtMs: number;
}

interface Expiry extends Asked {
  /** By real time. */
  readonly atWallMs: number;
}

interface Rotation extends Asked {
  readonly askedWallMs: number;
  readonly overlapMs: number;
  answeredWallMs: number;
}

/** What a request or a handshake was signed with. */
export type SignedBy = Pick<Key, "apiKey"> & {
  /** How many secrets the key had before this one. */
  readonly secretNo: number;
};

export interface KeyClock {
  readonly nowMs: () => number;
  readonly wallMs: () => number;
}

export class KeyEnds {
  readonly #clock: KeyClock;
  readonly #revoked = new Map<string, Asked>();
  readonly #expiries = new Map<string, Expiry[]>();
  readonly #rotations = new Map<string, Rotation[]>();
  /** Keys that have surely ended, by when that was first seen. */
  readonly #overSinceMs = new Map<string, number>();
  #wallMaxMs = 0;
  /** Real time was set: what has ended by it may have ended at another moment. */
  hasJumped = false;

  constructor(clock: KeyClock) {
    this.#clock = clock;
  }

  /** Time has passed, or is about to be set. */
  look(): void {
    this.#wallMaxMs = Math.max(this.#wallMaxMs, this.#clock.wallMs());
    for (const apiKey of [...this.#revoked.keys(), ...this.#expiries.keys()]) {
      const nowMs = this.#clock.nowMs();
      const isOver = this.isOver({ apiKey, sentAtMs: nowMs, sentWallMs: this.#clock.wallMs() });
      if (isOver && !this.#overSinceMs.has(apiKey)) this.#overSinceMs.set(apiKey, nowMs);
    }
  }

  // --- what operators ask for ---

  /** An operator ends the key for good, from now on or soon. */
  revoking(apiKey: string): () => void {
    const asked = { answeredAtMs: Number.POSITIVE_INFINITY };
    this.#revoked.set(apiKey, asked);
    return () => this.#answered(asked);
  }

  /** Real time at which the key is to end. */
  expiring(apiKey: string, atWallMs: number): () => void {
    const asked = { atWallMs, answeredAtMs: Number.POSITIVE_INFINITY };
    this.#expiries.set(apiKey, [...(this.#expiries.get(apiKey) ?? []), asked]);
    return () => this.#answered(asked);
  }

  /** The key gets another secret, from now on or soon; each asking makes one. */
  rotating(apiKey: string, overlapMs: number): () => void {
    const rotation = {
      askedWallMs: this.#clock.wallMs(),
      overlapMs,
      answeredAtMs: Number.POSITIVE_INFINITY,
      answeredWallMs: Number.POSITIVE_INFINITY,
    };
    this.#rotations.set(apiKey, [...(this.#rotations.get(apiKey) ?? []), rotation]);
    return () => {
      this.#answered(rotation);
      rotation.answeredWallMs = this.#clock.wallMs();
    };
  }

  #answered(asked: Asked): void {
    asked.answeredAtMs = this.#clock.nowMs();
  }

  // --- what follows from it ---

  /** The secrets that the key has had by now. */
  secretNo(apiKey: string): number {
    return this.#rotations.get(apiKey)?.length ?? 0;
  }

  mayBeRevoked(apiKey: string): boolean {
    return this.#revoked.has(apiKey);
  }

  /** Whether anything was done to the key. */
  hasChanged(apiKey: string): boolean {
    return [this.#revoked, this.#expiries, this.#rotations].some((each) => each.has(apiKey));
  }

  /** When an expiry comes that was asked for, by real time, or null. */
  expiryOf(apiKey: string): number | null {
    return this.#expiries.get(apiKey)?.at(-1)?.atWallMs ?? null;
  }

  /** Whether the key or that secret of it may have ended for what was sent then. */
  mayBeOver({ apiKey, secretNo }: SignedBy, sentAtMs: number): boolean {
    if (this.#revoked.has(apiKey) || this.#mayHaveExpired(apiKey, sentAtMs)) return true;
    const [first, ...others] = (this.#rotations.get(apiKey) ?? []).slice(secretNo);
    if (first === undefined) return false;
    const wallMs = Math.max(this.#wallMaxMs, this.#clock.wallMs());
    return others.length > 0 || first.askedWallMs + first.overlapMs <= wallMs;
  }

  #mayHaveExpired(apiKey: string, sentAtMs: number): boolean {
    const all = this.#expiries.get(apiKey) ?? [];
    const first = all.findLastIndex(({ answeredAtMs }) => answeredAtMs < sentAtMs);
    const wallMs = Math.max(this.#wallMaxMs, this.#clock.wallMs());
    return all.slice(Math.max(0, first)).some(({ atWallMs }) => atWallMs <= wallMs);
  }

  /** Surely, before it was sent: the key, or the secret that it was signed with. */
  wasOver({ key, secretNo, sentAtMs, sentWallMs }: Signed): boolean {
    const { apiKey } = key;
    if (this.isOver({ apiKey, sentAtMs, sentWallMs })) return true;
    const [first, second] = (this.#rotations.get(apiKey) ?? []).slice(secretNo);
    if (first === undefined || this.hasJumped) return false;
    const isOver = first.answeredWallMs + first.overlapMs < sentWallMs;
    return isOver || (second !== undefined && second.answeredAtMs < sentAtMs);
  }

  isOver({ apiKey, sentAtMs, sentWallMs }: Moment): boolean {
    const revoked = this.#revoked.get(apiKey);
    if (revoked !== undefined && revoked.answeredAtMs < sentAtMs) return true;
    const last = this.#expiries.get(apiKey)?.at(-1);
    if (last === undefined || this.hasJumped) return false;
    return last.answeredAtMs < sentAtMs && last.atWallMs < sentWallMs;
  }

  /** How long it is known that the key is over; 0 while it may be good. */
  overForMs(apiKey: string): number {
    const sinceMs = this.#overSinceMs.get(apiKey);
    return sinceMs === undefined ? 0 : this.#clock.nowMs() - sinceMs;
  }
}

interface Moment {
  readonly apiKey: string;
  readonly sentAtMs: number;
  readonly sentWallMs: number;
}

interface Signed extends Omit<Moment, "apiKey"> {
  readonly key: Pick<Key, "apiKey">;
  readonly secretNo: number;
}

/**
 * The API keys that operators made: a pure fold of key events, owned by the control state. Methods
 * named `decide...` change nothing. Whether a key is good depends on the time, so it is asked with
 * one.
 */
import { assert } from "../assert.ts";
import type { UnixMs } from "../model/ids.ts";
import { type Refusal, refuse } from "../model/refusal.ts";
import {
  type KeyCreated,
  type KeyCredential,
  type KeyEvent,
  type KeyExpirySet,
  type KeyRevoked,
  type KeyRotated,
  type KeyTerms,
  type TermCells,
  termCells,
  termsOf,
} from "./key-event.ts";
import type { OperatorAct } from "./operator-act.ts";

/** Keys that are not revoked. */
export const KEYS_MAX = 10_000;
/** Revoked keys that are kept for the list; the journal has all of them. */
export const REVOKED_KEYS_MAX = 1_000;

export interface ApiKey {
  readonly terms: KeyTerms;
  readonly created: OperatorAct;
  /** Null while it is not revoked. */
  readonly revoked: OperatorAct | null;
  readonly expiresAtMs: UnixMs | null;
  readonly credential: KeyCredential;
  readonly rotatedAtMs: UnixMs | null;
  /** What was good before the last rotation, since when, and until when it still is. */
  readonly previous: PreviousCredential | null;
}

interface PreviousCredential {
  readonly credential: KeyCredential;
  readonly sinceMs: UnixMs;
  readonly untilMs: UnixMs;
}

export type KeyState = "active" | "expired" | "revoked";

export type ApiKeyCells = readonly [
  "key",
  terms: TermCells,
  created: OperatorAct,
  revoked: OperatorAct | null,
  expiresAtMs: UnixMs | null,
  credential: string,
  rotatedAtMs: UnixMs | null,
  previous: readonly [credential: string, untilMs: UnixMs, sinceMs: UnixMs] | null,
];

/** From its expiry on a key is as good as unknown. */
export function keyState({ revoked, expiresAtMs }: ApiKey, nowMs: number): KeyState {
  if (revoked !== null) return "revoked";
  return expiresAtMs !== null && expiresAtMs <= nowMs ? "expired" : "active";
}

export class ApiKeys {
  readonly #kept = new Map<string, ApiKey>();
  /** Oldest first. */
  readonly #revoked = new Map<string, ApiKey>();

  /** Keys that are not revoked, expired ones among them, oldest first; then the revoked ones. */
  *all(): Iterable<ApiKey> {
    yield* this.#kept.values();
    yield* this.#revoked.values();
  }

  find(apiKey: string): ApiKey | null {
    return this.#kept.get(apiKey) ?? this.#revoked.get(apiKey) ?? null;
  }

  /** Precondition: nobody ever had a key of that name; it is drawn at random. */
  decideCreate(
    act: OperatorAct,
    terms: KeyTerms,
    expiresAtMs: UnixMs | null,
    credential: KeyCredential,
  ): KeyCreated | Refusal {
    assert(this.find(terms.apiKey) === null, "a key's name is new");
    if (this.#kept.size >= KEYS_MAX) return refuse("TOO_MANY_KEYS", `there are ${KEYS_MAX} keys`);
    return { type: "KeyCreated", act, terms, expiresAtMs, credential };
  }

  decideRotate(
    act: OperatorAct,
    apiKey: string,
    credential: KeyCredential,
    previousUntilMs: UnixMs,
  ): KeyRotated | Refusal {
    const key = this.#active(apiKey, act.atMs);
    if ("refused" in key) return key;
    return { type: "KeyRotated", act, apiKey, credential, previousUntilMs };
  }

  decideExpiry(act: OperatorAct, apiKey: string, expiresAtMs: UnixMs): KeyExpirySet | Refusal {
    const key = this.#active(apiKey, act.atMs);
    if ("refused" in key) return key;
    return { type: "KeyExpirySet", act, apiKey, expiresAtMs };
  }

  /** Null when it was revoked before: there is nothing to do. */
  decideRevoke(act: OperatorAct, apiKey: string): KeyRevoked | Refusal | null {
    const key = this.find(apiKey);
    if (key === null) return unknownKey();
    return key.revoked === null ? { type: "KeyRevoked", act, apiKey } : null;
  }

  apply(event: KeyEvent): void {
    if (event.type === "KeyCreated") {
      const { act, terms, expiresAtMs, credential } = event;
      const made = { terms, created: act, revoked: null, expiresAtMs, credential };
      this.#kept.set(terms.apiKey, { ...made, rotatedAtMs: null, previous: null });
      return;
    }
    const key = this.#kept.get(event.apiKey);
    assert(key !== undefined, "what happens to a key happens before it is revoked");
    switch (event.type) {
      case "KeyRotated": {
        const { act, credential, previousUntilMs: untilMs } = event;
        const { credential: before, rotatedAtMs, created } = key;
        const sinceMs = rotatedAtMs ?? created.atMs;
        const previous = untilMs > act.atMs ? { credential: before, sinceMs, untilMs } : null;
        this.#kept.set(event.apiKey, { ...key, credential, rotatedAtMs: act.atMs, previous });
        break;
      }
      case "KeyExpirySet":
        this.#kept.set(event.apiKey, { ...key, expiresAtMs: event.expiresAtMs });
        break;
      case "KeyRevoked":
        this.#applyRevoked(event, key);
        break;
      case "KeyResealed": {
        const { credential, previous: resealed } = event;
        const previous =
          resealed === null || key.previous === null
            ? key.previous
            : { ...key.previous, credential: resealed };
        this.#kept.set(event.apiKey, { ...key, credential, previous });
        break;
      }
    }
  }

  *snapshotCells(): Iterable<ApiKeyCells> {
    for (const keys of [this.#revoked, this.#kept]) {
      for (const { terms, created, revoked, expiresAtMs, ...secrets } of keys.values()) {
        const { credential, rotatedAtMs, previous } = secrets;
        const before =
          previous === null
            ? null
            : ([previous.credential.text, previous.untilMs, previous.sinceMs] as const);
        const head = ["key", termCells(terms), created, revoked, expiresAtMs] as const;
        yield [...head, credential.text, rotatedAtMs, before];
      }
    }
  }

  load(cells: ApiKeyCells): void {
    const [, terms, created, revoked, expiresAtMs, text, rotatedAtMs, before] = cells;
    const previous =
      before === null
        ? null
        : { credential: { text: before[0] }, untilMs: before[1], sinceMs: before[2] };
    const key: ApiKey = {
      terms: termsOf(terms),
      created,
      revoked,
      expiresAtMs,
      credential: { text },
      rotatedAtMs,
      previous,
    };
    (revoked === null ? this.#kept : this.#revoked).set(key.terms.apiKey, key);
  }

  #applyRevoked({ act, apiKey }: KeyRevoked, key: ApiKey): void {
    this.#kept.delete(apiKey);
    this.#revoked.set(apiKey, { ...key, revoked: act, previous: null });
    const [oldest] = this.#revoked.keys();
    if (oldest !== undefined && this.#revoked.size > REVOKED_KEYS_MAX) {
      this.#revoked.delete(oldest);
    }
  }

  #active(apiKey: string, nowMs: UnixMs): ApiKey | Refusal {
    const key = this.find(apiKey);
    if (key === null) return unknownKey();
    const state = keyState(key, nowMs);
    return state === "active" ? key : refuse("KEY_ENDED", `the key is ${state}`);
  }
}

function unknownKey(): Refusal {
  return refuse("UNKNOWN_KEY", "there is no such key");
}

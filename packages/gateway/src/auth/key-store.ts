/**
 * API keys and what they may act for: the sandbox's fixed ones, and those of the journal. Secrets
 * stay inside: they are held as key objects, which show nothing of them.
 */
import { createPublicKey, type KeyObject } from "node:crypto";
import type { Permission } from "@countermand/contract";
import {
  type ApiKey,
  type ApiKeys,
  type KeyAlgorithm,
  type KeyCredential,
  type KeyResealed,
  keyState,
} from "@countermand/core/control";
import type { Account, UnixMs } from "@countermand/core/model";
import { AddressList } from "./address-list.ts";
import { HmacKey } from "./hmac-key.ts";
import type { MasterKey } from "./master-key.ts";

/** Who sent a request, once its signature was found good. */
export interface Caller {
  readonly apiKey: string;
  readonly account: Account;
  /** What of the account it acts for and sees; absent: all of it. */
  readonly portfolioIds?: ReadonlySet<string>;
}

/** What signatures of a key are checked with, by its algorithm. */
export type KeySecret =
  | { readonly hmac: HmacKey; readonly ed25519: null }
  | { readonly hmac: null; readonly ed25519: KeyObject };

export interface StoredKey {
  /** Of a key without an account, or with several, the account is "" : nothing may act for it. */
  readonly caller: Caller;
  readonly accounts: readonly Account[];
  readonly permissions: ReadonlySet<Permission>;
  /** Null: any. */
  readonly addresses: AddressList | null;
  readonly algorithm: KeyAlgorithm;
  readonly secret: KeySecret;
  /** What the secret was made of, which tells it from any other of the key; null of a fixed key. */
  readonly credential: KeyCredential | null;
  /** When that began, which tells it from any other of the key also over a restart. */
  readonly sinceMs: number;
  /** Null unless the key was rotated; good until its time. */
  readonly previous: {
    readonly secret: KeySecret;
    readonly credential: KeyCredential;
    readonly sinceMs: number;
    readonly untilMs: number;
  } | null;
}

export interface MasterKeys {
  /** Null: secrets can neither be made nor read. */
  readonly current: MasterKey | null;
  /** Reads what was sealed before the master key was changed. */
  readonly previous: MasterKey | null;
}

/** Raised at a start whose master key does not fit the journal. */
class SealedKeysError extends Error {
  override readonly name = "SealedKeysError";
  readonly code = "MASTER_KEY_REFUSED";
}

const NO_ACCOUNT = "" as Account;
const ALL_BUT_OPERATE: ReadonlySet<Permission> = new Set(["read", "trade", "cancel"]);
/** What stands before the 32 bytes of an Ed25519 public key in DER (RFC 8410). */
const ED25519_DER_HEAD = Buffer.from("302a300506032b6570032100", "hex");
const ED25519_KEY_BYTES = 32;

/** The raw 32 bytes in Base64, of a key sent raw or in DER; null for anything else. */
export function normalPublicKey(text: string): string | null {
  const bytes = Buffer.from(text, "base64");
  if (bytes.toString("base64") !== text) return null;
  const isDer = bytes.subarray(0, ED25519_DER_HEAD.length).equals(ED25519_DER_HEAD);
  const raw = isDer ? bytes.subarray(ED25519_DER_HEAD.length) : bytes;
  if (raw.length !== ED25519_KEY_BYTES || WEAK_KEYS.has(raw.toString("hex"))) return null;
  return raw.toString("base64");
}

/**
 * Points of small order, each in every spelling that is read as it: signatures under them can be
 * made by anybody.
 */
const WEAK_KEYS: ReadonlySet<string> = new Set([
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0100000000000000000000000000000000000000000000000000000000000000",
  "0000000000000000000000000000000000000000000000000000000000000080",
  "0100000000000000000000000000000000000000000000000000000000000080",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
]);

function publicKeyOf(base64: string): KeyObject {
  const der = Buffer.concat([ED25519_DER_HEAD, Buffer.from(base64, "base64")]);
  return createPublicKey({ key: der, format: "der", type: "spki" });
}

function hmacSecret(text: string): KeySecret {
  return { hmac: new HmacKey(Buffer.from(text, "utf8")), ed25519: null };
}

export class KeyStore {
  readonly #fixed = new Map<string, StoredKey>();
  readonly #journaled: ApiKeys | null;
  readonly #masterKeys: MasterKeys;
  /** By the journal's row, which is replaced when anything about its key changes. */
  readonly #opened = new WeakMap<ApiKey, StoredKey>();

  constructor(
    journaled: ApiKeys | null = null,
    masterKeys: MasterKeys = { current: null, previous: null },
  ) {
    this.#journaled = journaled;
    this.#masterKeys = masterKeys;
  }

  /** A fixed key of the sandbox. */
  add(apiKey: string, secret: string, account: Account): void {
    this.#fixed.set(apiKey, {
      caller: { apiKey, account },
      accounts: [account],
      permissions: ALL_BUT_OPERATE,
      addresses: null,
      algorithm: "hmac",
      secret: hmacSecret(secret),
      credential: null,
      sinceMs: 0,
      previous: null,
    });
  }

  /** Null for a key that is revoked or expired as for one that never was. */
  find(apiKey: string, wallMs: number): StoredKey | null {
    const fixed = this.#fixed.get(apiKey);
    if (fixed !== undefined) return fixed;
    const row = this.#journaled?.find(apiKey) ?? null;
    return row === null || keyState(row, wallMs) !== "active" ? null : this.#open(row);
  }

  /** Whether there is or was such a key, as far as anybody remembers. */
  isKnown(apiKey: string): boolean {
    return this.#fixed.has(apiKey) || (this.#journaled?.find(apiKey) ?? null) !== null;
  }

  /**
   * As {@link find}, for who signed in with a browser, by the secret that began then: null also
   * where that is good no more.
   */
  findSince(apiKey: string, wallMs: number, sinceMs: number): StoredKey | null {
    const key = this.find(apiKey, wallMs);
    if (key === null || key.sinceMs === sinceMs) return key;
    const { previous } = key;
    return previous?.sinceMs === sinceMs && wallMs < previous.untilMs ? key : null;
  }

  /**
   * Until when the key is good for who signed with this; null where it is not. Without a credential
   * somebody else knows whether it was signed for.
   */
  goodUntilMs(
    apiKey: string,
    credential: KeyCredential | null | undefined,
    wallMs: number,
  ): number | null {
    const key = this.find(apiKey, wallMs);
    if (key === null) return null;
    const endsAtMs = this.#journaled?.find(apiKey)?.expiresAtMs ?? Number.POSITIVE_INFINITY;
    if (credential == null || credential === key.credential) return endsAtMs;
    const { previous } = key;
    const isPrevious = credential === previous?.credential && wallMs < previous.untilMs;
    return isPrevious ? Math.min(previous.untilMs, endsAtMs) : null;
  }

  /** Accounts of the fixed keys. */
  accounts(): readonly Account[] {
    return [...new Set([...this.#fixed.values()].map(({ caller }) => caller.account))];
  }

  /**
   * Opens every secret, so that a wrong master key is found out at the start.
   * @throws SealedKeysError
   */
  requireReadable(): void {
    for (const row of this.#journaled?.all() ?? []) {
      if (row.revoked === null) this.#open(row);
    }
  }

  /** What brings all secrets under the present master key. */
  *resealed(atMs: UnixMs): Iterable<KeyResealed> {
    const { current } = this.#masterKeys;
    for (const row of [...(this.#journaled?.all() ?? [])]) {
      if (current === null || row.revoked !== null || row.terms.algorithm !== "hmac") continue;
      const { apiKey } = row.terms;
      if (current.unseal(apiKey, row.credential.text) !== null) continue;
      const seal = ({ text }: KeyCredential) => ({
        text: current.seal(apiKey, this.#secret(apiKey, text)),
      });
      const act = { atMs, operator: "gateway", reason: "another master key" };
      const previous = row.previous === null ? null : seal(row.previous.credential);
      yield { type: "KeyResealed", act, apiKey, credential: seal(row.credential), previous };
    }
  }

  #open(row: ApiKey): StoredKey {
    const known = this.#opened.get(row);
    if (known !== undefined) return known;
    const { apiKey, accounts, addresses, algorithm, permissions, portfolioIds } = row.terms;
    const [only] = accounts;
    const account = accounts.length === 1 && only !== undefined ? only : NO_ACCOUNT;
    const stored: StoredKey = {
      caller: {
        apiKey,
        account,
        ...(portfolioIds !== null && { portfolioIds: new Set(portfolioIds) }),
      },
      accounts,
      permissions: new Set(permissions),
      addresses: addresses === null ? null : new AddressList(addresses),
      algorithm,
      secret: this.#keySecret(row, row.credential),
      credential: row.credential,
      sinceMs: row.rotatedAtMs ?? row.created.atMs,
      previous:
        row.previous === null
          ? null
          : {
              secret: this.#keySecret(row, row.previous.credential),
              credential: row.previous.credential,
              sinceMs: row.previous.sinceMs,
              untilMs: row.previous.untilMs,
            },
    };
    this.#opened.set(row, stored);
    return stored;
  }

  #keySecret({ terms: { apiKey, algorithm } }: ApiKey, { text }: KeyCredential): KeySecret {
    if (algorithm === "ed25519") return { hmac: null, ed25519: publicKeyOf(text) };
    return hmacSecret(this.#secret(apiKey, text));
  }

  #secret(apiKey: string, sealed: string): string {
    const { current, previous } = this.#masterKeys;
    const secret = current?.unseal(apiKey, sealed) ?? previous?.unseal(apiKey, sealed) ?? null;
    if (secret !== null) return secret;
    const problem =
      current === null
        ? "the journal holds secrets of API keys: set COUNTERMAND_MASTER_KEY or _FILE to the master key"
        : "COUNTERMAND_MASTER_KEY is not the one that the secrets of API keys were sealed with";
    throw new SealedKeysError(problem);
  }
}

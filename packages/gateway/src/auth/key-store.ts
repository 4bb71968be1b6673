/**
 * API keys and what they may act for. Secrets stay inside: they are held as key objects and never
 * printed.
 */
import { createSecretKey, type KeyObject } from "node:crypto";
import type { Account } from "@countermand/core/model";

/** Who sent a request, once its signature was found good. */
export interface Caller {
  readonly apiKey: string;
  readonly account: Account;
}

export interface StoredKey {
  readonly caller: Caller;
  readonly secret: KeyObject;
}

export class KeyStore {
  readonly #keys = new Map<string, StoredKey>();

  add(apiKey: string, secret: string, account: Account): void {
    const key = createSecretKey(Buffer.from(secret, "utf8"));
    this.#keys.set(apiKey, { caller: { apiKey, account }, secret: key });
  }

  find(apiKey: string): StoredKey | null {
    return this.#keys.get(apiKey) ?? null;
  }

  accounts(): readonly Account[] {
    return [...new Set([...this.#keys.values()].map(({ caller }) => caller.account))];
  }
}

/**
 * What became of API keys: kinds of control events, see control-event.ts. Secrets come here sealed:
 * to the core they are opaque text.
 *
 * | kind | event        |
 * |------|--------------|
 * | `N`  | KeyCreated   |
 * | `R`  | KeyRotated   |
 * | `E`  | KeyExpirySet |
 * | `X`  | KeyRevoked   |
 * | `W`  | KeyResealed  |
 */
import type { Account, UnixMs } from "../model/ids.ts";
import type { OperatorAct } from "./operator-act.ts";

export const KEY_ALGORITHMS = ["hmac", "ed25519"] as const;
/** How requests of a key are signed. */
export type KeyAlgorithm = (typeof KEY_ALGORITHMS)[number];

export const KEY_PERMISSIONS = ["read", "trade", "cancel", "operate"] as const;
export type KeyPermission = (typeof KEY_PERMISSIONS)[number];

/** What a key may do: fixed when it is created. */
export interface KeyTerms {
  readonly apiKey: string;
  readonly algorithm: KeyAlgorithm;
  /** One to act for; several make a drop copy; none for a key that only operates. */
  readonly accounts: readonly Account[];
  readonly permissions: readonly KeyPermission[];
  /** Null: all of the account's, and what is in none. */
  readonly portfolioIds: readonly string[] | null;
  /** Addresses and ranges that requests may come from; null: any. */
  readonly addresses: readonly string[] | null;
  /** For people; may be "". */
  readonly label: string;
}

/** What signatures are checked with. An object of its own for each: it never changes. */
export interface KeyCredential {
  /** The sealed secret of an HMAC key, the public key of an Ed25519 one. */
  readonly text: string;
}

export interface KeyCreated {
  readonly type: "KeyCreated";
  readonly act: OperatorAct;
  readonly terms: KeyTerms;
  /** Null: it does not expire by itself. */
  readonly expiresAtMs: UnixMs | null;
  readonly credential: KeyCredential;
}

/** The key has a new secret, and the one before is good until its time is over. */
export interface KeyRotated {
  readonly type: "KeyRotated";
  readonly act: OperatorAct;
  readonly apiKey: string;
  readonly credential: KeyCredential;
  readonly previousUntilMs: UnixMs;
}

export interface KeyExpirySet {
  readonly type: "KeyExpirySet";
  readonly act: OperatorAct;
  readonly apiKey: string;
  readonly expiresAtMs: UnixMs;
}

export interface KeyRevoked {
  readonly type: "KeyRevoked";
  readonly act: OperatorAct;
  readonly apiKey: string;
}

/** The same secrets under another master key. */
export interface KeyResealed {
  readonly type: "KeyResealed";
  readonly act: OperatorAct;
  readonly apiKey: string;
  readonly credential: KeyCredential;
  readonly previous: KeyCredential | null;
}

export type KeyEvent = KeyCreated | KeyRotated | KeyExpirySet | KeyRevoked | KeyResealed;

type ActCells = readonly [atMs: UnixMs, operator: string, reason: string];
export type TermCells = readonly [
  apiKey: string,
  algorithm: KeyAlgorithm,
  accounts: readonly Account[],
  permissions: readonly KeyPermission[],
  portfolioIds: readonly string[] | null,
  addresses: readonly string[] | null,
  label: string,
];
export type KeyCells =
  | readonly ["N", ...ActCells, ...TermCells, expiresAtMs: UnixMs | null, credential: string]
  | readonly ["R", ...ActCells, apiKey: string, credential: string, previousUntilMs: UnixMs]
  | readonly ["E", ...ActCells, apiKey: string, expiresAtMs: UnixMs]
  | readonly ["X", ...ActCells, apiKey: string]
  | readonly ["W", ...ActCells, apiKey: string, credential: string, previous: string | null];

const KEY_EVENT_TYPES: ReadonlySet<string> = new Set<KeyEvent["type"]>([
  "KeyCreated",
  "KeyRotated",
  "KeyExpirySet",
  "KeyRevoked",
  "KeyResealed",
]);

export function isKeyEvent(event: { readonly type: string }): event is KeyEvent {
  return KEY_EVENT_TYPES.has(event.type);
}

export function isKeyCells(cells: readonly unknown[]): cells is KeyCells {
  return typeof cells[0] === "string" && "NREXW".includes(cells[0]);
}

export function keyCells(event: KeyEvent): KeyCells {
  const { atMs, operator, reason } = event.act;
  const act = [atMs, operator, reason] as const;
  switch (event.type) {
    case "KeyCreated":
      return ["N", ...act, ...termCells(event.terms), event.expiresAtMs, event.credential.text];
    case "KeyRotated":
      return ["R", ...act, event.apiKey, event.credential.text, event.previousUntilMs];
    case "KeyExpirySet":
      return ["E", ...act, event.apiKey, event.expiresAtMs];
    case "KeyRevoked":
      return ["X", ...act, event.apiKey];
    case "KeyResealed": {
      const { apiKey, credential, previous } = event;
      return ["W", ...act, apiKey, credential.text, previous?.text ?? null];
    }
  }
}

export function keyEventOf(cells: KeyCells): KeyEvent {
  const act: OperatorAct = { atMs: cells[1], operator: cells[2], reason: cells[3] };
  switch (cells[0]) {
    case "N": {
      const [, , , , apiKey, algorithm, accounts, permissions, ...rest] = cells;
      const [portfolioIds, addresses, label, expiresAtMs, text] = rest;
      const terms = termsOf([
        apiKey,
        algorithm,
        accounts,
        permissions,
        portfolioIds,
        addresses,
        label,
      ]);
      return { type: "KeyCreated", act, terms, expiresAtMs, credential: { text } };
    }
    case "R": {
      const [, , , , apiKey, text, previousUntilMs] = cells;
      return { type: "KeyRotated", act, apiKey, credential: { text }, previousUntilMs };
    }
    case "E":
      return { type: "KeyExpirySet", act, apiKey: cells[4], expiresAtMs: cells[5] };
    case "X":
      return { type: "KeyRevoked", act, apiKey: cells[4] };
    case "W": {
      const [, , , , apiKey, text, before] = cells;
      const previous = before === null ? null : { text: before };
      return { type: "KeyResealed", act, apiKey, credential: { text }, previous };
    }
  }
}

export function termCells(terms: KeyTerms): TermCells {
  const { apiKey, algorithm, accounts, permissions, portfolioIds, addresses, label } = terms;
  return [apiKey, algorithm, accounts, permissions, portfolioIds, addresses, label];
}

export function termsOf(cells: TermCells): KeyTerms {
  const [apiKey, algorithm, accounts, permissions, portfolioIds, addresses, label] = cells;
  return { apiKey, algorithm, accounts, permissions, portfolioIds, addresses, label };
}

/** Bodies of the operator API about API keys. */
import type { Account } from "@countermand/core/model";
import { type Fault, isFault } from "../errors.ts";
import { type JsonObject, type JsonValue, NumberText } from "../json-exact.ts";
import { LIMITS, type LimitSpec } from "../limits.ts";
import { kept, kindOf, textFault } from "../requests/fields.ts";
import {
  CREATE_KEY_REQUEST,
  EXPIRE_KEY_REQUEST,
  ROTATE_KEY_REQUEST,
} from "../schema/operator-request-schemas.ts";
import { shown } from "../shown.ts";
import { actObject, invalid, optionalText } from "./operator-fields.ts";
import { PERMISSION_WORDS, type Permission } from "./operator-words.ts";

export interface CreateKeyRequest {
  readonly reason: string;
  readonly label: string;
  readonly accounts: readonly Account[];
  readonly permissions: readonly Permission[];
  /** Null: all of them. */
  readonly portfolioIds: readonly string[] | null;
  /** As sent; null: any. */
  readonly addresses: readonly string[] | null;
  /** Null: an HMAC key, whose secret is drawn. */
  readonly publicKey: string | null;
  readonly expiresAtMs: number | null;
}

export interface RotateKeyRequest {
  readonly reason: string;
  readonly overlapSeconds: number;
  /** The new public key of an Ed25519 key; null for an HMAC key. */
  readonly publicKey: string | null;
}

export interface ExpireKeyRequest {
  readonly reason: string;
  /** Null: at once. */
  readonly expiresAtMs: number | null;
}

const WORD_CHARACTERS_MAX = 32;
/** Base64 of a raw key has 44, of one with its DER header 60. */
const PUBLIC_KEY_CHARACTERS_MAX = 128;
const ADDRESS_CHARACTERS_MAX = 64;

/** Body of `POST /operator/v1/keys`. */
export function decodeCreateKey(value: JsonValue): CreateKeyRequest | Fault {
  const act = actObject(value, CREATE_KEY_REQUEST);
  if (isFault(act)) return act;
  const { object, reason } = act;
  const label = optionalText(object, "label", LIMITS.keyLabelCharactersMax.value);
  if (isFault(label)) return label;
  const publicKey = publicKeyField(object);
  if (isFault(publicKey)) return publicKey;
  const expiresAtMs = millisecondsField(object, "expires_at");
  if (isFault(expiresAtMs)) return expiresAtMs;
  const rights = decodeRights(object);
  if (isFault(rights)) return rights;
  return { reason, label: kept(label ?? ""), publicKey, expiresAtMs, ...rights };
}

/** Body of `POST /operator/v1/keys/{api_key}/rotate`. */
export function decodeRotateKey(value: JsonValue): RotateKeyRequest | Fault {
  const act = actObject(value, ROTATE_KEY_REQUEST);
  if (isFault(act)) return act;
  const { object, reason } = act;
  const { value: max } = LIMITS.keyOverlapSecondsMax;
  const overlapSeconds = integerField(object, "overlap_seconds", max);
  if (isFault(overlapSeconds)) return overlapSeconds;
  if (overlapSeconds === null) {
    return invalid("overlap_seconds is required: how long the secret of now stays good; 0 ends it");
  }
  const publicKey = optionalText(object, "public_key", PUBLIC_KEY_CHARACTERS_MAX);
  if (isFault(publicKey)) return publicKey;
  return { reason, overlapSeconds, publicKey };
}

/** Body of `POST /operator/v1/keys/{api_key}/expire`. */
export function decodeExpireKey(value: JsonValue): ExpireKeyRequest | Fault {
  const act = actObject(value, EXPIRE_KEY_REQUEST);
  if (isFault(act)) return act;
  const { object, reason } = act;
  const expiresAtMs = millisecondsField(object, "expires_at");
  return isFault(expiresAtMs) ? expiresAtMs : { reason, expiresAtMs };
}

type Rights = Pick<CreateKeyRequest, "accounts" | "permissions" | "portfolioIds" | "addresses">;

/** What the key may do, and for whom: combinations that make no sense are refused. */
function decodeRights(object: JsonObject): Rights | Fault {
  const permissions = permissionsField(object);
  if (isFault(permissions)) return permissions;
  const { value: accountMax } = LIMITS.accountCharactersMax;
  const accounts = listField(object, "accounts", LIMITS.keyAccountsMax, accountMax);
  if (isFault(accounts)) return accounts;
  const { value: portfolioMax } = LIMITS.portfolioIdCharactersMax;
  const portfolioIds = listField(object, "portfolios", LIMITS.keyPortfoliosMax, portfolioMax);
  if (isFault(portfolioIds)) return portfolioIds;
  const { keyAddressesMax } = LIMITS;
  const addresses = listField(object, "addresses", keyAddressesMax, ADDRESS_CHARACTERS_MAX);
  if (isFault(addresses)) return addresses;
  const problem = rightsProblem(permissions, accounts ?? [], portfolioIds);
  if (problem !== null) return invalid(problem);
  return { permissions, accounts: (accounts ?? []) as Account[], portfolioIds, addresses };
}

function rightsProblem(
  permissions: readonly Permission[],
  accounts: readonly string[],
  portfolioIds: readonly string[] | null,
): string | null {
  if (permissions.includes("operate")) {
    const isAlone = permissions.length === 1 && accounts.length === 0 && portfolioIds === null;
    return isAlone ? null : "operate stands alone: without other permissions, accounts, portfolios";
  }
  if (accounts.length === 0) return "accounts is required";
  if (accounts.length === 1) return null;
  if (permissions.length > 1 || permissions[0] !== "read") {
    return "a key of several accounts is a drop copy and has the permission read alone";
  }
  return portfolioIds === null ? null : "a drop copy is of whole accounts: leave portfolios out";
}

function permissionsField(object: JsonObject): readonly Permission[] | Fault {
  const words = listField(object, "permissions", null, WORD_CHARACTERS_MAX);
  if (isFault(words)) return words;
  const named = PERMISSION_WORDS.join(", ");
  if (words === null) return invalid(`permissions is required, of ${named}`);
  const permissions: Permission[] = [];
  for (const word of words) {
    const permission = PERMISSION_WORDS.find((each) => each === word);
    if (permission === undefined) return invalid(`${shown(word)} is none of ${named}`);
    permissions.push(permission);
  }
  return permissions;
}

/** Null without a public key, which then is an HMAC key's. */
function publicKeyField(object: JsonObject): string | null | Fault {
  const algorithm = optionalText(object, "algorithm", WORD_CHARACTERS_MAX);
  if (isFault(algorithm)) return algorithm;
  const publicKey = optionalText(object, "public_key", PUBLIC_KEY_CHARACTERS_MAX);
  if (isFault(publicKey)) return publicKey;
  switch (algorithm ?? "hmac") {
    case "hmac":
      return publicKey === null ? null : invalid("public_key is of ed25519 keys");
    case "ed25519":
      return publicKey ?? invalid("public_key is required: 32 bytes in Base64");
    default:
      return invalid("algorithm must be hmac or ed25519");
  }
}

/** Different texts that are not empty; null without the field. */
function listField(
  object: JsonObject,
  name: string,
  limit: LimitSpec | null,
  charactersMax: number,
): readonly string[] | null | Fault {
  const value = object.get(name);
  if (value === undefined) return null;
  if (!isArray(value)) return invalid(`${name} must be an array of strings, not ${kindOf(value)}`);
  const max = limit?.value ?? PERMISSION_WORDS.length;
  if (value.length === 0) return invalid(`${name} is empty: leave it out, or name some`);
  if (value.length > max) return invalid(`${name} has at most ${max} elements`);
  const texts = new Set<string>();
  for (const each of value) {
    if (typeof each !== "string" || each === "") {
      return invalid(`${name} holds strings that are not empty, not ${kindOf(each)}`);
    }
    const problem = textFault(name, each, charactersMax);
    if (problem !== null) return invalid(problem);
    if (texts.has(each)) return invalid(`${name} names ${shown(each)} twice`);
    texts.add(kept(each));
  }
  return [...texts];
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function millisecondsField(object: JsonObject, name: string): number | null | Fault {
  const value = object.get(name);
  if (value === undefined) return null;
  if (value instanceof NumberText && /^[0-9]{13}$/.test(value.text)) return Number(value.text);
  return invalid(`${name} must be Unix milliseconds, a number of 13 digits`);
}

function integerField(object: JsonObject, name: string, max: number): number | null | Fault {
  const value = object.get(name);
  if (value === undefined) return null;
  const digits = value instanceof NumberText && /^[0-9]{1,9}$/.test(value.text) ? value.text : "";
  if (digits !== "" && Number(digits) <= max) return Number(digits);
  return invalid(`${name} must be a whole number from 0 to ${max}`);
}

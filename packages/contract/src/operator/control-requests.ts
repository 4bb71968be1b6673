/** Bodies of the operator API that block, release and set modes. */
import { type Account, type MarketGroup, marketGroupOf } from "@countermand/core/model";
import { type Fault, isFault } from "../errors.ts";
import type { JsonObject, JsonValue } from "../json-exact.ts";
import { LIMITS } from "../limits.ts";
import { MARKET_WORDS } from "../names.ts";
import { kept } from "../requests/fields.ts";
import { fieldNames } from "../schema/json-schema.ts";
import {
  KILL_REQUEST,
  KILL_SCOPE,
  MODE_REQUEST,
  NO_CONTENT,
  REASON_REQUEST,
} from "../schema/operator-request-schemas.ts";
import {
  actObject,
  booleanField,
  invalid,
  operatorObject,
  optionalText,
  requiredText,
} from "./operator-fields.ts";
import { MARKET_MODE_WORDS, type MarketMode } from "./operator-words.ts";

/** Null members fit everything; with all of them null it is the whole gateway. */
export interface OperatorScope {
  readonly apiKey: string | null;
  readonly account: Account | null;
  readonly portfolioId: string | null;
  readonly marketGroup: MarketGroup | null;
}

export interface KillRequest {
  readonly reason: string;
  readonly scope: OperatorScope;
  /** Whether open orders in the scope are cancelled, once it is blocked. */
  readonly cancels: boolean;
}

export interface ReasonRequest {
  readonly reason: string;
}

export interface ModeRequest {
  readonly reason: string;
  /** Null means the whole gateway. */
  readonly marketGroup: MarketGroup | null;
  readonly mode: MarketMode;
}

const WHOLE_GATEWAY: OperatorScope = {
  apiKey: null,
  account: null,
  portfolioId: null,
  marketGroup: null,
};

/** Body of `POST /operator/v1/kill`. */
export function decodeKill(value: JsonValue): KillRequest | Fault {
  const act = actObject(value, KILL_REQUEST);
  if (isFault(act)) return act;
  const { object, reason } = act;
  const given = object.get("scope");
  if (given === undefined)
    return invalid(`scope is required, with ${fieldNames(KILL_SCOPE).join(", ")}`);
  const scope = decodeScope(given);
  if (isFault(scope)) return scope;
  const cancels = booleanField(object, "cancel_orders");
  if (isFault(cancels)) return cancels;
  return { reason, scope, cancels: cancels ?? true };
}

/** A body that says nothing but why. */
export function decodeReason(value: JsonValue): ReasonRequest | Fault {
  const act = actObject(value, REASON_REQUEST);
  return isFault(act) ? act : { reason: act.reason };
}

/** A body that says nothing: `{}`. */
export function decodeNothing(value: JsonValue): object | Fault {
  return operatorObject(value, NO_CONTENT);
}

/** Body of `POST /operator/v1/modes`. */
export function decodeModeChange(value: JsonValue): ModeRequest | Fault {
  const act = actObject(value, MODE_REQUEST);
  if (isFault(act)) return act;
  const { object, reason } = act;
  const word = requiredText(object, "mode", WORD_CHARACTERS_MAX);
  if (isFault(word)) return word;
  const mode = MARKET_MODE_WORDS.valueOf(word);
  if (mode === undefined) {
    return invalid(`mode must be one of ${MARKET_MODE_WORDS.words.join(", ")}`);
  }
  const market = requiredText(object, "market", WORD_CHARACTERS_MAX);
  if (isFault(market)) return market;
  if (market === "all") return { reason, marketGroup: null, mode };
  const name = MARKET_WORDS.valueOf(market);
  if (name === undefined) {
    return invalid(`market must be one of ${MARKET_WORDS.words.join(", ")}, or all`);
  }
  return { reason, marketGroup: marketGroupOf(name), mode };
}

const WORD_CHARACTERS_MAX = 32;

/** The whole gateway is named as such, so that a forgotten field never stops everybody. */
function decodeScope(value: JsonValue): OperatorScope | Fault {
  const object = operatorObject(value, KILL_SCOPE);
  if (isFault(object)) return object;
  const whole = booleanField(object, "gateway");
  if (isFault(whole)) return whole;
  const parts = decodeScopeParts(object);
  if (isFault(parts)) return parts;
  const isNarrowed = Object.values(parts).some((part) => part !== null);
  if (whole === true) {
    return isNarrowed ? invalid("scope names the whole gateway and a part of it") : WHOLE_GATEWAY;
  }
  if (isNarrowed) return parts;
  return invalid('scope names nothing; for everything send {"gateway":true}');
}

function decodeScopeParts(object: JsonObject): OperatorScope | Fault {
  const apiKey = optionalText(object, "api_key", LIMITS.operatorNameCharactersMax.value);
  if (isFault(apiKey)) return apiKey;
  const account = optionalText(object, "account", LIMITS.accountCharactersMax.value);
  if (isFault(account)) return account;
  const { value: portfolioMax } = LIMITS.portfolioIdCharactersMax;
  const portfolioId = optionalText(object, "portfolio_id", portfolioMax);
  if (isFault(portfolioId)) return portfolioId;
  const market = optionalText(object, "market", WORD_CHARACTERS_MAX);
  if (isFault(market)) return market;
  const name = market === null ? null : MARKET_WORDS.valueOf(market);
  if (name === undefined) return invalid(`market must be one of ${MARKET_WORDS.words.join(", ")}`);
  return {
    apiKey: apiKey === null ? null : kept(apiKey),
    account: account === null ? null : (kept(account) as Account),
    portfolioId: portfolioId === null ? null : kept(portfolioId),
    marketGroup: name === null ? null : marketGroupOf(name),
  };
}

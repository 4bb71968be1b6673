/** Bodies of the operator API about accounts. */
import type { Account, Asset } from "@countermand/core/model";
import { type Fault, isFault } from "../errors.ts";
import { JsonObject, type JsonValue } from "../json-exact.ts";
import { LIMITS } from "../limits.ts";
import { decimalField, kept } from "../requests/fields.ts";
import {
  ADJUST_REQUEST,
  CLOSE_ACCOUNT_REQUEST,
  OPEN_ACCOUNT_REQUEST,
} from "../schema/operator-request-schemas.ts";
import { shown } from "../shown.ts";
import { actObject, booleanField, invalid, requiredText } from "./operator-fields.ts";

/** What an account gets; below zero, what is taken from it. Never zero, no asset twice. */
export type Adjustments = readonly (readonly [asset: Asset, units: bigint])[];

export interface OpenAccountRequest {
  readonly reason: string;
  readonly account: Account;
  readonly shortSellingAllowed: boolean;
  readonly adjustments: Adjustments;
}

export interface AdjustRequest {
  readonly reason: string;
  readonly adjustments: Adjustments;
}

export interface CloseAccountRequest {
  readonly reason: string;
  readonly cancelsOrders: boolean;
  readonly withdraws: boolean;
}

const ACCOUNT = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;

/** Body of `POST /operator/v1/accounts`. */
export function decodeOpenAccount(value: JsonValue): OpenAccountRequest | Fault {
  const act = actObject(value, OPEN_ACCOUNT_REQUEST);
  if (isFault(act)) return act;
  const { object, reason } = act;
  const account = requiredText(object, "account", LIMITS.accountCharactersMax.value);
  if (isFault(account)) return account;
  if (!ACCOUNT.test(account)) {
    return invalid(
      `account has letters, digits, dots, dashes and underscores, not ${shown(account)}`,
    );
  }
  const short = booleanField(object, "short_selling");
  if (isFault(short)) return short;
  const adjustments = adjustmentsOf(object);
  if (isFault(adjustments)) return adjustments;
  if (adjustments.some(([, units]) => units < 0n)) {
    return invalid("an account begins with nothing below zero");
  }
  return {
    reason,
    account: kept(account) as Account,
    shortSellingAllowed: short ?? false,
    adjustments,
  };
}

/** Body of `POST /operator/v1/accounts/{account}/adjust`. */
export function decodeAdjust(value: JsonValue): AdjustRequest | Fault {
  const act = actObject(value, ADJUST_REQUEST);
  if (isFault(act)) return act;
  const { object, reason } = act;
  const adjustments = adjustmentsOf(object);
  if (isFault(adjustments)) return adjustments;
  if (adjustments.length === 0) return invalid("cash or holdings is required");
  return { reason, adjustments };
}

/** Body of `POST /operator/v1/accounts/{account}/close`. */
export function decodeCloseAccount(value: JsonValue): CloseAccountRequest | Fault {
  const act = actObject(value, CLOSE_ACCOUNT_REQUEST);
  if (isFault(act)) return act;
  const { object, reason } = act;
  const cancels = booleanField(object, "cancel_orders");
  if (isFault(cancels)) return cancels;
  const withdraws = booleanField(object, "withdraw");
  if (isFault(withdraws)) return withdraws;
  return { reason, cancelsOrders: cancels ?? false, withdraws: withdraws ?? false };
}

/** Of `cash` by currency and `holdings` by product. */
function adjustmentsOf(object: JsonObject): Adjustments | Fault {
  const cash = adjustmentsIn(object, "cash", "Cash");
  if (isFault(cash)) return cash;
  const holdings = adjustmentsIn(object, "holdings", "Holding");
  return isFault(holdings) ? holdings : [...cash, ...holdings];
}

function adjustmentsIn(
  object: JsonObject,
  field: string,
  assetClass: Asset["assetClass"],
): Adjustments | Fault {
  const given = object.get(field);
  if (given === undefined) return [];
  if (!(given instanceof JsonObject)) return invalid(`${field} must be an object: {"HKD":1000.5}`);
  if (given.names.length > LIMITS.operatorAssetsMax.value) {
    return invalid(`${field} has at most ${LIMITS.operatorAssetsMax.value} members`);
  }
  const adjustments: [Asset, bigint][] = [];
  for (const name of given.names) {
    const units = decimalField(given, name, "OPERATOR_INVALID_FIELD");
    if (isFault(units)) return units;
    if (units === null || units === 0n)
      return invalid(`${shown(name)} of ${field} changes nothing`);
    if (name.length > LIMITS.symbolCharactersMax.value)
      return invalid(`${field} has no ${shown(name)}`);
    adjustments.push([{ assetClass, name: kept(name) }, units]);
  }
  return adjustments;
}

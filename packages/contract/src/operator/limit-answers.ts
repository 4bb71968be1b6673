/** What the operator API shows of the limits that orders are held against. */
import { formatDecimal } from "@countermand/core/model";
import { jsonString } from "../answers/json-text.ts";
import { type ActRow, actJson } from "./control-answers.ts";
import { LIMIT_WORDS, type LimitField } from "./operator-words.ts";

/** Null is no limit; a bigint is in 10^-8, a map has amounts by currency. */
export type LimitValue = number | bigint | ReadonlyMap<string, bigint> | null;

/** A limit as it holds, and whether an operator or the settings say so. */
export interface EffectiveLimit {
  readonly field: LimitField;
  readonly value: LimitValue;
  readonly from: "operator" | "settings";
}

export interface LimitsRow {
  readonly scope: "account" | "key";
  readonly name: string;
  readonly limits: readonly EffectiveLimit[];
  /** Who set what an operator set; null where nobody did. */
  readonly act: ActRow | null;
  /** Another one whenever anything of the above is another. */
  readonly version: string;
}

export interface LimitsPage {
  readonly total: number;
  readonly page: number;
  readonly pageSize: number;
}

/** What a currency is called that has no amount of its own. */
const OTHER_CURRENCIES = "*";

export function encodeLimits({ scope, name, limits, act, version }: LimitsRow): string {
  const members = limits.map(({ field, value, from }) => {
    return `"${LIMIT_WORDS[field]}":{"value":${valueJson(value)},"from":"${from}"}`;
  });
  const set = act && JSON.stringify(actJson(act));
  const owner = `"scope":"${scope}","name":${jsonString(name)}`;
  return `{${owner},"limits":{${members.join(",")}},"set":${set},"version":"${version}"}`;
}

/** The limits of accounts and keys that have their own, by scope and name. */
export function encodeLimitsList(
  rows: readonly LimitsRow[],
  { total, page, pageSize }: LimitsPage,
): string {
  const limits = rows.map(encodeLimits).join(",");
  return `{"total_records":${total},"page":${page},"page_size":${pageSize},"limits":[${limits}]}`;
}

/** A number is exact; amounts that hold for every currency are one number. */
function valueJson(value: LimitValue): string {
  if (value === null) return '"off"';
  if (typeof value === "number") return String(value);
  if (typeof value === "bigint") return formatDecimal(value);
  const only = value.size === 1 ? value.get(OTHER_CURRENCIES) : undefined;
  if (only !== undefined) return formatDecimal(only);
  const members = [...value].map(([currency, units]) => {
    return `${jsonString(currency)}:${formatDecimal(units)}`;
  });
  return `{${members.join(",")}}`;
}

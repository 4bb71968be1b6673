/** The settings of limits before the trade and of budgets, and how their values are written. */
import {
  type AmountLimits,
  ANY_CURRENCY,
  type LimitName,
  type LimitSet,
} from "@countermand/core/limits";
import { formatDecimal, ONE, parseDecimal } from "@countermand/core/model";
import { SettingFault, type SettingSpec } from "./setting.ts";

type LimitSettings = { readonly [L in LimitName]: SettingSpec<LimitSet[L]> };

const OFF = "off";
/** A whole batch has to fit. */
const BUDGET_PLACES_MIN = 5;
const BUDGET_PLACES_MAX = 1_000_000;
const OPEN_ORDERS_MAX = 10_000_000;
const ORDER_RATE_MAX = 1_000_000;
const DUPLICATE_MS_MAX = 600_000;

/** The defaults of every account, or of every key. */
export function limitSettings(owner: "ACCOUNT" | "KEY"): LimitSettings {
  const who = owner === "ACCOUNT" ? "an account" : "a key";
  const whose = owner === "ACCOUNT" ? "an account" : "a key's account";
  const env = (what: string) => `COUNTERMAND_${owner}_${what}`;
  return {
    orderQty: {
      env: env("ORDER_QTY_MAX"),
      defaultText: OFF,
      range: "off, or a decimal above 0",
      effect: `largest quantity of one order of ${who}`,
      read: orOff(readPositive),
    },
    orderValue: {
      env: env("ORDER_VALUE_MAX"),
      defaultText: OFF,
      range: "off, or amounts by currency",
      effect: `largest value of one order of ${who}: quantity times price`,
      read: orOff(readAmounts),
    },
    priceDistance: {
      env: env("PRICE_DISTANCE_MAX"),
      defaultText: OFF,
      range: "off, or a part of the market's price, above 0 and at most 1: 0.05 is 5 %",
      effect: `how far from the market an order of ${who} may be priced, either way`,
      read: orOff(readRatio),
    },
    duplicateMs: {
      env: env("DUPLICATE_MS"),
      defaultText: OFF,
      range: `off, or 1 to ${DUPLICATE_MS_MAX} milliseconds`,
      effect: `how long the same order of ${who} is refused after it was accepted`,
      read: orOff(readWhole(DUPLICATE_MS_MAX)),
    },
    openOrders: {
      env: env("OPEN_ORDERS_MAX"),
      defaultText: OFF,
      range: `off, or 1 to ${OPEN_ORDERS_MAX}`,
      effect: `open orders that ${who} placed, at which it is refused another`,
      read: orOff(readWhole(OPEN_ORDERS_MAX)),
    },
    grossExposure: {
      env: env("GROSS_EXPOSURE_MAX"),
      defaultText: OFF,
      range: "off, or amounts by currency",
      effect: `what ${whose} may hold and order in a currency, all together, when ${who} orders`,
      read: orOff(readAmounts),
    },
    orderRate: {
      env: env("ORDERS_PER_SECOND_MAX"),
      defaultText: OFF,
      range: `off, or 1 to ${ORDER_RATE_MAX}`,
      effect: `new orders and amends of ${who} in a second`,
      read: orOff(readWhole(ORDER_RATE_MAX)),
    },
  };
}

export const BUDGET_SETTINGS = {
  places: {
    env: "COUNTERMAND_BUDGET_PLACES",
    defaultText: OFF,
    range: `off, or ${BUDGET_PLACES_MIN} to ${BUDGET_PLACES_MAX}`,
    effect: "new orders and amends that a key may send at once; off is no budget at all",
    read: orOff(readFrom(BUDGET_PLACES_MIN, BUDGET_PLACES_MAX)),
  },
  fillSeconds: {
    env: "COUNTERMAND_BUDGET_FILL_SECONDS",
    defaultText: "10",
    range: "1 to 3600 seconds",
    effect: "how long a budget that was used up takes to be whole again",
    read: readFrom(1, 3600),
  },
  cancelFactor: {
    env: "COUNTERMAND_BUDGET_CANCEL_FACTOR",
    defaultText: "2",
    range: "2 to 100",
    effect: "how many times larger the budget of cancels is than that of places",
    read: readFrom(2, 100),
  },
} as const;

function orOff<T>(
  read: (text: string) => T | SettingFault,
): (text: string) => T | null | SettingFault {
  return (text) => (text === OFF ? null : read(text));
}

function readWhole(max: number): (text: string) => number | SettingFault {
  return readFrom(1, max);
}

function readFrom(min: number, max: number): (text: string) => number | SettingFault {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number.parseInt(text, 10) : Number.NaN;
    if (value >= min && value <= max) return value;
    return new SettingFault(`must be a whole number from ${min} to ${max}`);
  };
}

function readPositive(text: string): bigint | SettingFault {
  const units = parseDecimal(text);
  if (typeof units === "bigint" && units > 0n) return units;
  return new SettingFault("must be a decimal above 0");
}

function readRatio(text: string): bigint | SettingFault {
  const units = parseDecimal(text);
  if (typeof units === "bigint" && units > 0n && units <= ONE) return units;
  return new SettingFault(`must be a decimal above 0 and at most ${formatDecimal(ONE)}`);
}

const CURRENCY = /^[A-Z]{3,8}$/;

/** `1000000` for each currency, or `HKD:1000000,USD:125000`, with `*` for those not named. */
function readAmounts(text: string): AmountLimits | SettingFault {
  const fault = new SettingFault(
    "must be one decimal above 0, or HKD:1000000,USD:125000 with * for the other currencies",
  );
  const amounts = new Map<string, bigint>();
  for (const part of text.split(",")) {
    const [currency = "", amount = "", ...rest] = part.includes(":")
      ? part.split(":")
      : [ANY_CURRENCY, part];
    if (rest.length > 0) return fault;
    const isCurrency = currency === ANY_CURRENCY || CURRENCY.test(currency);
    const units = parseDecimal(amount);
    if (!isCurrency || amounts.has(currency) || typeof units !== "bigint" || units <= 0n)
      return fault;
    amounts.set(currency, units);
  }
  return amounts;
}

/** What operators send. The decoders take their field names from here. */
import { LIMITS } from "../limits.ts";
import { MARKET_WORDS, ORDERS_STATES } from "../names.ts";
import {
  KEY_ALGORITHMS,
  LIMIT_WORDS,
  MARKET_MODE_WORDS,
  PERMISSION_WORDS,
  RESTING_CHOICES,
} from "../operator/operator-words.ts";
import {
  array,
  boolean,
  decimalInput,
  integer,
  limitedText,
  milliseconds,
  type ObjectSchema,
  record,
  request,
  type Schema,
  text,
  words,
} from "./json-schema.ts";
import { ORDERS_QUERY } from "./request-schemas.ts";

const REASON = limitedText("Why; the journal keeps it.", "operatorReasonCharactersMax", {
  minLength: 1,
});

/** The body of an act, which always says why. */
function act(
  description: string,
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[] = [],
): ObjectSchema {
  return request(description, { reason: REASON, ...properties }, ["reason", ...required]);
}

const NAME_PATTERN = "^[A-Za-z0-9][A-Za-z0-9._-]*$";

export const NO_CONTENT: ObjectSchema = request("Nothing: {}.", {});

export const REASON_REQUEST: ObjectSchema = act("Why, and nothing else.", {});

export const KILL_SCOPE: ObjectSchema = request(
  "What is blocked: gateway alone, or any of the others, which must all fit.",
  {
    gateway: boolean("true: everything."),
    market: words("A market with all its names.", MARKET_WORDS),
    account: limitedText("Everything of an account.", "accountCharactersMax"),
    portfolio_id: limitedText("Orders of this portfolio.", "portfolioIdCharactersMax"),
    api_key: limitedText("Orders that this key placed, and sends.", "operatorNameCharactersMax"),
  },
);

export const KILL_REQUEST: ObjectSchema = act(
  "Blocks a scope, then cancels its open orders.",
  {
    scope: KILL_SCOPE,
    cancel_orders: { ...boolean("false blocks, and cancels nothing."), default: true },
  },
  ["scope"],
);

export const MODE_REQUEST: ObjectSchema = act(
  "What a market, or all of them, take from now on.",
  {
    market: text("The market, or all.", { enum: [...MARKET_WORDS.words, "all"] }),
    mode: words("cancel_only and halted refuse new orders and amends.", MARKET_MODE_WORDS),
  },
  ["market", "mode"],
);

const ASSETS_MAX = { maxProperties: LIMITS.operatorAssetsMax.value };
const CASH = record("By currency.", decimalInput("Not 0."), ASSETS_MAX);
const HOLDINGS = record("By product.", decimalInput("Not 0."), ASSETS_MAX);

export const OPEN_ACCOUNT_REQUEST: ObjectSchema = act(
  "A new account.",
  {
    account: limitedText("Its code, never used before.", "accountCharactersMax", {
      pattern: NAME_PATTERN,
    }),
    short_selling: { ...boolean("Whether it may sell what it has not."), default: false },
    cash: CASH,
    holdings: HOLDINGS,
  },
  ["account"],
);

export const ADJUST_REQUEST: ObjectSchema = act(
  "Credits, and below zero debits: cash, holdings, or both.",
  { cash: CASH, holdings: HOLDINGS },
);

export const CLOSE_ACCOUNT_REQUEST: ObjectSchema = act("Closes an account for good.", {
  cancel_orders: { ...boolean("Cancels its open orders first."), default: false },
  withdraw: { ...boolean("Debits what is there."), default: false },
});

const LIMIT_VALUE: Schema = {
  description: "As its setting has it: a number, text, off, or amounts by currency.",
  oneOf: [
    { type: "number" },
    { type: "string" },
    record("By currency; * is every other one.", decimalInput("The amount.")),
  ],
};

const LIMITS_BY_NAME = Object.values(LIMIT_WORDS).map((word) => [word, LIMIT_VALUE] as const);

const READ_VERSION = limitedText(
  "Of the limits that were read: others are not replaced.",
  "operatorNameCharactersMax",
);

export const LIMITS_REQUEST: ObjectSchema = act(
  "Limits in place of all that were set before.",
  {
    version: READ_VERSION,
    limits: request("At least one; what is left out follows the settings.", {
      ...Object.fromEntries(LIMITS_BY_NAME),
    }),
  },
  ["limits"],
);

export const LIMITS_REMOVAL: ObjectSchema = act("Takes away what was set.", {
  version: READ_VERSION,
});

const PUBLIC_KEY = text("Of an Ed25519 key: its 32 bytes, or its DER form, in Base64.");
const EXPIRES_AT = milliseconds("When it expires");

export const CREATE_KEY_REQUEST: ObjectSchema = act(
  "A new key.",
  {
    label: limitedText("For people.", "keyLabelCharactersMax"),
    algorithm: text("How its requests are signed.", {
      enum: KEY_ALGORITHMS,
      default: KEY_ALGORITHMS[0],
    }),
    public_key: PUBLIC_KEY,
    accounts: array("What it acts for; several make a drop copy.", text("The account."), {
      minItems: 1,
      maxItems: LIMITS.keyAccountsMax.value,
    }),
    permissions: array("operate stands alone.", text("One.", { enum: PERMISSION_WORDS }), {
      minItems: 1,
    }),
    portfolios: array("What of the account it sees; left out: all.", text("The portfolio."), {
      minItems: 1,
      maxItems: LIMITS.keyPortfoliosMax.value,
    }),
    addresses: array("Where requests may come from; left out: anywhere.", text("Or a range."), {
      minItems: 1,
      maxItems: LIMITS.keyAddressesMax.value,
    }),
    expires_at: EXPIRES_AT,
  },
  ["permissions"],
);

export const ROTATE_KEY_REQUEST: ObjectSchema = act(
  "Another secret, or another public key.",
  {
    overlap_seconds: integer("For how long the one before stays good.", {
      minimum: 0,
      maximum: LIMITS.keyOverlapSecondsMax.value,
    }),
    public_key: PUBLIC_KEY,
  },
  ["overlap_seconds"],
);

export const EXPIRE_KEY_REQUEST: ObjectSchema = act("When a key expires; at once without a time.", {
  expires_at: EXPIRES_AT,
});

const INSTRUMENT_NAME = limitedText("Name, for display.", "instrumentNameCharactersMax");
const GRID: Readonly<Record<string, Schema>> = {
  tick: decimalInput("Smallest step between prices."),
  lot: decimalInput("Smallest step of quantities."),
  price_max: decimalInput("Largest price."),
  qty_max: decimalInput("Largest quantity."),
};
const RESTING = text("Of open orders that cannot stay: keep refuses the change.", {
  enum: RESTING_CHOICES,
});

export const CHANGE_INSTRUMENT_REQUEST: ObjectSchema = act("What is left out stays as it is.", {
  name: INSTRUMENT_NAME,
  halted: boolean("true: takes neither new orders nor amends."),
  ...GRID,
  resting: RESTING,
});

export const RETIRE_REQUEST: ObjectSchema = act("Ends trading in an instrument for good.", {
  resting: text("cancel, where orders are open.", { enum: ["cancel"] }),
});

export const ADD_INSTRUMENT_REQUEST: ObjectSchema = act(
  "A new instrument.",
  {
    symbol: limitedText("Never used before.", "symbolCharactersMax", { pattern: NAME_PATTERN }),
    name: INSTRUMENT_NAME,
    markets: array("Names of one market.", words("One of its names.", MARKET_WORDS), {
      minItems: 1,
    }),
    currency: text("Of its prices.", { pattern: "^[A-Z]{3,8}$" }),
    product: limitedText(
      "What changes hands; the symbol itself if left out.",
      "symbolCharactersMax",
      {
        pattern: NAME_PATTERN,
      },
    ),
    ...GRID,
    odd_lot: decimalInput("Smallest step of odd lots; left out: there are none."),
  },
  ["symbol", "name", "markets", "currency", ...Object.keys(GRID)],
);

export const OPERATOR_ORDERS_QUERY: ObjectSchema = request(
  "Filters and page of an account's orders.",
  {
    ...ORDERS_QUERY.properties,
    state: text("open unless order_status, order_no or reference_id is given, then all.", {
      enum: ORDERS_STATES,
    }),
  },
);

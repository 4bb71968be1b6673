/** What each route of operators takes and gives, by its method and path. */
import { LIMITS } from "../limits.ts";
import { BLOCK_STATES, KEY_LIST_STATES } from "../operator/operator-words.ts";
import type { Endpoint } from "./endpoints.ts";
import {
  integer,
  limitedText,
  type ObjectSchema,
  request,
  type Schema,
  text,
} from "./json-schema.ts";
import type { OperatorSchemaName } from "./operator-answer-schemas.ts";
import { OPERATOR_ORDERS_QUERY } from "./operator-request-schemas.ts";
import { pageMembers } from "./request-schemas.ts";

export interface OperatorEndpoint extends Pick<Endpoint, "query"> {
  /** What the page about it begins with. */
  readonly tag: "Trading" | "Console" | "Accounts" | "Limits" | "Keys" | "Audit" | "Instruments";
  readonly does: string;
  /** Its JSON body, absent where none is taken, and one to try it with. */
  readonly body?: { readonly schema: OperatorSchemaName; readonly example: object };
  /** The `data` of the answer with HTTP status 200. */
  readonly data: OperatorSchemaName;
  /** Whether an Idempotency-Key is asked for. */
  readonly needsKey?: boolean;
  /** Answers with an `ETag`; a write takes it as `If-Match`. */
  readonly hasVersion?: boolean;
}

const BECAUSE = { reason: "a new desk" };
const REASON = { schema: "ReasonRequest", example: BECAUSE } as const;

const PAGE: ObjectSchema = request("Which page.", pageMembers("page_index"));

const STORY_PAGE: Readonly<Record<string, Schema>> = {
  before: text("What an answer had as earlier."),
  page_size: integer("Events at most.", {
    minimum: 1,
    maximum: LIMITS.storyEventsMax.value,
    default: LIMITS.storyEventsMax.value,
  }),
};

function states(description: string, words: readonly string[]): ObjectSchema {
  return request(description, { state: text("Which.", { enum: words, default: "active" }) });
}

/** Routes of the limits of an account or of a key. */
function limits(path: string, whose: string): Readonly<Record<string, OperatorEndpoint>> {
  const shown = { tag: "Limits", data: "Limits", hasVersion: true } as const;
  const example = { ...BECAUSE, limits: { open_orders_max: 200 } };
  return {
    [`GET ${path}`]: { ...shown, does: `shows the limits that hold for ${whose}` },
    [`PUT ${path}`]: {
      ...shown,
      does: `sets limits of its own for ${whose}, in place of any it has`,
      body: { schema: "LimitsRequest", example },
    },
    [`DELETE ${path}`]: {
      ...shown,
      does: `takes the limits of ${whose} away`,
      body: { schema: "LimitsRemoval", example: BECAUSE },
    },
  };
}

export const OPERATOR_ENDPOINTS: Readonly<Record<string, OperatorEndpoint>> = {
  "POST /operator/v1/kill": {
    tag: "Trading",
    does: "blocks a scope, then cancels its open orders",
    body: {
      schema: "KillRequest",
      example: { reason: "runaway algorithm", scope: { account: "80114138", market: "hkex" } },
    },
    data: "Block",
  },
  "GET /operator/v1/blocks": {
    tag: "Trading",
    does: "lists blocks, newest first",
    query: states("Which blocks.", BLOCK_STATES),
    data: "Blocks",
  },
  "GET /operator/v1/blocks/{block_id}": {
    tag: "Trading",
    does: "shows one block and how far its kill has come",
    data: "Block",
  },
  "POST /operator/v1/blocks/{block_id}/release": {
    tag: "Trading",
    does: "ends a block",
    body: REASON,
    data: "Block",
  },
  "GET /operator/v1/modes": { tag: "Trading", does: "shows the modes", data: "Modes" },
  "POST /operator/v1/modes": {
    tag: "Trading",
    does: "sets the mode of a market, or of all",
    body: {
      schema: "ModeRequest",
      example: { reason: "news pending", market: "hkex", mode: "halted" },
    },
    data: "Modes",
  },
  "POST /operator/v1/sign-in-codes": {
    tag: "Console",
    does: "makes a code that signs a browser in to the operators' console, once",
    body: { schema: "NoContent", example: {} },
    data: "SignInCode",
  },
  "GET /operator/v1/accounts": {
    tag: "Accounts",
    does: "lists accounts by code",
    query: PAGE,
    data: "AccountsPage",
  },
  "POST /operator/v1/accounts": {
    tag: "Accounts",
    does: "opens an account",
    body: {
      schema: "OpenAccountRequest",
      example: { reason: "a new client", account: "B-7", cash: { HKD: 1000.5 } },
    },
    data: "Account",
  },
  "GET /operator/v1/accounts/{account}": {
    tag: "Accounts",
    does: "shows one account",
    data: "Account",
  },
  "GET /operator/v1/accounts/{account}/orders": {
    tag: "Accounts",
    does: "lists its orders, newest first",
    query: OPERATOR_ORDERS_QUERY,
    data: "OrdersPage",
  },
  "POST /operator/v1/accounts/{account}/adjust": {
    tag: "Accounts",
    does: "credits and debits",
    body: {
      schema: "AdjustRequest",
      example: { reason: "fees of May", cash: { HKD: -0.5, USD: 10 } },
    },
    data: "Account",
    needsKey: true,
  },
  "POST /operator/v1/accounts/{account}/close": {
    tag: "Accounts",
    does: "closes an account for good",
    body: {
      schema: "CloseAccountRequest",
      example: { reason: "left us", cancel_orders: true, withdraw: true },
    },
    data: "Account",
  },
  "GET /operator/v1/limits": {
    tag: "Limits",
    does: "lists accounts and keys with limits of their own",
    query: PAGE,
    data: "LimitsPage",
  },
  ...limits("/operator/v1/limits/accounts/{account}", "an account"),
  ...limits("/operator/v1/limits/keys/{api_key}", "a key"),
  "GET /operator/v1/keys": {
    tag: "Keys",
    does: "lists keys, newest first",
    query: states("Which keys.", KEY_LIST_STATES),
    data: "Keys",
  },
  "POST /operator/v1/keys": {
    tag: "Keys",
    does: "makes a key",
    body: {
      schema: "CreateKeyRequest",
      example: { ...BECAUSE, accounts: ["80114138"], permissions: ["trade"] },
    },
    data: "KeyWithSecret",
  },
  "GET /operator/v1/keys/{api_key}": { tag: "Keys", does: "shows one key", data: "Key" },
  "POST /operator/v1/keys/{api_key}/rotate": {
    tag: "Keys",
    does: "gives it another secret",
    body: { schema: "RotateKeyRequest", example: { ...BECAUSE, overlap_seconds: 3600 } },
    data: "KeyWithSecret",
  },
  "POST /operator/v1/keys/{api_key}/expire": {
    tag: "Keys",
    does: "says when it expires; at once without a time",
    body: { schema: "ExpireKeyRequest", example: BECAUSE },
    data: "Key",
  },
  "POST /operator/v1/keys/{api_key}/revoke": {
    tag: "Keys",
    does: "ends it for good",
    body: REASON,
    data: "Key",
  },
  "GET /operator/v1/orders/{order_no}/audit": {
    tag: "Audit",
    does: "tells an order's story",
    query: request("Which part of it.", STORY_PAGE),
    data: "Story",
  },
  "GET /operator/v1/audit": {
    tag: "Audit",
    does: "tells the stories of the orders with a name",
    query: request(
      "Whose, and which part.",
      {
        account: limitedText("The account.", "accountCharactersMax"),
        reference_id: limitedText("The client's own name.", "referenceIdCharactersMax"),
        ...STORY_PAGE,
      },
      ["account", "reference_id"],
    ),
    data: "Story",
  },
  "GET /operator/v1/instruments": {
    tag: "Instruments",
    does: "lists instruments",
    data: "Instruments",
  },
  "POST /operator/v1/instruments": {
    tag: "Instruments",
    does: "adds an instrument",
    body: {
      schema: "AddInstrumentRequest",
      example: {
        reason: "listed on Monday",
        symbol: "NVDA",
        name: "NVIDIA",
        markets: ["usex", "nasdaq"],
        currency: "USD",
        tick: 0.01,
        lot: 1,
        price_max: 100_000,
        qty_max: 1_000_000,
      },
    },
    data: "Instrument",
  },
  "POST /operator/v1/instruments/{symbol}": {
    tag: "Instruments",
    does: "renames or halts an instrument, or changes its tick and lot",
    body: {
      schema: "ChangeInstrumentRequest",
      example: { reason: "a merger", name: "APPLE INC", halted: true },
    },
    data: "Instrument",
  },
  "POST /operator/v1/instruments/{symbol}/retire": {
    tag: "Instruments",
    does: "ends its trading for good",
    body: { schema: "RetireRequest", example: { reason: "delisted", resting: "cancel" } },
    data: "Instrument",
  },
};

/** What operators are shown. Times are Unix milliseconds, but those of orders. */
import { MARKET_GROUP_NAMES } from "@countermand/core/model";
import { STORY_CHANNELS, STORY_EVENTS } from "../answers/audit.ts";
import { KEY_ALGORITHMS, LIMIT_WORDS, PERMISSION_WORDS } from "../operator/operator-words.ts";
import { SIGN_IN_CODE } from "./console-schemas.ts";
import { FAILURE, pageOf } from "./envelope-schemas.ts";
import {
  answer,
  array,
  boolean,
  decimal,
  integer,
  milliseconds,
  nullable,
  type ObjectSchema,
  record,
  ref,
  type Schema,
  text,
} from "./json-schema.ts";
import {
  ADD_INSTRUMENT_REQUEST,
  ADJUST_REQUEST,
  CHANGE_INSTRUMENT_REQUEST,
  CLOSE_ACCOUNT_REQUEST,
  CREATE_KEY_REQUEST,
  EXPIRE_KEY_REQUEST,
  KILL_REQUEST,
  LIMITS_REMOVAL,
  LIMITS_REQUEST,
  MODE_REQUEST,
  NO_CONTENT,
  OPEN_ACCOUNT_REQUEST,
  REASON_REQUEST,
  RETIRE_REQUEST,
  ROTATE_KEY_REQUEST,
} from "./operator-request-schemas.ts";
import { ORDER, ORDER_UPDATE } from "./order-schemas.ts";

const COUNT = { minimum: 0 };
const MARKET = text("The market, by the first of its names.", { enum: MARKET_GROUP_NAMES });
/** The words of MarketMode, of which a reader must bear more. */
const MODE = text("What it takes.", { enum: ["open", "cancel_only", "halted"] });
const SET = nullable("Who set it; null: nobody did.", ref("Act"));

const ACT: ObjectSchema = answer(
  "Who decided something, when and why.",
  {
    at: milliseconds("When"),
    operator: text("Who; the key, where a key signed."),
    reason: text("Why."),
    request_id: text("The X-Request-Id of the request, where it had one."),
  },
  ["request_id"],
);

const BLOCK_SCOPE: ObjectSchema = answer(
  "What is blocked: all that is named must fit.",
  {
    gateway: boolean("true, alone: everything."),
    market: MARKET,
    account: text("The account."),
    portfolio_id: text("The portfolio."),
    api_key: text("The key."),
  },
  ["gateway", "market", "account", "portfolio_id", "api_key"],
);

const KILL: ObjectSchema = answer("How far the cancelling has come.", {
  state: text("finished: nothing is left.", { enum: ["cancelling", "finished"] }),
  done: integer("Orders that it cancelled, or whose cancel is on its way.", COUNT),
  already: integer("Orders that somebody else cancelled first.", COUNT),
  too_late: integer("Orders that were filled or ended first.", COUNT),
  failed: integer("Orders that were left when the block was released.", COUNT),
  left: integer("Orders still to be cancelled.", COUNT),
});

const BLOCK: ObjectSchema = answer("A block: new orders and amends in its scope are refused.", {
  block_id: integer("Its number.", { minimum: 1 }),
  state: text("Whether it holds.", { enum: ["active", "released"] }),
  scope: ref("BlockScope"),
  blocked: ref("Act"),
  released: nullable("Null while it holds.", ref("Act")),
  kill: nullable("Null: it cancels nothing.", ref("Kill")),
});

const MODES: ObjectSchema = answer("What the markets take.", {
  all: answer("The mode of all markets.", { mode: MODE, set: SET }),
  markets: array(
    "Each market.",
    answer("One market.", {
      market: MARKET,
      holds: { ...MODE, description: "The stricter of its own mode and that of all." },
      mode: { ...MODE, description: "Its own." },
      set: SET,
    }),
  ),
});

const BALANCE: ObjectSchema = answer("One balance.", {
  settled: decimal("What is there."),
  incoming: decimal("What waits for settlement."),
  outgoing: decimal("What will leave at settlement."),
  reserved: decimal("What open orders hold back."),
  total: decimal("All of it."),
});

const ACCOUNT: ObjectSchema = answer("An account.", {
  account: text("Its code."),
  state: text("Whether it can trade.", { enum: ["open", "closed"] }),
  short_selling: boolean("Whether it may sell what it has not."),
  open_orders: integer("How many are open.", COUNT),
  cash: record("By currency.", ref("AccountBalance")),
  holdings: record("By product.", ref("AccountBalance")),
});

const LIMIT_VALUE: Schema = {
  description: "A number, off, or amounts by currency.",
  anyOf: [
    { type: "number" },
    { type: "string", enum: ["off"] },
    record("By currency; * is every other one.", decimal("The amount.")),
  ],
};
const LIMIT: ObjectSchema = answer("A limit as it holds.", {
  value: LIMIT_VALUE,
  from: text("Who says so.", { enum: ["operator", "settings"] }),
});

const LIMITS: ObjectSchema = answer("The limits that hold for an account or a key.", {
  scope: text("Whose they are.", { enum: ["account", "key"] }),
  name: text("The account, or the key."),
  limits: answer("Every limit.", {
    ...Object.fromEntries(Object.values(LIMIT_WORDS).map((word) => [word, ref("Limit")])),
  }),
  set: nullable("Who set them; null: all are the settings'.", ref("Act")),
  version: text("Another one whenever anything of this is another; the ETag, in quotes."),
});

const KEY_MEMBERS: Readonly<Record<string, Schema>> = {
  api_key: text("The key."),
  state: text("Whether it is good.", { enum: ["active", "expired", "revoked"] }),
  label: text("For people."),
  algorithm: text("How its requests are signed.", { enum: KEY_ALGORITHMS }),
  public_key: nullable("Base64; null of an HMAC key.", { type: "string" }),
  accounts: array("What it acts for.", text("The account.")),
  permissions: array("What it may do.", text("One of them.", { enum: PERMISSION_WORDS })),
  portfolios: nullable("What of the account it sees; null: all.", {
    ...array("The portfolios.", text("The portfolio.")),
  }),
  addresses: nullable("Where requests may come from; null: anywhere.", {
    ...array("The addresses.", text("An address, or a range.")),
  }),
  created: ref("Act"),
  expires_at: nullable("When it expires; null: never.", milliseconds("When")),
  rotated_at: nullable("When it got the secret that it has.", milliseconds("When")),
  previous_until: nullable("Until when the secret before is good.", milliseconds("When")),
  revoked: nullable("Who ended it.", ref("Act")),
};

const KEY: ObjectSchema = answer("A key.", KEY_MEMBERS);

const KEY_WITH_SECRET: ObjectSchema = answer(
  "A key, and the secret of an HMAC key this once.",
  {
    ...KEY_MEMBERS,
    secret: nullable("Of an HMAC key; null in a repeated answer.", { type: "string" }),
  },
  ["secret"],
);

const OPERATOR_ORDER: ObjectSchema = answer(
  "An order, and who placed it.",
  { ...ORDER.properties, api_key: text("The key that placed it.") },
  ["pending"],
);

const {
  order_status = {},
  version = {},
  price = {},
  qty = {},
  execute_qty = {},
  cancel_reason = {},
  reject_reason = {},
  exec_id = {},
  last_qty = {},
  last_price = {},
} = ORDER_UPDATE.properties;
const OF_COMMANDS = {
  http_status: integer("What was answered.", COUNT),
  code: integer("What was answered; 0 is success.", COUNT),
};
const OF_REFUSALS = { reason: text("The word of the error.") };
const OF_REPORTS = {
  order_status,
  version,
  stream_seq: integer("The event's position in the account's stream.", { minimum: 1 }),
  price,
  qty,
  execute_qty,
  cancel_reason,
  reject_reason,
};
const OF_TRADES = { exec_id, last_qty, last_price };

const STORY_EVENT: ObjectSchema = answer(
  "One event of an order's story.",
  {
    at_ms: milliseconds("When, by the exchange's time"),
    event: text("What happened.", { enum: STORY_EVENTS }),
    order_no: text("The order."),
    channel: text("How the command came; empty: no command was about this order.", {
      enum: STORY_CHANNELS,
    }),
    actor: text("The key, the operator, or what of the gateway."),
    request_id: text("What the request called itself."),
    ...OF_COMMANDS,
    ...OF_REFUSALS,
    ...OF_REPORTS,
    ...OF_TRADES,
    partition: text("The journal's partition."),
    journal_seq: integer("Its position there.", { minimum: 1 }),
    event_hash: text("Its hash in the journal's chain.", { pattern: "^[0-9a-f]{64}$" }),
  },
  [OF_COMMANDS, OF_REFUSALS, OF_REPORTS, OF_TRADES].flatMap((members) => Object.keys(members)),
);

const STORY: ObjectSchema = answer("A part of an order's story.", {
  events: array("Oldest first.", ref("StoryEvent")),
  earlier: nullable("Send it as before for what came before.", { type: "string" }),
  complete: boolean("false: what came before these events is archived."),
});

const INSTRUMENT: ObjectSchema = answer("An instrument.", {
  symbol: text("Its symbol."),
  name: text("Name, for display."),
  currency: text("Of its prices."),
  product: text("What changes hands."),
  markets: array("The names of its market.", text("One of them.")),
  tick: decimal("Smallest step between prices."),
  lot: decimal("Smallest step of quantities."),
  odd_lot: nullable("Smallest step of odd lots; null: there are none.", decimal("The step.")),
  price_max: decimal("Largest price."),
  qty_max: decimal("Largest quantity."),
  state: text("Whether it trades.", { enum: ["trading", "halted", "retired"] }),
  open_orders: integer("Open orders of everybody.", COUNT),
});

const {
  data: _data,
  markets: _markets,
  retry_after: _retryAfter,
  ...FAILURE_MEMBERS
} = FAILURE.properties;

/** Every named schema of the operators' document. */
export const OPERATOR_SCHEMAS = {
  Failure: answer(FAILURE.description ?? "", FAILURE_MEMBERS),
  Act: ACT,
  ReasonRequest: REASON_REQUEST,
  KillRequest: KILL_REQUEST,
  BlockScope: BLOCK_SCOPE,
  Kill: KILL,
  Block: BLOCK,
  Blocks: answer("Blocks, newest first.", { blocks: array("The blocks.", ref("Block")) }),
  ModeRequest: MODE_REQUEST,
  Modes: MODES,
  NoContent: NO_CONTENT,
  SignInCode: answer(SIGN_IN_CODE.description ?? "", {
    ...SIGN_IN_CODE.properties,
    sign_in_code: nullable("Told once: null in a repeated answer.", { type: "string" }),
  }),
  OpenAccountRequest: OPEN_ACCOUNT_REQUEST,
  AdjustRequest: ADJUST_REQUEST,
  CloseAccountRequest: CLOSE_ACCOUNT_REQUEST,
  AccountBalance: BALANCE,
  Account: ACCOUNT,
  AccountsPage: pageOf("accounts", "Account"),
  OperatorOrder: OPERATOR_ORDER,
  OrdersPage: pageOf("orders", "OperatorOrder"),
  LimitsRequest: LIMITS_REQUEST,
  LimitsRemoval: LIMITS_REMOVAL,
  Limit: LIMIT,
  Limits: LIMITS,
  LimitsPage: pageOf("limits", "Limits"),
  CreateKeyRequest: CREATE_KEY_REQUEST,
  RotateKeyRequest: ROTATE_KEY_REQUEST,
  ExpireKeyRequest: EXPIRE_KEY_REQUEST,
  Key: KEY,
  KeyWithSecret: KEY_WITH_SECRET,
  Keys: answer("Keys, newest first.", { keys: array("The keys.", ref("Key")) }),
  StoryEvent: STORY_EVENT,
  Story: STORY,
  AddInstrumentRequest: ADD_INSTRUMENT_REQUEST,
  ChangeInstrumentRequest: CHANGE_INSTRUMENT_REQUEST,
  RetireRequest: RETIRE_REQUEST,
  Instrument: INSTRUMENT,
  Instruments: answer("Every instrument.", {
    instruments: array("The instruments.", ref("Instrument")),
  }),
} as const;
OPERATOR_SCHEMAS satisfies Readonly<Record<string, Schema>>;

export type OperatorSchemaName = keyof typeof OPERATOR_SCHEMAS;

/** Messages of the order stream, both ways. */
import { RECEIPT_KIND } from "../answers/receipt.ts";
import { DISCONNECT_GRACE_SECONDS_DEFAULT, HEARTBEAT_SECONDS_DEFAULT, LIMITS } from "../limits.ts";
import { MARKET_MODE_WORDS } from "../operator/operator-words.ts";
import { FAILURE, MARKETS, message, RECEIPT, RETRY_AFTER } from "./envelope-schemas.ts";
import {
  answer,
  array,
  integer,
  limitedText,
  milliseconds,
  type ObjectSchema,
  ref,
  request,
  type Schema,
  text,
  words,
} from "./json-schema.ts";

const SEQ = integer("Position in the account's stream: from 1, no gaps, kept over restarts.", {
  minimum: 0,
});
const ACCOUNT_CODE = text("Whose message it is; only where a socket carries several accounts.");
const { markets: _markets, ...FAILURE_MEMBERS } = FAILURE.properties;

export const ORDER_MESSAGE: ObjectSchema = message("order", "One event of one order.", {
  seq: SEQ,
  data: ref("OrderUpdate"),
});

const BUDGET: ObjectSchema = answer("What is left of the key's budgets, where it has any.", {
  place: integer("New orders and amends.", { minimum: 0 }),
  cancel: integer("Cancels; never fewer than there are open orders.", { minimum: 0 }),
});

export const HEARTBEAT_MESSAGE: ObjectSchema = message(
  "heartbeat",
  "The stream is alive, and this is its latest position: it tells silence from loss.",
  {
    account_code: ACCOUNT_CODE,
    data: answer(
      "Where it stands.",
      { timestamp: milliseconds("Server time"), seq: SEQ, budget: BUDGET },
      ["budget"],
    ),
  },
  ["account_code"],
);

export const SKIP_MESSAGE: ObjectSchema = message(
  "skip",
  "Stands for an event that the key may not see, so that seq has no gaps.",
  { account_code: ACCOUNT_CODE, seq: SEQ },
  ["account_code"],
);

export const HISTORY_MESSAGE: ObjectSchema = message(
  "history",
  "Which history the positions of this connection are of; only where history=1 asks for it.",
  { account_code: ACCOUNT_CODE, history: text("Its name, for the next after_seq.") },
  ["account_code"],
);

export const LIVE_MESSAGE: ObjectSchema = message(
  "live",
  "All up to seq has been sent, what follows is sent as it happens; only where live=1 asks for it.",
  { account_code: ACCOUNT_CODE, seq: SEQ },
  ["account_code"],
);

export const SNAPSHOT_MESSAGE: ObjectSchema = message(
  "snapshot",
  "The open orders as they stood at seq.",
  {
    account_code: ACCOUNT_CODE,
    seq: SEQ,
    data: answer("The orders.", { orders: array("Open orders.", ref("OrderUpdate")) }),
  },
  ["account_code"],
);

export const NOTICE_MESSAGE: ObjectSchema = message(
  "notice",
  "An announcement that is not the client's fault.",
  {
    ...FAILURE_MEMBERS,
    account_code: ACCOUNT_CODE,
    switch: { ...ref("DeadManSwitch"), description: "Of a notice about a dead-man's switch." },
    market: text("Of a notice about what a market takes: the first of its names."),
    mode: words("Of such a notice: what it takes now.", MARKET_MODE_WORDS),
  },
  ["data", "account_code", "retry_after", "switch", "market", "mode"],
);

export const ERROR_MESSAGE: ObjectSchema = message(
  "error",
  "About this connection; where the close codes say so, it is closed next.",
  {
    ...FAILURE_MEMBERS,
    account_code: ACCOUNT_CODE,
    earliest_seq: integer("Earliest position that can be replayed from.", { minimum: 0 }),
    latest_seq: SEQ,
  },
  ["data", "account_code", "retry_after", "earliest_seq", "latest_seq"],
);

export const REPLY_MESSAGE: ObjectSchema = message(
  "reply",
  "The answer to a command: its id, then the members of the REST answer.",
  {
    id: text("The command's id."),
    code: integer("0 for success."),
    data: { description: "As the REST answer has it." },
    message: text("Constant text of the code."),
    details: text("For the person."),
    reason: text("Machine word of the cause."),
    retryable: { type: "boolean", description: "The same command is worth repeating later." },
    retry_after: RETRY_AFTER,
    markets: MARKETS,
    receipt: RECEIPT,
  },
  ["data", "message", "details", "reason", "retryable", "retry_after", "markets", "receipt"],
);

const ACCOUNT_POSITION = "[^,]+:[0-9]+(@[0-9A-Za-z_-]{1,64})?";

export const STREAM_QUERY: ObjectSchema = request("What a handshake asks for; signed with it.", {
  after_seq: {
    description:
      "First replay everything later than this: N, or N@HISTORY, which is refused where this " +
      "gateway's history is another; ACCOUNT:N,ACCOUNT:N@HISTORY for a drop copy.",
    oneOf: [
      { type: "integer", minimum: 0 },
      { type: "string", pattern: "^[0-9]+@[0-9A-Za-z_-]{1,64}$" },
      { type: "string", pattern: `^${ACCOUNT_POSITION}(,${ACCOUNT_POSITION})*$` },
    ],
  },
  snapshot: integer("1: the open orders first. Not together with after_seq.", {
    minimum: 0,
    maximum: 1,
  }),
  history: integer("1: a message tells first which history the positions are of.", {
    minimum: 0,
    maximum: 1,
  }),
  live: integer("1: a message tells when all that was missed has been sent.", {
    minimum: 0,
    maximum: 1,
  }),
  heartbeat: integer("Seconds between heartbeats.", {
    minimum: 1,
    maximum: LIMITS.heartbeatSecondsMax.value,
    default: HEARTBEAT_SECONDS_DEFAULT,
  }),
  commands: integer("1: commands are taken on this socket; such a handshake works once.", {
    minimum: 0,
    maximum: 1,
  }),
  cancel_on_disconnect: integer(
    "1: when the last such connection of the key and group is lost, the key's orders are cancelled; " +
      "such a handshake works once.",
    { minimum: 0, maximum: 1 },
  ),
  grace: integer("Seconds to come back in; only with cancel_on_disconnect=1.", {
    minimum: 0,
    maximum: LIMITS.disconnectGraceSecondsMax.value,
    default: DISCONNECT_GRACE_SECONDS_DEFAULT,
  }),
  group: limitedText(
    "Connections that stand in for each other; only with cancel_on_disconnect=1.",
    "disconnectGroupCharactersMax",
  ),
});

/** What a command may do. */
export const COMMAND_OPS = [
  "cancel",
  "cancel_batch",
  "cancel_all",
  "place",
  "place_batch",
  "amend",
] as const;

/** What a command may prefer, in the words of the header Prefer. */
export const PREFER_REPRESENTATION = "return=representation";

export const COMMAND_MESSAGE: ObjectSchema = request(
  "A command on a socket that was opened with commands=1.",
  {
    op: text("What to do.", { enum: COMMAND_OPS }),
    id: limitedText("Names the command: the same id again acts once.", "commandIdCharactersMax", {
      minLength: 1,
    }),
    data: {
      description: "By op.",
      anyOf: [
        ref("CancelRequest"),
        ref("CancelAllRequest"),
        ref("PlaceRequest"),
        ref("AmendRequest"),
        {
          type: "array",
          items: { oneOf: [ref("CancelRequest"), ref("PlaceRequest")] },
          minItems: 1,
          maxItems: LIMITS.batchOrdersMax.value,
        },
      ],
    },
    receipt: text("Of a cancel: a signed receipt is wanted.", { enum: [RECEIPT_KIND] }),
    prefer: text("Whole orders are wanted in the reply.", { enum: [PREFER_REPRESENTATION] }),
  },
  ["op", "id", "data"],
);

export function batchOf(name: string): Schema {
  return array("1 to 5 orders.", ref(name), {
    minItems: 1,
    maxItems: LIMITS.batchOrdersMax.value,
  });
}

/** What answers are wrapped in. */
import { MARKET_WORDS } from "../names.ts";
import {
  answer,
  array,
  boolean,
  integer,
  literal,
  milliseconds,
  type ObjectSchema,
  ref,
  type Schema,
  text,
  words,
} from "./json-schema.ts";

const OK: Schema = { type: "integer", const: 0, description: "Success." };

/** The receipt of a cancel that asked for one. */
export const RECEIPT: Schema = text(
  "Signed statement of the cancel (JWS, EdDSA), where one was asked for; empty when it cannot be " +
    "made just now: send the same request again.",
);

export const ACCEPTED_ANSWER: ObjectSchema = answer("Done, durable.", { code: OK });

export const RETRY_AFTER: Schema = integer(
  "Seconds until the budget covers it; with rate_limited.",
  {
    minimum: 1,
  },
);

/** In the refusal of a symbol. */
export const MARKETS: Schema = array(
  "The markets that the symbol is on; with unknown_symbol, where it is on another one.",
  words("A market's name.", MARKET_WORDS),
);

export const FAILURE: ObjectSchema = answer(
  "The request failed; the error reference lists every code and reason.",
  {
    code: integer("Eight digits that name the cause.", { minimum: 10_000_000 }),
    message: text("Constant text of the code."),
    details: text("For people: what was wrong and what is allowed, or what to do."),
    reason: text("Machine word of the cause."),
    retryable: boolean("The same request, unchanged, is worth repeating later."),
    retry_after: RETRY_AFTER,
    markets: MARKETS,
    data: {
      description:
        "The order that a refused cancel or amend was about; the outcome of a cancel-all.",
      anyOf: [ref("Order"), ref("CancelAllResult")],
    },
  },
  ["retry_after", "markets", "data"],
);

export const TIME: ObjectSchema = answer("The server's clock.", {
  timestamp: milliseconds("Now"),
});

export const RECEIPT_KEYS: ObjectSchema = answer("A JSON Web Key Set (RFC 7517).", {
  keys: array(
    "The one that signs first, then those of older receipts; empty where receipts are off.",
    answer("An Ed25519 public key (RFC 8037).", {
      kty: literal("OKP"),
      crv: literal("Ed25519"),
      x: text("The public key, Base64url."),
      kid: text("Its thumbprint (RFC 7638), as receipts name it."),
      use: literal("sig"),
      alg: literal("EdDSA"),
    }),
  ),
});

export const PLACED: ObjectSchema = answer("The number of a new order.", {
  order_no: text("The gateway's number."),
});

/** What a batch says of one element: code 0, or the failure. */
export const RESULT: Schema = {
  description: "What became of the element.",
  oneOf: [ref("Accepted"), ref("Failure")],
};

export const CANCEL_RESULT: ObjectSchema = answer(
  "One element of a batch of cancels.",
  {
    order_no: text("As asked or resolved; empty when it named no order."),
    reference_id: text("Present only if the element was sent with reference_id alone."),
    result: ref("Result"),
    data: {
      description: "With Prefer: return=representation.",
      anyOf: [ref("CancelledOrder"), ref("Order")],
    },
    receipt: RECEIPT,
  },
  ["reference_id", "data", "receipt"],
);

export const CANCEL_ALL_ORDER: ObjectSchema = answer(
  "One order of a cancel-all.",
  {
    order_no: text("The gateway's number."),
    reference_id: text("The client's own name; empty when it has none."),
    outcome: text("What became of it.", { enum: ["done", "already", "too_late", "failed"] }),
    result: ref("Result"),
    pending: text("While the venue has not answered its cancel; it may still fill.", {
      enum: ["cancel"],
    }),
  },
  ["pending"],
);

const MATCHED = { minimum: 0 };

export const CANCEL_ALL_RESULT: ObjectSchema = answer(
  "The outcome of a cancel-all; of a preview, what it would be.",
  {
    outcome: text("The outcome in one word.", {
      enum: ["nothing_open", "done", "not_all", "nothing_worked", "preview"],
    }),
    matched: integer("Open orders that matched.", MATCHED),
    done: integer("Cancelled by this request.", MATCHED),
    already: integer("Cancelled, or their cancel pending, before their turn.", MATCHED),
    too_late: integer("Filled or rejected before their turn.", MATCHED),
    failed: integer("These work on.", MATCHED),
    pending: integer(
      "Of those done and already: the venue has not answered yet, and they may still fill; left " +
        "out for none.",
      { minimum: 1 },
    ),
    listed: integer("Elements of orders.", MATCHED),
    orders: array("Failed ones first, then too late, already, done.", ref("CancelAllOrder")),
  },
  ["pending"],
);

export const PLACE_RESULT: ObjectSchema = answer(
  "One element of a batch of new orders.",
  {
    order_no: text("The new order's number; empty when none was placed."),
    reference_id: text("As sent."),
    result: ref("Result"),
    data: { ...ref("Order"), description: "With Prefer: return=representation." },
  },
  ["data"],
);

/** Success with data of this schema. */
export function success(data: Schema): Schema {
  return answer("Success.", { code: OK, data });
}

/** Success, with data of this schema where the whole was asked for. */
export function accepted(data: Schema): Schema {
  const shown = { ...data, description: "With Prefer: return=representation." };
  return answer("Done, durable.", { code: OK, data: shown }, ["data"]);
}

/** The answer to a cancel: as {@link accepted}, with a receipt where one was asked for. */
export function acceptedCancel(data: Schema): Schema {
  const shown = { ...data, description: "With Prefer: return=representation." };
  const members = { code: OK, data: shown, receipt: RECEIPT };
  return answer("Done, durable.", members, ["data", "receipt"]);
}

/** A page of rows. */
export function pageOf(rowsName: string, row: string): ObjectSchema {
  return answer("A page, newest first where rows have a time.", {
    total_records: integer("Rows of all pages together.", { minimum: 0 }),
    page: integer("This page, from 1.", { minimum: 1 }),
    page_size: integer("Rows of a page.", { minimum: 1 }),
    [rowsName]: array("The rows.", ref(row)),
  });
}

/** A stream message of this type. */
export function message(
  type: string,
  description: string,
  members: Readonly<Record<string, Schema>>,
  optional: readonly string[] = [],
): ObjectSchema {
  return answer(description, { type: literal(type), ...members }, optional);
}

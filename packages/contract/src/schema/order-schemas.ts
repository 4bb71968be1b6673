/** The order object and single executions, as answers and messages carry them. */
import { CancelReason } from "@countermand/core/model";
import {
  MARKET_WORDS,
  ORDER_SIDE_WORDS,
  ORDER_STATUS_WORDS,
  ORDER_TYPE_WORDS,
  TIME_IN_FORCE_WORDS,
} from "../names.ts";
import {
  answer,
  boolean,
  decimal,
  integer,
  literal,
  type ObjectSchema,
  type Schema,
  seconds,
  text,
  words,
} from "./json-schema.ts";

/** Every word of `cancel_reason`, the empty one of an order that is not cancelled included. */
const CANCEL_REASONS = { words: Object.values(CancelReason) };

const ORDER_MEMBERS: Readonly<Record<string, Schema>> = {
  market: words("The market name the order was placed with.", MARKET_WORDS),
  order_type: words("Order type.", ORDER_TYPE_WORDS),
  symbol: text("What is traded; leading zeros are part of it."),
  name: text("Name of the instrument, for display."),
  order_side: words("Buy or sell.", ORDER_SIDE_WORDS),
  account_code: text("The account that owns the order."),
  order_no: text("The gateway's number: 11 digits or more, rising, never reused."),
  order_status: words(
    "Where the order stands. Treat a word you do not know as unknown and not final.",
    ORDER_STATUS_WORDS,
  ),
  price: decimal("Limit price, currency per unit; 0 for an order at any price."),
  qty: decimal("What was ordered, or amended to; what has traded counts."),
  outstand_qty: decimal("What still works in the market; 0 once the order is closed."),
  execute_qty: decimal("What has traded."),
  execute_amount: decimal("Sum of price times quantity over all fills."),
  charge: decimal("Charges of all fills so far."),
  charge_base_currency: text("Currency of charge."),
  base_currency: text("Currency of prices and amounts."),
  reference_id: text("The client's own name of the order; empty when none was given."),
  portfolio_id: text("The client's own grouping; empty when none was given."),
  reject_reason: text("Why the venue rejected the order; empty otherwise."),
  update_time: seconds("Time of the last event"),
  create_time: seconds("Time the order was placed"),
};

const QUERY_MEMBERS: Readonly<Record<string, Schema>> = {
  execute_price: decimal("Average price of what traded; 0 before the first fill."),
  trigger_price: decimal("Trigger of a stop order; 0 for others."),
};

const ADDITIVE_MEMBERS: Readonly<Record<string, Schema>> = {
  version: integer("Counts the events of this order, from 1; ignore one you have seen.", {
    minimum: 1,
  }),
  time_in_force: words("How long the order lasts.", TIME_IN_FORCE_WORDS),
  cancel_reason: words("Why it was cancelled; empty unless order_status is can.", CANCEL_REASONS),
  pending: {
    ...literal("cancel"),
    description: "Present only while a cancel has not been answered.",
  },
};

const TRADE_MEMBERS: Readonly<Record<string, Schema>> = {
  exec_id: text("Number of this fill, the same on both sides."),
  last_qty: decimal("Quantity of this fill."),
  last_price: decimal("Price of this fill."),
};

const CANCEL_MEMBERS: Readonly<Record<string, Schema>> = {
  cancelled_qty: decimal("What the cancel took out of the market."),
  seq: integer("Position of the order's latest event in the account's stream.", { minimum: 1 }),
  already: boolean("The order was cancelled before this request came."),
  reason: text("What this request did.", {
    enum: ["cancelled", "already_cancelled", "cancel_pending"],
  }),
};

export const ORDER: ObjectSchema = answer(
  "An order, as lists and representations show it.",
  { ...ORDER_MEMBERS, ...QUERY_MEMBERS, ...ADDITIVE_MEMBERS },
  ["pending"],
);

export const ORDER_UPDATE: ObjectSchema = answer(
  "An order after one event, as the stream pushes it; the last three members are there on a trade.",
  { ...ORDER_MEMBERS, ...ADDITIVE_MEMBERS, ...TRADE_MEMBERS },
  ["pending", ...Object.keys(TRADE_MEMBERS)],
);

export const CANCELLED_ORDER: ObjectSchema = answer(
  "An order after a cancel with Prefer: return=representation.",
  { ...ORDER_MEMBERS, ...QUERY_MEMBERS, ...ADDITIVE_MEMBERS, ...CANCEL_MEMBERS },
  ["pending"],
);

/** Of a new order, which has no number yet. */
const ORDER_NO_OR_NONE: Schema = text("The gateway's number; empty for an order not placed yet.");

export const PREVIEWED_ORDER: ObjectSchema = answer(
  "An order as a new one or an amend would leave it now. Nothing was done.",
  {
    ...ORDER_MEMBERS,
    order_no: ORDER_NO_OR_NONE,
    ...QUERY_MEMBERS,
    ...ADDITIVE_MEMBERS,
    on_hold: decimal("What it would hold back then."),
    on_hold_of: text("What that is of: a currency, or the product that is sold."),
  },
  ["pending"],
);

const { seq: _inNoStream, ...PREVIEWED_CANCEL_MEMBERS } = CANCEL_MEMBERS;

export const PREVIEWED_CANCEL: ObjectSchema = answer(
  "An order as a cancel would leave it now. Nothing was done.",
  { ...ORDER_MEMBERS, ...QUERY_MEMBERS, ...ADDITIVE_MEMBERS, ...PREVIEWED_CANCEL_MEMBERS },
  ["pending"],
);

export const EXECUTION: ObjectSchema = answer("One side of one fill.", {
  exec_id: text("Number of the fill, the same on both sides."),
  order_no: text("The order that traded."),
  reference_id: text("The order's reference_id; may be empty."),
  market: words("The market name the order was placed with.", MARKET_WORDS),
  symbol: text("What traded."),
  order_side: words("Buy or sell.", ORDER_SIDE_WORDS),
  last_qty: decimal("Quantity of the fill."),
  last_price: decimal("Price of the fill."),
  last_amount: decimal("Price times quantity."),
  charge: decimal("Charges of this fill."),
  base_currency: text("Currency of the price, the amount and the charges."),
  portfolio_id: text("The client's own grouping; may be empty."),
  trade_time: seconds("Time of the trade"),
});

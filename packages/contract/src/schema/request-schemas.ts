/** What clients send. The decoders take their field names from here. */

import { LIMITS, PAGE_SIZE_DEFAULT } from "../limits.ts";
import {
  BUSINESS_TYPE_WORDS,
  IO_TYPE_WORDS,
  MARKET_WORDS,
  ORDER_SIDE_WORDS,
  ORDER_STATUS_WORDS,
  ORDER_TYPE_WORDS,
  ORDERS_STATES,
  SECURITY_TYPE_WORDS,
  TIME_IN_FORCE_WORDS,
} from "../names.ts";
import {
  decimalInput,
  integer,
  integerInput,
  limitedText,
  type ObjectSchema,
  request,
  type Schema,
  seconds,
  text,
  words,
} from "./json-schema.ts";

const SYMBOL = limitedText('Text with its zeros: "00700".', "symbolCharactersMax");
const MARKET = words("Market.", MARKET_WORDS);
const SIDE = words("Side.", ORDER_SIDE_WORDS);
const ORDER_NO = text("The gateway's number, digits only.", {
  maxLength: LIMITS.orderNoDigitsMax.value,
});
const REFERENCE_ID = limitedText("The client's own name.", "referenceIdCharactersMax");
const PORTFOLIO_ID = limitedText("The client's own grouping.", "portfolioIdCharactersMax");

const NAMING: Readonly<Record<string, Schema>> = {
  order_no: {
    ...ORDER_NO,
    description: "The gateway's number; decides alone where both are given.",
  },
  reference_id: {
    ...REFERENCE_ID,
    description: "The client's own name: the one live order that carries it.",
  },
  only_if: text("unfilled: only while nothing of the order has traded.", {
    enum: ["unfilled", ""],
  }),
  version: integerInput("Only while the order is at this version.", { minimum: 1 }),
};

export const CANCEL_REQUEST: ObjectSchema = request(
  "Which order to cancel: at least one of the first two, not empty.",
  NAMING,
);

export const CANCEL_ALL_REQUEST: ObjectSchema = request(
  "Which open orders to cancel; without a filter all of the account's.",
  {
    market: words("Orders placed with this market name.", MARKET_WORDS),
    symbol: SYMBOL,
    order_side: SIDE,
    portfolio_id: PORTFOLIO_ID,
    order_type: words("Order type.", ORDER_TYPE_WORDS),
    older_than: integerInput("Seconds since the order was created, at least.", {
      minimum: 0,
      maximum: LIMITS.olderThanSecondsMax.value,
    }),
    reference_id_prefix: limitedText("What reference_id begins with.", "referenceIdCharactersMax"),
    preview: integerInput("1: show what would be cancelled, and cancel nothing.", {
      minimum: 0,
      maximum: 1,
    }),
  },
);

export const PLACE_REQUEST: ObjectSchema = request(
  "A new order.",
  {
    market: MARKET,
    order_type: words("Order type.", ORDER_TYPE_WORDS),
    symbol: SYMBOL,
    order_side: SIDE,
    price: decimalInput("Limit price; for the order types that have one."),
    trigger_price: decimalInput("Trigger of a stop order."),
    qty: decimalInput("Quantity, a multiple of the board lot."),
    time_in_force: words("day unless given.", TIME_IN_FORCE_WORDS),
    reference_id: REFERENCE_ID,
    portfolio_id: PORTFOLIO_ID,
    only_if: text("resting: refuse it where it would trade as it comes in (post-only).", {
      enum: ["resting", ""],
    }),
  },
  ["market", "order_type", "symbol", "order_side", "qty"],
);

export const AMEND_REQUEST: ObjectSchema = request(
  "New terms of an open order; what is left out stays.",
  {
    ...NAMING,
    only_if: text(
      "unfilled: only while nothing of the order has traded. " +
        "resting: only if the new terms do not trade as they come in (post-only).",
      { enum: ["unfilled", "resting", ""] },
    ),
    price: decimalInput("New limit price."),
    trigger_price: decimalInput("New trigger of a waiting stop order."),
    qty: decimalInput("New quantity; what has traded counts."),
  },
);

export const QUANTITY_REQUEST: ObjectSchema = request(
  "How much could be traded.",
  {
    market: MARKET,
    symbol: SYMBOL,
    order_side: SIDE,
    price: decimalInput("Needed to buy."),
    ratio: decimalInput("Part of what is free: above 0, at most 1."),
  },
  ["market", "symbol", "order_side", "ratio"],
);

/** Members that choose a page. */
export function pageMembers(indexName: string): Readonly<Record<string, Schema>> {
  return {
    [indexName]: integer("Page, from 1.", {
      minimum: 1,
      maximum: LIMITS.pageIndexMax.value,
      default: 1,
    }),
    page_size: integer("Rows of a page.", {
      minimum: 1,
      maximum: LIMITS.pageSizeMax.value,
      default: PAGE_SIZE_DEFAULT,
    }),
  };
}

const TIMES: Readonly<Record<string, Schema>> = {
  start_time: seconds("From this time on"),
  end_time: seconds("Up to this time, which needs a start_time"),
};

export const ORDERS_QUERY: ObjectSchema = request("Filters and page of an order list.", {
  market: MARKET,
  ...TIMES,
  portfolio_id: PORTFOLIO_ID,
  ...pageMembers("page_index"),
  order_no: ORDER_NO,
  reference_id: REFERENCE_ID,
  order_status: words("Status.", ORDER_STATUS_WORDS),
  symbol: SYMBOL,
  order_side: SIDE,
  state: text("open: may still trade. closed: filled, cancelled or rejected. all unless given.", {
    enum: [...ORDERS_STATES, ""],
  }),
});

export const EXECUTIONS_QUERY: ObjectSchema = request("Filters and page of an execution list.", {
  market: MARKET,
  symbol: SYMBOL,
  order_side: SIDE,
  order_no: ORDER_NO,
  reference_id: REFERENCE_ID,
  portfolio_id: PORTFOLIO_ID,
  ...TIMES,
  ...pageMembers("page_index"),
});

export const POSITIONS_QUERY: ObjectSchema = request("Filters and page of a position list.", {
  market: MARKET,
  security_type: words("Kind of product.", SECURITY_TYPE_WORDS),
  portfolio_id: { ...PORTFOLIO_ID, description: "Positions belong to the account: none has one." },
  ...pageMembers("page"),
});

export const TRANSACTIONS_QUERY: ObjectSchema = request("Filters and page of a statement.", {
  ...pageMembers("page"),
  business_type: words("Why the line is there.", BUSINESS_TYPE_WORDS),
  io_type: words("In or out.", IO_TYPE_WORDS),
  from_date: text("First date, YYYY-MM-DD."),
  to_date: text("Last date, YYYY-MM-DD."),
});

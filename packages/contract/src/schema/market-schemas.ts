/** Public market data. */
import { INTERVAL_WORDS } from "../market/market-words.ts";
import { MARKET_WORDS } from "../names.ts";
import {
  answer,
  array,
  decimal,
  integer,
  milliseconds,
  type ObjectSchema,
  ref,
  type Schema,
  seconds,
  text,
  words,
} from "./json-schema.ts";

export const INTERVALS = { words: INTERVAL_WORDS.map(([word]) => word) };

export const LEVEL: Schema = {
  type: "array",
  description: "Price, total quantity and number of orders at it.",
  prefixItems: [
    { ...decimal("Price."), title: "price" },
    { ...decimal("Total quantity."), title: "qty" },
    { ...integer("Orders."), title: "orderCount" },
  ],
  minItems: 3,
  maxItems: 3,
};

export const MARKET_SYMBOL: ObjectSchema = answer("An instrument, with last and best prices.", {
  symbol: text("Leading zeros are part of it."),
  name: text("For display."),
  markets: array("Market names it is listed under.", words("A market.", MARKET_WORDS)),
  base_currency: text("Currency of prices."),
  price_tick: decimal("Smallest step between two prices."),
  price_max: decimal("Highest price of an order."),
  lot_qty: decimal("Board lot: quantities are multiples of it."),
  qty_max: decimal("Largest quantity of an order."),
  last_price: decimal("Of the latest trade; 0 when there was none."),
  last_qty: decimal("Of the latest trade; 0 when there was none."),
  last_time_ms: milliseconds("Time of the latest trade, 0 when there was none"),
  prev_close: decimal("Last price of the day before; 0 when there was none."),
  day_open: decimal("First price of the day; 0 when there was none."),
  day_high: decimal("Highest price of the day; 0 when there was none."),
  day_low: decimal("Lowest price of the day; 0 when there was none."),
  day_qty: decimal("Quantity traded in the day."),
  day_amount: decimal("Amount traded in the day."),
  day_trades: integer("Trades of the day."),
  bid_price: decimal("Highest bid; 0 when there is none."),
  bid_qty: decimal("Quantity at it."),
  ask_price: decimal("Lowest ask; 0 when there is none."),
  ask_qty: decimal("Quantity at it."),
});

export const MARKET_TRADE: ObjectSchema = answer("A trade.", {
  exec_id: text("Number of the fill, the same on both sides."),
  price: decimal("Price."),
  qty: decimal("Quantity."),
  aggressor_side: text("Side of the incoming order; empty for a trade of an auction.", {
    enum: ["buy", "sell", ""],
  }),
  time_ms: milliseconds("Time"),
});

export const CANDLE: ObjectSchema = answer("Trades of one interval, gathered.", {
  start_time: seconds("Begin of the interval"),
  open: decimal("First price."),
  high: decimal("Highest price."),
  low: decimal("Lowest price."),
  close: decimal("Last price."),
  qty: decimal("Quantity traded."),
  amount: decimal("Amount traded."),
  trades: integer("Number of trades."),
});

/** Where a symbol stood. */
export const MARKET_POSITION = {
  symbol: text("The symbol."),
  epoch: integer("Changes with every start of the gateway; seq counts within one."),
  seq: integer("Counts the changes of the symbol."),
  time_ms: milliseconds("Exchange time of the last change"),
} as const;

export const MARKET_SIDES: Readonly<Record<string, Schema>> = {
  bids: array("Best first.", ref("MarketLevel")),
  asks: array("Best first.", ref("MarketLevel")),
};

export const MARKET_DEPTH: ObjectSchema = answer("The best prices of a book.", {
  ...MARKET_POSITION,
  ...MARKET_SIDES,
});

export const MARKET_SYMBOLS: ObjectSchema = answer("What is traded.", {
  symbols: array("Instruments.", ref("MarketSymbol")),
});

export const MARKET_TRADES: ObjectSchema = answer("The last trades of a symbol.", {
  symbol: text("The symbol."),
  trades: array("Newest first.", ref("MarketTrade")),
});

export const MARKET_CANDLES: ObjectSchema = answer("Candles of a symbol.", {
  symbol: text("The symbol."),
  interval: words("Length of a candle.", INTERVALS),
  candles: array("Oldest first; intervals without trades are left out.", ref("Candle")),
});

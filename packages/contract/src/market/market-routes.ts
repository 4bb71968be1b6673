/** The public routes of market data: rows of the route table. They need no signature. */

/** The market stream's path: a WebSocket, unsigned. */
export const MARKET_STREAM_PATH = "/ws/market/v1";

const PUBLIC = { method: "GET", aliasOf: null, signed: false } as const;

export const MARKET_ROUTES = [
  {
    ...PUBLIC,
    name: "marketSymbols",
    path: "/market/v1/symbols",
    does: "what is traded, with last and best prices",
  },
  {
    ...PUBLIC,
    name: "marketDepth",
    path: "/market/v1/depth",
    does: "the best prices of a book",
  },
  {
    ...PUBLIC,
    name: "marketTrades",
    path: "/market/v1/trades",
    does: "the last trades of a symbol",
  },
  {
    ...PUBLIC,
    name: "marketCandles",
    path: "/market/v1/candles",
    does: "candles of a symbol",
  },
] as const;

export type MarketRouteName = (typeof MARKET_ROUTES)[number]["name"];

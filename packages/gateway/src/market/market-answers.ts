/** The public REST routes of market data: decode, look, encode. */
import {
  decodeCandlesQuery,
  decodeDepthQuery,
  decodeSymbolsQuery,
  decodeTradesQuery,
  encodeCandlesAnswer,
  encodeDepthAnswer,
  encodeFault,
  encodeSymbol,
  encodeSymbolsAnswer,
  encodeTradesAnswer,
  errorSpec,
  type Fault,
  fault,
  isFault,
  type MarketRouteName,
  type SymbolQuery,
} from "@countermand/contract";
import type { Answer } from "../sequencer/sequencer.ts";
import type { MarketDataHub } from "./market-data-hub.ts";
import { publicTrade } from "./market-feed.ts";

type Respond = (hub: MarketDataHub, rawQuery: string) => string | Fault;

const RESPOND: Readonly<Record<MarketRouteName, Respond>> = {
  marketSymbols: symbols,
  marketDepth: depth,
  marketTrades: trades,
  marketCandles: candles,
};

/** The answer of a route; the raw query without "?". */
export function marketAnswer(hub: MarketDataHub, route: MarketRouteName, rawQuery: string): Answer {
  const body = RESPOND[route](hub, rawQuery);
  if (typeof body === "string") return { httpStatus: 200, body };
  return { httpStatus: errorSpec(body.error).httpStatus, body: encodeFault(body) };
}

function symbols(hub: MarketDataHub, rawQuery: string): string | Fault {
  const query = decodeSymbolsQuery(rawQuery);
  if (isFault(query)) return query;
  const nowMs = hub.nowMs();
  const rows = hub.listed(query.market).map((instrument) => {
    const { symbol } = instrument;
    return encodeSymbol(instrument, hub.data.tape.ticker(symbol, nowMs), hub.data.depth(symbol, 1));
  });
  return encodeSymbolsAnswer(rows);
}

function depth(hub: MarketDataHub, rawQuery: string): string | Fault {
  const query = listed(hub, decodeDepthQuery(rawQuery));
  if (isFault(query)) return query;
  const { symbol, levels } = query;
  const { data, epoch } = hub;
  const position = { symbol, epoch, seq: data.seq(symbol), atMs: data.changedAtMs(symbol) };
  return encodeDepthAnswer(position, data.depth(symbol, levels));
}

function trades(hub: MarketDataHub, rawQuery: string): string | Fault {
  const query = listed(hub, decodeTradesQuery(rawQuery));
  if (isFault(query)) return query;
  const newestFirst = hub.data.tape.trades(query.symbol, query.limit).toReversed();
  return encodeTradesAnswer(query.symbol, newestFirst.map(publicTrade));
}

function candles(hub: MarketDataHub, rawQuery: string): string | Fault {
  const query = listed(hub, decodeCandlesQuery(rawQuery));
  if (isFault(query)) return query;
  const { symbol, interval, limit } = query;
  return encodeCandlesAnswer(symbol, interval, hub.data.tape.candles(symbol, interval, limit));
}

/** The query itself, where its symbol exists in its market. */
function listed<Query extends SymbolQuery>(
  hub: MarketDataHub,
  query: Query | Fault,
): Query | Fault {
  if (isFault(query) || hub.isListed(query.symbol, query.market)) return query;
  const { symbol, market } = query;
  const markets = hub.marketsOf(symbol);
  if (market === undefined || markets.length === 0) return unknownSymbol(symbol);
  const where = `not traded on ${market}, but on ${markets.join(", ")}`;
  return { ...fault("UNKNOWN_SYMBOL", `symbol ${symbol} is ${where}`), markets };
}

export function unknownSymbol(symbol: string): Fault {
  return fault("UNKNOWN_SYMBOL", `no instrument has the symbol ${JSON.stringify(symbol)}`);
}

/**
 * The query strings of market data. Order of checks: encoding, unknown or repeated names in the
 * order written, then market, symbol, and the route's own parameters. A parameter with an empty
 * value counts as absent.
 */
import type { MarketName } from "@countermand/core/model";
import { type Fault, isFault } from "../errors.ts";
import { HEARTBEAT_SECONDS_DEFAULT, LIMITS } from "../limits.ts";
import { MARKET_WORDS } from "../names.ts";
import { present, type Range } from "../requests/fields.ts";
import { type QueryReader, queryReader } from "../requests/query-reader.ts";
import {
  DEPTH_LEVELS_DEFAULT,
  type IntervalSeconds,
  intervalFault,
  intervalOf,
  MARKET_ROWS_DEFAULT,
} from "./market-words.ts";

export interface SymbolsQuery {
  /** Only what this market name lists. */
  readonly market?: MarketName;
}

export interface SymbolQuery extends SymbolsQuery {
  readonly symbol: string;
}

export interface DepthQuery extends SymbolQuery {
  /** Prices per side, 1 to 50. */
  readonly levels: number;
}

export interface TradesQuery extends SymbolQuery {
  /** 1 to 500. */
  readonly limit: number;
}

export interface CandlesQuery extends TradesQuery {
  readonly interval: IntervalSeconds;
}

const HEARTBEATS: Range = { min: 1, max: LIMITS.heartbeatSecondsMax.value };
const LEVELS: Range = { min: 1, max: LIMITS.marketLevelsMax.value };
const ROWS: Range = { min: 1, max: LIMITS.marketRowsMax.value };

/** `GET /market/v1/symbols`; the raw query without "?". */
export function decodeSymbolsQuery(rawQuery: string): SymbolsQuery | Fault {
  const reader = queryReader(rawQuery, ["market"]);
  return isFault(reader) ? reader : reader.result(marketOf(reader));
}

/** `GET /market/v1/depth`; the raw query without "?". */
export function decodeDepthQuery(rawQuery: string): DepthQuery | Fault {
  const reader = queryReader(rawQuery, ["market", "symbol", "levels"]);
  if (isFault(reader)) return reader;
  return reader.result({
    ...symbolOf(reader),
    levels: reader.wholeNumber("levels", LEVELS) ?? DEPTH_LEVELS_DEFAULT,
  });
}

/** `GET /market/v1/trades`; the raw query without "?". */
export function decodeTradesQuery(rawQuery: string): TradesQuery | Fault {
  const reader = queryReader(rawQuery, ["market", "symbol", "limit"]);
  if (isFault(reader)) return reader;
  return reader.result({ ...symbolOf(reader), limit: limitOf(reader) });
}

/** `GET /market/v1/candles`; the raw query without "?". */
export function decodeCandlesQuery(rawQuery: string): CandlesQuery | Fault {
  const reader = queryReader(rawQuery, ["market", "symbol", "interval", "limit"]);
  if (isFault(reader)) return reader;
  return reader.result({
    ...symbolOf(reader),
    interval: intervalIn(reader),
    limit: limitOf(reader),
  });
}

/** What the handshake of the market stream asks for. */
export interface MarketStreamQuery {
  /** Seconds between heartbeats, 1 to 30. */
  readonly heartbeatSeconds: number;
}

/** The raw query of the market stream's handshake without "?". */
export function decodeMarketStreamQuery(rawQuery: string): MarketStreamQuery | Fault {
  const reader = queryReader(rawQuery, ["heartbeat"], "INVALID_STREAM_PARAMETER");
  if (isFault(reader)) return reader;
  const heartbeatSeconds = reader.wholeNumber("heartbeat", HEARTBEATS) ?? HEARTBEAT_SECONDS_DEFAULT;
  return reader.result({ heartbeatSeconds });
}

function marketOf(reader: QueryReader): SymbolsQuery {
  return present({ market: reader.word("market", MARKET_WORDS, "INVALID_MARKET") });
}

/** A symbol that was not sent is refused, and "" until the reader says so. */
function symbolOf(reader: QueryReader): SymbolQuery {
  const market = marketOf(reader);
  const symbol = reader.text("symbol", LIMITS.symbolCharactersMax.value, "MALFORMED_SYMBOL");
  if (symbol === undefined) reader.refuse("symbol is required", "MALFORMED_SYMBOL");
  return { ...market, symbol: symbol ?? "" };
}

/** One that is none is refused, and the shortest until the reader says so. */
function intervalIn(reader: QueryReader): IntervalSeconds {
  const word = reader.given("interval") ?? "";
  const interval = intervalOf(word);
  if (interval === undefined) reader.refuse(intervalFault("interval", word), "INVALID_INTERVAL");
  return interval ?? 60;
}

function limitOf(reader: QueryReader): number {
  return reader.wholeNumber("limit", ROWS) ?? MARKET_ROWS_DEFAULT;
}

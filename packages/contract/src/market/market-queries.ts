/**
 * The query strings of market data. Order of checks: encoding, unknown or repeated names in the
 * order written, then market, symbol, and the route's own parameters. A parameter with an empty
 * value counts as absent.
 */
import type { MarketName } from "@countermand/core/model";
import { type ErrorName, type Fault, fault, isFault } from "../errors.ts";
import { HEARTBEAT_SECONDS_DEFAULT, LIMITS } from "../limits.ts";
import { MARKET_WORDS } from "../names.ts";
import { textFault } from "../requests/fields.ts";
import { nameQuery, parseQuery } from "../requests/query-string.ts";
import { shown } from "../shown.ts";
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

type Values = ReadonlyMap<string, string>;

const INTEGER = /^(?:0|[1-9][0-9]{0,15})$/;

/** `GET /market/v1/symbols`; the raw query without "?". */
export function decodeSymbolsQuery(rawQuery: string): SymbolsQuery | Fault {
  const values = namedValues(rawQuery, ["market"]);
  return isFault(values) ? values : marketOf(values);
}

/** `GET /market/v1/depth`; the raw query without "?". */
export function decodeDepthQuery(rawQuery: string): DepthQuery | Fault {
  const values = namedValues(rawQuery, ["market", "symbol", "levels"]);
  if (isFault(values)) return values;
  const symbol = symbolOf(values);
  if (isFault(symbol)) return symbol;
  const levels = integerOf(values, "levels", LIMITS.marketLevelsMax.value);
  if (typeof levels === "object") return levels;
  return { ...symbol, levels: levels ?? DEPTH_LEVELS_DEFAULT };
}

/** `GET /market/v1/trades`; the raw query without "?". */
export function decodeTradesQuery(rawQuery: string): TradesQuery | Fault {
  const values = namedValues(rawQuery, ["market", "symbol", "limit"]);
  if (isFault(values)) return values;
  const symbol = symbolOf(values);
  return isFault(symbol) ? symbol : limited(symbol, values);
}

/** `GET /market/v1/candles`; the raw query without "?". */
export function decodeCandlesQuery(rawQuery: string): CandlesQuery | Fault {
  const values = namedValues(rawQuery, ["market", "symbol", "interval", "limit"]);
  if (isFault(values)) return values;
  const symbol = symbolOf(values);
  if (isFault(symbol)) return symbol;
  const word = given(values, "interval");
  const interval = intervalOf(word);
  if (interval === undefined) return fault("INVALID_INTERVAL", intervalFault("interval", word));
  const query = limited(symbol, values);
  return isFault(query) ? query : { ...query, interval };
}

/** What the handshake of the market stream asks for. */
export interface MarketStreamQuery {
  /** Seconds between heartbeats, 1 to 30. */
  readonly heartbeatSeconds: number;
}

/** The raw query of the market stream's handshake without "?". */
export function decodeMarketStreamQuery(rawQuery: string): MarketStreamQuery | Fault {
  const values = namedValues(rawQuery, ["heartbeat"]);
  if (isFault(values)) return values;
  const { value: max } = LIMITS.heartbeatSecondsMax;
  const heartbeat = integerOf(values, "heartbeat", max, "INVALID_STREAM_PARAMETER");
  if (typeof heartbeat === "object") return heartbeat;
  return { heartbeatSeconds: heartbeat ?? HEARTBEAT_SECONDS_DEFAULT };
}

function namedValues(rawQuery: string, known: readonly string[]): Values | Fault {
  const parameters = parseQuery(rawQuery);
  if (typeof parameters === "string") return fault("MALFORMED_QUERY", parameters);
  const named = nameQuery(parameters, known);
  if ("unknown" in named) {
    const names = known.join(", ");
    return fault("UNKNOWN_QUERY_PARAMETER", `${shown(named.unknown)} is not one of ${names}`);
  }
  if ("repeated" in named) {
    return fault("REPEATED_QUERY_PARAMETER", `${named.repeated} is given twice`);
  }
  return named.values;
}

function marketOf(values: Values): SymbolsQuery | Fault {
  const word = given(values, "market");
  if (word === "") return {};
  const market = MARKET_WORDS.valueOf(word);
  if (market !== undefined) return { market };
  const words = MARKET_WORDS.words.join(", ");
  return fault("INVALID_MARKET", `market must be one of ${words}, not ${shown(word)}`);
}

function symbolOf(values: Values): SymbolQuery | Fault {
  const market = marketOf(values);
  if (isFault(market)) return market;
  const symbol = given(values, "symbol");
  if (symbol === "") return fault("MALFORMED_SYMBOL", "symbol is required");
  const problem = textFault("symbol", symbol, LIMITS.symbolCharactersMax.value);
  return problem === null ? { ...market, symbol } : fault("MALFORMED_SYMBOL", problem);
}

function limited(symbol: SymbolQuery, values: Values): TradesQuery | Fault {
  const limit = integerOf(values, "limit", LIMITS.marketRowsMax.value);
  if (typeof limit === "object") return limit;
  return { ...symbol, limit: limit ?? MARKET_ROWS_DEFAULT };
}

function integerOf(
  values: Values,
  name: string,
  max: number,
  error: ErrorName = "INVALID_QUERY_PARAMETER",
): number | undefined | Fault {
  const text = given(values, name);
  if (text === "") return undefined;
  const value = INTEGER.test(text) ? Number(text) : Number.NaN;
  if (value >= 1 && value <= max) return value;
  return fault(error, `${name} must be a whole number from 1 to ${max}, not ${shown(text)}`);
}

function given(values: Values, name: string): string {
  return values.get(name) ?? "";
}

/**
 * Cancel-all: which open orders of the account, by what they have in common. The same fields in the
 * body or, without one, in the query; none of them means every open order. Order of checks: unknown
 * field, then the fields in the order of the schema.
 */
import type { ClOrdId, MarketName, OrdType, Side } from "@countermand/core/model";
import { type Fault, fault, isFault } from "../errors.ts";
import { JsonObject, type JsonValue, NumberText } from "../json-exact.ts";
import { LIMITS } from "../limits.ts";
import { MARKET_WORDS, ORDER_SIDE_WORDS, ORDER_TYPE_WORDS, type WordTable } from "../names.ts";
import { fieldNames } from "../schema/json-schema.ts";
import { CANCEL_ALL_REQUEST } from "../schema/request-schemas.ts";
import { shown } from "../shown.ts";
import { notText, textFault, unknownField } from "./fields.ts";
import { nameQuery, parseQuery } from "./query-string.ts";

/** An absent field takes every order. */
export interface CancelFilter {
  /** The name the order was placed with. */
  readonly market?: MarketName;
  readonly symbol?: string;
  readonly side?: Side;
  readonly portfolioId?: string;
  readonly ordType?: OrdType;
  /** Whole seconds since the order was created, at least. */
  readonly olderThanS?: number;
  readonly clOrdIdPrefix?: ClOrdId;
}

export interface CancelAllRequest {
  readonly filter: CancelFilter;
  /** Tell what would be cancelled and cancel nothing. */
  readonly isPreview: boolean;
}

const FIELDS = fieldNames(CANCEL_ALL_REQUEST);
/** Fields whose value may be sent as a JSON number. */
const NUMBERS: readonly string[] = ["older_than", "preview"];
const WHOLE_NUMBER = /^(?:0|[1-9][0-9]{0,9})$/;

/** The body of `DELETE /trade/v1/orders/all` and of its POST alias. */
export function decodeCancelAll(value: JsonValue): CancelAllRequest | Fault {
  if (!(value instanceof JsonObject)) {
    return fault("MALFORMED_BODY", "the body must be one JSON object; {} means every open order");
  }
  const unknownName = unknownField(value, FIELDS);
  if (unknownName !== null) return unknown(unknownName);
  const texts = new Map<string, string>();
  for (const [index, name] of value.names.entries()) {
    const text = textOf(name, value.values[index]);
    if (text === null) return invalid(notText(name, value.get(name)));
    texts.set(name, text);
  }
  return decodeTexts(texts);
}

/** The form without a body; the raw query without "?", which may be empty. */
export function decodeCancelAllQuery(rawQuery: string): CancelAllRequest | Fault {
  const parameters = parseQuery(rawQuery);
  if (typeof parameters === "string") return fault("MALFORMED_QUERY", parameters);
  const named = nameQuery(parameters, FIELDS);
  if ("unknown" in named) return unknown(named.unknown);
  if ("repeated" in named) {
    return fault("REPEATED_QUERY_PARAMETER", `${named.repeated} is given twice`);
  }
  return decodeTexts(named.values);
}

function textOf(name: string, value: JsonValue | undefined): string | null {
  if (typeof value === "string") return value;
  return value instanceof NumberText && NUMBERS.includes(name) ? value.text : null;
}

function decodeTexts(texts: ReadonlyMap<string, string>): CancelAllRequest | Fault {
  const market = word(texts, "market", MARKET_WORDS);
  if (isRefused(market)) return market;
  const symbol = text(texts, "symbol", LIMITS.symbolCharactersMax.value);
  if (isRefused(symbol)) return symbol;
  const side = word(texts, "order_side", ORDER_SIDE_WORDS);
  if (isRefused(side)) return side;
  const portfolioId = text(texts, "portfolio_id", LIMITS.portfolioIdCharactersMax.value);
  if (isRefused(portfolioId)) return portfolioId;
  const ordType = word(texts, "order_type", ORDER_TYPE_WORDS);
  if (isRefused(ordType)) return ordType;
  const olderThanS = wholeNumber(texts, "older_than", LIMITS.olderThanSecondsMax.value);
  if (isRefused(olderThanS)) return olderThanS;
  const { value: prefixMax } = LIMITS.referenceIdCharactersMax;
  const clOrdIdPrefix = text(texts, "reference_id_prefix", prefixMax);
  if (isRefused(clOrdIdPrefix)) return clOrdIdPrefix;
  const preview = wholeNumber(texts, "preview", 1);
  if (isRefused(preview)) return preview;
  const filter: CancelFilter = {
    ...(market !== undefined && { market }),
    ...(symbol !== undefined && { symbol }),
    ...(side !== undefined && { side }),
    ...(portfolioId !== undefined && { portfolioId }),
    ...(ordType !== undefined && { ordType }),
    ...(olderThanS !== undefined && { olderThanS }),
    ...(clOrdIdPrefix !== undefined && { clOrdIdPrefix: clOrdIdPrefix as ClOrdId }),
  };
  return { filter, isPreview: preview === 1 };
}

function given(texts: ReadonlyMap<string, string>, name: string): string | undefined {
  const value = texts.get(name);
  return value === "" ? undefined : value;
}

function word<Value extends string>(
  texts: ReadonlyMap<string, string>,
  name: string,
  table: WordTable<Value>,
): Value | undefined | Fault {
  const sent = given(texts, name);
  if (sent === undefined) return undefined;
  const list = table.words.join(", ");
  return table.valueOf(sent) ?? invalid(`${name} must be one of ${list}, not ${shown(sent)}`);
}

function text(
  texts: ReadonlyMap<string, string>,
  name: string,
  charactersMax: number,
): string | undefined | Fault {
  const sent = given(texts, name);
  const problem = sent === undefined ? null : textFault(name, sent, charactersMax);
  return problem === null ? sent : invalid(problem);
}

function wholeNumber(
  texts: ReadonlyMap<string, string>,
  name: string,
  max: number,
): number | undefined | Fault {
  const sent = given(texts, name);
  if (sent === undefined) return undefined;
  const value = WHOLE_NUMBER.test(sent) ? Number(sent) : Number.NaN;
  if (value <= max) return value;
  return invalid(`${name} must be a whole number from 0 to ${max}, not ${shown(sent)}`);
}

function isRefused(value: string | number | undefined | Fault): value is Fault {
  return typeof value === "object" && isFault(value);
}

function unknown(name: string): Fault {
  const list = FIELDS.join(", ");
  return fault("CANCEL_UNKNOWN_FIELD", `unknown field ${shown(name)}; cancel-all takes ${list}`);
}

function invalid(details: string): Fault {
  return fault("INVALID_CANCEL_FILTER", `${details}; nothing was cancelled`);
}

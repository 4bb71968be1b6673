/**
 * Cancel-all: which open orders of the account, by what they have in common. The same fields in the
 * body or, without one, in the query; none of them means every open order. Order of checks: unknown
 * field, then the fields in the order of the schema.
 */
import type { ClOrdId, MarketName, OrdType, Side } from "@countermand/core/model";
import { type Fault, fault } from "../errors.ts";
import { JsonObject, type JsonValue, NumberText } from "../json-exact.ts";
import { LIMITS } from "../limits.ts";
import { MARKET_WORDS, ORDER_SIDE_WORDS, ORDER_TYPE_WORDS } from "../names.ts";
import { fieldNames } from "../schema/json-schema.ts";
import { CANCEL_ALL_REQUEST } from "../schema/request-schemas.ts";
import { shown } from "../shown.ts";
import { kindOf, notText, present, type Range, unknownField } from "./fields.ts";
import { QueryReader } from "./query-reader.ts";
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
const OLDER_THAN: Range = { min: 0, max: LIMITS.olderThanSecondsMax.value };
/** Behind each problem. */
const NOTHING_DONE = "; nothing was cancelled";

/** The body of `DELETE /trade/v1/orders/all` and of its POST alias. */
export function decodeCancelAll(value: JsonValue): CancelAllRequest | Fault {
  if (!(value instanceof JsonObject)) {
    return fault("MALFORMED_BODY", "the body must be one JSON object; {} means every open order");
  }
  const unknownName = unknownField(value, FIELDS);
  if (unknownName !== null) return unknown(unknownName);
  const texts = new Map<string, string>();
  for (const name of value.names) {
    const text = textOf(name, value.get(name));
    if (text === null) {
      const problem = wrongKind(name, value.get(name));
      return fault("INVALID_CANCEL_FILTER", `${problem}${NOTHING_DONE}`);
    }
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

function wrongKind(name: string, value: JsonValue | undefined): string {
  if (!NUMBERS.includes(name)) return notText(name, value);
  return `${name} must be a whole number, not ${kindOf(value)}`;
}

function decodeTexts(texts: ReadonlyMap<string, string>): CancelAllRequest | Fault {
  const reader = new QueryReader(texts, "INVALID_CANCEL_FILTER", NOTHING_DONE);
  const filter = {
    market: reader.word("market", MARKET_WORDS),
    symbol: reader.text("symbol", LIMITS.symbolCharactersMax.value),
    side: reader.word("order_side", ORDER_SIDE_WORDS),
    portfolioId: reader.text("portfolio_id", LIMITS.portfolioIdCharactersMax.value),
    ordType: reader.word("order_type", ORDER_TYPE_WORDS),
    olderThanS: reader.wholeNumber("older_than", OLDER_THAN),
    clOrdIdPrefix: reader.clOrdId("reference_id_prefix"),
  };
  const isPreview = reader.flag("preview");
  return reader.result({ filter: present(filter), isPreview });
}

function unknown(name: string): Fault {
  const list = FIELDS.join(", ");
  return fault("CANCEL_UNKNOWN_FIELD", `unknown field ${shown(name)}; cancel-all takes ${list}`);
}

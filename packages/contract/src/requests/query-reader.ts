/** What the decoders of query strings share. A parameter with an empty value counts as absent. */
import type { OrderId, UnixDay } from "@countermand/core/model";
import { DATE_FORM, parseDate } from "../dates.ts";
import { type ErrorName, type Fault, fault } from "../errors.ts";
import { LIMITS, PAGE_SIZE_DEFAULT } from "../limits.ts";
import type { WordTable } from "../names.ts";
import { shown } from "../shown.ts";
import { orderNoFault, textFault } from "./fields.ts";
import { nameQuery, parseQuery } from "./query-string.ts";

/** Which page of a list. */
export interface PageQuery {
  /** From 1. */
  readonly pageIndex: number;
  /** 1 to 100. */
  readonly pageSize: number;
}

/** Both ends are inclusive. */
export interface TimesQuery {
  /** Unix seconds. */
  readonly startTime?: number;
  /** Unix seconds; not before startTime, without which it is not given. */
  readonly endTime?: number;
}

/** Ten digits reach the year 2286; more digits are another unit. */
const UNIX_SECONDS_MAX = 9_999_999_999;
const INTEGER = /^(?:0|[1-9][0-9]{0,15})$/;

/**
 * The reader of a raw query without "?", which takes the known names. Checked so far: encoding,
 * unknown and repeated names in the order written.
 */
export function queryReader(rawQuery: string, known: readonly string[]): QueryReader | Fault {
  const parameters = parseQuery(rawQuery);
  if (typeof parameters === "string") return fault("MALFORMED_QUERY", parameters);
  const named = nameQuery(parameters, known);
  if ("unknown" in named) {
    const taken = known.length === 0 ? "taken: there are none" : `one of ${known.join(", ")}`;
    return fault("UNKNOWN_QUERY_PARAMETER", `${shown(named.unknown)} is not ${taken}`);
  }
  if ("repeated" in named) {
    return fault("REPEATED_QUERY_PARAMETER", `${named.repeated} is given twice`);
  }
  return new QueryReader(named.values);
}

/** Reads one parameter after the other; the first fault stays and is the answer. */
export class QueryReader {
  readonly #values: ReadonlyMap<string, string>;
  #fault: Fault | null = null;

  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  /** What was read, or the first fault. Ask last. */
  result<T extends object>(query: T): T | Fault {
    return this.#fault ?? query;
  }

  word<Value extends string>(
    name: string,
    table: WordTable<Value>,
    error: ErrorName = "INVALID_QUERY_PARAMETER",
  ): Value | undefined {
    const text = this.#given(name);
    if (text === undefined) return undefined;
    const value = table.valueOf(text);
    if (value === undefined) {
      this.#refuse(error, `${name} must be one of ${table.words.join(", ")}, not ${shown(text)}`);
    }
    return value;
  }

  text(name: string, charactersMax: number): string | undefined {
    const text = this.#given(name);
    const problem = text === undefined ? null : textFault(name, text, charactersMax);
    if (problem !== null) this.#refuse("INVALID_QUERY_PARAMETER", problem);
    return text;
  }

  /** `order_no`. */
  orderId(): OrderId | undefined {
    const text = this.#given("order_no");
    const problem = text === undefined ? null : orderNoFault(text);
    if (problem !== null) this.#refuse("INVALID_QUERY_PARAMETER", problem);
    return text as OrderId | undefined;
  }

  /** `start_time` and `end_time`. */
  times(): TimesQuery {
    const startTime = this.#seconds("start_time");
    const endTime = this.#seconds("end_time");
    if (startTime === undefined) {
      if (endTime !== undefined) this.#refuse("START_TIME_EMPTY", "end_time needs a start_time");
      return {};
    }
    if (endTime === undefined) return { startTime };
    if (endTime < startTime) {
      this.#refuse("INVALID_QUERY_PARAMETER", "end_time lies before start_time");
    }
    return { startTime, endTime };
  }

  date(name: string): UnixDay | undefined {
    const text = this.#given(name);
    if (text === undefined) return undefined;
    const day = parseDate(text);
    if (day !== null) return day;
    const problem = `${name} must be a date such as ${DATE_FORM}, not ${shown(text)}`;
    this.#refuse("INVALID_QUERY_PARAMETER", problem);
    return undefined;
  }

  /** The page, under the names that the list gives its two parameters. */
  page(indexName: string, sizeName: string): PageQuery {
    const pageIndex = this.#integer(indexName, 1, LIMITS.pageIndexMax.value);
    const pageSize = this.#integer(sizeName, 1, LIMITS.pageSizeMax.value);
    return { pageIndex: pageIndex ?? 1, pageSize: pageSize ?? PAGE_SIZE_DEFAULT };
  }

  /** For what only the request itself can tell. */
  refuseUnless(isSound: boolean, details: string): void {
    if (!isSound) this.#refuse("INVALID_QUERY_PARAMETER", details);
  }

  #seconds(name: string): number | undefined {
    const text = this.#given(name);
    if (text !== undefined && INTEGER.test(text) && text.length === 13) {
      const problem = `${name} looks like milliseconds, seconds are expected`;
      this.#refuse("INVALID_QUERY_PARAMETER", problem);
      return undefined;
    }
    return this.#integer(name, 0, UNIX_SECONDS_MAX);
  }

  #integer(name: string, min: number, max: number): number | undefined {
    const text = this.#given(name);
    if (text === undefined) return undefined;
    const value = INTEGER.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    this.#refuse(
      "INVALID_QUERY_PARAMETER",
      `${name} must be a whole number from ${min} to ${max}, not ${shown(text)}`,
    );
    return undefined;
  }

  #given(name: string): string | undefined {
    const text = this.#values.get(name);
    return text === "" ? undefined : text;
  }

  #refuse(error: ErrorName, details: string): void {
    this.#fault ??= fault(error, details);
  }
}

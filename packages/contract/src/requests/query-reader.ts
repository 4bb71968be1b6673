/** What the decoders of query strings share. A parameter with an empty value counts as absent. */
import type { ClOrdId, OrderId, UnixDay } from "@countermand/core/model";
import { DATE_FORM, parseDate } from "../dates.ts";
import { type ErrorName, type Fault, fault } from "../errors.ts";
import { LIMITS, PAGE_SIZE_DEFAULT } from "../limits.ts";
import type { WordTable } from "../names.ts";
import { shown } from "../shown.ts";
import { orderNoFault, type Range, textFault, wholeNumber, wholeNumberRule } from "./fields.ts";
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
const MILLISECONDS = /^[1-9][0-9]{12}$/;

/**
 * The reader of a raw query without "?", which takes the known names. Checked so far: encoding,
 * unknown and repeated names in the order written. `error` is that of values.
 */
export function queryReader(
  rawQuery: string,
  known: readonly string[],
  error: ErrorName = "INVALID_QUERY_PARAMETER",
): QueryReader | Fault {
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
  return new QueryReader(named.values, error);
}

/**
 * Reads one parameter after the other, so that the order of the calls is that of the checks: the
 * first fault stays and is the answer, whatever is read after it.
 */
export class QueryReader {
  readonly #values: ReadonlyMap<string, string>;
  readonly #error: ErrorName;
  readonly #ending: string;
  #fault: Fault | null = null;

  /** Each value that cannot be is refused with this error; the ending follows what is wrong. */
  constructor(values: ReadonlyMap<string, string>, error: ErrorName, ending = "") {
    this.#values = values;
    this.#error = error;
    this.#ending = ending;
  }

  /** What was read, or the first fault. Ask last. */
  result<T extends object>(query: T): T | Fault {
    return this.#fault ?? query;
  }

  word<Value extends string>(
    name: string,
    table: WordTable<Value>,
    error: ErrorName = this.#error,
  ): Value | undefined {
    const text = this.given(name);
    if (text === undefined) return undefined;
    const value = table.valueOf(text);
    if (value === undefined) {
      this.refuse(`${name} must be one of ${table.words.join(", ")}, not ${shown(text)}`, error);
    }
    return value;
  }

  text(name: string, charactersMax: number, error: ErrorName = this.#error): string | undefined {
    const text = this.given(name);
    const problem = text === undefined ? null : textFault(name, text, charactersMax);
    if (problem !== null) this.refuse(problem, error);
    return text;
  }

  /** `order_no`. */
  orderId(): OrderId | undefined {
    const text = this.given("order_no");
    const problem = text === undefined ? null : orderNoFault(text);
    if (problem !== null) this.refuse(problem);
    return text as OrderId | undefined;
  }

  /** The client's own name of an order, or the beginning of one. */
  clOrdId(name: string): ClOrdId | undefined {
    return this.text(name, LIMITS.referenceIdCharactersMax.value) as ClOrdId | undefined;
  }

  /** `start_time` and `end_time`. */
  times(): TimesQuery {
    const startTime = this.#seconds("start_time");
    const endTime = this.#seconds("end_time");
    if (startTime === undefined) {
      if (endTime !== undefined) this.refuse("end_time needs a start_time", "START_TIME_EMPTY");
      return {};
    }
    if (endTime === undefined) return { startTime };
    if (endTime < startTime) this.refuse("end_time lies before start_time");
    return { startTime, endTime };
  }

  date(name: string): UnixDay | undefined {
    const text = this.given(name);
    if (text === undefined) return undefined;
    const day = parseDate(text);
    if (day !== null) return day;
    this.refuse(`${name} must be a date such as ${DATE_FORM}, not ${shown(text)}`);
    return undefined;
  }

  /** The page, under the names that the list gives its two parameters. */
  page(indexName: string, sizeName: string): PageQuery {
    const pageIndex = this.wholeNumber(indexName, { min: 1, max: LIMITS.pageIndexMax.value });
    const pageSize = this.wholeNumber(sizeName, { min: 1, max: LIMITS.pageSizeMax.value });
    return { pageIndex: pageIndex ?? 1, pageSize: pageSize ?? PAGE_SIZE_DEFAULT };
  }

  wholeNumber(name: string, range: Range): number | undefined {
    const text = this.given(name);
    if (text === undefined) return undefined;
    const value = wholeNumber(text, range);
    if (value !== null) return value;
    this.refuse(wholeNumberRule(name, range, shown(text)));
    return undefined;
  }

  /** 1 for yes, 0 or nothing for no. */
  flag(name: string): boolean {
    return this.wholeNumber(name, { min: 0, max: 1 }) === 1;
  }

  /** As it was sent. */
  given(name: string): string | undefined {
    const text = this.#values.get(name);
    return text === "" ? undefined : text;
  }

  /** For what only the request itself can tell. */
  refuse(problem: string, error: ErrorName = this.#error): void {
    this.#fault ??= fault(error, problem + this.#ending);
  }

  #seconds(name: string): number | undefined {
    const text = this.given(name);
    if (text !== undefined && MILLISECONDS.test(text)) {
      this.refuse(`${name} looks like milliseconds, seconds are expected`);
      return undefined;
    }
    return this.wholeNumber(name, { min: 0, max: UNIX_SECONDS_MAX });
  }
}

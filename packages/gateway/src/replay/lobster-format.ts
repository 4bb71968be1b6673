/**
 * The lines of LOBSTER's two files, see docs/protocol/lobster.md. Pure: a line in, what it says
 * out, or a sentence about what is wrong with it. Prices are in 10^-4 dollars, sizes in shares,
 * both as the files have them.
 */
import { LOTS_MAX, Side } from "@countermand/core/model";

export const LobsterType = {
  NewOrder: 1,
  PartialCancel: 2,
  Delete: 3,
  VisibleExecution: 4,
  HiddenExecution: 5,
  CrossTrade: 6,
  TradingHalt: 7,
} as const;
export type LobsterType = (typeof LobsterType)[keyof typeof LobsterType];

/** The types that change the visible book; the others say nothing about an order in it. */
type VisibleType = 1 | 2 | 3 | 4;

/** Something happened to an order of the visible book. */
export interface VisibleMessage {
  readonly type: VisibleType;
  /** Nanoseconds after midnight. */
  readonly timeNs: number;
  /** The file's own name of the order: decimal digits. */
  readonly lobsterId: string;
  /** Entered, cancelled or executed shares; never 0. */
  readonly size: number;
  readonly price: number;
  /** Of the order it names: of an execution, the resting one's. */
  readonly side: Side;
}

/** Nothing that the visible book shows. */
export interface OtherMessage {
  readonly type: Exclude<LobsterType, VisibleType>;
  readonly timeNs: number;
}

export type LobsterMessage = VisibleMessage | OtherMessage;

export interface LobsterLevel {
  readonly price: number;
  readonly size: number;
}

/** The book after a message, best prices first; levels that the file shows empty are left out. */
export interface LobsterRow {
  readonly bids: readonly LobsterLevel[];
  readonly asks: readonly LobsterLevel[];
  /** Levels per side that the file has room for. */
  readonly levelCount: number;
}

/** What an empty level has for a price, negative on the bid side. */
const EMPTY_PRICE = 9_999_999_999;
/** Largest price of an order: one below the mark of an empty level. */
export const LOBSTER_PRICE_MAX = EMPTY_PRICE - 1;

/** Columns of a message: time, type, order id, size, price, direction. */
const MESSAGE_COLUMN_COUNT = 6;
/** Columns of a level: ask price, ask size, bid price, bid size. */
const LEVEL_COLUMN_COUNT = 4;
/** A day and a leap second. */
const SECONDS_MAX = 86_400;

const TIME = /^(0|[1-9][0-9]{0,4})(?:\.([0-9]{1,9}))?$/;
const WHOLE = /^-?(?:0|[1-9][0-9]{0,18})$/;
const ORDER_ID = /^[1-9][0-9]{0,18}$/;
/** Eleven digits hold every price and every size that is taken. */
const ROW = /^-?(?:0|[1-9][0-9]{0,10})(?:,-?(?:0|[1-9][0-9]{0,10}))*$/;

/** Reads a line of the message file. */
export function parseLobsterMessage(line: string): LobsterMessage | string {
  const columns = line.split(",");
  if (columns.length !== MESSAGE_COLUMN_COUNT) {
    return `has ${columns.length} columns instead of ${MESSAGE_COLUMN_COUNT}`;
  }
  const [time = "", typeText = "", lobsterId = "", sizeText = "", priceText = "", direction = ""] =
    columns;
  const timeNs = parseTime(time);
  if (timeNs === null) return `time "${time}" is not seconds with at most 9 decimals`;
  const type = parseType(typeText);
  if (type === null) return `type "${typeText}" is not one of 1 to 7`;
  if (!isVisible(type)) {
    const odd = columns.slice(2).find((column) => !WHOLE.test(column));
    return odd === undefined ? { type, timeNs } : `"${odd}" is not a whole number`;
  }
  if (!ORDER_ID.test(lobsterId)) return `order id "${lobsterId}" is not a positive whole number`;
  const size = parsePositive(sizeText, LOTS_MAX);
  if (size === null) return `size "${sizeText}" is not a whole number from 1 to ${LOTS_MAX}`;
  const price = parsePositive(priceText, LOBSTER_PRICE_MAX);
  if (price === null) {
    return `price "${priceText}" is not a whole number from 1 to ${LOBSTER_PRICE_MAX}`;
  }
  const side = parseDirection(direction);
  if (side === null) return `direction "${direction}" is neither 1 nor -1`;
  return { type, timeNs, lobsterId, size, price, side };
}

/** Reads a line of the order book file. */
export function parseLobsterRow(line: string): LobsterRow | string {
  const columns = line.split(",");
  if (!ROW.test(line)) {
    const odd = columns.find((column) => !ROW.test(column)) ?? "";
    return `"${odd}" is not a whole number of at most 11 digits`;
  }
  if (columns.length % LEVEL_COLUMN_COUNT !== 0) {
    return `has ${columns.length} columns, not ${LEVEL_COLUMN_COUNT} for each level`;
  }
  const values = columns.map(Number);
  const asks = parseLevels(values, 0, "ask", 1);
  if (typeof asks === "string") return asks;
  const bids = parseLevels(values, 2, "bid", -1);
  if (typeof bids === "string") return bids;
  return { bids, asks, levelCount: columns.length / LEVEL_COLUMN_COUNT };
}

/** Dollars, with the four decimals that the file has. */
export function formatLobsterPrice(price: number): string {
  const digits = String(price).padStart(5, "0");
  return `${digits.slice(0, -4)}.${digits.slice(-4)}`;
}

/** Time of day with its nanoseconds. */
export function formatLobsterTime(timeNs: number): string {
  const seconds = Math.floor(timeNs / 1e9);
  const two = (value: number): string => String(value).padStart(2, "0");
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${clock.map(two).join(":")}.${String(timeNs % 1e9).padStart(9, "0")}`;
}

/** One side's levels. `rise` is 1 where prices rise from the best one on, -1 where they fall. */
function parseLevels(
  values: readonly number[],
  firstColumn: number,
  name: string,
  rise: 1 | -1,
): LobsterLevel[] | string {
  const levels: LobsterLevel[] = [];
  let lastPrice = 0;
  let isEnded = false;
  for (let column = firstColumn; column < values.length; column += LEVEL_COLUMN_COUNT) {
    const price = values[column] ?? 0;
    const size = values[column + 1] ?? 0;
    const title = `${name} level ${(column - firstColumn) / LEVEL_COLUMN_COUNT + 1}`;
    if (price === rise * EMPTY_PRICE) {
      if (size !== 0) return `${title} is empty but has size ${size}`;
      isEnded = true;
      continue;
    }
    if (isEnded) return `${title} comes after an empty level`;
    if (price < 1 || price > LOBSTER_PRICE_MAX) return `${title} has price ${price}`;
    if (size < 1 || size > LOTS_MAX) return `${title} has size ${size}`;
    if (lastPrice !== 0 && rise * (price - lastPrice) <= 0) {
      return `${title} is not behind the level before it`;
    }
    levels.push({ price, size });
    lastPrice = price;
  }
  return levels;
}

function parseTime(text: string): number | null {
  const match = TIME.exec(text);
  if (match === null) return null;
  const [, seconds = "", fraction = ""] = match;
  if (Number(seconds) > SECONDS_MAX) return null;
  // At most 86,400,999,999,999: a safe integer, nothing is rounded.
  return Number(seconds) * 1e9 + Number(fraction.padEnd(9, "0"));
}

function parseType(text: string): LobsterType | null {
  return /^[1-7]$/.test(text) ? (Number(text) as LobsterType) : null;
}

function isVisible(type: LobsterType): type is VisibleType {
  return type <= LobsterType.VisibleExecution;
}

function parsePositive(text: string, max: number): number | null {
  if (!ORDER_ID.test(text)) return null;
  const value = Number(text);
  return value <= max ? value : null;
}

function parseDirection(text: string): Side | null {
  if (text === "1") return Side.Buy;
  return text === "-1" ? Side.Sell : null;
}

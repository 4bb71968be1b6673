/**
 * The hours of Hong Kong under the strict rules (docs/concepts/market-rules.md), on full days: what
 * is taken when. A seed's days are weeks in which there is no holiday.
 */
import { DAY_MS, HONG_KONG_AHEAD_MS, hongKongDay, isWeekend, nextBusinessDay } from "./days.ts";
import type { OrderType } from "./orders.ts";

interface Session {
  /** Minutes since midnight in Hong Kong. */
  readonly from: number;
  readonly books: "closed" | "auction" | "continuous";
  readonly takes: ReadonlySet<OrderType>;
  readonly amends: boolean;
  readonly cancels: boolean;
}

const NONE: ReadonlySet<OrderType> = new Set();
const AUCTION: ReadonlySet<OrderType> = new Set(["at_auction_order", "at_auction_limit_order"]);
const INPUT: ReadonlySet<OrderType> = new Set([...AUCTION, "limit_order"]);
const TRADING: ReadonlySet<OrderType> = new Set([
  "limit_order",
  "enhanced_limit_order",
  "market_order",
  "stop_limit_order",
  "stop_market_order",
]);

const closed = (from: number, cancels: boolean): Session => {
  return { from, books: "closed", takes: NONE, amends: false, cancels };
};
const auction = (from: number, takes: Session["takes"], mayChange: boolean): Session => {
  return { from, books: "auction", takes, amends: mayChange, cancels: mayChange };
};
const trading = (from: number): Session => {
  return { from, books: "continuous", takes: TRADING, amends: true, cancels: true };
};
const at = (hours: number, minutes = 0) => 60 * hours + minutes;

const DAY: readonly Session[] = [
  closed(0, true),
  auction(at(9), INPUT, true),
  auction(at(9, 15), AUCTION, false),
  closed(at(9, 22), false),
  trading(at(9, 30)),
  closed(at(12), false),
  closed(at(12, 30), true),
  trading(at(13)),
  closed(at(16), false),
  auction(at(16, 1), INPUT, true),
  auction(at(16, 6), AUCTION, false),
  closed(at(16, 10), true),
];

/** Two minutes each, in which an auction ends at random. */
const RANDOM_ENDS: readonly number[] = [at(9, 20), at(16, 8)];
const ENDED: Session = closed(0, false);

const MINUTE_MS = 60_000;

/** Milliseconds since midnight in Hong Kong. */
function sinceMidnightMs(atMs: number): number {
  return (atMs + HONG_KONG_AHEAD_MS) % DAY_MS;
}

/** The session at a time; two where it may have ended at random. */
function sessionsAt(atMs: number): readonly Session[] {
  const [night] = DAY;
  if (night === undefined || isWeekend(hongKongDay(atMs))) return DAY.slice(0, 1);
  const minute = sinceMidnightMs(atMs) / MINUTE_MS;
  const session = DAY.findLast(({ from }) => from <= minute) ?? night;
  const mayHaveEnded = RANDOM_ENDS.some((from) => from <= minute && minute < from + 2);
  return mayHaveEnded ? [session, ENDED] : [session];
}

/** Whether an order can have traded at that time: an auction does at its end. */
export function mayTrade(atMs: number): boolean {
  if (isWeekend(hongKongDay(atMs))) return false;
  const minute = sinceMidnightMs(atMs) / MINUTE_MS;
  if (RANDOM_ENDS.some((from) => from <= minute && minute <= from + 2)) return true;
  return sessionsAt(atMs).some(({ books }) => books === "continuous");
}

export function mayCancel(atMs: number): boolean {
  return sessionsAt(atMs).some(({ cancels }) => cancels);
}

export function mayAmend(atMs: number): boolean {
  return sessionsAt(atMs).some(({ amends }) => amends);
}

/** What the hours say to a new order of that type: codes, "null" where they take it. */
export function hoursAnswers(atMs: number, type: OrderType): readonly string[] {
  return sessionsAt(atMs).map(({ takes }) => {
    if (takes.size === 0) return "11030157";
    return takes.has(type) ? "null" : "11030158";
  });
}

/** Milliseconds from that time to the next morning in which there is trading. */
export function untilTradingMs(atMs: number): number {
  const day = nextBusinessDay(hongKongDay(atMs));
  return day * DAY_MS - HONG_KONG_AHEAD_MS + at(10) * MINUTE_MS - atMs;
}

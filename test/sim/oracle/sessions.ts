/**
 * The hours of the markets under the strict rules (docs/concepts/market-rules.md): what is taken
 * when, by the clocks on each market's walls.
 */
import {
  DAY_MS,
  type DayKind,
  type Exchange,
  exchangeOf,
  kindOf,
  localDay,
  momentOf,
  nextOpenDay,
  wallTimeMs,
} from "./days.ts";
import type { OrderType, Terms } from "./orders.ts";

interface Session {
  /** Minutes since local midnight. */
  readonly from: number;
  readonly books: "closed" | "auction" | "continuous";
  readonly takes: ReadonlySet<OrderType>;
  readonly amends: boolean;
  readonly cancels: boolean;
}

const NONE: ReadonlySet<OrderType> = new Set();
const AUCTION: ReadonlySet<OrderType> = new Set(["at_auction_order", "at_auction_limit_order"]);
const INPUT: ReadonlySet<OrderType> = new Set([...AUCTION, "limit_order"]);
const SHARES: ReadonlySet<OrderType> = new Set([
  "limit_order",
  "market_order",
  "stop_limit_order",
  "stop_market_order",
]);
const TRADING: ReadonlySet<OrderType> = new Set([...SHARES, "enhanced_limit_order"]);

const closed = (from: number, cancels: boolean): Session => {
  return { from, books: "closed", takes: NONE, amends: false, cancels };
};
const auction = (from: number, takes: Session["takes"], mayChange: boolean): Session => {
  return { from, books: "auction", takes, amends: mayChange, cancels: mayChange };
};
const trading = (from: number, takes = TRADING): Session => {
  return { from, books: "continuous", takes, amends: true, cancels: true };
};
const at = (hours: number, minutes = 0) => 60 * hours + minutes;

const NIGHT = closed(0, true);
const MORNING: readonly Session[] = [
  NIGHT,
  auction(at(9), INPUT, true),
  auction(at(9, 15), AUCTION, false),
  closed(at(9, 22), false),
  trading(at(9, 30)),
];
const closing = (hour: number): readonly Session[] => [
  closed(at(hour), false),
  auction(at(hour, 1), INPUT, true),
  auction(at(hour, 6), AUCTION, false),
  closed(at(hour, 10), true),
];
const ALWAYS = [trading(0, SHARES)];

const DAYS: Readonly<Record<Exchange, Readonly<Record<DayKind, readonly Session[]>>>> = {
  hkex: {
    full: [
      ...MORNING,
      closed(at(12), false),
      closed(at(12, 30), true),
      trading(at(13)),
      ...closing(16),
    ],
    half: [...MORNING, ...closing(12)],
    closed: [NIGHT],
  },
  usex: {
    full: [NIGHT, trading(at(9, 30), SHARES), closed(at(16), true)],
    half: [NIGHT, trading(at(9, 30), SHARES), closed(at(13), true)],
    closed: [NIGHT],
  },
  crypto: { full: ALWAYS, half: ALWAYS, closed: ALWAYS },
};

const ENDED: Session = closed(0, false);

const MINUTE_MS = 60_000;

/** Minutes in which an auction begins to end at random, for two minutes each. */
function randomEnds(exchange: Exchange, kind: DayKind): readonly number[] {
  if (exchange !== "hkex" || kind === "closed") return [];
  return [at(9, 20), at(kind === "full" ? 16 : 12, 8)];
}

interface Clock {
  readonly kind: DayKind;
  readonly minute: number;
}

function clockOf(exchange: Exchange, atMs: number): Clock {
  const minute = (wallTimeMs(exchange, atMs) % DAY_MS) / MINUTE_MS;
  return { kind: kindOf(exchange, localDay(exchange, atMs)), minute };
}

/** The session at a time; two where it may have ended at random. */
function sessionsAt(exchange: Exchange, atMs: number): readonly Session[] {
  const { kind, minute } = clockOf(exchange, atMs);
  const session = DAYS[exchange][kind].findLast(({ from }) => from <= minute) ?? NIGHT;
  const mayHaveEnded = randomEnds(exchange, kind).some((from) => {
    return from <= minute && minute < from + 2;
  });
  return mayHaveEnded ? [session, ENDED] : [session];
}

/** Whether an order can have traded at that time: an auction does at its end. */
export function mayTrade(exchange: Exchange, atMs: number): boolean {
  const { kind, minute } = clockOf(exchange, atMs);
  const isAuctionsEnd = randomEnds(exchange, kind).some((from) => {
    return from <= minute && minute <= from + 2;
  });
  return isAuctionsEnd || sessionsAt(exchange, atMs).some(({ books }) => books === "continuous");
}

export function mayCancel(exchange: Exchange, atMs: number): boolean {
  return sessionsAt(exchange, atMs).some(({ cancels }) => cancels);
}

export function mayAmend(exchange: Exchange, atMs: number): boolean {
  return sessionsAt(exchange, atMs).some(({ amends }) => amends);
}

/** Whether day orders can expire then: when the day's trading is over, and until the next. */
export function mayExpire(exchange: Exchange, atMs: number): boolean {
  const { kind, minute } = clockOf(exchange, atMs);
  if (exchange === "crypto") return minute === 0;
  const sessions = DAYS[exchange][kind];
  const endsFrom = sessions.length === 1 ? 0 : (sessions.at(-1)?.from ?? 0);
  return minute >= endsFrom || minute <= (sessions[1]?.from ?? 0);
}

/** What the hours say to a new order: codes, "null" where they take it. */
export function hoursAnswers(atMs: number, terms: Terms): string[] {
  const { market, order_type: type, time_in_force: time } = terms;
  const exchange = exchangeOf(market);
  if (!DAYS[exchange].full.some(({ takes }) => takes.has(type))) return ["11030102"];
  return sessionsAt(exchange, atMs).map(({ books, takes }) => {
    if (takes.size === 0) return "11030157";
    if (!takes.has(type)) return "11030158";
    const isAtOnce = time === "ioc" || time === "fok";
    return isAtOnce && books === "auction" ? "11030159" : "null";
  });
}

/** What the books of a market do at a time; two things where an auction may have ended. */
export function phasesAt(exchange: Exchange, atMs: number): readonly Session["books"][] {
  return sessionsAt(exchange, atMs).map(({ books }) => books);
}

/** When trading begins or ends next, at the latest; coins trade on and on, by days. */
export function nextTradingMs(exchange: Exchange, atMs: number): number {
  const today = localDay(exchange, atMs);
  for (let day = today; ; day += 1) {
    const sessions = DAYS[exchange][kindOf(exchange, day)];
    const moments = sessions.map(({ from }) => momentOf(exchange, day, from * MINUTE_MS));
    const next = moments.find((ms, index) => {
      const before = sessions[index - 1]?.books ?? "closed";
      return ms > atMs && (exchange === "crypto" || before !== sessions[index]?.books);
    });
    if (next !== undefined) return next;
  }
}

/** Milliseconds from that time to the next morning in which there is trading. */
export function untilTradingMs(exchange: Exchange, atMs: number): number {
  const day = nextOpenDay(exchange, localDay(exchange, atMs));
  return momentOf(exchange, day, at(10) * MINUTE_MS) - atMs;
}

/**
 * What the passing of time does to the books: pure functions of rules, position and time. The
 * driver says what is due, one step at a time; its caller carries each step out before it asks for
 * the next, because what follows depends on it.
 */

import { MarketPhase, type SessionCommand } from "../exchange/exchange-command.ts";
import type { Price } from "../model/decimal.ts";
import type { UnixMs } from "../model/ids.ts";
import { type Instrument, MARKET_GROUP_NAMES, type MarketGroup } from "../model/instrument.ts";
import type { BandLimit, PriceLimit } from "../rules/price-limits.ts";
import type { MarketRules, RuleProfile } from "../rules/profiles.ts";
import { dayOrderExpiry, nextTransition, type SessionPhase, sessionAt } from "../rules/sessions.ts";
import { instantOf, localTime } from "../rules/time/zone.ts";
import type { DayClosed } from "./session-event.ts";

/** What the driver looks at of the exchange. */
export interface SessionBooks {
  phase(symbol: string): MarketPhase;
  lastTradePrice(symbol: string): Price | null;
  ticksOf(symbol: string, price: Price): number;
}

/** What the driver looks at of the days before. */
export interface SessionCloses {
  closePx(symbol: string): Price | null;
}

export interface SessionWorld {
  readonly profile: RuleProfile;
  readonly instruments: readonly Instrument[];
  readonly books: SessionBooks;
  readonly closes: SessionCloses;
}

/** Something to do at a moment: a command for a book, or an event to record. */
export type SessionStep =
  | { readonly atMs: UnixMs; readonly command: SessionCommand }
  | { readonly atMs: UnixMs; readonly event: DayClosed };

/** A moment at which a market's sessions change, or its day orders expire, or both. */
export interface Boundary {
  readonly atMs: UnixMs;
  readonly group: MarketGroup;
  readonly endsDay: boolean;
}

/** The market's first boundary after a moment; null for a market that time does nothing to. */
export function nextBoundary(
  group: MarketGroup,
  rules: MarketRules,
  afterMs: UnixMs,
): Boundary | null {
  const changesAtMs = nextTransition(rules.hours, afterMs)?.atMs ?? null;
  const dayEndsAtMs = rules.dayOrdersExpire ? dayOrderExpiry(rules.hours, afterMs) : null;
  if (changesAtMs === null && dayEndsAtMs === null) return null;
  const first = Math.min(changesAtMs ?? Number.POSITIVE_INFINITY, dayEndsAtMs ?? Infinity);
  return { atMs: first as UnixMs, group, endsDay: first === dayEndsAtMs };
}

/** The first boundary of all markets after a moment; of several at one moment the first market's. */
export function firstBoundary(profile: RuleProfile, afterMs: UnixMs): Boundary | null {
  return earliest(
    MARKET_GROUP_NAMES.map((group) => nextBoundary(group, profile.markets[group], afterMs)),
  );
}

/**
 * Everything that is due after `fromMs` and up to `toMs`, in order of time.
 *
 * However far the way, the work is bounded: once a market has been led through a whole day and that
 * day's end, every further day of the same way is the same one again, in which nothing comes in,
 * nothing trades and nothing is left to expire. Those days are passed over.
 */
export function* dueSteps(
  world: SessionWorld,
  fromMs: UnixMs,
  toMs: UnixMs,
): Generator<SessionStep, void, void> {
  const { markets } = world.profile;
  const ways = MARKET_GROUP_NAMES.map((group) => ({
    group,
    next: nextBoundary(group, markets[group], fromMs),
    endedDays: 0,
  }));
  for (;;) {
    const boundary = earliest(ways.map(({ next }) => next));
    if (boundary === null || boundary.atMs > toMs) return;
    yield* boundarySteps(world, boundary);
    const way = ways.find(({ group }) => group === boundary.group);
    if (way === undefined) return;
    if (boundary.endsDay) way.endedDays += 1;
    const rules = markets[way.group];
    const from = way.endedDays < 2 ? boundary.atMs : laterOf(boundary.atMs, dayBegin(rules, toMs));
    way.next = nextBoundary(way.group, rules, from);
  }
}

/** Leads books that are not in the phase of this moment's session into it. */
export function* alignSteps(world: SessionWorld, atMs: UnixMs): Generator<SessionStep, void, void> {
  for (const group of MARKET_GROUP_NAMES) {
    yield* boundarySteps(world, { atMs, group, endsDay: false });
  }
}

/**
 * The steps of one boundary: an auction that ends is matched, then books change their phase, then
 * the day ends. What is done follows from the phase a book is in, not from the session it should
 * have been in: so nothing is done twice, and nothing is left out.
 */
function* boundarySteps(
  world: SessionWorld,
  { atMs, group, endsDay }: Boundary,
): Generator<SessionStep, void, void> {
  const { hours } = world.profile.markets[group];
  const phase = BOOK_PHASES[sessionAt(hours, atMs).session.terms.phase];
  const before = sessionAt(hours, (atMs - 1) as UnixMs).session.terms;
  for (const { symbol } of listed(world, group)) {
    const current = world.books.phase(symbol);
    if (current === MarketPhase.Auction && phase !== MarketPhase.Auction) {
      const referencePx = auctionReferencePx(before.priceLimit, world, symbol);
      const referenceTicks = referencePx === null ? 0 : world.books.ticksOf(symbol, referencePx);
      yield { atMs, command: { type: "Uncross", symbol, referenceTicks } };
    }
    if (current !== phase) yield { atMs, command: { type: "ChangePhase", symbol, phase } };
  }
  if (!endsDay) return;
  for (const { symbol } of listed(world, group)) {
    yield { atMs, command: { type: "ExpireDay", symbol } };
    const closePx = world.books.lastTradePrice(symbol);
    if (closePx === null || closePx === world.closes.closePx(symbol)) continue;
    yield { atMs, event: { type: "DayClosed", atMs, symbol, closePx } };
  }
}

/** The price that an auction's limits are counted from; null when it is not known. */
export function auctionReferencePx(
  limit: PriceLimit | null,
  { books, closes }: Pick<SessionWorld, "books" | "closes">,
  symbol: string,
): Price | null {
  const band = bandOf(limit);
  if (band === null || band.around === "lastPrice") return books.lastTradePrice(symbol);
  return closes.closePx(symbol);
}

const BOOK_PHASES: { readonly [P in SessionPhase]: MarketPhase } = {
  continuous: MarketPhase.Continuous,
  auction: MarketPhase.Auction,
  closed: MarketPhase.Closed,
};

function bandOf(limit: PriceLimit | null): BandLimit | null {
  if (limit === null || limit.kind === "Quote") return null;
  return limit.kind === "Band" ? limit : limit.firstStage;
}

/** In the order of symbols, whatever the order of the configuration. */
function listed({ instruments }: SessionWorld, group: MarketGroup): readonly Instrument[] {
  return instruments
    .filter(({ marketGroup }) => marketGroup === group)
    .toSorted((a, b) => (a.symbol < b.symbol ? -1 : 1));
}

/** The last moment before the local day of `atMs`. */
function dayBegin({ hours }: MarketRules, atMs: UnixMs): UnixMs {
  const { zone } = hours.calendar;
  return (instantOf(zone, localTime(zone, atMs).day, 0) - 1) as UnixMs;
}

function laterOf(a: UnixMs, b: UnixMs): UnixMs {
  return Math.max(a, b) as UnixMs;
}

/** The first of the earliest ones. */
function earliest(boundaries: readonly (Boundary | null)[]): Boundary | null {
  let first: Boundary | null = null;
  for (const boundary of boundaries) {
    if (boundary !== null && (first === null || boundary.atMs < first.atMs)) first = boundary;
  }
  return first;
}

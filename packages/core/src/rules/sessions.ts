/**
 * The sessions of a market's day, and what each of them takes. A session is a run of seconds of
 * one local day; the sessions of a day follow each other without gap or overlap.
 */
import { assert, at } from "../assert.ts";
import type { OrdType, TimeInForce } from "../model/enums.ts";
import type { UnixMs } from "../model/ids.ts";
import type { UnixDay } from "../model/unix-day.ts";
import { CLOSED_DAYS_MAX, type DayKind, dayKind, type MarketCalendar } from "./calendar.ts";
import type { PriceLimit } from "./price-limits.ts";
import { addDays } from "./time/civil.ts";
import { DAY_S, instantOf, localTime } from "./time/zone.ts";

/** What the exchange does with orders: match at once, collect for one price, or nothing. */
export type SessionPhase = "continuous" | "auction" | "closed";

export interface SessionTerms {
  /** A machine word. */
  readonly name: string;
  readonly phase: SessionPhase;
  /** Types a new order may have; none means that no new order is taken. */
  readonly ordTypes: readonly OrdType[];
  readonly timesInForce: readonly TimeInForce[];
  readonly amends: boolean;
  readonly cancels: boolean;
  /** Null sets no limit to prices. */
  readonly priceLimit: PriceLimit | null;
}

export interface Session {
  /** Second of the local day at which it begins. */
  readonly fromS: number;
  /** Second of the local day at which the next one begins; 86,400 is midnight. */
  readonly toS: number;
  readonly terms: SessionTerms;
}

/** A {@link Session} of every such day. */
export interface PlannedSession extends Session {
  /**
   * When not null, the session ends at a random second of its span, different each day, and these
   * are the terms of what remains of the span.
   */
  readonly afterRandomEnd: SessionTerms | null;
}

/** A row of a timetable: it lasts until the next row begins. */
export type TimetableRow = readonly [
  from: string,
  terms: SessionTerms,
  afterRandomEnd?: SessionTerms,
];

export interface DayPlan {
  readonly sessions: readonly PlannedSession[];
  /** Second of the day at which its day orders expire. */
  readonly dayEndS: number;
}

export type SessionPlan = { readonly [K in DayKind]: DayPlan };

/** All that decides which session it is. */
export interface MarketHours {
  readonly calendar: MarketCalendar;
  readonly plan: SessionPlan;
  /** Decides the random ends: equal seeds give equal moments. A 32-bit integer. */
  readonly seed: number;
}

/** A session on a certain day. It is the answer for every moment from its start until its end. */
export interface SessionAt {
  readonly day: UnixDay;
  readonly session: Session;
  readonly startsAtMs: UnixMs;
  /** The first moment that is not in it any more. */
  readonly endsAtMs: UnixMs;
}

export interface Transition {
  readonly atMs: UnixMs;
  readonly terms: SessionTerms;
}

export type SessionAction = "place" | "amend" | "cancel";

/** Something that a session forbids. */
export interface ClosedWindow {
  /** The first moment at which it is allowed again. */
  readonly reopensAtMs: UnixMs;
}

export function dayPlan(rows: readonly TimetableRow[], dayEnd: string): DayPlan {
  const starts = rows.map(([from]) => secondOf(from));
  assert(starts[0] === 0, "a day begins at midnight");
  const sessions = rows.map(([, terms, afterRandomEnd], index) => {
    const fromS = at(starts, index);
    const toS = starts[index + 1] ?? DAY_S;
    assert(toS > fromS && toS <= DAY_S, "sessions follow each other inside one day");
    return { fromS, toS, terms, afterRandomEnd: afterRandomEnd ?? null };
  });
  return { sessions, dayEndS: secondOf(dayEnd) };
}

/** Throws unless each action is taken at some time of every open day. */
export function marketHours(
  calendar: MarketCalendar,
  plan: SessionPlan,
  seed: number,
): MarketHours {
  assert(seed === (seed | 0), "a seed is a 32-bit integer");
  for (const { sessions } of [plan.full, plan.half]) {
    for (const action of Object.values(ALLOWS)) {
      assert(
        sessions.some(({ terms }) => action(terms)),
        "each action is taken at some time of an open day",
      );
    }
  }
  return { calendar, plan, seed };
}

/** The sessions of a local day, in order, random ends decided. */
export function daySessions(hours: MarketHours, day: UnixDay): readonly Session[] {
  const { sessions } = hours.plan[dayKind(hours.calendar, day)];
  return sessions.flatMap((planned) => {
    const { fromS, toS, terms, afterRandomEnd } = planned;
    const endS = endOf(hours, planned, day);
    if (afterRandomEnd === null || endS === toS) return [{ fromS, toS, terms }];
    return [
      { fromS, toS: endS, terms },
      { fromS: endS, toS, terms: afterRandomEnd },
    ];
  });
}

/** What was asked for last of each market: nearly always what is asked for next. */
const latest = new WeakMap<MarketHours, SessionAt>();

export function sessionAt(hours: MarketHours, atMs: UnixMs): SessionAt {
  const known = latest.get(hours);
  if (known !== undefined && atMs >= known.startsAtMs && atMs < known.endsAtMs) return known;
  const found = foundSession(hours, atMs);
  latest.set(hours, found);
  return found;
}

function foundSession(hours: MarketHours, atMs: UnixMs): SessionAt {
  const { zone } = hours.calendar;
  const { day, secondOfDay } = localTime(zone, atMs);
  const session = sessionOf(hours, day, secondOfDay);
  return {
    day,
    session,
    startsAtMs: instantOf(zone, day, session.fromS),
    endsAtMs: instantOf(zone, day, session.toS),
  };
}

/**
 * The next moment at which other terms hold, and which; null for a market whose terms never
 * change. A midnight or a holiday that changes nothing is no transition.
 */
export function nextTransition(hours: MarketHours, atMs: UnixMs): Transition | null {
  const { terms } = sessionAt(hours, atMs).session;
  const isOther = (next: SessionTerms) => next !== terms;
  return hasTerms(hours, isOther) ? firstWhere(hours, atMs, isOther) : null;
}

/** Whether some session of some day has them: a market without rules need not be looked through. */
function hasTerms({ plan }: MarketHours, holds: (terms: SessionTerms) => boolean): boolean {
  return [plan.full, plan.half, plan.closed].some(({ sessions }) =>
    sessions.some(({ terms, afterRandomEnd }) => holds(terms) || holds(afterRandomEnd ?? terms)),
  );
}

/** Null while the action is allowed, else when it is allowed again. */
export function actionWindow(
  hours: MarketHours,
  atMs: UnixMs,
  action: SessionAction,
): ClosedWindow | null {
  return isAllowed(sessionAt(hours, atMs).session.terms, action)
    ? null
    : reopening(hours, atMs, action);
}

export function isAllowed(terms: SessionTerms, action: SessionAction): boolean {
  return ALLOWS[action](terms);
}

/** When the next session begins that allows the action. */
export function reopening(hours: MarketHours, atMs: UnixMs, action: SessionAction): ClosedWindow {
  const transition = firstWhere(hours, atMs, ALLOWS[action]);
  assert(transition !== null, "each action is taken at some time of an open day");
  return { reopensAtMs: transition.atMs };
}

/** The types that some session of the market takes. */
export function ordTypesTaken({ plan }: MarketHours): ReadonlySet<OrdType> {
  const sessions = [...plan.full.sessions, ...plan.half.sessions];
  return new Set(sessions.flatMap(({ terms }) => terms.ordTypes));
}

/** The first session after this moment's that begins while `holds` is true of its terms. */
export function firstWhere(
  hours: MarketHours,
  atMs: UnixMs,
  holds: (terms: SessionTerms) => boolean,
): Transition | null {
  const { zone } = hours.calendar;
  const { day, session } = sessionAt(hours, atMs);
  // An open day has every session there is, and comes within the longest closure.
  for (let count = 0; count <= CLOSED_DAYS_MAX + 1; count += 1) {
    const later = addDays(day, count);
    for (const { fromS, terms } of daySessions(hours, later)) {
      const isLater = count > 0 || fromS > session.fromS;
      if (isLater && holds(terms)) return { atMs: instantOf(zone, later, fromS), terms };
    }
  }
  return null;
}

/** When a day order placed at this moment expires: at the next end of an open day. */
export function dayOrderExpiry(hours: MarketHours, atMs: UnixMs): UnixMs {
  const { calendar, plan } = hours;
  const { day } = localTime(calendar.zone, atMs);
  for (let count = 0; count <= CLOSED_DAYS_MAX + 1; count += 1) {
    const later = addDays(day, count);
    const kind = dayKind(calendar, later);
    if (kind === "closed") continue;
    const endsAtMs = instantOf(calendar.zone, later, plan[kind].dayEndS);
    if (endsAtMs > atMs) return endsAtMs;
  }
  assert(false, "an open day comes within the longest closure");
}

/** The latest end of an open day up to this moment, the moment included. */
export function lastDayEnd(hours: MarketHours, atMs: UnixMs): UnixMs {
  const { calendar, plan } = hours;
  const { day } = localTime(calendar.zone, atMs);
  for (let count = 0; count <= CLOSED_DAYS_MAX + 1; count += 1) {
    const earlier = addDays(day, -count);
    const kind = dayKind(calendar, earlier);
    if (kind === "closed") continue;
    const endsAtMs = instantOf(calendar.zone, earlier, plan[kind].dayEndS);
    if (endsAtMs <= atMs) return endsAtMs;
  }
  assert(false, "an open day lies within the longest closure");
}

/** The market's local date: the trade date of what happens at this moment. */
export function marketDay({ calendar }: MarketHours, atMs: UnixMs): UnixDay {
  return localTime(calendar.zone, atMs).day;
}

const ALLOWS: { readonly [A in SessionAction]: (terms: SessionTerms) => boolean } = {
  place: ({ ordTypes }) => ordTypes.length > 0,
  amend: ({ amends }) => amends,
  cancel: ({ cancels }) => cancels,
};

function sessionOf(hours: MarketHours, day: UnixDay, secondOfDay: number): Session {
  const { sessions } = hours.plan[dayKind(hours.calendar, day)];
  const planned = sessions.find(({ toS }) => secondOfDay < toS);
  assert(planned !== undefined, "sessions cover the day");
  const { fromS, toS, terms, afterRandomEnd } = planned;
  const endS = endOf(hours, planned, day);
  return afterRandomEnd === null || secondOfDay < endS
    ? { fromS, toS: endS, terms }
    : { fromS: endS, toS, terms: afterRandomEnd };
}

/** Where a session ends on a day: at the latest at its planned end, after one second at least. */
function endOf({ seed }: MarketHours, session: PlannedSession, day: UnixDay): number {
  const { fromS, toS, afterRandomEnd } = session;
  if (afterRandomEnd === null) return toS;
  return fromS + 1 + (mixed(mixed(mixed(seed) + day) + fromS) % (toS - fromS));
}

/** Spreads an integer over 0 to 2^32 - 1; near inputs give unlike outputs. */
function mixed(value: number): number {
  let bits = Math.imul((value | 0) ^ 0x5bd1_e995, 0x9e37_79b1);
  bits = Math.imul(bits ^ (bits >>> 15), 0x85eb_ca77);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2_ae3d);
  return (bits ^ (bits >>> 16)) >>> 0;
}

/** Reads `09:30`; `24:00` is the end of the day. */
function secondOf(text: string): number {
  const match = /^([0-9]{2}):([0-5][0-9])$/.exec(text);
  assert(match !== null, "a time of day is written HH:MM");
  const [, hours = "", minutes = ""] = match;
  const second = Number.parseInt(hours, 10) * 3600 + Number.parseInt(minutes, 10) * 60;
  assert(second <= DAY_S, "a day ends at 24:00");
  return second;
}

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { type MarketName, OrdType } from "../model/enums.ts";
import type { UnixMs } from "../model/ids.ts";
import type { UnixDay } from "../model/unix-day.ts";
import { marketCalendar } from "./calendar.ts";
import { CRYPTO_CALENDAR } from "./markets/always-open.ts";
import { HKEX_CALENDAR, HKEX_SESSIONS } from "./markets/hkex.ts";
import { ruleProfile } from "./profiles.ts";
import {
  actionWindow,
  type DayPlan,
  dayOrderExpiry,
  dayPlan,
  daySessions,
  isAllowed,
  lastDayEnd,
  type MarketHours,
  marketDay,
  marketHours,
  nextTransition,
  ordTypesTaken,
  type SessionAction,
  type SessionTerms,
  sessionAt,
} from "./sessions.ts";
import { addDays, dayOf, formatDay } from "./time/civil.ts";
import { DAY_S, instantOf } from "./time/zone.ts";

const SEED = 7;
const STRICT = ruleProfile("strict", { seed: SEED }).markets;
const REFERENCE = ruleProfile("reference", { seed: SEED }).markets;
const ALL_HOURS: readonly MarketHours[] = [
  ...Object.values(STRICT).map(({ hours }) => hours),
  ...Object.values(REFERENCE).map(({ hours }) => hours),
];
const HOURS = fc.constantFrom(...ALL_HOURS);
const DAYS = fc.integer({ min: dayOf("2025-01-01"), max: dayOf("2027-12-31") });
const MOMENTS = fc.oneof(
  fc.integer({ min: Date.UTC(2025, 0, 2), max: Date.UTC(2027, 11, 30) }),
  // Around the ends of sessions, which are whole minutes in every market.
  fc
    .tuple(
      fc.integer({ min: Date.UTC(2025, 0, 2) / 60_000, max: Date.UTC(2027, 11, 30) / 60_000 }),
      fc.integer({ min: -1, max: 1 }),
    )
    .map(([minute, off]) => minute * 60_000 + off),
);
const ACTIONS = fc.constantFrom<SessionAction>("place", "amend", "cancel");
const RUNS = { numRuns: 300 };

test("sessions: those of a day follow each other from midnight to midnight", () => {
  fc.assert(
    fc.property(HOURS, DAYS, (hours, number) => {
      const day = number as UnixDay;
      let next = 0;
      for (const { fromS, toS } of daySessions(hours, day)) {
        assert.equal(fromS, next);
        assert.ok(toS > fromS);
        next = toS;
      }
      assert.equal(next, DAY_S);
      assert.equal(
        instantOf(hours.calendar.zone, day, DAY_S),
        instantOf(hours.calendar.zone, addDays(day, 1), 0),
      );
    }),
    RUNS,
  );
});

test("sessions: every moment lies in one session, which the day's list holds", () => {
  fc.assert(
    fc.property(HOURS, MOMENTS, (hours, moment) => {
      const atMs = moment as UnixMs;
      const { day, session, startsAtMs, endsAtMs } = sessionAt(hours, atMs);
      assert.ok(startsAtMs <= atMs && atMs < endsAtMs);
      assert.deepEqual(sessionAt(hours, startsAtMs).session, session);
      assert.deepEqual(sessionAt(hours, (endsAtMs - 1) as UnixMs).session, session);
      assert.equal(sessionAt(hours, endsAtMs).startsAtMs, endsAtMs);
      const listed = daySessions(hours, day).find(({ fromS }) => fromS === session.fromS);
      assert.deepEqual(listed, session);
    }),
    RUNS,
  );
});

test("sessions: which one it is does not depend on what was asked before", () => {
  // Hours that are equal and another object were never asked.
  fc.assert(
    fc.property(HOURS, MOMENTS, fc.integer({ min: -DAY_S, max: DAY_S }), (hours, ms, offS) => {
      const [before, then] = [ms as UnixMs, (ms + offS * 1000) as UnixMs];
      for (const atMs of [before, then, before]) {
        assert.deepEqual(sessionAt(hours, atMs), sessionAt({ ...hours }, atMs));
      }
    }),
    RUNS,
  );
});

test("sessions: what is forbidden is allowed when it reopens and not the moment before", () => {
  fc.assert(
    fc.property(HOURS, MOMENTS, ACTIONS, (hours, moment, action) => {
      const atMs = moment as UnixMs;
      const window = actionWindow(hours, atMs, action);
      assert.equal(window === null, isAllowed(sessionAt(hours, atMs).session.terms, action));
      if (window === null) return;
      const { reopensAtMs } = window;
      const justBefore = (reopensAtMs - 1) as UnixMs;
      assert.ok(reopensAtMs > atMs);
      assert.equal(actionWindow(hours, reopensAtMs, action), null);
      assert.deepEqual(actionWindow(hours, justBefore, action), { reopensAtMs });
      // No session in between allows it.
      let session = sessionAt(hours, atMs);
      while (session.endsAtMs < reopensAtMs) {
        session = sessionAt(hours, session.endsAtMs);
        assert.equal(isAllowed(session.session.terms, action), false);
      }
    }),
    RUNS,
  );
});

test("sessions: a transition is the next moment with other terms", () => {
  fc.assert(
    fc.property(HOURS, MOMENTS, (hours, moment) => {
      const atMs = moment as UnixMs;
      const { terms } = sessionAt(hours, atMs).session;
      const transition = nextTransition(hours, atMs);
      if (transition === null) {
        assert.equal(new Set(Object.values(hours.plan)).size, 1);
        return;
      }
      assert.ok(transition.atMs > atMs);
      assert.notEqual(transition.terms, terms);
      assert.equal(sessionAt(hours, transition.atMs).session.terms, transition.terms);
      const justBefore = (transition.atMs - 1) as UnixMs;
      assert.equal(sessionAt(hours, justBefore).session.terms, terms);
    }),
    RUNS,
  );
});

test("sessions: walking the transitions visits the sessions of a week", () => {
  const { hours } = STRICT.usex;
  const walked: string[] = [];
  let transition = nextTransition(hours, ms("2026-07-01T00:00:00Z"));
  while (transition !== null && transition.atMs < ms("2026-07-07T00:00:00Z")) {
    walked.push(`${new Date(transition.atMs).toISOString().slice(0, 16)} ${transition.terms.name}`);
    transition = nextTransition(hours, transition.atMs);
  }
  assert.deepEqual(walked, [
    "2026-07-01T13:30 continuous",
    "2026-07-01T20:00 closed",
    "2026-07-02T13:30 continuous",
    "2026-07-02T20:00 closed",
    "2026-07-06T13:30 continuous",
    "2026-07-06T20:00 closed",
  ]);
});

test("sessions: markets that never change have no transition and forbid nothing", () => {
  for (const { hours } of [...Object.values(REFERENCE), STRICT.crypto]) {
    const atMs = ms("2025-12-25T03:00:00Z");
    assert.equal(nextTransition(hours, atMs), null);
    for (const action of ["place", "amend", "cancel"] as const) {
      assert.equal(actionWindow(hours, atMs, action), null);
    }
  }
});

test("sessions: the order types that a market takes at some time", () => {
  const { Auction, AuctionLimit, EnhancedLimit, ...everywhere } = OrdType;
  const plain = new Set(Object.values(everywhere));
  const enhanced = new Set([...plain, EnhancedLimit]);
  assert.deepEqual(ordTypesTaken(REFERENCE.hkex.hours), enhanced);
  assert.deepEqual(ordTypesTaken(REFERENCE.crypto.hours), enhanced);
  assert.deepEqual(ordTypesTaken(STRICT.hkex.hours), new Set([...enhanced, Auction, AuctionLimit]));
  assert.deepEqual(ordTypesTaken(STRICT.usex.hours), plain);
  assert.deepEqual(ordTypesTaken(STRICT.crypto.hours), plain);
});

test("sessions: a day order expires at the next end of an open day", () => {
  const rows: readonly (readonly [MarketName, placed: string, expires: string])[] = [
    ["hkex", "2025-08-04T01:30:00Z", "2025-08-04T08:10:00Z"],
    ["hkex", "2025-08-04T08:09:59.999Z", "2025-08-04T08:10:00Z"],
    ["hkex", "2025-08-04T08:10:00Z", "2025-08-05T08:10:00Z"],
    ["hkex", "2025-08-08T12:00:00Z", "2025-08-11T08:10:00Z"],
    ["hkex", "2025-01-28T02:00:00Z", "2025-01-28T04:10:00Z"],
    ["hkex", "2025-01-28T04:10:00Z", "2025-02-03T08:10:00Z"],
    ["usex", "2025-07-03T14:00:00Z", "2025-07-03T17:00:00Z"],
    ["usex", "2025-03-07T22:00:00Z", "2025-03-10T20:00:00Z"],
    ["crypto", "2025-07-03T14:00:00Z", "2025-07-04T00:00:00Z"],
    ["crypto", "2025-07-04T00:00:00Z", "2025-07-05T00:00:00Z"],
  ];
  for (const [market, placed, expires] of rows) {
    const expiry = dayOrderExpiry(STRICT[market].hours, ms(placed));
    assert.equal(new Date(expiry).toISOString(), new Date(expires).toISOString(), placed);
  }
});

test("sessions: the latest day end is the one that the next one follows", () => {
  fc.assert(
    fc.property(HOURS, MOMENTS, (hours, number) => {
      const atMs = number as UnixMs;
      const ended = lastDayEnd(hours, atMs);
      assert.ok(ended <= atMs);
      assert.equal(dayOrderExpiry(hours, (ended - 1) as UnixMs), ended);
      assert.equal(dayOrderExpiry(hours, ended), dayOrderExpiry(hours, atMs));
    }),
    RUNS,
  );
});

test("sessions: the market's date is the local one", () => {
  const evening = ms("2025-08-04T16:00:00Z");
  assert.equal(formatDay(marketDay(STRICT.hkex.hours, evening)), "2025-08-05");
  assert.equal(formatDay(marketDay(STRICT.usex.hours, evening)), "2025-08-04");
  assert.equal(formatDay(marketDay(REFERENCE.hkex.hours, evening)), "2025-08-05");
  assert.equal(formatDay(marketDay(STRICT.crypto.hours, evening)), "2025-08-04");
});

test("sessions: random ends lie inside their span and depend on seed and day alone", () => {
  const seeds = fc.integer();
  const calendar = marketCalendar(HKEX_CALENDAR);
  fc.assert(
    fc.property(seeds, DAYS, (seed, number) => {
      const day = number as UnixDay;
      const hours = marketHours(calendar, HKEX_SESSIONS, seed);
      const sessions = daySessions(hours, day);
      assert.deepEqual(daySessions(marketHours(calendar, HKEX_SESSIONS, seed), day), sessions);
      for (const { fromS, toS, terms } of sessions) {
        if (!["random_matching", "random_closing"].includes(terms.name)) continue;
        assert.ok(toS - fromS >= 1 && toS - fromS <= 120);
      }
    }),
    RUNS,
  );
});

test("sessions: random ends are spread over the whole span", () => {
  const { hours } = STRICT.hkex;
  const lengths = new Map<string, Set<number>>();
  for (let day = dayOf("2025-01-01"); day <= dayOf("2027-12-31"); day = addDays(day, 1)) {
    for (const { fromS, toS, terms } of daySessions(hours, day)) {
      const seen = lengths.get(terms.name) ?? new Set();
      lengths.set(terms.name, seen.add(toS - fromS));
    }
  }
  for (const name of ["random_matching", "random_closing"]) {
    const seen = lengths.get(name) ?? new Set();
    assert.ok(seen.size > 110, `${seen.size} different lengths`);
    assert.ok(Math.min(...seen) === 1 && Math.max(...seen) === 120);
  }
});

test("sessions: an unsound timetable is a bug", () => {
  const open: SessionTerms = {
    name: "open",
    phase: "continuous",
    ordTypes: [OrdType.Limit],
    timesInForce: [],
    amends: true,
    cancels: true,
    priceLimit: null,
  };
  const plan = (day: DayPlan) => ({ full: day, half: day, closed: day });
  const calendar = marketCalendar(CRYPTO_CALENDAR);
  assert.throws(() => dayPlan([["00:01", open]], "24:00"), /begins at midnight/);
  assert.throws(
    () =>
      dayPlan(
        [
          ["00:00", open],
          ["00:00", open],
        ],
        "24:00",
      ),
    /follow each other/,
  );
  assert.throws(
    () =>
      dayPlan(
        [
          ["00:00", open],
          ["24:00", open],
        ],
        "24:00",
      ),
    /follow each other/,
  );
  assert.throws(() => dayPlan([["00:00", open]], "24:01"), /ends at 24:00/);
  assert.throws(() => dayPlan([["00:00", open]], "9:00"), /HH:MM/);
  const mute = dayPlan([["00:00", { ...open, cancels: false }]], "24:00");
  assert.throws(() => marketHours(calendar, plan(mute), 1), /each action is taken/);
  const sound = plan(dayPlan([["00:00", open]], "24:00"));
  assert.throws(() => marketHours(calendar, sound, 2 ** 32), /32-bit/);
  assert.throws(() => marketHours(calendar, sound, 0.5), /32-bit/);
});

function ms(utc: string): UnixMs {
  return Date.parse(utc) as UnixMs;
}

/** Whole sets of market rules to choose from. What differs between them is data only. */
import { MarketName } from "../model/enums.ts";
import { assertInstrument, type Instrument } from "../model/instrument.ts";
import { type CalendarSpec, type MarketCalendar, marketCalendar } from "./calendar.ts";
import {
  CRYPTO_CALENDAR,
  CRYPTO_SESSIONS,
  everyDay,
  REFERENCE_SESSIONS,
} from "./markets/always-open.ts";
import { HKEX_CALENDAR, HKEX_LOTS_MAX, HKEX_SESSIONS, HKEX_SPREADS } from "./markets/hkex.ts";
import { USEX_CALENDAR, USEX_SESSIONS, USEX_SPREADS } from "./markets/usex.ts";
import { type MarketHours, marketHours } from "./sessions.ts";
import { gridTick, type SpreadSchedule } from "./spread-table.ts";
import { HONG_KONG, NEW_YORK } from "./time/zone.ts";

/** The rules of one market. */
export interface MarketRules {
  /** Sessions, what each forbids, and the price limits that hold in it. */
  readonly hours: MarketHours;
  /** Null: the instrument's own tick, at every price and on every day. */
  readonly spreads: SpreadSchedule | null;
  /** Board lots that one order may have at most; null for no limit but the instrument's. */
  readonly lotsMax: bigint | null;
  /** Whether a day order that is open at its day's end expires then. */
  readonly dayOrdersExpire: boolean;
  readonly settlement: SettlementRule;
}

/** Money and shares of a trade change hands `days` settlement days after it. */
export interface SettlementRule {
  readonly calendar: MarketCalendar;
  readonly days: number;
}

export interface RuleProfile {
  readonly name: RuleProfileName;
  readonly markets: { readonly [M in MarketName]: MarketRules };
}

export interface RuleProfileOptions {
  /** Decides the auctions' random ends; a 32-bit integer. */
  readonly seed: number;
  /** In place of {@link HKEX_CALENDAR} and {@link USEX_CALENDAR}, for days they do not know. */
  readonly calendars?: { readonly hkex?: CalendarSpec; readonly usex?: CalendarSpec };
}

type RuleProfileBuilder = (options: RuleProfileOptions) => RuleProfile["markets"];

/**
 * `reference` takes what the reference page shows, at any time of any day; `strict` has the
 * exchanges' own rules.
 */
const BUILDERS = { reference: referenceMarkets, strict: strictMarkets } as const;
BUILDERS satisfies Readonly<Record<string, RuleProfileBuilder>>;

export type RuleProfileName = keyof typeof BUILDERS;

export const RULE_PROFILE_NAMES = Object.keys(BUILDERS) as readonly RuleProfileName[];

/** Throws when a calendar of the options is unsound. */
export function ruleProfile(name: RuleProfileName, options: RuleProfileOptions): RuleProfile {
  return { name, markets: BUILDERS[name](options) };
}

/**
 * The instruments as their markets' rules have them: a market with spreads has its finest one as the
 * grid of its books, and each order's price is held against the table of its day.
 */
export function instrumentsUnder(
  { markets }: RuleProfile,
  instruments: readonly Instrument[],
): readonly Instrument[] {
  return instruments.map((instrument) => {
    const { spreads } = markets[instrument.marketGroup];
    if (spreads === null) return instrument;
    const result = { ...instrument, priceTick: gridTick(spreads) };
    assertInstrument(result);
    return result;
  });
}

function referenceMarkets(options: RuleProfileOptions): RuleProfile["markets"] {
  const settlements = settlementRules(options);
  const lenient = (calendar: CalendarSpec, settlement: SettlementRule): MarketRules => ({
    hours: marketHours(marketCalendar(calendar), REFERENCE_SESSIONS, options.seed),
    spreads: null,
    lotsMax: null,
    dayOrdersExpire: false,
    settlement,
  });
  return listed(
    lenient(everyDay(HONG_KONG), settlements.hkex),
    lenient(everyDay(NEW_YORK), settlements.usex),
    lenient(CRYPTO_CALENDAR, settlements.crypto),
  );
}

function strictMarkets(options: RuleProfileOptions): RuleProfile["markets"] {
  const { seed } = options;
  const { hkex, usex, crypto } = settlementRules(options);
  return listed(
    {
      hours: marketHours(hkex.calendar, HKEX_SESSIONS, seed),
      spreads: HKEX_SPREADS,
      lotsMax: HKEX_LOTS_MAX,
      dayOrdersExpire: true,
      settlement: hkex,
    },
    {
      hours: marketHours(usex.calendar, USEX_SESSIONS, seed),
      spreads: USEX_SPREADS,
      lotsMax: null,
      dayOrdersExpire: true,
      settlement: usex,
    },
    {
      hours: marketHours(crypto.calendar, CRYPTO_SESSIONS, seed),
      spreads: null,
      lotsMax: null,
      dayOrdersExpire: true,
      settlement: crypto,
    },
  );
}

/** Two days in Hong Kong, one in the United States since 2024-05-28, at once for coins. */
function settlementRules({ calendars = {} }: RuleProfileOptions) {
  return {
    hkex: { calendar: marketCalendar(calendars.hkex ?? HKEX_CALENDAR), days: 2 },
    usex: { calendar: marketCalendar(calendars.usex ?? USEX_CALENDAR), days: 1 },
    crypto: { calendar: marketCalendar(CRYPTO_CALENDAR), days: 0 },
  } as const satisfies Record<string, SettlementRule>;
}

/** `nasdaq` is another name of `usex`. */
function listed(hkex: MarketRules, usex: MarketRules, crypto: MarketRules): RuleProfile["markets"] {
  return {
    [MarketName.Hkex]: hkex,
    [MarketName.Usex]: usex,
    [MarketName.Nasdaq]: usex,
    [MarketName.Crypto]: crypto,
  };
}

/**
 * The securities market of Hong Kong as data: days, spreads and sessions, after the exchange's
 * published trading hours, trading mechanism and Rules of the Exchange (Chapter 5 and the Second
 * Schedule).
 */
import { OrdType, TimeInForce } from "../../model/enums.ts";
import type { CalendarSpec } from "../calendar.ts";
import type { BandLimit, InsideBestLimit, QuoteLimit } from "../price-limits.ts";
import { dayPlan, type SessionPlan, type SessionTerms } from "../sessions.ts";
import { type SpreadTableSpec, spreadSchedule } from "../spread-table.ts";
import { HONG_KONG } from "../time/zone.ts";

/**
 * Source: the general holidays of Hong Kong that the government gazettes each year, and the
 * exchange's rule that the eves of Lunar New Year, Christmas and New Year have no afternoon.
 * Holidays on Saturdays and Sundays are left out. 2026 was compared with the government's
 * announcement of 2025-05-16, 2025 and 2027 with reports of the announcements of those years.
 * Trading goes on in severe weather since 2024-09-23, so typhoons close nothing. Half days are no
 * settlement days of the clearing house.
 */
export const HKEX_CALENDAR: CalendarSpec = {
  zone: HONG_KONG,
  closedWeekdays: [0, 6],
  holidays: [
    ["2025-01-01", "first day of January"],
    ["2025-01-29", "Lunar New Year"],
    ["2025-01-30", "Lunar New Year, second day"],
    ["2025-01-31", "Lunar New Year, third day"],
    ["2025-04-04", "Ching Ming"],
    ["2025-04-18", "Good Friday"],
    ["2025-04-21", "Easter Monday"],
    ["2025-05-01", "Labour Day"],
    ["2025-05-05", "Birthday of the Buddha"],
    ["2025-07-01", "Establishment Day"],
    ["2025-10-01", "National Day"],
    ["2025-10-07", "day after Mid-Autumn"],
    ["2025-10-29", "Chung Yeung"],
    ["2025-12-25", "Christmas"],
    ["2025-12-26", "first weekday after Christmas"],
    ["2026-01-01", "first day of January"],
    ["2026-02-17", "Lunar New Year"],
    ["2026-02-18", "Lunar New Year, second day"],
    ["2026-02-19", "Lunar New Year, third day"],
    ["2026-04-03", "Good Friday"],
    ["2026-04-06", "day after Ching Ming"],
    ["2026-04-07", "day after Easter Monday"],
    ["2026-05-01", "Labour Day"],
    ["2026-05-25", "day after the Birthday of the Buddha"],
    ["2026-06-19", "Tuen Ng"],
    ["2026-07-01", "Establishment Day"],
    ["2026-10-01", "National Day"],
    ["2026-10-19", "day after Chung Yeung"],
    ["2026-12-25", "Christmas"],
    ["2027-01-01", "first day of January"],
    ["2027-02-08", "Lunar New Year, third day"],
    ["2027-02-09", "Lunar New Year, fourth day, for the second on a Sunday"],
    ["2027-03-26", "Good Friday"],
    ["2027-03-29", "Easter Monday"],
    ["2027-04-05", "Ching Ming"],
    ["2027-05-13", "Birthday of the Buddha"],
    ["2027-06-09", "Tuen Ng"],
    ["2027-07-01", "Establishment Day"],
    ["2027-09-16", "day after Mid-Autumn"],
    ["2027-10-01", "National Day"],
    ["2027-10-08", "Chung Yeung"],
    ["2027-12-27", "first weekday after Christmas"],
  ],
  halfDays: [
    ["2025-01-28", "eve of Lunar New Year"],
    ["2025-12-24", "eve of Christmas"],
    ["2025-12-31", "eve of New Year"],
    ["2026-02-16", "eve of Lunar New Year"],
    ["2026-12-24", "eve of Christmas"],
    ["2026-12-31", "eve of New Year"],
    ["2027-02-05", "eve of Lunar New Year"],
    ["2027-12-24", "eve of Christmas"],
    ["2027-12-31", "eve of New Year"],
  ],
  settlesOnHalfDays: false,
  noSettlement: [],
};

/** Above 50.00 and up to 0.50 no table of these years differs. */
const LOW_BANDS: SpreadTableSpec["bands"] = [
  ["0.25", "0.001"],
  ["0.5", "0.005"],
];
const HIGH_BANDS: SpreadTableSpec["bands"] = [
  ["100", "0.05"],
  ["200", "0.1"],
  ["500", "0.2"],
  ["1000", "0.5"],
  ["2000", "1"],
  ["5000", "2"],
  ["9995", "5"],
];

/**
 * Spreads of shares and trusts, with the reduction of minimum spreads in two phases. Known: the
 * table before it, phase 1 on 2025-08-04, and what phase 2 changes (0.50 to 10.00 from 0.010 to
 * 0.005). Phase 2 was announced for about the middle of 2026, on condition of readiness and
 * approval; its day here, the first Monday of July 2026, is assumed. Correct it in this row.
 */
export const HKEX_SPREADS = spreadSchedule([
  {
    from: "2025-01-01",
    lowest: "0.01",
    bands: [...LOW_BANDS, ["10", "0.01"], ["20", "0.02"], ["50", "0.05"], ...HIGH_BANDS],
  },
  {
    from: "2025-08-04",
    lowest: "0.01",
    bands: [...LOW_BANDS, ["10", "0.01"], ["20", "0.01"], ["50", "0.02"], ...HIGH_BANDS],
  },
  {
    from: "2026-07-06",
    lowest: "0.01",
    bands: [...LOW_BANDS, ["10", "0.005"], ["20", "0.01"], ["50", "0.02"], ...HIGH_BANDS],
  },
]);

/** Board lots of one order at most. */
export const HKEX_LOTS_MAX = 3000n;

/**
 * A limit order may meet the best price of the other side and not pass it; an enhanced limit
 * order may pass it by nine spreads. What waits is at most 24 spreads or 4 % behind the best
 * price of its side. An order that came through an auction or from a stop is a limit order.
 */
const QUOTES: QuoteLimit = {
  kind: "Quote",
  passiveSpreads: 24n,
  passivePercent: 4n,
  throughSpreads: {
    [OrdType.Limit]: 0n,
    [OrdType.StopLimit]: 0n,
    [OrdType.AuctionLimit]: 0n,
    [OrdType.EnhancedLimit]: 9n,
  },
  nominalTimes: 9n,
};

/** Opening auction: 15 % around the close before, then inside the best prices. */
const OPENING_BAND: BandLimit = { kind: "Band", percent: 15n, around: "previousClose" };
const OPENING_INSIDE: InsideBestLimit = { kind: "InsideBest", firstStage: OPENING_BAND };

/**
 * Closing auction: 5 % around the reference price, for which the latest trade's price stands: the
 * exchange takes the median of five looks at the last minute.
 */
const CLOSING_BAND: BandLimit = { kind: "Band", percent: 5n, around: "lastPrice" };
const CLOSING_INSIDE: InsideBestLimit = { kind: "InsideBest", firstStage: CLOSING_BAND };

const AT_AUCTION = [OrdType.Auction, OrdType.AuctionLimit];
/** A limit order sent while an auction collects orders takes part as an at-auction limit order. */
const AUCTION_INPUT = [...AT_AUCTION, OrdType.Limit];
const CONTINUOUS_TYPES = [
  OrdType.Limit,
  OrdType.EnhancedLimit,
  OrdType.Market,
  OrdType.StopLimit,
  OrdType.StopMarket,
];
/** Nothing in an auction is executed at once. */
const RESTING = [TimeInForce.Day, TimeInForce.GoodTillCancel];

const CLOSED: SessionTerms = {
  name: "closed",
  phase: "closed",
  ordTypes: [],
  timesInForce: [],
  amends: false,
  cancels: true,
  priceLimit: null,
};
const FROZEN: SessionTerms = { ...CLOSED, name: "frozen", cancels: false };

const ORDER_INPUT: SessionTerms = {
  name: "order_input",
  phase: "auction",
  ordTypes: AUCTION_INPUT,
  timesInForce: RESTING,
  amends: true,
  cancels: true,
  priceLimit: OPENING_BAND,
};
const NO_CANCELLATION: SessionTerms = {
  ...ORDER_INPUT,
  name: "no_cancellation",
  ordTypes: AT_AUCTION,
  amends: false,
  cancels: false,
  priceLimit: OPENING_INSIDE,
};
const RANDOM_MATCHING: SessionTerms = { ...NO_CANCELLATION, name: "random_matching" };
const BLOCKING: SessionTerms = { ...FROZEN, name: "blocking" };

const CONTINUOUS: SessionTerms = {
  name: "continuous",
  phase: "continuous",
  ordTypes: CONTINUOUS_TYPES,
  timesInForce: Object.values(TimeInForce),
  amends: true,
  cancels: true,
  priceLimit: QUOTES,
};
const LUNCH_FROZEN: SessionTerms = { ...FROZEN, name: "lunch_no_cancellation" };
const LUNCH: SessionTerms = { ...CLOSED, name: "lunch" };

const REFERENCE_FIXING: SessionTerms = { ...FROZEN, name: "reference_price_fixing" };
const CLOSING_INPUT: SessionTerms = {
  ...ORDER_INPUT,
  name: "closing_order_input",
  priceLimit: CLOSING_BAND,
};
const CLOSING_NO_CANCELLATION: SessionTerms = {
  ...NO_CANCELLATION,
  name: "closing_no_cancellation",
  priceLimit: CLOSING_INSIDE,
};
const RANDOM_CLOSING: SessionTerms = { ...CLOSING_NO_CANCELLATION, name: "random_closing" };
/** What is left of the random closing's two minutes once the auction is over. */
const CLOSING_DONE: SessionTerms = { ...FROZEN, name: "closing_done" };

/**
 * No cancel: 09:15 to 09:30, 12:00 to 12:30 on full days, 16:00 to 16:01 and 16:06 to 16:10; on
 * half days the closing auction's times are four hours earlier.
 */
export const HKEX_SESSIONS: SessionPlan = {
  full: dayPlan(
    [
      ["00:00", CLOSED],
      ["09:00", ORDER_INPUT],
      ["09:15", NO_CANCELLATION],
      ["09:20", RANDOM_MATCHING, BLOCKING],
      ["09:22", BLOCKING],
      ["09:30", CONTINUOUS],
      ["12:00", LUNCH_FROZEN],
      ["12:30", LUNCH],
      ["13:00", CONTINUOUS],
      ["16:00", REFERENCE_FIXING],
      ["16:01", CLOSING_INPUT],
      ["16:06", CLOSING_NO_CANCELLATION],
      ["16:08", RANDOM_CLOSING, CLOSING_DONE],
      ["16:10", CLOSED],
    ],
    "16:10",
  ),
  half: dayPlan(
    [
      ["00:00", CLOSED],
      ["09:00", ORDER_INPUT],
      ["09:15", NO_CANCELLATION],
      ["09:20", RANDOM_MATCHING, BLOCKING],
      ["09:22", BLOCKING],
      ["09:30", CONTINUOUS],
      ["12:00", REFERENCE_FIXING],
      ["12:01", CLOSING_INPUT],
      ["12:06", CLOSING_NO_CANCELLATION],
      ["12:08", RANDOM_CLOSING, CLOSING_DONE],
      ["12:10", CLOSED],
    ],
    "12:10",
  ),
  closed: dayPlan([["00:00", CLOSED]], "24:00"),
};

/** A market that never closes and has no rules but the instrument's own grid. */
import { OrdType, TimeInForce } from "../../model/enums.ts";
import type { CalendarSpec } from "../calendar.ts";
import { dayPlan, type SessionPlan } from "../sessions.ts";
import { UTC, type Zone } from "../time/zone.ts";

/** Every day is a day, begun by this zone's midnight. */
export function everyDay(zone: Zone): CalendarSpec {
  return {
    zone,
    closedWeekdays: [],
    holidays: [],
    halfDays: [],
    settlesOnHalfDays: true,
    noSettlement: [],
  };
}

/** A market of coins knows no holidays and counts its days in UTC. */
export const CRYPTO_CALENDAR = everyDay(UTC);

/** Enhanced limit orders are a Hong Kong order type. */
export const CRYPTO_SESSIONS = alwaysOpen([
  OrdType.Limit,
  OrdType.Market,
  OrdType.StopLimit,
  OrdType.StopMarket,
]);

/** All types but those that need an auction. */
export const REFERENCE_SESSIONS = alwaysOpen([
  OrdType.Limit,
  OrdType.EnhancedLimit,
  OrdType.Market,
  OrdType.StopLimit,
  OrdType.StopMarket,
]);

function alwaysOpen(ordTypes: readonly OrdType[]): SessionPlan {
  const day = dayPlan(
    [
      [
        "00:00",
        {
          name: "continuous",
          phase: "continuous",
          ordTypes,
          timesInForce: Object.values(TimeInForce),
          amends: true,
          cancels: true,
          priceLimit: null,
        },
      ],
    ],
    "24:00",
  );
  return { full: day, half: day, closed: day };
}

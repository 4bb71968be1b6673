/**
 * What a market's rules say to a new order, an amend and a cancel, in the order in which the
 * answers take precedence. The desk asks after its own checks, so an order's price and quantity
 * are positive and on the instrument's grid.
 */
import type { AmendRequest, PlaceRequest } from "../model/command.ts";
import { formatDecimal, type Price, ZERO_PRICE } from "../model/decimal.ts";
import { Side } from "../model/enums.ts";
import type { UnixMs } from "../model/ids.ts";
import type { Instrument } from "../model/instrument.ts";
import type { Order } from "../model/order.ts";
import type { RULE_REFUSAL_NAMES } from "../model/refusal.ts";
import { type MarketFacts, type PriceBounds, priceLimitFault } from "./price-limits.ts";
import type { MarketRules } from "./profiles.ts";
import {
  firstWhere,
  isAllowed,
  ordTypesTaken,
  reopening,
  type SessionAction,
  type SessionTerms,
  sessionAt,
} from "./sessions.ts";
import { highestPrice, type SpreadTable, spreadTableAt, tickAt } from "./spread-table.ts";
import { floorDiv } from "./time/civil.ts";
import { formatLocal } from "./time/zone.ts";

/** The last three are the desk's own, given here for what only the market's rules know. */
export type RuleRefusalName =
  | (typeof RULE_REFUSAL_NAMES)[number]
  | "ORD_TYPE_UNAVAILABLE"
  | "PRICE_OUT_OF_RANGE"
  | "TRIGGER_PRICE_OUT_OF_RANGE";

/** A refusal by a market's rules. */
export interface RuleFault {
  readonly refused: RuleRefusalName;
  /** For the person: what the rule is and what to do. */
  readonly details: string;
  /** When the same command would not meet this fault any more; null when time does not help. */
  readonly reopensAtMs: UnixMs | null;
}

export type PlacedTerms = Pick<
  PlaceRequest,
  "ordType" | "side" | "timeInForce" | "orderQty" | "price" | "stopPx"
>;

export type AmendedOrder = Pick<
  Order,
  "ordType" | "side" | "price" | "stopPx" | "orderQty" | "triggered"
>;

export type AmendedTerms = Pick<AmendRequest, "price" | "stopPx" | "orderQty">;

export function placeRuleFault(
  rules: MarketRules,
  request: PlacedTerms,
  instrument: Instrument,
  facts: MarketFacts,
  atMs: UnixMs,
): RuleFault | null {
  const { day, session } = sessionAt(rules.hours, atMs);
  const table = rules.spreads === null ? null : spreadTableAt(rules.spreads, day);
  const { side, ordType, price, stopPx } = request;
  const waits = stopPx !== null && !comesIn(side, stopPx, session.terms, facts);
  const workingPrice = waits ? null : price;
  return (
    sessionFault(rules, request, session.terms, atMs) ??
    gridFault(table, request) ??
    limitFault(table, { side, ordType, price: workingPrice }, session.terms, facts) ??
    lotsFault(rules, request.orderQty, instrument)
  );
}

/**
 * Figures are held against the rules only when they change: a resting order may have a price that
 * today's rules would not take, or more lots since they are smaller.
 */
export function amendRuleFault(
  rules: MarketRules,
  order: AmendedOrder,
  request: AmendedTerms,
  instrument: Instrument,
  facts: MarketFacts,
  atMs: UnixMs,
): RuleFault | null {
  const { day, session } = sessionAt(rules.hours, atMs);
  const table = rules.spreads === null ? null : spreadTableAt(rules.spreads, day);
  const price = request.price === order.price ? null : request.price;
  const stopPx = request.stopPx === order.stopPx ? null : request.stopPx;
  const orderQty = request.orderQty === order.orderQty ? null : request.orderQty;
  const { side, ordType } = order;
  const workingPrice = isWaiting(order)
    ? enteringPrice(order, request, session.terms, facts)
    : price;
  return (
    windowFault(rules, "amend", session.terms, atMs) ??
    gridFault(table, { price, stopPx }) ??
    limitFault(table, { side, ordType, price: workingPrice }, session.terms, facts) ??
    lotsFault(rules, orderQty, instrument)
  );
}

export function cancelRuleFault(rules: MarketRules, atMs: UnixMs): RuleFault | null {
  return windowFault(rules, "cancel", sessionAt(rules.hours, atMs).session.terms, atMs);
}

/** A moment as people of the market and as programs write it. */
export function formatReopening({ hours }: MarketRules, atMs: UnixMs): string {
  const { zone } = hours.calendar;
  return `${formatLocal(zone, atMs)} ${zone.name} (Unix ${floorDiv(atMs, 1000)})`;
}

/** What is held against the market's prices; a stop order that waits has no price there yet. */
type WorkingTerms = Pick<PlacedTerms, "side" | "ordType" | "price">;

function isWaiting({ stopPx, triggered }: AmendedOrder): boolean {
  return stopPx !== ZERO_PRICE && !triggered;
}

/** The price at which an amend brings a stop order in that has waited; null where it waits on. */
function enteringPrice(
  order: AmendedOrder,
  { price, stopPx }: AmendedTerms,
  terms: SessionTerms,
  facts: MarketFacts,
): bigint | null {
  if (!comesIn(order.side, stopPx ?? order.stopPx, terms, facts)) return null;
  return (price ?? order.price) || null;
}

/** Whether a stop order with this trigger does not wait: the last price has reached it already. */
function comesIn(
  side: Side,
  stopPx: bigint,
  { phase }: SessionTerms,
  { lastPrice }: MarketFacts,
): boolean {
  if (phase !== "continuous" || lastPrice === null) return false;
  return side === Side.Buy ? lastPrice >= stopPx : lastPrice <= stopPx;
}

/** By action: the refusal, and what its sentence speaks of. */
const WINDOWS: {
  readonly [A in SessionAction]: readonly [RuleRefusalName, subject: string];
} = {
  place: ["MARKET_CLOSED", "new orders"],
  amend: ["WINDOW_CLOSED_AMEND", "amends"],
  cancel: ["WINDOW_CLOSED_CANCEL", "cancels"],
};

function windowFault(
  rules: MarketRules,
  action: SessionAction,
  terms: SessionTerms,
  atMs: UnixMs,
): RuleFault | null {
  if (isAllowed(terms, action)) return null;
  const { reopensAtMs } = reopening(rules.hours, atMs, action);
  const [refused, subject] = WINDOWS[action];
  const { zone } = rules.hours.calendar;
  const local = formatLocal(zone, atMs).slice(11, 19);
  const when = formatReopening(rules, reopensAtMs);
  const details = `no ${subject} at ${local}, session ${terms.name}: taken again from ${when}`;
  return { refused, details, reopensAtMs };
}

function sessionFault(
  rules: MarketRules,
  { ordType, timeInForce }: PlacedTerms,
  terms: SessionTerms,
  atMs: UnixMs,
): RuleFault | null {
  const takesType = (next: SessionTerms) => next.ordTypes.includes(ordType);
  const takesBoth = (next: SessionTerms) =>
    takesType(next) && next.timesInForce.includes(timeInForce);
  if (takesBoth(terms)) return null;
  if (!ordTypesTaken(rules.hours).has(ordType)) {
    return lasting("ORD_TYPE_UNAVAILABLE", "this market never takes the order type");
  }
  const closed = windowFault(rules, "place", terms, atMs);
  if (closed !== null) return closed;
  const [refused, subject]: readonly [RuleRefusalName, string] = takesType(terms)
    ? ["TIME_IN_FORCE_NOT_IN_SESSION", "time in force"]
    : ["ORD_TYPE_NOT_IN_SESSION", "order type"];
  const reopensAtMs = firstWhere(rules.hours, atMs, takesBoth)?.atMs ?? null;
  const when = reopensAtMs === null ? "" : `: taken from ${formatReopening(rules, reopensAtMs)}`;
  const details = `session ${terms.name} does not take this ${subject}${when}`;
  return { refused, details, reopensAtMs };
}

function gridFault(
  table: SpreadTable | null,
  { price, stopPx }: { readonly price: bigint | null; readonly stopPx: bigint | null },
): RuleFault | null {
  // The instrument's own tick, which the desk has checked, is the whole grid.
  if (table === null) return null;
  return (
    spreadFault(table, "PRICE_OUT_OF_RANGE", "PRICE_OFF_SPREAD", "price", price) ??
    spreadFault(
      table,
      "TRIGGER_PRICE_OUT_OF_RANGE",
      "TRIGGER_PRICE_OFF_SPREAD",
      "trigger price",
      stopPx,
    )
  );
}

function spreadFault(
  table: SpreadTable,
  outside: RuleRefusalName,
  off: RuleRefusalName,
  subject: string,
  price: bigint | null,
): RuleFault | null {
  if (price === null) return null;
  const tick = tickAt(table, price as Price);
  if (tick === null) {
    const range = `${formatDecimal(table.lowest)} to ${formatDecimal(highestPrice(table))}`;
    return lasting(outside, `${subject} must be ${range} on this market`);
  }
  if (price % tick === 0n) return null;
  const step = `a multiple of the spread ${formatDecimal(tick)}`;
  return lasting(off, `${subject} must be ${step} at ${formatDecimal(price)}`);
}

function limitFault(
  table: SpreadTable | null,
  { side, ordType, price }: WorkingTerms,
  { priceLimit }: SessionTerms,
  facts: MarketFacts,
): RuleFault | null {
  if (price === null || priceLimit === null || table === null) return null;
  const bounds = priceLimitFault(
    priceLimit,
    table,
    { side, ordType, price: price as Price },
    facts,
  );
  if (bounds === null) return null;
  const isQuote = priceLimit.kind === "Quote";
  const refused = isQuote ? "PRICE_BEYOND_SPREADS" : "PRICE_BEYOND_AUCTION_LIMIT";
  return lasting(refused, `price must be ${formatBounds(bounds)} as the market stands`);
}

function lotsFault(
  { lotsMax }: MarketRules,
  orderQty: bigint | null,
  { lotQty }: Instrument,
): RuleFault | null {
  if (lotsMax === null || orderQty === null || orderQty <= lotsMax * lotQty) return null;
  const qty = formatDecimal(lotsMax * lotQty);
  return lasting("TOO_MANY_LOTS", `qty must be at most ${lotsMax} board lots, which is ${qty}`);
}

function formatBounds({ lowest, highest }: PriceBounds): string {
  if (lowest === null) return highest === null ? "any" : `at most ${formatDecimal(highest)}`;
  if (highest === null) return `at least ${formatDecimal(lowest)}`;
  return `${formatDecimal(lowest)} to ${formatDecimal(highest)}`;
}

/** A fault that waiting does not mend. */
function lasting(refused: RuleRefusalName, details: string): RuleFault {
  return { refused, details, reopensAtMs: null };
}

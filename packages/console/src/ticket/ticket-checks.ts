/** What is wrong with an order before it is sent. The gateway checks again, and it decides. */
import { decimalText, decimalUnits, type MarketSymbol, UNITS_PER_ONE } from "@countermand/client";
import { grouped } from "../parts/format.ts";

export interface TicketDraft {
  readonly symbol: string;
  readonly side: "buy" | "sell";
  readonly orderType: string;
  readonly qty: string;
  readonly price: string;
  readonly triggerPrice: string;
  readonly referenceId: string;
  /** Only if it does not trade as it comes in; counts for types that {@link takesPostOnly}. */
  readonly isPostOnly: boolean;
}

/** By field; "" where nothing is wrong. */
export interface TicketFaults {
  readonly qty: string;
  readonly price: string;
  readonly triggerPrice: string;
  readonly referenceId: string;
}

const PRICED: ReadonlySet<string> = new Set([
  "limit_order",
  "enhanced_limit_order",
  "stop_limit_order",
  "at_auction_limit_order",
]);
const TRIGGERED: ReadonlySet<string> = new Set(["stop_limit_order", "stop_market_order"]);

const POSTED: ReadonlySet<string> = new Set(["limit_order", "enhanced_limit_order"]);

const REFERENCE_MAX = 64;
const CONTROL = /\p{Cc}/u;

export function takesPrice(orderType: string): boolean {
  return PRICED.has(orderType);
}

export function takesTrigger(orderType: string): boolean {
  return TRIGGERED.has(orderType);
}

export function takesPostOnly(orderType: string): boolean {
  return POSTED.has(orderType);
}

type Terms = Pick<MarketSymbol, "lot_qty" | "qty_max" | "price_tick" | "price_max">;

export function ticketFaults(draft: TicketDraft, instrument: Terms): TicketFaults {
  const { lot_qty, qty_max, price_tick, price_max } = instrument;
  const price = (text: string) => stepFault(text, price_tick, price_max, "tick");
  return {
    qty: stepFault(draft.qty, lot_qty, qty_max, "lot"),
    price: takesPrice(draft.orderType) ? price(draft.price) : "",
    triggerPrice: takesTrigger(draft.orderType) ? price(draft.triggerPrice) : "",
    referenceId: referenceFault(draft.referenceId),
  };
}

export function isFaultless(faults: TicketFaults): boolean {
  return Object.values(faults).every((fault) => fault === "");
}

/** Price times quantity, exactly; null where one of them is no decimal yet. */
export function amountText(price: string, qty: string): string | null {
  const a = unitsOf(price);
  const b = unitsOf(qty);
  return a === null || b === null ? null : decimalText((a * b) / UNITS_PER_ONE);
}

/** The nearest step up or down; the text as it was where it is no decimal. */
export function stepped(text: string, step: string, direction: 1 | -1): string {
  const units = text === "" ? 0n : unitsOf(text);
  const size = decimalUnits(step);
  if (units === null || size <= 0n) return text;
  const below = units - (((units % size) + size) % size);
  const isOnStep = below === units;
  const next = direction === 1 ? below + size : isOnStep ? below - size : below;
  return next <= 0n ? decimalText(size) : decimalText(next);
}

function stepFault(text: string, step: string, max: string, name: "lot" | "tick"): string {
  if (text === "") return "needed";
  const units = unitsOf(text);
  if (units === null) return "write a number such as 423.8";
  const size = decimalUnits(step);
  if (units <= 0n) return "must be above 0";
  // Some shares are dealt in less than a board lot; which ones and how, the gateway knows.
  if (name === "lot" && units < size) return "";
  if (size > 0n && units % size !== 0n) {
    const below = decimalText(units - (units % size));
    const above = decimalText(units - (units % size) + size);
    return `not a multiple of the ${name} ${step}: ${below} or ${above}`;
  }
  return units > decimalUnits(max) ? `at most ${grouped(max)}` : "";
}

function referenceFault(text: string): string {
  if ([...text].length > REFERENCE_MAX) return `at most ${REFERENCE_MAX} characters`;
  return CONTROL.test(text) ? "no control characters" : "";
}

function unitsOf(text: string): bigint | null {
  try {
    return decimalUnits(text);
  } catch {
    return null;
  }
}

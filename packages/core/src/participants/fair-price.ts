/**
 * What a symbol is worth, as the participants see it: a price that wanders by chance, is drawn
 * back to its reference, and never leaves its bounds. It does not depend on what is traded.
 */
import { assert } from "../assert.ts";
import type { Price } from "../model/decimal.ts";
import { MILLION, Random, type RandomState } from "./random.ts";
import type { SimulatedSymbol } from "./simulated-symbols.ts";

export interface FairPrice {
  /** In 10^-8, finer than a tick, so that small moves add up. Quotes round it to their step. */
  readonly px: Price;
  /** Time up to which it has moved, in milliseconds since the run's start. */
  readonly movedToMs: number;
  readonly random: RandomState;
}

/** Milliseconds between two moves. */
export const FAIR_PRICE_STEP_MS = 1_000;

/** After a pause at most so many moves are made up for; the others never happen. */
export const FAIR_PRICE_STEPS_MAX = 5;

/** Part of the distance to the reference that a move takes back: half of it in 23 minutes. */
const REVERSION_PER_MILLION = 500n;

/** Begins at the given price if that is within bounds, else at the bound next to it. */
export function fairPriceFrom(symbol: SimulatedSymbol, startPx: Price, random: Random): FairPrice {
  return { px: bounded(symbol, startPx), movedToMs: 0, random: random.state };
}

/** The fair price at a moment; time never runs backwards. */
export function fairPriceAt(symbol: SimulatedSymbol, fair: FairPrice, nowMs: number): FairPrice {
  const elapsedMs = nowMs - fair.movedToMs;
  const dueCount = Math.floor(elapsedMs / FAIR_PRICE_STEP_MS);
  if (dueCount <= 0) return fair;
  const random = new Random(fair.random);
  const stepCount = Math.min(dueCount, FAIR_PRICE_STEPS_MAX);
  let { px } = fair;
  for (let step = 0; step < stepCount; step += 1) px = moved(symbol, px, random);
  assert(px >= symbol.lowestPx && px <= symbol.highestPx, "the fair price is within its bounds");
  const movedToMs = fair.movedToMs + dueCount * FAIR_PRICE_STEP_MS;
  return { px, movedToMs, random: random.state };
}

function moved(symbol: SimulatedSymbol, px: Price, random: Random): Price {
  const { referencePx, moveMaxPx } = symbol;
  const byChance = random.stepped(-moveMaxPx, moveMaxPx, 1n);
  // Division of bigints truncates towards zero: the draw is equally strong on both sides.
  const drawnBack = ((referencePx - px) * REVERSION_PER_MILLION) / BigInt(MILLION);
  return bounded(symbol, px + byChance + drawnBack);
}

function bounded({ lowestPx, highestPx }: SimulatedSymbol, px: bigint): Price {
  if (px < lowestPx) return lowestPx;
  return px > highestPx ? highestPx : (px as Price);
}

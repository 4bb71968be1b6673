/**
 * Side, phase, market and symbol of an order as one number, the column `traits`: from the lowest
 * bits up, the symbol by its id in the table `symbols`. A property test proves that what the terms
 * pick is what the order says.
 */
import { assert } from "@countermand/core/assert";
import { MarketName, type Order, type OrderPhase, Side } from "@countermand/core/model";

/** What stands in the bits. Another order or another word needs another ARCHIVE_FORMAT. */
const SIDES: readonly Side[] = [Side.Buy, Side.Sell];
const PHASES: readonly OrderPhase[] = ["Filled", "Canceled", "Rejected", "Open", "PendingNew"];
const MARKETS: readonly MarketName[] = [
  MarketName.Hkex,
  MarketName.Usex,
  MarketName.Nasdaq,
  MarketName.Crypto,
];

const SIDE_VALUES = 2;
const PHASE_VALUES = 8;
const MARKET_VALUES = 8;

/** Of an event that is of no order. */
export const NO_TRAITS = 0;

/** Ids of symbols begin at 1. */
export function traitsOf(
  { side, phase, market }: Pick<Order, "side" | "phase" | "market">,
  symbolId: number,
): number {
  const upper = symbolId * MARKET_VALUES + codeOf(MARKETS, market);
  return (upper * PHASE_VALUES + codeOf(PHASES, phase)) * SIDE_VALUES + codeOf(SIDES, side);
}

/** A term over the column `traits`, and its parameter. */
export type TraitTerm = readonly [term: string, value: string | number | undefined];

export interface WantedTraits {
  readonly side?: Side | undefined;
  readonly phase?: OrderPhase | undefined;
  readonly market?: MarketName | undefined;
  readonly symbol?: string | undefined;
}

/** An absent trait filters nothing. A symbol that no order had has no id, which equals none. */
export function traitTerms({ side, phase, market, symbol }: WantedTraits): readonly TraitTerm[] {
  return [
    ["(traits & 1) = ?", code(SIDES, side)],
    ["(traits >> 1 & 7) = ?", code(PHASES, phase)],
    ["(traits >> 4 & 7) = ?", code(MARKETS, market)],
    ["(traits >> 7) = (SELECT id FROM symbols WHERE symbol = ?)", symbol],
  ];
}

function code<Word>(words: readonly Word[], word: Word | undefined): number | undefined {
  return word === undefined ? undefined : codeOf(words, word);
}

function codeOf<Word>(words: readonly Word[], word: Word): number {
  const found = words.indexOf(word);
  assert(found >= 0, "a word of an order has its code");
  return found;
}

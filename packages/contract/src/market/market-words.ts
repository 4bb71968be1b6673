/** The words of market data: candle intervals and channels of the market stream. */
import { shown } from "../shown.ts";

/** Length of a candle's interval in seconds. */
export type IntervalSeconds = 60 | 300 | 3600 | 86_400;

export const INTERVAL_WORDS: readonly (readonly [word: string, seconds: IntervalSeconds])[] = [
  ["1m", 60],
  ["5m", 300],
  ["1h", 3600],
  ["1d", 86_400],
];

/** Undefined for a word that is no interval. */
export function intervalOf(word: string): IntervalSeconds | undefined {
  return INTERVAL_WORDS.find(([known]) => known === word)?.[1];
}

/** What is wrong with a word that is no interval. */
export function intervalFault(name: string, word: string): string {
  const words = INTERVAL_WORDS.map(([known]) => known).join(", ");
  const found = word === "" ? "is required" : `is not ${shown(word)}`;
  return `${name} ${found}: it is one of ${words}`;
}

/** One kind of message that a client may subscribe to, for a symbol. */
export type MarketChannel =
  | { readonly kind: "depth"; readonly word: string }
  | { readonly kind: "trades"; readonly word: string }
  | { readonly kind: "candles"; readonly word: string; readonly interval: IntervalSeconds };

export const MARKET_CHANNELS: readonly MarketChannel[] = [
  { kind: "depth", word: "depth" },
  { kind: "trades", word: "trades" },
  ...INTERVAL_WORDS.map(([word, interval]) => {
    return { kind: "candles", word: `candles:${word}`, interval } as const;
  }),
];

/** Prices per side that a depth subscription may ask for: each has its own messages. */
export const DEPTH_LEVEL_COUNTS: readonly number[] = [1, 5, 10, 20, 50];

/** Prices per side unless the client asks for another number. */
export const DEPTH_LEVELS_DEFAULT = 10;

/** Trades or candles of an answer unless the query asks for another number. */
export const MARKET_ROWS_DEFAULT = 100;

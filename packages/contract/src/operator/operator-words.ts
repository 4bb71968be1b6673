/** Words of the operator API that its requests, its answers and their schemas share. */
import { WordTable } from "../names.ts";

/** What a market takes; in the order of the table from the most to the least. */
export type MarketMode = "open" | "cancel_only" | "halted";

export const MARKET_MODE_WORDS: WordTable<MarketMode> = new WordTable<MarketMode>([
  ["open", "open"],
  ["cancel_only", "cancel_only"],
  ["halted", "halted"],
]);

/** The limits' words, which are those of their settings. */
export const LIMIT_WORDS = {
  orderQty: "order_qty_max",
  orderValue: "order_value_max",
  priceDistance: "price_distance_max",
  duplicateMs: "duplicate_ms",
  openOrders: "open_orders_max",
  grossExposure: "gross_exposure_max",
  orderRate: "orders_per_second_max",
} as const;

export type LimitField = keyof typeof LIMIT_WORDS;

export const PERMISSION_WORDS = ["read", "trade", "cancel", "operate"] as const;

/** `trade` is allowed whatever `read` and `cancel` are. */
export type Permission = (typeof PERMISSION_WORDS)[number];

export const KEY_ALGORITHMS = ["hmac", "ed25519"] as const;

export const RESTING_CHOICES = ["keep", "cancel"] as const;

/** What becomes of open orders: all stay, or what cannot stay is cancelled. */
export type RestingChoice = (typeof RESTING_CHOICES)[number];

export const KEY_LIST_STATES = ["active", "expired", "revoked", "all"] as const;

export type KeyListState = (typeof KEY_LIST_STATES)[number];

export const BLOCK_STATES = ["active", "released", "all"] as const;

export type BlockState = (typeof BLOCK_STATES)[number];

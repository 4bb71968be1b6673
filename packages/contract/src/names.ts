/**
 * Wire words and the FIX values they stand for, one table per enum. Words are never keys of a plain
 * object here, so `constructor` and the like are just unknown words.
 */
import {
  type DeadManKind,
  MarketName,
  type Order,
  OrdStatus,
  OrdType,
  Side,
  TimeInForce,
} from "@countermand/core/model";

/** One enum in both directions. */
export class WordTable<Value extends string> {
  /** All words, in the order of the table. */
  readonly words: readonly string[];
  private readonly valueByWord: ReadonlyMap<string, Value>;
  private readonly wordByValue: ReadonlyMap<Value, string>;

  constructor(rows: readonly (readonly [word: string, value: Value])[]) {
    this.words = rows.map(([word]) => word);
    this.valueByWord = new Map(rows);
    this.wordByValue = new Map(rows.map(([word, value]) => [value, word]));
  }

  /** Undefined when the word is not in the table. */
  valueOf(word: string): Value | undefined {
    return this.valueByWord.get(word);
  }

  /** "" for a value outside the table. */
  wordOf(value: Value): string {
    return this.wordByValue.get(value) ?? "";
  }
}

/** Market names are their own wire words. */
export const MARKET_WORDS: WordTable<MarketName> = new WordTable<MarketName>([
  ["hkex", MarketName.Hkex],
  ["usex", MarketName.Usex],
  ["nasdaq", MarketName.Nasdaq],
  ["crypto", MarketName.Crypto],
]);

/** OrdType(40). */
export const ORDER_TYPE_WORDS: WordTable<OrdType> = new WordTable<OrdType>([
  ["limit_order", OrdType.Limit],
  ["enhanced_limit_order", OrdType.EnhancedLimit],
  ["market_order", OrdType.Market],
  ["stop_limit_order", OrdType.StopLimit],
  ["stop_market_order", OrdType.StopMarket],
  ["at_auction_order", OrdType.Auction],
  ["at_auction_limit_order", OrdType.AuctionLimit],
]);

/** TimeInForce(59). */
export const TIME_IN_FORCE_WORDS: WordTable<TimeInForce> = new WordTable<TimeInForce>([
  ["day", TimeInForce.Day],
  ["gtc", TimeInForce.GoodTillCancel],
  ["ioc", TimeInForce.ImmediateOrCancel],
  ["fok", TimeInForce.FillOrKill],
]);

/** Side(54). */
export const ORDER_SIDE_WORDS: WordTable<Side> = new WordTable<Side>([
  ["buy", Side.Buy],
  ["sell", Side.Sell],
]);

/** Which orders a dead-man's switch is about. */
export const DEAD_MAN_SCOPE_WORDS: WordTable<DeadManKind> = new WordTable<DeadManKind>([
  ["key", "Key"],
  ["portfolio", "Portfolio"],
  ["symbol", "Symbol"],
  ["reference_id_prefix", "ClOrdIdPrefix"],
]);

/** The OrdStatus(39) values a client sees. */
export type WireStatus = Exclude<OrdStatus, "6" | "A">;

/**
 * OrdStatus(39). PendingNew shows as `new`, a pending cancel does not change the word: see {@link
 * wireStatus}.
 */
export const ORDER_STATUS_WORDS: WordTable<WireStatus> = new WordTable<WireStatus>([
  ["new", OrdStatus.New],
  ["pex", OrdStatus.PartiallyFilled],
  ["fex", OrdStatus.Filled],
  ["can", OrdStatus.Canceled],
  ["rej", OrdStatus.Rejected],
]);

/** What kind of product a position is in; each market has one kind. */
export type SecurityType = "Share" | "Coin";

export const SECURITY_TYPE_WORDS: WordTable<SecurityType> = new WordTable<SecurityType>([
  ["share", "Share"],
  ["coin", "Coin"],
]);

export function securityTypeOf(market: MarketName): SecurityType {
  return market === MarketName.Crypto ? "Coin" : "Share";
}

/** Why a line stands in an account's statement. */
export type BusinessType = "Opening" | "Adjustment" | "Trade";

export const BUSINESS_TYPE_WORDS: WordTable<BusinessType> = new WordTable<BusinessType>([
  ["opening", "Opening"],
  ["adjustment", "Adjustment"],
  ["trade", "Trade"],
]);

/** Whether the account got something or gave it. */
export type IoType = "In" | "Out";

export const IO_TYPE_WORDS: WordTable<IoType> = new WordTable<IoType>([
  ["in", "In"],
  ["out", "Out"],
]);

/** The status a client sees: where the order stands, whether or not a cancel of it is pending. */
export function wireStatus(order: Pick<Order, "phase" | "cumQty">): WireStatus {
  switch (order.phase) {
    case "PendingNew":
    case "Open":
      return order.cumQty > 0n ? OrdStatus.PartiallyFilled : OrdStatus.New;
    case "Filled":
      return OrdStatus.Filled;
    case "Canceled":
      return OrdStatus.Canceled;
    case "Rejected":
      return OrdStatus.Rejected;
  }
}

/** The wire word of {@link wireStatus}. */
export function orderStatusWord(order: Pick<Order, "phase" | "cumQty">): string {
  return ORDER_STATUS_WORDS.wordOf(wireStatus(order));
}

export const ORDERS_STATES = ["open", "closed", "all"] as const;

/** Where orders are looked for: among those that are open, those that are closed, or both. */
export type OrdersState = (typeof ORDERS_STATES)[number];

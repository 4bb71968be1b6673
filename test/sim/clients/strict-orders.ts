/** Orders for a market with sessions and auctions: of every type, around one price. */
import { ONE } from "../oracle/money.ts";
import type { OrderType, Terms } from "../oracle/orders.ts";
import type { Random } from "../world/random.ts";

const TYPES = {
  limit_order: 50,
  enhanced_limit_order: 8,
  market_order: 5,
  stop_limit_order: 3,
  stop_market_order: 3,
  at_auction_order: 12,
  at_auction_limit_order: 19,
} as const;

/** On the spread of 0.2 that prices of 200 to 500 have. */
export function strictPrice(random: Random): bigint {
  return 400n * ONE + (BigInt(random.between(0, 5)) * ONE) / 5n;
}

export function strictTerms(random: Random, reference: string): Terms {
  const isCoin = random.chance(0.15);
  const type: OrderType = isCoin ? "limit_order" : random.weighted(TYPES);
  const isPriced = !["market_order", "stop_market_order", "at_auction_order"].includes(type);
  const isStop = type.startsWith("stop_");
  const price = isCoin ? ONE + BigInt(random.between(0, 4)) * (ONE / 100n) : strictPrice(random);
  return {
    market: isCoin ? "crypto" : "hkex",
    symbol: isCoin ? "DODO-USDT" : "00700",
    order_type: type,
    order_side: random.pick(["buy", "sell"] as const),
    time_in_force: type === "limit_order" && random.chance(0.3) ? "gtc" : "day",
    price: isPriced ? price : 0n,
    trigger_price: isStop ? strictPrice(random) : 0n,
    qty: BigInt(random.between(1, 9)) * (isCoin ? ONE : 100n * ONE),
    reference_id: random.chance(0.5) ? reference : "",
    portfolio_id: "",
  };
}

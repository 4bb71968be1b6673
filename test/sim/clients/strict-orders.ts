/** Orders for a market with sessions and auctions: of every type, around one price. */
import { ONE } from "../oracle/money.ts";
import type { OrderType, Terms } from "../oracle/orders.ts";
import type { Random } from "../world/random.ts";

/** The market of shares that a seed leads through its days. */
export type Home = "hkex" | "usex";

/** What one market takes, the other may never take. */
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

const US_TYPES = {
  limit_order: 60,
  enhanced_limit_order: 1,
  market_order: 8,
  stop_limit_order: 8,
  stop_market_order: 8,
  at_auction_order: 1,
  at_auction_limit_order: 0,
} as const;

const COIN_TYPES = { ...US_TYPES, market_order: 3, stop_limit_order: 2, stop_market_order: 2 };

/** Mostly in the seed's own market of shares. */
export function strictTerms(random: Random, reference: string, home: Home): Terms {
  const isCoin = random.chance(0.15);
  const away = home === "hkex" ? "usex" : "hkex";
  const { market, symbol, price, lot, types } =
    PLACES[isCoin ? "crypto" : random.chance(0.08) ? away : home](random);
  const type: OrderType = random.weighted(types);
  const isPriced = !["market_order", "stop_market_order", "at_auction_order"].includes(type);
  const isStop = type.startsWith("stop_");
  return {
    market,
    symbol,
    order_type: type,
    order_side: random.pick(["buy", "sell"] as const),
    time_in_force: type === "limit_order" ? random.weighted(TIMES) : "day",
    price: isPriced ? price() : 0n,
    trigger_price: isStop ? price() : 0n,
    qty: BigInt(random.between(1, 9)) * lot,
    reference_id: random.chance(0.5) ? reference : "",
    portfolio_id: "",
  };
}

const TIMES = { day: 12, gtc: 5, ioc: 1, fok: 1 } as const;

const cents = (random: Random, least: number, most: number) => {
  return BigInt(random.between(least, most)) * (ONE / 100n);
};

const PLACES = {
  hkex: (random: Random) => {
    const price = () => strictPrice(random);
    return { market: "hkex", symbol: "00700", price, lot: 100n * ONE, types: TYPES };
  },
  usex: (random: Random) => {
    const market = random.pick(["usex", "usex", "nasdaq"]);
    const price = () => cents(random, 10_000, 10_012);
    return { market, symbol: "AAPL", price, lot: ONE, types: US_TYPES };
  },
  crypto: (random: Random) => {
    const price = () => cents(random, 100, 104);
    return { market: "crypto", symbol: "DODO-USDT", price, lot: ONE, types: COIN_TYPES };
  },
} as const;

/**
 * What the rules of the markets say to a command, asked after the desk's own checks. The one place
 * for it: whatever places, amends or cancels an order passes here, whoever wanted it.
 */
import type { Exchange } from "@countermand/core/exchange";
import {
  type AmendRequest,
  type Instrument,
  type Order,
  OrdType,
  type PlaceRequest,
  type Price,
  type Refusal,
  type UnixMs,
} from "@countermand/core/model";
import {
  amendRuleFault,
  cancelRuleFault,
  type MarketFacts,
  placeRuleFault,
  priceBounds,
  type RuleProfile,
  sessionAt,
  spreadTableAt,
} from "@countermand/core/rules";
import type { SessionCloses } from "@countermand/core/session";

export interface RuleChecksOptions {
  readonly profile: RuleProfile;
  readonly exchange: Pick<Exchange, "bestAsk" | "bestBid" | "lastTradePrice">;
  readonly closes: Pick<SessionCloses, "closePx">;
}

export class RuleChecks {
  readonly #profile: RuleProfile;
  readonly #exchange: RuleChecksOptions["exchange"];
  readonly #closes: RuleChecksOptions["closes"];

  constructor({ profile, exchange, closes }: RuleChecksOptions) {
    this.#profile = profile;
    this.#exchange = exchange;
    this.#closes = closes;
  }

  /** Precondition: the desk takes the order. */
  placeRefusal(request: PlaceRequest, instrument: Instrument, nowMs: UnixMs): Refusal | null {
    const rules = this.#profile.markets[request.market];
    return placeRuleFault(rules, request, instrument, this.#facts(instrument), nowMs);
  }

  /** Precondition: the desk takes the new terms. */
  amendRefusal(
    order: Order,
    request: AmendRequest,
    instrument: Instrument,
    nowMs: UnixMs,
  ): Refusal | null {
    const rules = this.#profile.markets[order.market];
    return amendRuleFault(rules, order, request, instrument, this.#facts(instrument), nowMs);
  }

  cancelRefusal({ market }: Order, nowMs: UnixMs): Refusal | null {
    return cancelRuleFault(this.#profile.markets[market], nowMs);
  }

  /**
   * What the collar of a buy without a price starts from: the best price asked, else the last one
   * traded, else null. In an auction every price up to its limit may become the one price; without
   * a limit the best price of either side stands in.
   */
  collarStartPx(request: PlaceRequest, instrument: Instrument, nowMs: UnixMs): Price | null {
    const { bestAsk, bestBid, lastPrice, previousClose } = this.#facts(instrument);
    if (request.ordType !== OrdType.Auction) {
      return bestAsk ?? lastPrice;
    }
    const limit = this.#auctionLimitPx(request, instrument, nowMs);
    return highestOf([limit, bestAsk, bestBid]) ?? lastPrice ?? previousClose;
  }

  #auctionLimitPx(request: PlaceRequest, instrument: Instrument, nowMs: UnixMs): Price | null {
    const { hours, spreads } = this.#profile.markets[request.market];
    const { day, session } = sessionAt(hours, nowMs);
    const { priceLimit } = session.terms;
    if (priceLimit === null || spreads === null) return null;
    // The second stage is narrower; what entered in the first one still counts.
    const limit = priceLimit.kind === "InsideBest" ? priceLimit.firstStage : priceLimit;
    const table = spreadTableAt(spreads, day);
    return priceBounds(limit, table, request, this.#facts(instrument)).highest;
  }

  #facts({ symbol }: Instrument): MarketFacts {
    const exchange = this.#exchange;
    return {
      bestBid: exchange.bestBid(symbol),
      bestAsk: exchange.bestAsk(symbol),
      lastPrice: exchange.lastTradePrice(symbol),
      previousClose: this.#closes.closePx(symbol),
    };
  }
}

function highestOf(prices: readonly (Price | null)[]): Price | null {
  let highest: Price | null = null;
  for (const price of prices) {
    if (price !== null && (highest === null || price > highest)) highest = price;
  }
  return highest;
}

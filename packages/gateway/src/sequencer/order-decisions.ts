/**
 * What becomes of an order that is placed or amended, decided and not done: nothing changes here.
 * What operators hold back comes first, then the desk's own checks, the rules of the markets, the
 * client's conditions, and the guard last.
 */
import { assert } from "@countermand/core/assert";
import type { ControlState, OperatorRefusal } from "@countermand/core/control";
import { type Desk, replaceRequest } from "@countermand/core/desk";
import type { Exchange, PricedOrder } from "@countermand/core/exchange";
import {
  type Account,
  type AmendRequest,
  type Instrument,
  marketGroupOf,
  type Order,
  type OrderCancelReplaceRequest,
  type PlaceRequest,
  type Refusal,
  refuse,
  type UnixMs,
} from "@countermand/core/model";
import { isWaiting } from "@countermand/core/order";
import type { MarketState, OrderGuard } from "../limits/order-guard.ts";
import type { RuleChecks } from "./rule-checks.ts";

/** What is looked at, as the partitions have it. */
export interface DecisionSides {
  deskOf(account: Account): { readonly desk: Desk };
  readonly exchange: { readonly exchange: Exchange };
  readonly control: ControlState;
}

export class OrderDecisions {
  readonly #sides: DecisionSides;
  readonly #checks: RuleChecks;

  constructor(sides: DecisionSides, checks: RuleChecks) {
    this.#sides = sides;
    this.#checks = checks;
  }

  /** The order as it would go to the venue now, or why it would not. */
  place(
    account: Account,
    request: PlaceRequest,
    nowMs: UnixMs,
    guard: OrderGuard | null,
  ): Order | Refusal {
    const blocked = this.#controlRefusal(account, request, request.enteredBy ?? "");
    if (blocked !== null) return blocked;
    const { desk } = this.#sides.deskOf(account);
    const instrument = desk.instrument(request.symbol);
    const startPx =
      instrument === null ? null : this.#checks.collarStartPx(request, instrument, nowMs);
    const placing = desk.decidePlace(account, request, startPx, nowMs);
    if ("refused" in placing) return placing;
    return (
      this.#checks.placeRefusal(request, listed(instrument), nowMs) ??
      (request.onlyIfResting === true ? this.#restingRefusal(placing) : null) ??
      guard?.refusal(this.#stateOf(desk), null, placing) ??
      placing
    );
  }

  /** The order under its new terms, or why it would not get them now; it may be closed. */
  amend(
    order: Order,
    request: AmendRequest,
    nowMs: UnixMs,
    guard: OrderGuard | null,
  ): Order | Refusal {
    const blocked =
      this.#controlRefusal(order.account, order, order.enteredBy) ??
      this.#controlRefusal(order.account, order, request.enteredBy ?? "");
    if (blocked !== null) return blocked;
    const { desk } = this.#sides.deskOf(order.account);
    const amended = desk.decideAmend(order, request);
    if ("refused" in amended) return amended;
    const instrument = listed(desk.instrument(order.symbol));
    return (
      this.#checks.amendRefusal(order, request, instrument, nowMs) ??
      (request.condition.resting === true ? this.#restingAmendRefusal(order, amended) : null) ??
      guard?.refusal(this.#stateOf(desk), order, amended) ??
      amended
    );
  }

  /**
   * Less quantity leaves an order where it rests, which may be short of its price (decision 7): the
   * exchange is told the price there, and the desk that the order's own is what it was.
   */
  replaceToSend(order: Order, amended: Order): OrderCancelReplaceRequest {
    const replace = replaceRequest(amended);
    const { orderId, symbol, price, stopPx, orderQty } = replace;
    const isLess = price === order.price && stopPx === order.stopPx && orderQty < order.orderQty;
    const restingPx = isLess ? this.#sides.exchange.exchange.restingPrice(symbol, orderId) : null;
    return restingPx === null ? replace : { ...replace, price: restingPx };
  }

  /** What operators' decisions say to a new order, or to an amend of this order. */
  #controlRefusal(
    account: Account,
    { portfolioId, market, symbol }: Pick<Order, "portfolioId" | "market" | "symbol">,
    apiKey: string,
  ): OperatorRefusal | null {
    const marketGroup = marketGroupOf(market);
    const origin = { apiKey, account, portfolioId, marketGroup };
    return this.#sides.control.orderRefusal(origin, symbol);
  }

  /** Why an order that is only to rest is not sent, or null. */
  #restingRefusal(order: PricedOrder): Refusal | null {
    const problem = this.#sides.exchange.exchange.tradingFault(order);
    return problem === null ? null : refuse("WOULD_TRADE", problem);
  }

  #restingAmendRefusal(order: Order, amended: Order): Refusal | null {
    if (isWaiting(order)) {
      return refuse("WOULD_TRADE", "a stop order may trade when its trigger is reached");
    }
    const { price, orderQty } = this.replaceToSend(order, amended);
    return this.#restingRefusal({ ...amended, price, orderQty });
  }

  #stateOf(desk: Desk): MarketState {
    return { desk, exchange: this.#sides.exchange.exchange };
  }
}

/** The instrument of a symbol that a desk took. */
function listed(instrument: Instrument | null): Instrument {
  assert(instrument !== null, "the symbol is listed");
  return instrument;
}

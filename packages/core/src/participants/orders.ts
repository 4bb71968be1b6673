/** The orders that participants place, and the prices they may have. */
import type { Price, Qty } from "../model/decimal.ts";
import { OrdType, Side, TimeInForce } from "../model/enums.ts";
import { NO_CL_ORD_ID } from "../model/ids.ts";
import type { OwnOrder, ParticipantCommand, Scene } from "./participant.ts";
import { isWithinReach, type SimulatedSymbol } from "./simulated-symbols.ts";

export function limitOrder(
  symbol: SimulatedSymbol,
  side: Side,
  price: Price,
  orderQty: Qty,
  timeInForce: TimeInForce = TimeInForce.Day,
): ParticipantCommand {
  return placed(symbol, { ordType: OrdType.Limit, side, price, orderQty, timeInForce });
}

export function marketOrder(symbol: SimulatedSymbol, side: Side, orderQty: Qty) {
  const timeInForce = TimeInForce.Day;
  return placed(symbol, { ordType: OrdType.Market, side, price: null, orderQty, timeInForce });
}

export function cancelOf({ orderId }: OwnOrder): ParticipantCommand {
  return { type: "Cancel", orderId };
}

/** The best price that an order of this side could trade at, if a participant would. */
export function takeablePrice({ symbol, fairPx, view }: Scene, side: Side): Price | null {
  const best = side === Side.Buy ? view.bestAsk : view.bestBid;
  return best !== null && isWithinReach(symbol, fairPx, best) ? best : null;
}

/**
 * The price, or the best one of the other side where that is reached before: no limit order goes
 * through the market, which Hong Kong refuses.
 */
export function notThrough({ bestBid, bestAsk }: Scene["view"], side: Side, price: Price): Price {
  if (side === Side.Buy) return bestAsk !== null && bestAsk < price ? bestAsk : price;
  return bestBid !== null && bestBid > price ? bestBid : price;
}

/** The multiple of a grid that is next to a price, the upper one of two. */
export function roundedTo(grid: bigint, price: Price): Price {
  return (((price + grid / 2n) / grid) * grid) as Price;
}

/** So many steps behind a price: lower for a buy, higher for a sell. */
export function behind(symbol: SimulatedSymbol, side: Side, price: Price, steps: number): Price {
  const distance = BigInt(steps) * symbol.stepPx;
  return (side === Side.Buy ? price - distance : price + distance) as Price;
}

export function otherSide(side: Side): Side {
  return side === Side.Buy ? Side.Sell : Side.Buy;
}

interface Terms {
  readonly ordType: OrdType;
  readonly side: Side;
  readonly price: Price | null;
  readonly orderQty: Qty;
  readonly timeInForce: TimeInForce;
}

function placed({ instrument, market }: SimulatedSymbol, terms: Terms): ParticipantCommand {
  const { symbol } = instrument;
  const unnamed = { stopPx: null, clOrdId: NO_CL_ORD_ID, portfolioId: "" };
  return { type: "Place", request: { market, symbol, ...terms, ...unnamed } };
}

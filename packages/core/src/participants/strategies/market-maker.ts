/**
 * Quotes a few prices on both sides of the fair price and moves them when it has moved. Prices
 * are on a grid, so that a small move keeps most quotes, and their places, where they are.
 */
import { assert } from "../../assert.ts";
import type { Price, Qty } from "../../model/decimal.ts";
import { Side } from "../../model/enums.ts";
import { behind, cancelOf, limitOrder, notThrough, roundedTo } from "../orders.ts";
import type {
  Decision,
  MarketMaker,
  ParticipantCommand,
  ParticipantState,
  Scene,
} from "../participant.ts";
import { Random } from "../random.ts";
import { REACH_STEPS, type SimulatedSymbol } from "../simulated-symbols.ts";

/** All cancels come before all quotes: no quote meets one of its own that is on its way out. */
export function decideMarketMaker(
  strategy: MarketMaker,
  { random: randomState, anchorPx }: ParticipantState,
  scene: Scene,
): Decision {
  const middlePx = quoteMiddle(strategy.gapSteps, scene, anchorPx);
  const random = new Random(randomState);
  const cancels: ParticipantCommand[] = [];
  const quotes: ParticipantCommand[] = [];
  for (const side of [Side.Buy, Side.Sell]) {
    const missing = new Set(quotePrices(strategy, scene, side, middlePx));
    for (const own of scene.view.ownOrders) {
      // Of two orders at one price only the older stays.
      if (own.side === side && !missing.delete(own.price)) cancels.push(cancelOf(own));
    }
    for (const price of missing) {
      quotes.push(limitOrder(scene.symbol, side, price, quoteQty(scene.symbol, random)));
    }
  }
  const state = { random: random.state, anchorPx: middlePx };
  return { commands: [...cancels, ...quotes], state };
}

/**
 * On a grid as wide as the gap between quotes, so that the new quotes are at the old ones' prices but
 * for the outermost. It follows the fair price only when that is three quarters of a gap away, so
 * that a price between two places does not make the quotes flicker.
 */
function quoteMiddle(gapSteps: number, { symbol, fairPx }: Scene, lastPx: Price | null): Price {
  const grid = symbol.stepPx * BigInt(gapSteps);
  if (lastPx === null) return roundedTo(grid, fairPx);
  const distance = fairPx < lastPx ? lastPx - fairPx : fairPx - lastPx;
  return distance * 4n < grid * 3n ? lastPx : roundedTo(grid, fairPx);
}

function quotePrices(
  { firstSteps, gapSteps, levels }: MarketMaker,
  { symbol, view }: Scene,
  side: Side,
  middlePx: Price,
): Price[] {
  const furthestSteps = firstSteps + levels * gapSteps;
  assert(firstSteps > 0 && furthestSteps <= REACH_STEPS, "quotes are apart and within reach");
  return Array.from({ length: levels }, (_, level) => {
    const price = behind(symbol, side, middlePx, firstSteps + level * gapSteps);
    return notThrough(view, side, price);
  });
}

function quoteQty({ quoteQty: { min, max }, instrument }: SimulatedSymbol, random: Random): Qty {
  return random.stepped(min, max, instrument.lotQty) as Qty;
}

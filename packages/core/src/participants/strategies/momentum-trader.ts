/** Follows the last price. Takes the best price or nothing, so that it never has open orders. */
import type { Qty } from "../../model/decimal.ts";
import { Side, TimeInForce } from "../../model/enums.ts";
import { cancelOf, limitOrder, takeablePrice } from "../orders.ts";
import type { Decision, MomentumTrader, ParticipantState, Scene } from "../participant.ts";
import { Random } from "../random.ts";

export function decideMomentumTrader(
  { thresholdSteps }: MomentumTrader,
  state: ParticipantState,
  scene: Scene,
): Decision {
  const { symbol, view } = scene;
  const { lastPrice } = view;
  // An order of an earlier run, under another strategy of the account.
  const cancels = view.ownOrders.map(cancelOf);
  const anchorPx = lastPrice ?? state.anchorPx;
  if (lastPrice === null || state.anchorPx === null) {
    return { commands: cancels, state: { ...state, anchorPx } };
  }
  const change = lastPrice - state.anchorPx;
  const threshold = BigInt(thresholdSteps) * symbol.stepPx;
  if (change < threshold && change > -threshold) return { commands: cancels, state };
  const side = change > 0n ? Side.Buy : Side.Sell;
  const price = takeablePrice(scene, side);
  if (price === null) return { commands: cancels, state: { ...state, anchorPx } };
  const random = new Random(state.random);
  const { min, max } = symbol.tradeQty;
  const orderQty = random.stepped(min, max, symbol.instrument.lotQty) as Qty;
  const order = limitOrder(symbol, side, price, orderQty, TimeInForce.ImmediateOrCancel);
  return { commands: [...cancels, order], state: { random: random.state, anchorPx } };
}

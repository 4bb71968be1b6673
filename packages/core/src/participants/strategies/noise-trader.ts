/**
 * Buys and sells small quantities for no reason: takes the best price, leaves an order near the
 * market, or gives one up.
 */
import type { Qty } from "../../model/decimal.ts";
import { Side } from "../../model/enums.ts";
import {
  behind,
  cancelOf,
  limitOrder,
  marketOrder,
  notThrough,
  otherSide,
  roundedTo,
  takeablePrice,
} from "../orders.ts";
import type {
  Decision,
  NoiseTrader,
  ParticipantCommand,
  ParticipantState,
  Scene,
} from "../participant.ts";
import { MILLION, Random } from "../random.ts";

const GIVES_UP_PER_MILLION = 300_000;
const TAKES_PER_MILLION = 450_000;

/** Orders that are left in the book are at most so many steps from the fair price. */
const BEHIND_STEPS_MAX = 4;

export function decideNoiseTrader(
  strategy: NoiseTrader,
  state: ParticipantState,
  scene: Scene,
): Decision {
  const random = new Random(state.random);
  const command = noise(strategy, random, scene);
  return {
    commands: command === null ? [] : [command],
    state: { ...state, random: random.state },
  };
}

function noise(
  { openOrdersMax }: NoiseTrader,
  random: Random,
  scene: Scene,
): ParticipantCommand | null {
  const { symbol, fairPx, view } = scene;
  const [oldest] = view.ownOrders;
  const givesUp = random.chance(GIVES_UP_PER_MILLION);
  const isFull = view.ownOrders.length >= openOrdersMax;
  if (oldest !== undefined && (givesUp || isFull)) return cancelOf(oldest);
  const side = random.chance(MILLION / 2) ? Side.Buy : Side.Sell;
  // It would trade with itself.
  const inTheWay = view.ownOrders.find((own) => own.side === otherSide(side));
  if (inTheWay !== undefined) return cancelOf(inTheWay);
  const { min, max } = symbol.tradeQty;
  const orderQty = random.stepped(min, max, symbol.instrument.lotQty) as Qty;
  if (random.chance(TAKES_PER_MILLION)) {
    return takeablePrice(scene, side) === null ? null : marketOrder(symbol, side, orderQty);
  }
  const steps = random.below(BEHIND_STEPS_MAX + 1);
  const price = behind(symbol, side, roundedTo(symbol.stepPx, fairPx), steps);
  return limitOrder(symbol, side, notThrough(view, side, price), orderQty);
}

/**
 * Odd lots: on an instrument that takes them, orders for less than a board lot trade in a market
 * of their own, never with board lots. Which of the two an order is in follows from its quantity,
 * and stays so: a replace does not cross from one to the other. Pure.
 *
 * In Hong Kong odd lots are posted on a screen apart and matched by hand. Here they match by
 * price, then time, as limit orders that rest; there is no auction of them, so their market takes
 * orders whenever that of board lots is not closed.
 */
import { assert } from "../assert.ts";
import { OrdType } from "../model/index.ts";
import { decideInMarket } from "./decisions.ts";
import type { BookCommand } from "./exchange-command.ts";
import type { BookEvent, MarketEvent } from "./exchange-event.ts";
import type { Listing } from "./listing.ts";
import { isImmediate } from "./matching.ts";

/**
 * The events of a command itself, in whichever market it concerns. Stop orders that its trades
 * reach come in afterwards, see decisions.ts.
 */
export function decideCommand(
  listing: Listing,
  command: BookCommand,
  tradeCount: number,
): BookEvent[] {
  const { oddLots } = listing;
  if (oddLots === null) return decideInMarket(listing, command, tradeCount);
  if (concernsOddLots(listing, oddLots, command)) {
    return decideInMarket(oddLots, command, tradeCount).map(ofOddLots);
  }
  const events: BookEvent[] = decideInMarket(listing, command, tradeCount);
  if (command.type === "ExpireDay") {
    const { countMax = Number.POSITIVE_INFINITY } = command;
    const rest = { ...command, countMax: countMax - events.length };
    for (const event of decideInMarket(oddLots, rest, tradeCount)) events.push(ofOddLots(event));
  }
  return events;
}

/** Whether only the market of odd lots has to do with it. */
function concernsOddLots(listing: Listing, oddLots: Listing, command: BookCommand): boolean {
  switch (command.type) {
    case "NewOrderSingle": {
      const isOdd = listing.isOddLot(command.orderQty);
      const other = isOdd ? listing : oddLots;
      assert(!other.has(command.orderId), "a new order has a fresh id");
      if (!isOdd) return false;
      assert(command.ordType === OrdType.Limit, "an odd lot is a limit order");
      assert(!isImmediate(command.timeInForce), "an odd lot may rest");
      return true;
    }
    case "OrderCancelRequest":
    case "WithdrawOrder":
      return oddLots.has(command.orderId);
    case "OrderCancelReplaceRequest": {
      const isOdd = listing.isOddLot(command.orderQty);
      const other = isOdd ? listing : oddLots;
      assert(!other.has(command.orderId), "a replaced order stays in its market");
      return isOdd;
    }
    case "CrossOrder":
    case "ChangePhase":
    case "Uncross":
    case "ExpireDay":
      return false;
  }
}

function ofOddLots(event: MarketEvent): BookEvent {
  return { type: "OddLot", symbol: event.symbol, event };
}

/**
 * How a view of the depth outside the exchange follows along: begin with `Exchange.depth`, then
 * apply the changes of every event since. In the middle of a command's events the view may be
 * crossed, as an order's rest is put in the book before its trades take from the other side;
 * after the command's last event it is the book's depth again.
 */
import { Side } from "../model/index.ts";
import { opposite } from "./book/order.ts";
import type { ExchangeEvent } from "./exchange-event.ts";

/** Added to the lots and the order count at one price; a price with no orders left is gone. */
export interface DepthChange {
  readonly side: Side;
  readonly ticks: number;
  readonly lots: number;
  readonly orderCount: -1 | 0 | 1;
}

/**
 * None for what has no price in the book (stop orders, at-auction orders, phases), and none for
 * odd lots, which are not in the public depth.
 */
export function depthChangesOf(event: ExchangeEvent): DepthChange[] {
  switch (event.type) {
    case "Entered":
    case "Triggered":
      return change(event.side, event.restingTicks, event.restingLots, 1);
    case "Replaced":
      return [
        ...change(event.side, event.fromTicks, -event.fromLots, -1),
        ...change(event.side, event.restingTicks, event.restingLots, 1),
      ];
    case "Reduced":
      return change(event.side, event.ticks, -event.lots, 0);
    case "Traded":
      return traded(opposite(event.side), event.ticks, event.lots, event.restingLeavesLots);
    case "AuctionTraded":
      return [
        ...traded(Side.Buy, event.buyTicks, event.lots, event.buyLeavesLots),
        ...traded(Side.Sell, event.sellTicks, event.lots, event.sellLeavesLots),
      ];
    case "Removed":
      return change(event.side, event.ticks, -event.lots, -1);
    case "StopEntered":
    case "StopReplaced":
    case "Uncrossed":
    case "PhaseChanged":
    case "OddLot":
    case "GridSet":
      return [];
  }
}

function traded(side: Side, ticks: number, lots: number, leavesLots: number): DepthChange[] {
  return change(side, ticks, -lots, leavesLots === 0 ? -1 : 0);
}

function change(side: Side, ticks: number, lots: number, orderCount: -1 | 0 | 1): DepthChange[] {
  return ticks === 0 || lots === 0 ? [] : [{ side, ticks, lots, orderCount }];
}

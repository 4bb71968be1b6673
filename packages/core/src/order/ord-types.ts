/** What each order type takes, so that no check branches on the type itself. */
import { OrdType, TimeInForce } from "../model/enums.ts";

export interface OrdTypeSpec {
  /** It has a price; without one a buy trades up to its collar. */
  readonly priced: boolean;
  /** It waits until its trigger price is reached. */
  readonly stop: boolean;
  readonly timesInForce: readonly TimeInForce[];
}

const { Day, GoodTillCancel, ImmediateOrCancel, FillOrKill } = TimeInForce;

export const ORD_TYPES: { readonly [T in OrdType]: OrdTypeSpec } = {
  [OrdType.Limit]: {
    priced: true,
    stop: false,
    timesInForce: [Day, GoodTillCancel, ImmediateOrCancel, FillOrKill],
  },
  // Immediate or cancel is Hong Kong's special limit order. It sweeps ten queues, so that to
  // promise all or nothing is not its business.
  [OrdType.EnhancedLimit]: {
    priced: true,
    stop: false,
    timesInForce: [Day, GoodTillCancel, ImmediateOrCancel],
  },
  // It never rests, so it has nothing that could last longer than a day.
  [OrdType.Market]: {
    priced: false,
    stop: false,
    timesInForce: [Day, ImmediateOrCancel, FillOrKill],
  },
  // A stop order waits, which is the opposite of immediate.
  [OrdType.StopLimit]: { priced: true, stop: true, timesInForce: [Day, GoodTillCancel] },
  [OrdType.StopMarket]: { priced: false, stop: true, timesInForce: [Day, GoodTillCancel] },
  // Both are for the auction at hand.
  [OrdType.Auction]: { priced: false, stop: false, timesInForce: [Day] },
  [OrdType.AuctionLimit]: { priced: true, stop: false, timesInForce: [Day] },
};

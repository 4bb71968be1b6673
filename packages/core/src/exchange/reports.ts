/** What the exchange's events mean to the desk. Needs no book, only the instrument's grid. */
import type { Account, ExecId, OrderId, VenueReport } from "../model/index.ts";
import type { MarketEvent } from "./exchange-event.ts";
import type { Listing } from "./listing.ts";

/** ExecID(17) of trade number n is this plus n, in decimal: always ten digits or more. */
export const EXEC_ID_BASE = 1_000_000_000;

/** What an event of a market means to the desk; of a trade, the incoming order's or the buyer's first. */
export function reportsOf(event: MarketEvent, listing: Listing): VenueReport[] {
  switch (event.type) {
    case "Entered":
    case "StopEntered":
      return [{ type: "Accepted", account: event.account, orderId: event.orderId }];
    case "Removed": {
      const { account, orderId, reason } = event;
      return [{ type: "Canceled", account, orderId, reason }];
    }
    case "Triggered":
      return [{ type: "Triggered", account: event.account, orderId: event.orderId }];
    case "Reduced":
    case "Replaced":
      return [replacedReport(event, event.orderLots, listing)];
    case "StopReplaced":
      return [replacedReport(event, event.lots, listing)];
    case "Traded": {
      const { incomingAccount, incomingOrderId, restingAccount, restingOrderId } = event;
      const trade = tradeOf(event, listing);
      return [
        { ...trade, account: incomingAccount, orderId: incomingOrderId },
        { ...trade, account: restingAccount, orderId: restingOrderId },
      ];
    }
    case "AuctionTraded": {
      const trade = tradeOf(event, listing);
      return [
        { ...trade, account: event.buyAccount, orderId: event.buyOrderId },
        { ...trade, account: event.sellAccount, orderId: event.sellOrderId },
      ];
    }
    case "Uncrossed":
    case "PhaseChanged":
      // Nothing happened to an order.
      return [];
  }
}

interface NewTerms {
  readonly account: Account;
  readonly orderId: OrderId;
  readonly ticks: number;
  readonly stopTicks: number;
}

function replacedReport(terms: NewTerms, orderLots: number, listing: Listing): VenueReport {
  return {
    type: "Replaced",
    account: terms.account,
    orderId: terms.orderId,
    price: listing.priceOf(terms.ticks),
    stopPx: listing.priceOf(terms.stopTicks),
    orderQty: listing.qtyOf(orderLots),
  };
}

interface Trade {
  readonly tradeNo: number;
  readonly ticks: number;
  readonly lots: number;
}

function tradeOf({ tradeNo, ticks, lots }: Trade, listing: Listing) {
  return {
    type: "Traded",
    execId: String(EXEC_ID_BASE + tradeNo) as ExecId,
    lastQty: listing.qtyOf(lots),
    lastPx: listing.priceOf(ticks),
  } as const;
}

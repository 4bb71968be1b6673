/** What the exchange's events mean to the desk. Needs no book, only the instrument's grid. */
import type { Account, ExecId, OrderId, Price, Qty, VenueReport } from "../model/index.ts";
import { decimalOf, LOW_END } from "../model/order-number.ts";
import type { MarketEvent, Traded } from "./exchange-event.ts";
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
      const trade = tradeOf(event, listing);
      return [
        tradedReport(event.incomingAccount, event.incomingOrderId, trade),
        tradedReport(event.restingAccount, event.restingOrderId, trade),
      ];
    }
    case "AuctionTraded": {
      const trade = tradeOf(event, listing);
      return [
        tradedReport(event.buyAccount, event.buyOrderId, trade),
        tradedReport(event.sellAccount, event.sellOrderId, trade),
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
  readonly execId: ExecId;
  readonly lastQty: Qty;
  readonly lastPx: Price;
}

type TradeTerms = Pick<Traded, "tradeNo" | "ticks" | "lots">;

function tradeOf({ tradeNo, ticks, lots }: TradeTerms, listing: Listing): Trade {
  return {
    execId: execIdOf(tradeNo),
    lastQty: listing.qtyOf(lots),
    lastPx: listing.priceOf(ticks),
  };
}

function tradedReport(account: Account, orderId: OrderId, trade: Trade): VenueReport {
  const { execId, lastQty, lastPx } = trade;
  return { type: "Traded", account, orderId, execId, lastQty, lastPx };
}

/** EXEC_ID_BASE plus the number, in decimal. */
function execIdOf(tradeNo: number): ExecId {
  const high = Math.floor(tradeNo / LOW_END);
  return decimalOf(EXEC_ID_BASE / LOW_END + high, tradeNo - high * LOW_END) as ExecId;
}

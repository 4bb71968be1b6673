/** The order that clients of tests ask for. */
import {
  MarketName,
  NO_CL_ORD_ID,
  OrdType,
  type PlaceRequest,
  Side,
  TimeInForce,
} from "@countermand/core/model";

/** A limit order to buy 100 shares of 00700 at 100. */
export function aPlaceRequest(change: Partial<PlaceRequest> = {}): PlaceRequest {
  return {
    market: MarketName.Hkex,
    symbol: "00700",
    ordType: OrdType.Limit,
    side: Side.Buy,
    timeInForce: TimeInForce.Day,
    orderQty: 10_000_000_000n,
    price: 10_000_000_000n,
    stopPx: null,
    clOrdId: NO_CL_ORD_ID,
    portfolioId: "",
    ...change,
  };
}

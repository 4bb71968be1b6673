/** Orders as clients send them, for tests. */
import type { PlaceRequest } from "../../packages/client/src/index.ts";

/** A buy of one lot, which the money of the sandbox's accounts is enough for. */
export const BUY = {
  market: "hkex",
  symbol: "00700",
  order_side: "buy",
  order_type: "limit_order",
  price: 400,
  qty: 100,
};

/** The same as the client library takes it: numbers are text. */
export const BUY_REQUEST: PlaceRequest = {
  market: "hkex",
  symbol: "00700",
  order_side: "buy",
  order_type: "limit_order",
  price: "400",
  qty: "100",
};

/** A buy of one lot at 1, unless changed: nobody takes it. */
export function restingOrder(change: object = {}): object {
  return { ...BUY, price: 1, ...change };
}

import * as desk from "../desk.ts";
import { decimalsOf, grouped, padded } from "./format.ts";

/** A price with all digits of its symbol's tick, as traders read it: 425.00 beside 424.95. */
export function priceText(symbol: string, price: string): string {
  return grouped(padded(price, decimalsOf(desk.instrumentOf(symbol)?.price_tick ?? "")));
}

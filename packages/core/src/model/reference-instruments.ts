import { at } from "../assert.ts";
import { fixed, type Price, type Qty } from "./decimal.ts";
import { MarketName } from "./enums.ts";
import { assertInstrument, type Instrument, marketGroupOf } from "./instrument.ts";

/**
 * The instruments of the `reference` market rules. Ticks are finer than the exchanges' own so
 * that the reference page's 423.83 is a legal price of 00700.
 */
export const REFERENCE_INSTRUMENTS: readonly Instrument[] = [
  instrument("00700", "TENCENT", "HKD", "00700", [MarketName.Hkex], {
    priceTick: "0.01",
    priceMax: "10000000",
    lotQty: "100",
    oddLotQty: "1",
    orderQtyMax: "100000000",
  }),
  instrument("AAPL", "APPLE", "USD", "AAPL", [MarketName.Usex, MarketName.Nasdaq], {
    priceTick: "0.01",
    priceMax: "10000000",
    lotQty: "1",
    orderQtyMax: "100000000",
  }),
  instrument("DODO-USDT", "DODO", "USDT", "DODO", [MarketName.Crypto], {
    priceTick: "0.000001",
    priceMax: "1000000",
    lotQty: "0.01",
    orderQtyMax: "10000000",
  }),
  instrument("BTC-USDT", "BITCOIN", "USDT", "BTC", [MarketName.Crypto], {
    priceTick: "0.01",
    priceMax: "100000000",
    lotQty: "0.000001",
    orderQtyMax: "1000",
  }),
];

interface GridText {
  readonly priceTick: string;
  readonly priceMax: string;
  readonly lotQty: string;
  readonly oddLotQty?: string;
  readonly orderQtyMax: string;
}

function instrument(
  symbol: string,
  securityDesc: string,
  currency: string,
  product: string,
  markets: readonly MarketName[],
  grid: GridText,
): Instrument {
  const result: Instrument = {
    symbol,
    securityDesc,
    currency,
    product,
    marketGroup: marketGroupOf(at(markets, 0)),
    markets,
    priceTick: fixed(grid.priceTick) as Price,
    priceMax: fixed(grid.priceMax) as Price,
    lotQty: fixed(grid.lotQty) as Qty,
    oddLotQty: grid.oddLotQty === undefined ? null : (fixed(grid.oddLotQty) as Qty),
    orderQtyMax: fixed(grid.orderQtyMax) as Qty,
  };
  assertInstrument(result);
  return result;
}

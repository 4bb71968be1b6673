/** What the simulated market knows of each instrument, as data. */
import { assert } from "../assert.ts";
import { fixed, type Price, type Qty } from "../model/decimal.ts";
import { MarketName } from "../model/enums.ts";
import type { Instrument } from "../model/instrument.ts";
import { MILLION } from "./random.ts";

/** A row as people write it: decimals. */
export interface SymbolSpec {
  readonly symbol: string;
  /** The name its orders are placed under. */
  readonly market: MarketName;
  /** What the fair price wanders about. */
  readonly referencePx: string;
  /**
   * Step between quoted prices: a multiple of the instrument's tick. In Hong Kong the real spread
   * of such a price, so that the same orders are legal under the exchange's own rules.
   */
  readonly stepPx: string;
  /** The most the fair price moves by chance in one of its steps. */
  readonly moveMaxPx: string;
  /** Sizes of a market maker's quotes and of a trader's orders: whole lots. */
  readonly quoteQty: readonly [min: string, max: string];
  readonly tradeQty: readonly [min: string, max: string];
}

export const SIMULATED_SYMBOLS: readonly SymbolSpec[] = [
  {
    symbol: "00700",
    market: MarketName.Hkex,
    // Far above 423.83, the documentation's example of an order that rests.
    referencePx: "450",
    stepPx: "0.2",
    moveMaxPx: "0.1",
    quoteQty: ["500", "3000"],
    tradeQty: ["100", "800"],
  },
  {
    symbol: "AAPL",
    market: MarketName.Usex,
    referencePx: "190",
    stepPx: "0.02",
    moveMaxPx: "0.01",
    quoteQty: ["100", "800"],
    tradeQty: ["1", "150"],
  },
  {
    symbol: "DODO-USDT",
    market: MarketName.Crypto,
    referencePx: "0.05",
    stepPx: "0.00001",
    moveMaxPx: "0.000005",
    quoteQty: ["20000", "150000"],
    tradeQty: ["100", "25000"],
  },
  {
    symbol: "BTC-USDT",
    market: MarketName.Crypto,
    referencePx: "60000",
    stepPx: "10",
    moveMaxPx: "5",
    quoteQty: ["0.05", "0.8"],
    tradeQty: ["0.001", "0.15"],
  },
];

export interface QtyRange {
  readonly min: Qty;
  readonly max: Qty;
}

/** A row and its instrument, in fixed-point units. */
export interface SimulatedSymbol {
  readonly instrument: Instrument;
  readonly market: MarketName;
  readonly referencePx: Price;
  /** Bounds of the fair price. */
  readonly lowestPx: Price;
  readonly highestPx: Price;
  readonly stepPx: Price;
  readonly moveMaxPx: Price;
  readonly quoteQty: QtyRange;
  readonly tradeQty: QtyRange;
}

/** How far the fair price may be from its reference, out of a million. */
const BAND_PER_MILLION = 30_000n;

/**
 * Orders of the participants are at most so many steps from the fair price. Others that are
 * further away are not traded with at any price.
 */
export const REACH_STEPS = 20n;

/**
 * Whether the row's prices and sizes lie on the instrument's grid and within its bounds. Where an
 * operator has given it another grid, they may not: then nobody simulated trades it.
 */
export function fitsSimulation(spec: SymbolSpec, instrument: Instrument): boolean {
  const { priceTick, priceMax, lotQty, orderQtyMax } = instrument;
  const [referencePx, stepPx] = [fixed(spec.referencePx), fixed(spec.stepPx)];
  const highest = referencePx + (referencePx * BAND_PER_MILLION) / BigInt(MILLION);
  if (stepPx % priceTick !== 0n || highest + REACH_STEPS * stepPx > priceMax) return false;
  const sizes = [...spec.quoteQty, ...spec.tradeQty].map(fixed);
  return sizes.every((qty) => qty % lotQty === 0n && qty <= orderQtyMax);
}

/** Throws unless the row fits the instrument's grid and bounds. */
export function simulatedSymbol(spec: SymbolSpec, instrument: Instrument): SimulatedSymbol {
  assert(spec.symbol === instrument.symbol, "a row is about its instrument");
  assert(instrument.markets.includes(spec.market), "the instrument is listed under that market");
  const [referencePx, stepPx] = [fixed(spec.referencePx) as Price, fixed(spec.stepPx) as Price];
  assert(stepPx % instrument.priceTick === 0n, "quoted prices lie on the instrument's ticks");
  const band = (referencePx * BAND_PER_MILLION) / BigInt(MILLION);
  const [lowestPx, highestPx] = [(referencePx - band) as Price, (referencePx + band) as Price];
  const reach = REACH_STEPS * stepPx;
  assert(lowestPx > reach && highestPx + reach <= instrument.priceMax, "all orders have a price");
  return {
    instrument,
    market: spec.market,
    referencePx,
    lowestPx,
    highestPx,
    stepPx,
    moveMaxPx: fixed(spec.moveMaxPx) as Price,
    quoteQty: qtyRange(spec.quoteQty, instrument),
    tradeQty: qtyRange(spec.tradeQty, instrument),
  };
}

/** Whether a price is one that participants trade at. */
export function isWithinReach({ stepPx }: SimulatedSymbol, fairPx: Price, price: Price): boolean {
  const distance = price < fairPx ? fairPx - price : price - fairPx;
  return distance <= REACH_STEPS * stepPx;
}

function qtyRange([min, max]: SymbolSpec["quoteQty"], instrument: Instrument): QtyRange {
  const range = { min: fixed(min) as Qty, max: fixed(max) as Qty };
  const { lotQty, orderQtyMax } = instrument;
  assert(range.min > 0n && range.min <= range.max, "a range of sizes is not empty");
  assert(range.min % lotQty === 0n && range.max % lotQty === 0n, "sizes are whole lots");
  assert(range.max <= orderQtyMax, "sizes are within the instrument's limit");
  return range;
}

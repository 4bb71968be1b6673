/** Market data as JSON text: the `data` of REST answers and of messages alike. */
import {
  type Amount,
  formatDecimal,
  type Instrument,
  type Price,
  type Qty,
  type Side,
  type UnixMs,
} from "@countermand/core/model";
import { encodeSuccess } from "../answers/envelope.ts";
import { jsonString } from "../answers/json-text.ts";
import { MARKET_WORDS, ORDER_SIDE_WORDS } from "../names.ts";
import { INTERVAL_WORDS, type IntervalSeconds } from "./market-words.ts";

/** One price: its total and its number of orders. In a change, 0 and 0 where the price is gone. */
export type PublicLevel = readonly [price: Price, qty: Qty, orderCount: number];

/** Both sides best first. */
export interface PublicDepth {
  readonly bids: readonly PublicLevel[];
  readonly asks: readonly PublicLevel[];
}

/** One trade. */
export interface PublicTrade {
  /** ExecID(17) on both sides of the fill. */
  readonly execId: string;
  readonly price: Price;
  readonly qty: Qty;
  /** Null for a trade of an auction. */
  readonly aggressorSide: Side | null;
  readonly atMs: UnixMs;
}

export interface PublicCandle {
  readonly startSeconds: number;
  readonly open: Price;
  readonly high: Price;
  readonly low: Price;
  readonly close: Price;
  readonly volume: Qty;
  readonly amount: Amount;
  readonly tradeCount: number;
}

/** Last price, best prices and the day of a symbol; zero where there is nothing to tell. */
export interface PublicTicker {
  readonly lastPrice: Price;
  readonly lastQty: Qty;
  readonly lastAtMs: UnixMs;
  readonly previousClose: Price;
  readonly dayOpen: Price;
  readonly dayHigh: Price;
  readonly dayLow: Price;
  readonly dayVolume: Qty;
  readonly dayAmount: Amount;
  readonly dayTradeCount: number;
}

/** Which state of a symbol is told. */
export interface SymbolPosition {
  readonly symbol: string;
  /** Changes with every start of the gateway; sequence numbers count within one. */
  readonly epoch: number;
  readonly seq: number;
  /** Exchange time of the last change; 0 when there was none in this epoch. */
  readonly atMs: UnixMs;
}

/** One row of `GET /market/v1/symbols`; the depth is that of the best prices. */
export function encodeSymbol(
  instrument: Instrument,
  ticker: PublicTicker,
  { bids: [bid], asks: [ask] }: PublicDepth,
): string {
  const markets = instrument.markets.map((market) => `"${MARKET_WORDS.wordOf(market)}"`);
  return (
    `{"symbol":${jsonString(instrument.symbol)},"name":${jsonString(instrument.securityDesc)},` +
    `"markets":[${markets.join(",")}],"base_currency":${jsonString(instrument.currency)},` +
    `"price_tick":${formatDecimal(instrument.priceTick)},` +
    `"price_max":${formatDecimal(instrument.priceMax)},` +
    `"lot_qty":${formatDecimal(instrument.lotQty)},` +
    `"qty_max":${formatDecimal(instrument.orderQtyMax)},` +
    `"last_price":${formatDecimal(ticker.lastPrice)},"last_qty":${formatDecimal(ticker.lastQty)},` +
    `"last_time_ms":${ticker.lastAtMs},"prev_close":${formatDecimal(ticker.previousClose)},` +
    `"day_open":${formatDecimal(ticker.dayOpen)},"day_high":${formatDecimal(ticker.dayHigh)},` +
    `"day_low":${formatDecimal(ticker.dayLow)},"day_qty":${formatDecimal(ticker.dayVolume)},` +
    `"day_amount":${formatDecimal(ticker.dayAmount)},"day_trades":${ticker.dayTradeCount},` +
    `"bid_price":${formatDecimal(bid?.[0] ?? 0n)},"bid_qty":${formatDecimal(bid?.[1] ?? 0n)},` +
    `"ask_price":${formatDecimal(ask?.[0] ?? 0n)},"ask_qty":${formatDecimal(ask?.[1] ?? 0n)}}`
  );
}

/** The answer of `GET /market/v1/symbols`, of rows made by {@link encodeSymbol}. */
export function encodeSymbolsAnswer(symbols: readonly string[]): string {
  return encodeSuccess(`{"symbols":[${symbols.join(",")}]}`);
}

/** The answer of `GET /market/v1/depth`. */
export function encodeDepthAnswer(position: SymbolPosition, depth: PublicDepth): string {
  return encodeSuccess(`{${positionMembers(position)},${depthMembers(depth)}}`);
}

/** The answer of `GET /market/v1/trades`. */
export function encodeTradesAnswer(symbol: string, trades: readonly PublicTrade[]): string {
  return encodeSuccess(`{"symbol":${jsonString(symbol)},${tradesMember(trades)}}`);
}

/** The answer of `GET /market/v1/candles`. */
export function encodeCandlesAnswer(
  symbol: string,
  interval: IntervalSeconds,
  candles: readonly PublicCandle[],
): string {
  const word = INTERVAL_WORDS.find(([, seconds]) => seconds === interval)?.[0] ?? "";
  return encodeSuccess(
    `{"symbol":${jsonString(symbol)},"interval":"${word}",${candlesMember(candles)}}`,
  );
}

/** `symbol`, `epoch`, `seq`, `time_ms`. */
export function positionMembers({ symbol, epoch, seq, atMs }: SymbolPosition): string {
  return `"symbol":${jsonString(symbol)},"epoch":${epoch},"seq":${seq},"time_ms":${atMs}`;
}

/** `bids` and `asks`. */
export function depthMembers({ bids, asks }: PublicDepth): string {
  return `"bids":[${bids.map(levelText).join(",")}],"asks":[${asks.map(levelText).join(",")}]`;
}

/** `trades`. */
export function tradesMember(trades: readonly PublicTrade[]): string {
  return `"trades":[${trades.map(tradeText).join(",")}]`;
}

/** `candles`. */
export function candlesMember(candles: readonly PublicCandle[]): string {
  return `"candles":[${candles.map(encodeCandle).join(",")}]`;
}

/** One candle. */
export function encodeCandle(candle: PublicCandle): string {
  return (
    `{"start_time":${candle.startSeconds},"open":${formatDecimal(candle.open)},` +
    `"high":${formatDecimal(candle.high)},"low":${formatDecimal(candle.low)},` +
    `"close":${formatDecimal(candle.close)},"qty":${formatDecimal(candle.volume)},` +
    `"amount":${formatDecimal(candle.amount)},"trades":${candle.tradeCount}}`
  );
}

function levelText([price, qty, orderCount]: PublicLevel): string {
  return `[${formatDecimal(price)},${formatDecimal(qty)},${orderCount}]`;
}

function tradeText({ execId, price, qty, aggressorSide, atMs }: PublicTrade): string {
  const side = aggressorSide === null ? "" : ORDER_SIDE_WORDS.wordOf(aggressorSide);
  return (
    `{"exec_id":${jsonString(execId)},"price":${formatDecimal(price)},` +
    `"qty":${formatDecimal(qty)},"aggressor_side":"${side}","time_ms":${atMs}}`
  );
}

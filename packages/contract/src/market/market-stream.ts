/** Messages the market stream sends. Errors and notices are those of the order stream. */
import { jsonString } from "../answers/json-text.ts";
import {
  candlesMember,
  depthMembers,
  encodeCandle,
  type PublicCandle,
  type PublicDepth,
  type PublicTrade,
  positionMembers,
  type SymbolPosition,
  tradesMember,
} from "./market-answers.ts";
import type { MarketSubscribe, MarketUnsubscribe } from "./market-messages.ts";

/** A message's place in its subscription. */
export interface FeedPosition extends SymbolPosition {
  /** The channel's word. */
  readonly channel: string;
}

/** The best prices as they stand. */
export function encodeDepthSnapshot(
  at: FeedPosition,
  levelCountMax: number,
  depth: PublicDepth,
): string {
  return snapshot(at, `"levels":${levelCountMax},${depthMembers(depth)}`);
}

/** The last trades, oldest first. */
export function encodeTradesSnapshot(at: FeedPosition, trades: readonly PublicTrade[]): string {
  return snapshot(at, tradesMember(trades));
}

/** The last candles, oldest first. */
export function encodeCandlesSnapshot(at: FeedPosition, candles: readonly PublicCandle[]): string {
  return snapshot(at, candlesMember(candles));
}

/** The prices that changed, with their new totals. */
export function encodeDepthDelta(at: FeedPosition, prevSeq: number, change: PublicDepth): string {
  return update("delta", at, prevSeq, depthMembers(change));
}

/** The trades since the message before, oldest first. */
export function encodeTrades(
  at: FeedPosition,
  prevSeq: number,
  trades: readonly PublicTrade[],
): string {
  return update("trade", at, prevSeq, tradesMember(trades));
}

/** The current candle as it stands. */
export function encodeCandleUpdate(
  at: FeedPosition,
  prevSeq: number,
  candle: PublicCandle,
): string {
  return update("candle", at, prevSeq, encodeCandle(candle).slice(1, -1));
}

/** The answer of a message that was carried out; `count` subscriptions are open afterwards. */
export function encodeSubscribed(message: MarketSubscribe, count: number): string {
  return answer("subscribed", message, `"levels":${message.levels},"subscriptions":${count}`);
}

/** The answer of a message that was carried out; `count` subscriptions are open afterwards. */
export function encodeUnsubscribed(message: MarketUnsubscribe, count: number): string {
  return answer("unsubscribed", message, `"subscriptions":${count}`);
}

/** The latest position of one subscription. */
export interface SubscriptionPosition {
  readonly channel: string;
  readonly symbol: string;
  readonly seq: number;
}

/** With the latest position of every subscription, so that silence and loss can be told apart. */
export function encodeMarketHeartbeat(
  nowMs: number,
  epoch: number,
  positions: readonly SubscriptionPosition[],
): string {
  const texts = positions.map(({ channel, symbol, seq }) => {
    return `{"channel":"${channel}","symbol":${jsonString(symbol)},"seq":${seq}}`;
  });
  return (
    `{"type":"heartbeat","data":{"timestamp":${nowMs},"epoch":${epoch},` +
    `"subscriptions":[${texts.join(",")}]}}`
  );
}

function snapshot(at: FeedPosition, members: string): string {
  const head = `"type":"snapshot","channel":"${at.channel}",${positionMembers(at)}`;
  return `{${head},"data":{${members}}}`;
}

function update(type: string, at: FeedPosition, prevSeq: number, members: string): string {
  const head = `"type":"${type}","channel":"${at.channel}",${positionMembers(at)}`;
  return `{${head},"prev_seq":${prevSeq},"data":{${members}}}`;
}

function answer(type: string, message: MarketSubscribe | MarketUnsubscribe, more: string): string {
  const channels = message.channels.map(({ word }) => `"${word}"`).join(",");
  const symbols = message.symbols.map(jsonString).join(",");
  return `{"type":"${type}","channels":[${channels}],"symbols":[${symbols}],${more}}`;
}

/** What the sandbox's clock says of itself. */
import { jsonString } from "./json-text.ts";

/** Where a market is in its day. */
export interface ClockMarket {
  readonly market: string;
  readonly localTime: string;
  readonly session: string;
  readonly phase: string;
  readonly takesCancels: boolean;
  /** Null where nothing ever changes by time. */
  readonly nextChangeMs: number | null;
}

export interface ClockView {
  readonly nowMs: number;
  /** 1 while it follows real time. */
  readonly speed: number;
  readonly followsRealTime: boolean;
  readonly rules: string;
  readonly markets: readonly ClockMarket[];
}

/** The answer of both routes of the clock. */
export function encodeClock(view: ClockView): string {
  const { nowMs, speed, followsRealTime, rules } = view;
  const markets = view.markets.map(encodeMarket).join(",");
  return (
    `{"code":0,"data":{"timestamp":${nowMs},"speed":${speed},` +
    `"follows_real_time":${followsRealTime},"rules":${jsonString(rules)},"markets":[${markets}]}}`
  );
}

function encodeMarket(market: ClockMarket): string {
  return (
    `{"market":${jsonString(market.market)},"local_time":${jsonString(market.localTime)},` +
    `"session":${jsonString(market.session)},"phase":${jsonString(market.phase)},` +
    `"takes_cancels":${market.takesCancels},"next_change":${market.nextChangeMs ?? 0}}`
  );
}

/**
 * What happened to the exchange's time: past tense, immutable, numbered by the journal. Its payloads
 * are JSON arrays, positional; the first cell names the kind. Positions are only ever appended.
 *
 * | kind | event        |
 * |------|--------------|
 * | `B`  | RulesBegan   |
 * | `T`  | TimeReached  |
 * | `C`  | DayClosed    |
 * | `K`  | ClockSet     |
 */
import { assert } from "../assert.ts";
import type { Price } from "../model/decimal.ts";
import type { UnixMs } from "../model/ids.ts";
import type { RuleProfileName } from "../rules/profiles.ts";

/** The rules that this journal's orders were taken by; its first event, and its only one. */
export interface RulesBegan {
  readonly type: "RulesBegan";
  readonly atMs: UnixMs;
  readonly profile: RuleProfileName;
  /** Decides the auctions' random ends. */
  readonly seed: number;
}

/** All session boundaries up to this moment, included, have been crossed. */
export interface TimeReached {
  readonly type: "TimeReached";
  readonly atMs: UnixMs;
}

/** The price of the day's latest trade became the closing price. */
export interface DayClosed {
  readonly type: "DayClosed";
  readonly atMs: UnixMs;
  readonly symbol: string;
  readonly closePx: Price;
}

/** From here on the exchange's clock runs by itself, so many times as fast as real time. */
export interface ClockSet {
  readonly type: "ClockSet";
  readonly atMs: UnixMs;
  /** 0 stands still. */
  readonly speed: number;
}

export type SessionEvent = RulesBegan | TimeReached | DayClosed | ClockSet;

type Cells =
  | readonly ["B", atMs: UnixMs, profile: RuleProfileName, seed: number]
  | readonly ["T", atMs: UnixMs]
  | readonly ["C", atMs: UnixMs, symbol: string, closePx: string]
  | readonly ["K", atMs: UnixMs, speed: number];

export function encodeSessionEvent(event: SessionEvent): string {
  return JSON.stringify(cellsOf(event));
}

/**
 * Precondition: the payload was made by {@link encodeSessionEvent}; the journal's hash chain
 * vouches for it.
 */
export function decodeSessionEvent(payload: string): SessionEvent {
  const cells = JSON.parse(payload) as Cells;
  switch (cells[0]) {
    case "B":
      return { type: "RulesBegan", atMs: cells[1], profile: cells[2], seed: cells[3] };
    case "T":
      return { type: "TimeReached", atMs: cells[1] };
    case "C": {
      const closePx = BigInt(cells[3]) as Price;
      return { type: "DayClosed", atMs: cells[1], symbol: cells[2], closePx };
    }
    case "K":
      return { type: "ClockSet", atMs: cells[1], speed: cells[2] };
    default:
      assert(false, "a session event is of a known kind");
  }
}

function cellsOf(event: SessionEvent): Cells {
  switch (event.type) {
    case "RulesBegan":
      return ["B", event.atMs, event.profile, event.seed];
    case "TimeReached":
      return ["T", event.atMs];
    case "DayClosed":
      return ["C", event.atMs, event.symbol, event.closePx.toString()];
    case "ClockSet":
      return ["K", event.atMs, event.speed];
  }
}

/**
 * Day orders whose day is over. Those of a large book expire in bounded steps, so that the commands
 * of everybody else get their turn in between; but only in a book that is closed, where nothing
 * trades and nothing new comes in, so that nobody gains by being one of the last. What a crash
 * leaves of them is found again by the orders' times.
 */
import type { Order, UnixMs } from "@countermand/core/model";
import { marketGroupOf, TimeInForce } from "@countermand/core/model";
import { lastDayEnd, type RuleProfile } from "@countermand/core/rules";
import { EXPIRIES_PER_STEP } from "./limits.ts";

/** What day ends need of the partitions. */
export interface DayEndPort {
  isClosed(symbol: string): boolean;
  /** Expires at most so many day orders of a book; how many there were. */
  expire(symbol: string, atMs: UnixMs, countMax: number): number;
}

export class DayEnds {
  readonly #port: DayEndPort;
  /** Books that may have day orders of an ended day. */
  readonly #symbols = new Set<string>();
  /** What is left of this step. */
  #room = EXPIRIES_PER_STEP;

  constructor(port: DayEndPort) {
    this.#port = port;
  }

  /** Whether there is anything left for another step. */
  get hasMore(): boolean {
    return this.#symbols.size > 0;
  }

  /** A step begins: what ends in it shares its room. */
  beginStep(): void {
    this.#room = EXPIRIES_PER_STEP;
  }

  /** A book's day is over. */
  ended(symbol: string, atMs: UnixMs): void {
    this.#symbols.add(symbol);
    if (this.#port.isClosed(symbol)) this.#expire(symbol, atMs);
    else this.finish(symbol, atMs);
  }

  /**
   * A start has found day orders of an ended day in a book. In one that is open it is the calendar
   * that has changed since: those go with the others, at the end of this day.
   */
  found(symbol: string): void {
    if (this.#port.isClosed(symbol)) this.#symbols.add(symbol);
  }

  /** Expires what is left in a book, before anything else happens to it by time. */
  finish(symbol: string, atMs: UnixMs): void {
    if (this.#symbols.delete(symbol)) this.#port.expire(symbol, atMs, Number.POSITIVE_INFINITY);
  }

  /** A step of its own: goes on where the one before ended. */
  more(atMs: UnixMs): void {
    this.beginStep();
    for (const symbol of [...this.#symbols]) {
      if (this.#room === 0) return;
      this.#expire(symbol, atMs);
    }
  }

  #expire(symbol: string, atMs: UnixMs): void {
    if (this.#room === 0) return;
    const count = this.#port.expire(symbol, atMs, this.#room);
    if (count < this.#room) this.#symbols.delete(symbol);
    this.#room -= count;
  }
}

/** Symbols of day orders that are older than the latest day end that was reached. */
export function overdueSymbols(
  orders: Iterable<Order>,
  { markets }: RuleProfile,
  reachedMs: UnixMs,
): ReadonlySet<string> {
  const overdue = new Set<string>();
  if (!Object.values(markets).some(({ dayOrdersExpire }) => dayOrdersExpire)) return overdue;
  const ends = new Map<string, number>();
  const endOf = (market: Order["market"]): number => {
    const { hours, dayOrdersExpire } = markets[market];
    return dayOrdersExpire ? lastDayEnd(hours, reachedMs) : Number.NEGATIVE_INFINITY;
  };
  for (const { symbol, market, timeInForce, createdAtMs } of orders) {
    if (timeInForce !== TimeInForce.Day || overdue.has(symbol)) continue;
    const group = marketGroupOf(market);
    const endedAtMs = ends.get(group) ?? endOf(market);
    ends.set(group, endedAtMs);
    if (createdAtMs < endedAtMs) overdue.add(symbol);
  }
  return overdue;
}

/**
 * The exchange's time where it stands still between two settings of it, and what the hours say to
 * requests meanwhile. Which of two times a request met may not be known: then either is right.
 */
import type { Request } from "../clients/requests.ts";
import { exchangeOf, wallTimeMs } from "./days.ts";
import type { Model } from "./model.ts";
import type { Terms } from "./orders.ts";
import { hoursAnswers, mayAmend, mayCancel, nextTradingMs, phasesAt } from "./sessions.ts";

interface Moment {
  readonly atMs: number;
  /** When the journal was seen to have it, by the world's time. */
  readonly seenAtMs: number;
}

/** An answer about the clock. */
export interface ClockShown {
  readonly timestamp: number;
  readonly markets: readonly {
    readonly market: string;
    readonly local_time: string;
    readonly phase: string;
    readonly takes_cancels: boolean;
    readonly next_change: number;
  }[];
}

/** Refused for its price, by what the book or the auction is at: not predicted. */
const OFF_PRICE = "11030104";

export class StrictHours {
  readonly #nowMs: () => number;
  readonly #moments: Moment[] = [];

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** The latest time that is known. */
  get atMs(): number {
    return this.#moments.at(-1)?.atMs ?? 0;
  }

  /** A record of the journal's partition of sessions. */
  follow(payload: string): void {
    const [kind, atMs] = JSON.parse(payload) as [string, number];
    if (kind === "K") this.#moments.push({ atMs, seenAtMs: this.#nowMs() });
  }

  answersToPlace(terms: Terms, { sentAtMs }: Request): ReadonlySet<string> {
    const said = this.#timesSince(sentAtMs).flatMap((atMs) => {
      return hoursAnswers(atMs, terms);
    });
    return new Set([
      ...said,
      ...(terms.market === "hkex" && said.includes("null") ? [OFF_PRICE] : []),
    ]);
  }

  /** What is wrong with what the clock is said to show, or null. */
  clockProblem({ timestamp, markets }: ClockShown, { sentAtMs }: Request): string | null {
    if (!this.#timesSince(sentAtMs).includes(timestamp)) return `it is not ${timestamp}`;
    for (const { market, local_time: shown, phase, takes_cancels, next_change } of markets) {
      const exchange = exchangeOf(market);
      const local = new Date(wallTimeMs(exchange, timestamp)).toISOString();
      if (!shown.startsWith(local.slice(0, 19).replace("T", " "))) return `${market} has ${local}`;
      const phases = phasesAt(exchange, timestamp);
      if (!phases.some((each) => each === phase)) return `${market} is not in ${phase}`;
      if (takes_cancels !== mayCancel(exchange, timestamp)) return `${market} and cancels`;
      const most = nextTradingMs(exchange, timestamp);
      // When an auction ends at random nobody knows.
      if (phases.length === 1 && next_change > most) return `${market} changes at ${most}`;
    }
    return null;
  }

  /** Whether the market of one of its orders may have taken no cancels or amends then. */
  mayBeShut({ command, key, sentAtMs }: Request, model: Model): boolean {
    const exchanges = new Set(model.orders(key.account).map(({ market }) => exchangeOf(market)));
    const mayBe = command.kind === "amend" ? mayAmend : mayCancel;
    return [...exchanges].some((exchange) => {
      return this.#timesSince(sentAtMs).some((atMs) => {
        return !mayBe(exchange, atMs);
      });
    });
  }

  /** The time that held when it was sent, and all later ones. */
  #timesSince(sentAtMs: number): number[] {
    const first = this.#moments.findLastIndex(({ seenAtMs }) => seenAtMs < sentAtMs);
    return this.#moments.slice(Math.max(0, first)).map(({ atMs }) => atMs);
  }
}

/**
 * The exchange's time where it stands still between two settings of it, and what the hours say to
 * requests meanwhile. Which of two times a request met may not be known: then either is right.
 */
import type { Request } from "../clients/requests.ts";
import type { Model } from "./model.ts";
import type { Terms } from "./orders.ts";
import { hoursAnswers, mayAmend, mayCancel } from "./sessions.ts";

interface Moment {
  readonly atMs: number;
  /** When the journal was seen to have it, by the world's time. */
  readonly seenAtMs: number;
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
    if (terms.market !== "hkex") return new Set(["null"]);
    const said = this.#timesSince(sentAtMs).flatMap((atMs) => {
      return hoursAnswers(atMs, terms.order_type);
    });
    return new Set([...said, ...(said.includes("null") ? [OFF_PRICE] : [])]);
  }

  /** Whether the market of one of its orders may have taken no cancels or amends then. */
  mayBeShut({ command, key, sentAtMs }: Request, model: Model): boolean {
    const markets = model.orders(key.account).map(({ market }) => market);
    if (!markets.includes("hkex")) return false;
    const mayBe = command.kind === "amend" ? mayAmend : mayCancel;
    return this.#timesSince(sentAtMs).some((atMs) => !mayBe(atMs) || isAtRandomEnd(atMs));
  }

  /** The time that held when it was sent, and all later ones. */
  #timesSince(sentAtMs: number): number[] {
    const first = this.#moments.findLastIndex(({ seenAtMs }) => seenAtMs < sentAtMs);
    return this.#moments.slice(Math.max(0, first)).map(({ atMs }) => atMs);
  }
}

function isAtRandomEnd(atMs: number): boolean {
  return mayCancel(atMs) !== mayAmend(atMs);
}

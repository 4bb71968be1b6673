/**
 * How far the exchange's time has come: the rules it runs by, the last boundary crossed, the closing
 * prices, and whether its clock was set. A fold of session events, owned by the sequencer; what
 * phase a book is in is the exchange's own state.
 */
import { assert } from "../assert.ts";
import type { Price } from "../model/decimal.ts";
import type { UnixMs } from "../model/ids.ts";
import type { RuleProfileName } from "../rules/profiles.ts";
import type { SessionEvent } from "./session-event.ts";

export interface BegunRules {
  readonly profile: RuleProfileName;
  readonly seed: number;
}

type Cells =
  | readonly [
      "session",
      reachedMs: UnixMs,
      speed: number | null,
      profile: RuleProfileName | null,
      seed: number,
    ]
  | readonly ["close", symbol: string, closePx: string];

export class SessionState {
  #rules: BegunRules | null = null;
  #reachedMs = 0 as UnixMs;
  #speed: number | null = null;
  readonly #closes = new Map<string, Price>();

  /** Null until the journal's first event. */
  get rules(): BegunRules | null {
    return this.#rules;
  }

  /** The latest time that is known to have been reached: no later one lies before it. */
  get reachedMs(): UnixMs {
    return this.#reachedMs;
  }

  /** How fast the clock runs since it was set; null while it follows real time. */
  get speed(): number | null {
    return this.#speed;
  }

  /** Closing price of the last trading day that has ended; null while nothing has traded. */
  closePx(symbol: string): Price | null {
    return this.#closes.get(symbol) ?? null;
  }

  apply(event: SessionEvent): void {
    assert(event.atMs >= this.#reachedMs, "the exchange's time does not run backwards");
    switch (event.type) {
      case "RulesBegan":
        assert(this.#rules === null, "a journal begins once");
        this.#rules = { profile: event.profile, seed: event.seed };
        break;
      case "TimeReached":
        break;
      case "DayClosed":
        this.#closes.set(event.symbol, event.closePx);
        // Its moment is reached once everything that belongs to it has happened.
        return;
      case "ClockSet":
        this.#speed = event.speed;
        break;
    }
    this.#reachedMs = event.atMs;
  }

  /** The whole state as canonical lines: equal states give equal lines. */
  *snapshotLines(): Iterable<string> {
    const { profile, seed } = this.#rules ?? { profile: null, seed: 0 };
    yield lineOf(["session", this.#reachedMs, this.#speed, profile, seed]);
    for (const symbol of [...this.#closes.keys()].sort()) {
      yield lineOf(["close", symbol, String(this.#closes.get(symbol))]);
    }
  }

  static restore(lines: Iterable<string>): SessionState {
    const state = new SessionState();
    for (const line of lines) state.#load(JSON.parse(line) as Cells);
    return state;
  }

  #load(cells: Cells): void {
    if (cells[0] === "close") {
      this.#closes.set(cells[1], BigInt(cells[2]) as Price);
      return;
    }
    const [, reachedMs, speed, profile, seed] = cells;
    this.#reachedMs = reachedMs;
    this.#speed = speed;
    this.#rules = profile === null ? null : { profile, seed };
  }
}

function lineOf(cells: Cells): string {
  return JSON.stringify(cells);
}

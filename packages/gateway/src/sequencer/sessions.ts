/**
 * The sessions partition: which boundary comes next, and what crossing it does. Owned by the
 * partitions, which carry its steps out and stage its events.
 */
import { assert } from "@countermand/core/assert";
import type { Exchange, SessionCommand } from "@countermand/core/exchange";
import { InstrumentTable, type MarketGroup, type UnixMs } from "@countermand/core/model";
import { type RuleProfile, ruleProfile } from "@countermand/core/rules";
import {
  alignSteps,
  dueSteps,
  firstBoundary,
  type SessionEvent,
  type SessionState,
  type SessionStep,
  SessionState as State,
} from "@countermand/core/session";

/** The partition of the exchange's time. */
export const SESSION_PARTITION = "session";

export interface SessionsOptions {
  readonly profile: RuleProfile;
  /** Of {@link RuleProfile}; told to the journal once. */
  readonly seed: number;
  readonly instruments: InstrumentTable;
  readonly exchange: Exchange;
  readonly state: SessionState;
  readonly lease: { readonly epoch: number; seq: number };
}

/** What carries a step out, in the same commit as all others of its boundary. */
export interface SessionPort {
  work(command: SessionCommand, atMs: UnixMs): void;
  stage(event: SessionEvent): void;
  /** Whether an operator has halted the market. */
  isHalted(group: MarketGroup): boolean;
}

export class Sessions {
  readonly profile: RuleProfile;
  readonly state: SessionState;
  readonly lease: { readonly epoch: number; seq: number };
  readonly #options: SessionsOptions;
  #nextAtMs: number;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.profile = options.profile;
    this.state = options.state;
    this.lease = options.lease;
    this.#nextAtMs = this.#boundaryAfter(options.state.reachedMs);
  }

  /** The reference rules over an exchange, in which nothing ever happens by time. */
  static reference(exchange: Exchange): Sessions {
    return new Sessions({
      profile: ruleProfile("reference", { seed: 0 }),
      seed: 0,
      instruments: new InstrumentTable([]),
      exchange,
      state: new State(),
      lease: { epoch: 1, seq: 0 },
    });
  }

  /** When the next boundary comes; null when none ever does. */
  get nextAtMs(): UnixMs | null {
    return Number.isFinite(this.#nextAtMs) ? (this.#nextAtMs as UnixMs) : null;
  }

  /**
   * What a start does: begins the journal's rules, crosses what was missed, and leads books into
   * the phase of this moment. A journal without rules of its own has the reference ones.
   */
  begin(nowMs: UnixMs, port: SessionPort): void {
    const { profile, seed } = this.#options;
    if (this.state.rules === null && profile.name !== "reference") {
      port.stage({ type: "RulesBegan", atMs: nowMs, profile: profile.name, seed });
      this.#nextAtMs = this.#boundaryAfter(nowMs);
    }
    this.advance(nowMs, port);
    this.align(nowMs, port);
  }

  /** Leads books into the phase of this moment, those apart whose market is halted. */
  align(nowMs: UnixMs, port: SessionPort): void {
    this.#carryOut(alignSteps(this.#world, nowMs), port);
  }

  /** Crosses all boundaries up to now, each once and in order. */
  advance(nowMs: UnixMs, port: SessionPort): void {
    if (nowMs < this.#nextAtMs) return;
    this.#carryOut(dueSteps(this.#world, this.state.reachedMs, nowMs), port);
    port.stage({ type: "TimeReached", atMs: nowMs });
    this.#nextAtMs = this.#boundaryAfter(nowMs);
  }

  get #world() {
    const { profile, instruments, exchange } = this.#options;
    return { profile, instruments: instruments.all, books: exchange, closes: this.state };
  }

  #carryOut(steps: Iterable<SessionStep>, port: SessionPort): void {
    for (const step of steps) {
      if ("command" in step && this.#isHeld(step.command, port)) continue;
      if ("command" in step) port.work(step.command, step.atMs);
      else port.stage(step.event);
    }
  }

  /**
   * A halted market does not match: its auctions wait, and so do changes of phase behind them. What
   * is of its day only still ends with it.
   */
  #isHeld({ type, symbol }: SessionCommand, port: SessionPort): boolean {
    if (type === "ExpireDay") return false;
    const instrument = this.#options.instruments.find(symbol);
    return instrument !== null && port.isHalted(instrument.marketGroup);
  }

  #boundaryAfter(atMs: UnixMs): number {
    const boundary = firstBoundary(this.#options.profile, atMs);
    assert(boundary === null || boundary.atMs > atMs, "a boundary lies ahead");
    return boundary?.atMs ?? Number.POSITIVE_INFINITY;
  }
}

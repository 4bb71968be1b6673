/**
 * The sandbox's clock: shows the exchange's time and moves it on. It drives sessions, settlement
 * and order times only; signatures, replay memory and heartbeats keep real time.
 */
import {
  type ClockMarket,
  type ClockMove,
  type ClockRequest,
  type ClockView,
  encodeClock,
  type Fault,
  fault,
  LIMITS,
} from "@countermand/contract";
import { MARKET_GROUP_NAMES, type MarketGroup, type UnixMs } from "@countermand/core/model";
import { formatLocal, sessionAt } from "@countermand/core/rules";
import { firstBoundary, nextBoundary } from "@countermand/core/session";
import { faultAnswer } from "../answers.ts";
import type { Caller } from "../auth/key-store.ts";
import type { MarketClock } from "../sequencer/market-clock.ts";
import type { Answer, Sequencer } from "../sequencer/sequencer.ts";
import { failed, TOO_MANY_WAIT } from "../trade/failed-answer.ts";
import type { CallOptions, TradeAnswer } from "../trade/trade-service.ts";
import { writtenAnswer } from "../trade/written-answer.ts";

export interface ClockServiceOptions {
  readonly sequencer: Sequencer;
  readonly marketClock: Pick<MarketClock, "speed">;
}

export class ClockService {
  readonly #sequencer: Sequencer;
  readonly #marketClock: Pick<MarketClock, "speed">;

  constructor({ sequencer, marketClock }: ClockServiceOptions) {
    this.#sequencer = sequencer;
    this.#marketClock = marketClock;
  }

  async show(): Promise<TradeAnswer> {
    const sequencer = this.#sequencer;
    if (sequencer.refusesQueries) return failed("OVERLOADED", TOO_MANY_WAIT);
    const nowMs = sequencer.catchUp();
    // Real time comes again by itself after a stop; a time that was set is only in the journal.
    if (this.#marketClock.speed !== null) sequencer.partitions.noteTime(nowMs);
    const answer = await sequencer.read(() => this.#answer(nowMs));
    return { ...answer, replayed: false };
  }

  move(caller: Caller, request: ClockRequest, options: CallOptions): Promise<TradeAnswer> {
    const sequencer = this.#sequencer;
    const writing = sequencer.write(caller, "place", options.identity, ({ nowMs }) => {
      const atMs = request.move === null ? nowMs : this.#target(request.move, nowMs);
      if (typeof atMs === "object") return faultAnswer(atMs.error, atMs.details);
      sequencer.setClock(atMs, request.speed ?? this.#marketClock.speed ?? 1);
      return this.#answer(atMs);
    });
    return writtenAnswer(writing);
  }

  #target(move: ClockMove, nowMs: UnixMs): UnixMs | Fault {
    const atMs = this.#destination(move, nowMs);
    if (typeof atMs === "object") return atMs;
    if (atMs < nowMs) {
      return fault("CLOCK_BACKWARDS", `the exchange's time is ${nowMs}, and never runs backwards`);
    }
    const { value: lastMs } = LIMITS.clockMsMax;
    return atMs <= lastMs ? atMs : fault("CLOCK_TOO_FAR", `the last time there is is ${lastMs}`);
  }

  #destination(move: ClockMove, nowMs: UnixMs): UnixMs | Fault {
    if (move.to === "time") return move.atMs;
    if (move.to === "later") return (nowMs + move.byMs) as UnixMs;
    const boundaryMs = this.#nextChangeMs(move.group, nowMs);
    return boundaryMs ?? fault("CLOCK_NO_BOUNDARY", "nothing changes by time under these rules");
  }

  #nextChangeMs(group: MarketGroup | null, nowMs: UnixMs): UnixMs | null {
    const { profile } = this.#sequencer.partitions.sessions;
    const boundary =
      group === null
        ? firstBoundary(profile, nowMs)
        : nextBoundary(group, profile.markets[group], nowMs);
    return boundary?.atMs ?? null;
  }

  #answer(nowMs: UnixMs): Answer {
    return { httpStatus: 200, body: encodeClock(this.#view(nowMs)) };
  }

  #view(nowMs: UnixMs): ClockView {
    const { profile } = this.#sequencer.partitions.sessions;
    const { speed } = this.#marketClock;
    return {
      nowMs,
      speed: speed ?? 1,
      followsRealTime: speed === null,
      rules: profile.name,
      markets: MARKET_GROUP_NAMES.map((group) => this.#market(group, nowMs)),
    };
  }

  #market(group: MarketGroup, nowMs: UnixMs): ClockMarket {
    const { hours } = this.#sequencer.partitions.sessions.profile.markets[group];
    const { terms } = sessionAt(hours, nowMs).session;
    const { zone } = hours.calendar;
    return {
      market: group,
      localTime: `${formatLocal(zone, nowMs)} ${zone.name}`,
      session: terms.name,
      phase: terms.phase,
      takesCancels: terms.cancels,
      nextChangeMs: this.#nextChangeMs(group, nowMs),
    };
  }
}

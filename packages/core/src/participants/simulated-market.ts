/**
 * All simulated participants of one run: their states, their moments and the fair prices. Its one
 * owner moves its time on, shows each turn what the participant sees, and carries out what it
 * decides. Equal seeds and equal views give equal commands; the moments and the fair prices
 * depend on the seed alone.
 */
import { assert, at, unreachable } from "../assert.ts";
import type { Price } from "../model/decimal.ts";
import type { Account } from "../model/ids.ts";
import type { Instrument } from "../model/instrument.ts";
import { type FairPrice, fairPriceAt, fairPriceFrom } from "./fair-price.ts";
import type {
  Decision,
  MarketView,
  Participant,
  ParticipantCommand,
  ParticipantState,
  Scene,
} from "./participant.ts";
import { Random } from "./random.ts";
import { ROSTER } from "./roster.ts";
import {
  fitsSimulation,
  SIMULATED_SYMBOLS,
  type SimulatedSymbol,
  simulatedSymbol,
} from "./simulated-symbols.ts";
import { decideMarketMaker } from "./strategies/market-maker.ts";
import { decideMomentumTrader } from "./strategies/momentum-trader.ts";
import { decideNoiseTrader } from "./strategies/noise-trader.ts";

export interface SimulatedMarketOptions {
  /** Of this run; any 32-bit integer. */
  readonly seed: number;
  /** Those that {@link SIMULATED_SYMBOLS} has no row for, or that do not fit it, are not traded. */
  readonly instruments: readonly Instrument[];
  /** Where a fair price begins; its reference where that is null. */
  readonly lastPrice: (symbol: string) => Price | null;
  readonly roster?: readonly Participant[];
}

/** One participant's moment in one symbol. */
export interface Turn {
  readonly account: Account;
  readonly symbol: string;
  /** When it was due, in milliseconds since the run's start. */
  readonly atMs: number;
  /** Names the participant's place to {@link SimulatedMarket.decide}. */
  readonly seatNo: number;
}

/** Turns that are later than this are skipped: after a pause nobody makes up for lost time. */
export const TURN_LATENESS_MAX_MS = 1_000;

interface SymbolState {
  readonly symbol: SimulatedSymbol;
  fair: FairPrice;
}

/** One participant in one symbol. */
interface Seat {
  readonly participant: Participant;
  readonly listed: SymbolState;
  /** Apart from the state, so that no view changes a moment. */
  readonly moments: Random;
  nextAtMs: number;
  state: ParticipantState;
}

export class SimulatedMarket {
  readonly #symbols: ReadonlyMap<string, SymbolState>;
  readonly #seats: readonly Seat[];
  #nowMs = 0;

  constructor({ seed, instruments, lastPrice, roster = ROSTER }: SimulatedMarketOptions) {
    const symbols = SIMULATED_SYMBOLS.flatMap((spec) => {
      const instrument = instruments.find((each) => each.symbol === spec.symbol);
      const isFit = instrument !== undefined && fitsSimulation(spec, instrument);
      return isFit ? [simulatedSymbol(spec, instrument)] : [];
    });
    this.#symbols = new Map(
      symbols.map((symbol) => {
        const name = symbol.instrument.symbol;
        const random = Random.seeded(seed, `fair ${name}`);
        const fair = fairPriceFrom(symbol, lastPrice(name) ?? symbol.referencePx, random);
        return [name, { symbol, fair }];
      }),
    );
    this.#seats = roster.flatMap((participant) => {
      return [...this.#symbols.values()].map((listed) => seatOf(seed, participant, listed));
    });
  }

  /** When the next turn is due, in milliseconds since the run's start; infinity: nobody trades. */
  get nextAtMs(): number {
    return this.#seats.reduce((next, { nextAtMs }) => Math.min(next, nextAtMs), Infinity);
  }

  fairPrice(symbol: string): Price {
    return this.#listed(symbol).fair.px;
  }

  /**
   * Moves the time on; the turns that are due, earliest first, each to be decided or dropped. A
   * turn that is too late is skipped, so that there are never more than the last second's.
   */
  advance(nowMs: number): readonly Turn[] {
    assert(Number.isInteger(nowMs) && nowMs >= this.#nowMs, "time is whole milliseconds and rises");
    this.#nowMs = nowMs;
    for (const listed of this.#symbols.values()) {
      listed.fair = fairPriceAt(listed.symbol, listed.fair, nowMs);
    }
    const turns = this.#seats.flatMap((seat, seatNo) => seatTurns(seat, seatNo, nowMs));
    return turns.sort((a, b) => a.atMs - b.atMs || a.seatNo - b.seatNo);
  }

  /** What the participant does, seeing this: to be carried out in order. */
  decide({ seatNo }: Turn, view: MarketView): readonly ParticipantCommand[] {
    const seat = at(this.#seats, seatNo);
    const { symbol, fair } = seat.listed;
    const decision = decide(seat.participant, seat.state, { symbol, fairPx: fair.px, view });
    seat.state = decision.state;
    return decision.commands;
  }

  #listed(symbol: string): SymbolState {
    const listed = this.#symbols.get(symbol);
    assert(listed !== undefined, "the symbol is simulated");
    return listed;
  }
}

/** A participant's decision: a function of its arguments and of nothing else. */
export function decide(
  { strategy }: Pick<Participant, "strategy">,
  state: ParticipantState,
  scene: Scene,
): Decision {
  switch (strategy.kind) {
    case "MarketMaker":
      return decideMarketMaker(strategy, state, scene);
    case "NoiseTrader":
      return decideNoiseTrader(strategy, state, scene);
    case "MomentumTrader":
      return decideMomentumTrader(strategy, state, scene);
    default:
      return unreachable(strategy, "strategy");
  }
}

function seatOf(seed: number, participant: Participant, listed: SymbolState): Seat {
  const { account, turnEveryMs } = participant;
  const name = `${account} ${listed.symbol.instrument.symbol}`;
  const moments = Random.seeded(seed, `moments ${name}`);
  const random = Random.seeded(seed, `decisions ${name}`).state;
  const state: ParticipantState = { random, anchorPx: null };
  return { participant, listed, moments, nextAtMs: moments.below(turnEveryMs), state };
}

function seatTurns(seat: Seat, seatNo: number, nowMs: number): Turn[] {
  const turns: Turn[] = [];
  while (seat.nextAtMs <= nowMs) {
    const isLate = nowMs - seat.nextAtMs > TURN_LATENESS_MAX_MS;
    if (!isLate) {
      const { account } = seat.participant;
      const { symbol } = seat.listed.symbol.instrument;
      turns.push({ account, symbol, atMs: seat.nextAtMs, seatNo });
    }
    seat.nextAtMs = (isLate ? nowMs : seat.nextAtMs) + interval(seat);
  }
  return turns;
}

/** Between half of the average and half more. */
function interval({ participant: { turnEveryMs }, moments }: Seat): number {
  return Math.floor(turnEveryMs / 2) + 1 + moments.below(turnEveryMs);
}

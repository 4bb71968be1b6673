/**
 * Drives the simulated participants: wakes up at their moments, shows them the market, and sends
 * what they decide as ordinary orders of ordinary accounts. Real durations pace it, not the
 * exchange's clock, so that moving that clock on causes no burst.
 *
 * A run is deterministic from its start: its seed is made of the configured seed and of the
 * journal's position, so that a restart continues with other draws instead of repeating the first
 * ones. What the participants do is a function of that seed and of what they see. Their open
 * orders are not remembered but seen: those of before a restart are adopted where they fit, and
 * cancelled in the participant's next turns where they do not.
 *
 * Every command costs disk for good, so they rest when nobody has been there for a while.
 */
import { assert } from "@countermand/core/assert";
import type { Account, Instrument, OrderId, PlaceRequest, Price } from "@countermand/core/model";
import {
  type MarketView,
  type Participant,
  type ParticipantCommand,
  runSeed,
  SimulatedMarket,
  type Turn,
} from "@countermand/core/participants";
import type { Cancelable, Clock } from "../sys/clock.ts";
import { BackOff } from "./back-off.ts";
import {
  OVERLOADED_PAUSE_MS_MAX,
  OVERLOADED_PAUSE_MS_MIN,
  REFUSED_PAUSE_MS_MAX,
  REFUSED_PAUSE_MS_MIN,
  TURNS_UNDER_WAY_MAX,
  UNATTENDED_MS_MAX,
} from "./limits.ts";

/** `refused` is about this command, `overloaded` about all. Neither changed anything. */
export type CommandOutcome = "done" | "refused" | "overloaded";

/** The gateway as the participants use it. A command's promise resolves when it is durable. */
export interface MarketPort {
  place(account: Account, request: PlaceRequest): Promise<CommandOutcome>;
  /** Done also where the order was closed meanwhile. */
  cancel(account: Account, orderId: OrderId): Promise<CommandOutcome>;
  /** The market now, and the account's open orders in it, oldest first. */
  view(account: Account, symbol: string): MarketView;
  /** Of the latest trade; null when there is none. */
  lastPrice(symbol: string): Price | null;
  /** Requests of clients since the start, and open streams: nobody is there while both stay. */
  readonly attention: Attention;
}

export interface Attention {
  readonly requestCount: number;
  readonly streamCount: number;
}

export interface SandboxMarketOptions {
  readonly clock: Clock;
  readonly port: MarketPort;
  readonly seed: number;
  /** Events in the journal at the start. */
  readonly journalSeq: number;
  readonly instruments: readonly Instrument[];
  /** A command ended in a bug: its outcome is unknown, the process must stop. */
  readonly onBug: (error: Error) => void;
  /** Those of the simulated market by default. Precondition: their accounts are open. */
  readonly roster?: readonly Participant[];
}

export class SandboxMarket {
  readonly #options: SandboxMarketOptions;
  readonly #market: SimulatedMarket;
  /** Participants whose turn is under way: they see the next one's market after it. */
  readonly #underWay = new Set<Account>();
  readonly #overloaded = new BackOff(OVERLOADED_PAUSE_MS_MIN, OVERLOADED_PAUSE_MS_MAX);
  /** By account and symbol; bounded by the participants. */
  readonly #refused = new Map<string, BackOff>();
  #startedMs = 0;
  #seenRequestCount = 0;
  #attendedMs = 0;
  #timer: Cancelable | null = null;
  #state: "new" | "running" | "stopped" = "new";

  constructor(options: SandboxMarketOptions) {
    const { seed, journalSeq, instruments, port, roster } = options;
    this.#options = options;
    this.#market = new SimulatedMarket({
      seed: runSeed(seed, journalSeq),
      instruments,
      lastPrice: (symbol) => port.lastPrice(symbol),
      ...(roster === undefined ? {} : { roster }),
    });
  }

  start(): void {
    assert(this.#state === "new", "a simulated market is started once");
    this.#state = "running";
    this.#startedMs = this.#options.clock.monotonicMs();
    this.#schedule();
  }

  /** Nothing is sent any more; what was sent is answered or not, nobody waits for it. */
  stop(): void {
    this.#state = "stopped";
    this.#timer?.cancel();
    this.#timer = null;
  }

  #schedule(): void {
    const { nextAtMs } = this.#market;
    if (!Number.isFinite(nextAtMs)) return;
    const delayMs = nextAtMs - this.#nowMs();
    this.#timer = this.#options.clock.after(Math.max(1, delayMs), () => this.#wake());
  }

  #wake(): void {
    try {
      const turns = this.#market.advance(this.#nowMs());
      // Prices wander on meanwhile, as if somebody else traded.
      if (this.#isAttended()) for (const turn of turns) this.#take(turn);
      this.#schedule();
    } catch (error) {
      this.#bug(error);
    }
  }

  #isAttended(): boolean {
    const { requestCount, streamCount } = this.#options.port.attention;
    const nowMs = this.#nowMs();
    if (streamCount > 0 || requestCount !== this.#seenRequestCount) this.#attendedMs = nowMs;
    this.#seenRequestCount = requestCount;
    return nowMs - this.#attendedMs < UNATTENDED_MS_MAX;
  }

  #take(turn: Turn): void {
    const { account } = turn;
    const nowMs = this.#nowMs();
    if (!this.#overloaded.isOver(nowMs) || !this.#refusedOf(turn).isOver(nowMs)) return;
    if (this.#underWay.has(account) || this.#underWay.size >= TURNS_UNDER_WAY_MAX) return;
    const commands = this.#market.decide(turn, this.#options.port.view(account, turn.symbol));
    if (commands.length === 0) return;
    this.#underWay.add(account);
    this.#carryOut(turn, commands).then(
      () => this.#underWay.delete(account),
      (error: unknown) => this.#bug(error),
    );
  }

  /** One after the other, so that the first refusal spares the rest. */
  async #carryOut(turn: Turn, commands: readonly ParticipantCommand[]): Promise<void> {
    for (const command of commands) {
      const outcome = await this.#send(turn.account, command);
      if (this.#state === "stopped") return;
      if (outcome === "done") continue;
      if (outcome === "overloaded") this.#overloaded.failed(this.#nowMs());
      else this.#refusedOf(turn).failed(this.#nowMs());
      return;
    }
    this.#overloaded.worked();
    this.#refusedOf(turn).worked();
  }

  #send(account: Account, command: ParticipantCommand): Promise<CommandOutcome> {
    const { port } = this.#options;
    return command.type === "Place"
      ? port.place(account, command.request)
      : port.cancel(account, command.orderId);
  }

  #refusedOf({ account, symbol }: Turn): BackOff {
    const key = `${account} ${symbol}`;
    const found = this.#refused.get(key);
    if (found !== undefined) return found;
    const fresh = new BackOff(REFUSED_PAUSE_MS_MIN, REFUSED_PAUSE_MS_MAX);
    this.#refused.set(key, fresh);
    return fresh;
  }

  #bug(error: unknown): void {
    this.stop();
    this.#options.onBug(error as Error);
  }

  /** Whole milliseconds since the start. */
  #nowMs(): number {
    return Math.floor(this.#options.clock.monotonicMs() - this.#startedMs);
  }
}

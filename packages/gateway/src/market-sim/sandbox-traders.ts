/** The simulated traders of one node: on with accounts of their own, or off and out of the book. */
import { type LimitSet, NO_LIMITS } from "@countermand/core/limits";
import type { Account, Instrument, UnixMs } from "@countermand/core/model";
import { isSimulated, participantAccounts, ROSTER } from "@countermand/core/participants";
import type { Config } from "../config.ts";
import type { LimitSource } from "../limits/order-guard.ts";
import type { Sequencer } from "../sequencer/sequencer.ts";
import type { Clock } from "../sys/clock.ts";
import { type Attention, SandboxMarket } from "./sandbox-market.ts";
import { NO_API_KEY, SequencerPort } from "./sequencer-port.ts";

export interface SandboxTradersOptions {
  readonly config: Pick<Config, "sandboxMarket" | "sandboxSeed">;
  readonly clock: Clock;
  readonly sequencer: Sequencer;
  readonly instruments: readonly Instrument[];
  readonly attention: () => Attention;
  readonly onBug: (error: Error) => void;
}

export class SandboxTraders {
  readonly #options: SandboxTradersOptions;
  readonly #port: SequencerPort;
  #market: SandboxMarket | null = null;

  constructor(options: SandboxTradersOptions) {
    this.#options = options;
    this.#port = new SequencerPort(options.sequencer, options.attention);
  }

  /** Orders and cancels carried out since the start. */
  get commandCount(): number {
    return this.#port.commandCount;
  }

  /** Resolves when they trade, or when what they left in the book of an earlier start is gone. */
  async start(): Promise<void> {
    if (this.#options.config.sandboxMarket === "off") {
      for (const { account } of ROSTER) await this.#port.withdraw(account);
      return;
    }
    await this.#openAccounts();
    const { config, clock, instruments, onBug, sequencer } = this.#options;
    const { desks, exchange } = sequencer.partitions;
    const leases = [...desks, exchange].map(({ lease }) => lease);
    this.#market = new SandboxMarket({
      clock,
      port: this.#port,
      seed: config.sandboxSeed,
      journalSeq: leases.reduce((sum, { seq }) => sum + seq, 0),
      instruments,
      onBug,
    });
    this.#market.start();
  }

  /** Nothing more is sent. */
  stop(): void {
    this.#market?.stop();
  }

  /** Once in a journal's life, by events like everybody's. */
  async #openAccounts(): Promise<void> {
    const { clock, sequencer } = this.#options;
    for (const opened of participantAccounts(clock.wallMs() as UnixMs)) {
      const { account } = opened;
      if (sequencer.partitions.deskOf(account).desk.book(account) !== null) continue;
      await sequencer.record(account, opened);
    }
  }
}

/** Limits are for those who have a key: the simulated market is bounded by what it is. */
export function exceptSimulated(source: LimitSource): LimitSource {
  return {
    ofAccount: (account: Account): LimitSet => {
      return isSimulated(account) ? NO_LIMITS : source.ofAccount(account);
    },
    ofKey: (apiKey) => (apiKey === NO_API_KEY ? NO_LIMITS : source.ofKey(apiKey)),
  };
}

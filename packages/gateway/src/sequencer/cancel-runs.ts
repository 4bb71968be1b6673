/**
 * Finds and cancels sets of orders in bounded steps, so that the commands of everybody else get
 * their turn in between. All runs together share the room of a step: however many there are, a step
 * takes no longer. The journal gets each cancel as one of its own; a crash between two steps leaves
 * the rest open, and whoever started the run says what then.
 *
 * An order that closes before its turn is not touched, and the run is told how it closed in the
 * moment in which it does.
 */
import {
  type Account,
  type AskedReason,
  type Cause,
  Channel,
  type Order,
  type Refusal,
  type UnixMs,
} from "@countermand/core/model";
import { isWorking } from "@countermand/core/order";
import type { VenueFaults } from "../venue/fault-plan.ts";
import { CANCELS_PER_STEP, LOOKS_PER_CANCEL } from "./limits.ts";
import { type Looks, OpenSweep, type OrderScope } from "./open-sweep.ts";
import type { Partitions } from "./partitions.ts";

export type RunOutcome =
  /** Canceled by this run, or its cancel is on the way to the venue. */
  | { readonly outcome: "done"; readonly order: Order }
  /** Canceled by somebody else before its turn, or a cancel was pending already. */
  | { readonly outcome: "already"; readonly order: Order }
  /** Filled or rejected before its turn. */
  | { readonly outcome: "tooLate"; readonly order: Order }
  /** It works on. */
  | { readonly outcome: "failed"; readonly order: Order; readonly refusal: Refusal };

/** What comes of an order that there is nothing to do about; null: it can be cancelled. */
export function idleOutcome(order: Order): RunOutcome | null {
  // Filled or rejected while a cancel is pending: that cancel's answer is on its way.
  if (!isWorking(order)) return { outcome: "tooLate", order };
  return order.cancelPending ? { outcome: "already", order } : null;
}

/** Whether the order may work on: also where the venue may refuse the cancel of somebody else. */
export function mayWorkOn({ outcome, order }: RunOutcome): boolean {
  return outcome === "failed" || (outcome === "already" && order.cancelPending);
}

export interface CancelRun {
  /** Those of them that are open when it starts; of one account. */
  readonly scope: OrderScope & { readonly account: Account };
  readonly reason: AskedReason;
  /** Who asked for it; the gateway itself, for that reason, where it is left out. */
  readonly cause?: Cause;
  /** What the venue does worse for whoever asked; nothing by default. */
  readonly faults?: VenueFaults | null;
  /** Each order's outcome, in the order in which they are decided. */
  readonly onOutcome: (outcome: RunOutcome) => void;
  /** After the last outcome, in the same turn: what is staged here is in the same commit. */
  readonly onDecided: () => void;
}

/** What runs need of the sequencer. */
export interface RunHost {
  /** Does it in a turn of its own; resolves when what it did is durable. */
  perform(work: (nowMs: UnixMs) => void): Promise<void>;
  /** Calls back at the end of this turn of the event loop. */
  atTurnEnd(callback: () => void): void;
}

interface ActiveRun {
  readonly run: CancelRun;
  /** Leads to the orders whose turn has not come. */
  readonly sweep: OpenSweep;
  readonly settle: () => void;
}

/** What all runs may do in one turn, in looks at an order. */
const TURN_ROOM = CANCELS_PER_STEP * LOOKS_PER_CANCEL;

export class CancelRuns {
  readonly #partitions: Partitions;
  readonly #host: RunHost;
  /** In the order in which they are served; those that have more go to the end. */
  #active: ActiveRun[] = [];
  #isStepping = false;
  /** What is left of this turn's room. */
  #room = TURN_ROOM;
  #roomIsFresh = true;
  readonly #tellClosed = (order: Order) => this.#closed(order);
  #idleWaiters: (() => void)[] = [];
  #isStopped = false;

  constructor(partitions: Partitions, host: RunHost) {
    this.#partitions = partitions;
    this.#host = host;
  }

  /** Runs that have undecided orders. */
  get activeCount(): number {
    return this.#active.length;
  }

  /**
   * Takes the run up in this very turn, as far as its room goes; a small run is whole in it.
   * Precondition: what the exchange's time brought has happened. Resolves when all of it is durable.
   */
  start(run: CancelRun, nowMs: UnixMs): Promise<void> {
    return new Promise((settle) => {
      if (this.#isStopped) return;
      const active = { run, sweep: new OpenSweep(this.#partitions, run.scope), settle };
      this.#active.push(active);
      this.#partitions.onClosed.add(this.#tellClosed);
      this.#serve(active, 1, nowMs);
      // The next step waits for this one as for any other.
      if (!this.#isStepping) this.#stepAfter(this.#host.perform(() => undefined));
    });
  }

  /**
   * Takes no more steps: as after a crash, what is left stays open, and nobody is told that a run
   * is over. Who started it says what then.
   */
  stop(): void {
    this.#isStopped = true;
    for (const { sweep } of this.#active.splice(0)) sweep.end();
    this.#partitions.onClosed.delete(this.#tellClosed);
    for (const resolve of this.#idleWaiters.splice(0)) resolve();
  }

  /** Resolves when no run has undecided orders. */
  async idle(): Promise<void> {
    if (this.#active.length === 0) return;
    await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
  }

  /** Somebody's order closed, perhaps by the cancel of another run. */
  #closed(order: Order): void {
    for (const { run, sweep } of this.#active) {
      if (!sweep.isToCome(order)) continue;
      run.onOutcome({ outcome: order.phase === "Canceled" ? "already" : "tooLate", order });
    }
  }

  /** Lets a run have its part of the turn's room, which so many share. */
  #serve(active: ActiveRun, sharedBy: number, nowMs: UnixMs): void {
    const part = Math.ceil(this.#freshRoom() / sharedBy);
    const looks = { left: part };
    this.#advance(active, looks, nowMs);
    this.#room -= part - looks.left;
  }

  /** Finds and cancels orders of a run as far as the looks go; what has none left is over. */
  #advance(active: ActiveRun, looks: Looks, nowMs: UnixMs): void {
    const { run, sweep } = active;
    for (let order = sweep.next(looks); order !== null; order = sweep.next(looks)) {
      looks.left -= LOOKS_PER_CANCEL - 1;
      run.onOutcome(this.#cancel(order, run, nowMs));
    }
    if (!sweep.isOver) return;
    this.#active.splice(this.#active.indexOf(active), 1);
    if (this.#active.length === 0) this.#partitions.onClosed.delete(this.#tellClosed);
    run.onDecided();
    // Nothing more to do; it is told when this is durable.
    void this.#host.perform(() => undefined).then(active.settle);
  }

  #cancel(order: Order, run: CancelRun, nowMs: UnixMs): RunOutcome {
    const { reason, cause, faults = null } = run;
    const idle = idleOutcome(order);
    if (idle !== null) return idle;
    const by = cause ?? { channel: Channel.Gateway, actor: reason, requestId: "" };
    const cancel = (each: Order) => this.#partitions.cancel(each, nowMs, reason, faults);
    const canceled = this.#partitions.caused(by, cancel, order);
    if ("refused" in canceled) return { outcome: "failed", order, refusal: canceled };
    return { outcome: "done", order: canceled };
  }

  /** One step after the other, each when the one before is durable, while there is anything. */
  #step(): void {
    if (this.#isStepping) return;
    if (this.#active.length === 0) {
      for (const resolve of this.#idleWaiters.splice(0)) resolve();
      return;
    }
    this.#isStepping = true;
    this.#host.atTurnEnd(() => {
      this.#stepAfter(this.#host.perform((nowMs) => this.#share(nowMs)));
    });
  }

  #stepAfter(stepped: Promise<void>): void {
    this.#isStepping = true;
    void stepped.then(() => {
      this.#isStepping = false;
      this.#step();
    });
  }

  /** Gives each run its part of the room, the first ones more where it does not divide. */
  #share(nowMs: UnixMs): void {
    const served = this.#active.slice(0, CANCELS_PER_STEP);
    for (const [index, active] of served.entries()) {
      this.#serve(active, served.length - index, nowMs);
    }
    const rest = served.filter(({ sweep }) => !sweep.isOver);
    this.#active = [...this.#active.filter((active) => !rest.includes(active)), ...rest];
  }

  /** What is left of this turn's room. */
  #freshRoom(): number {
    if (this.#roomIsFresh) {
      this.#roomIsFresh = false;
      this.#host.atTurnEnd(() => {
        this.#room = TURN_ROOM;
        this.#roomIsFresh = true;
      });
    }
    return this.#room;
  }
}

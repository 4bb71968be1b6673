/** For tests of cancels of many orders: a sequencer over memory whose commits the test lets go. */
import assert from "node:assert/strict";
import {
  type Account,
  type AskedReason,
  CancelReason,
  type Order,
  type PlaceRequest,
  refuse,
  type UnixMs,
} from "@countermand/core/model";
import type { PartitionAppend } from "../journal/journal.ts";
import { aPlaceRequest } from "../place-request-fixture.ts";
import { sandboxAccount } from "../sandbox.ts";
import { FakeClock } from "../sys/fake-clock.ts";
import type { RunOutcome } from "./cancel-runs.ts";
import { DESK, partitionsInMemory } from "./partitions-fixture.ts";
import { answerIn } from "./remembered-answer.ts";
import { Sequencer } from "./sequencer.ts";

export const ALICE = { apiKey: "alice-key", account: "80114138" as Account };
export const BOB = { apiKey: "bob-key", account: "80114139" as Account };

const BUY = aPlaceRequest({ price: 100_000_000n });

export class RunsBench {
  /** An order that rests. */
  readonly buy = BUY;
  readonly clock = new FakeClock();
  readonly partitions = partitionsInMemory();
  readonly sequencer: Sequencer;
  /** Events of each commit, in order. */
  readonly commits: number[] = [];
  /** What the desk has appended, in order. */
  readonly records: string[] = [];
  /** What the disk fails with from now on. */
  diskError: Error | null = null;

  constructor() {
    this.sequencer = new Sequencer({
      partitions: this.partitions,
      journal: { append: async (appends) => this.#append(appends), settle: () => {} },
      clock: this.clock,
      marketNowMs: () => this.nowMs,
      onDurable: ({ eventCount }) => this.commits.push(eventCount),
      onFailure: (error) => assert.equal(error, this.diskError),
      answerAt: async (_partition, seq) => answerIn(this.records[seq - 1] ?? ""),
    });
    for (const { account } of [ALICE, BOB]) {
      this.partitions.stageDeskEvent(account, sandboxAccount(account, this.nowMs));
    }
  }

  get nowMs(): UnixMs {
    return this.clock.wallMs() as UnixMs;
  }

  /** The market takes no cancels for now, or takes them again. */
  forbidCancels(isForbidden: boolean): void {
    const refusal = refuse("WINDOW_CLOSED_CANCEL", "the market takes no cancels");
    if (isForbidden) this.partitions.cancelRefusal = () => refusal;
    else Reflect.deleteProperty(this.partitions, "cancelRefusal");
  }

  place(account: Account, change: Partial<PlaceRequest> = {}): Order {
    const placed = this.partitions.place(account, { ...BUY, ...change }, this.nowMs);
    assert.ok(!("refused" in placed));
    return placed;
  }

  placeMany(account: Account, count: number): Order[] {
    return Array.from({ length: count }, () => this.place(account));
  }

  open(account: Account): Order[] {
    return [...(this.partitions.deskOf(account).desk.book(account)?.openOldestFirst() ?? [])];
  }

  /** What a run found, filled as it goes. */
  run(orders: Iterable<Order>, reason: AskedReason = CancelReason.Requested) {
    const outcomes: RunOutcome[] = [];
    const state = { outcomes, isDecided: false, isDurable: false };
    const run = {
      orders,
      reason,
      onOutcome: (outcome: RunOutcome) => outcomes.push(outcome),
      onDecided: () => {
        state.isDecided = true;
      },
    };
    void this.sequencer.runs.start(run, this.nowMs).then(() => {
      state.isDurable = true;
    });
    return state;
  }

  /** Brings all that is staged to the disk. */
  async committed(): Promise<void> {
    void this.sequencer.tick();
    await this.settle();
  }

  #append(appends: readonly PartitionAppend[]): "committed" {
    if (this.diskError !== null) throw this.diskError;
    const desk = appends.find(({ partition }) => partition === DESK);
    this.records.push(...(desk?.payloads ?? []));
    return "committed";
  }

  /** Lets turns end and commits be done until nothing is left to do. */
  async settle(): Promise<void> {
    while (this.clock.endTurn() || this.sequencer.pendingCount > 0) await tick();
    await tick();
    if (this.clock.endTurn()) await this.settle();
  }
}

/** Lets promises go on that have been resolved. */
export async function tick(): Promise<void> {
  for (let index = 0; index < 20; index += 1) await Promise.resolve();
}

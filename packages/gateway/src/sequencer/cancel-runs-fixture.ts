/** For tests of cancels of many orders: a sequencer over memory whose commits the test lets go. */
import assert from "node:assert/strict";
import type { AccountBook } from "@countermand/core/desk";
import {
  type Account,
  type AskedReason,
  CancelReason,
  type Order,
  type OrderId,
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

  /**
   * Opens so many orders at the desk alone, before the first one is placed: they are looked at, and
   * never cancelled.
   */
  fill(account: Account, count: number): void {
    const order = this.place(BOB.account);
    for (let index = 0; index < count; index += 1) {
      const orderId = String(11_000_000_000 + index) as OrderId;
      this.#book(account).insert({ ...order, account, orderId });
    }
  }

  /** An order of the desk alone that has filled while its cancel is pending. */
  fillBeforeCancel(account: Account): Order {
    const order = this.place(account);
    const { orderQty: cumQty } = order;
    const filled: Order = { ...order, phase: "Filled", cumQty, cancelPending: true };
    this.#book(account).replace(filled);
    return filled;
  }

  /** Counts the looks at open orders of the account from now on, for each turn. */
  countLooks(account: Account): readonly number[] {
    const counts = [0];
    const book = this.#book(account);
    const counted = <T extends object>(walk: T & { next(): unknown }): T => {
      const next = walk.next.bind(walk);
      const count = () => {
        counts.push((counts.pop() ?? 0) + 1);
        return next();
      };
      return Object.assign(walk, { next: count });
    };
    const [cursor, scan] = [book.openCursor.bind(book), book.scanOpen.bind(book)];
    const oldestFirst = book.openOldestFirst.bind(book);
    book.openCursor = () => counted(cursor());
    book.scanOpen = () => counted(scan());
    book.openOldestFirst = () => counted(oldestFirst() as Generator<Order>);
    const endTurn = this.clock.endTurn.bind(this.clock);
    this.clock.endTurn = () => {
      counts.push(0);
      return endTurn();
    };
    return counts;
  }

  open(account: Account): Order[] {
    return [...this.#book(account).openOldestFirst()];
  }

  #book(account: Account): AccountBook {
    const book = this.partitions.deskOf(account).desk.book(account);
    assert.ok(book !== null);
    return book;
  }

  /** What a run over these orders of Alice's found, filled as it goes. */
  run(orders: Iterable<Order>, reason: AskedReason = CancelReason.Requested) {
    const outcomes: RunOutcome[] = [];
    const state = { outcomes, isDecided: false, isDurable: false };
    const ids = new Set(Array.from(orders, ({ orderId }) => orderId));
    const matches = ({ orderId }: Order) => ids.has(orderId);
    const run = {
      scope: { account: ALICE.account, matches },
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

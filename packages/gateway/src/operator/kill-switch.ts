/**
 * The kill switch: a block holds for every command decided after it; then the open orders in its
 * scope are found and cancelled in steps, between which all other commands get their turns. How far
 * it came is journaled with each step, so that a start goes on with what is left.
 *
 * No order escapes: what was open when the block was decided is open still when its turn comes, or
 * has been counted as it closed, and behind the block nothing opens in the scope.
 */
import { assert } from "@countermand/core/assert";
import type {
  Block,
  BlockReleased,
  BlockScope,
  KillCounts,
  OperatorAct,
} from "@countermand/core/control";
import type { AccountBook } from "@countermand/core/desk";
import {
  type Account,
  ASKED_REASONS,
  CancelReason,
  type Cause,
  Channel,
  type KeyId,
  marketGroupOf,
  type Order,
  type OrderId,
  type Refusal,
  type UnixMs,
} from "@countermand/core/model";
import { LOOKS_PER_CANCEL } from "../sequencer/limits.ts";
import { type Looks, OpenSweep } from "../sequencer/open-sweep.ts";
import type { Partitions } from "../sequencer/partitions.ts";
import type { Sequencer } from "../sequencer/sequencer.ts";
import type { Clock } from "../sys/clock.ts";
import { KILL_RETRY_MS, KILL_STEP_ORDERS } from "./limits.ts";

export interface KillSwitchOptions {
  readonly sequencer: Sequencer;
  readonly clock: Clock;
  readonly onBug: (error: Error) => void;
}

/** Somebody wanted it cancelled, in contrast to a session's end or a rest without liquidity. */
const ASKED: ReadonlySet<CancelReason> = new Set(ASKED_REASONS);

type Outcome = "done" | "already" | "tooLate";

/** What is left of a kill, and what has become of its orders since the last step was journaled. */
class ActiveKill {
  readonly #partitions: Partitions;
  readonly #sweep: OpenSweep;
  /** Orders that work on, though their turn has come: they get another one. */
  #held = new Map<OrderId, Account>();
  /** Those whose other turn is to come before that of the held ones. */
  #again = new Map<OrderId, Account>();
  #turns = this.#again.entries();
  #tally = { done: 0, already: 0, tooLate: 0 };
  /** In its scope, and open. */
  #left: number;

  constructor(partitions: Partitions, scope: BlockScope, left: number) {
    const { account } = scope;
    this.#partitions = partitions;
    this.#sweep = new OpenSweep(partitions, { account, matches: matcherOf(scope) });
    this.#left = left;
  }

  get left(): number {
    return this.#left;
  }

  /** Whether all that are left work on, though each has had its turn. */
  get isHeldBack(): boolean {
    return this.#sweep.isOver && this.#again.size === 0;
  }

  /** The next order whose turn it is; null if there is none, or the looks are used up. */
  next(looks: Looks): Order | null {
    const found = this.#sweep.next(looks);
    if (found !== null || !this.#sweep.isOver || looks.left <= 0) return found;
    const { value } = this.#turns.next();
    if (value === undefined) return null;
    const [orderId, account] = value;
    looks.left -= 1;
    this.#again.delete(orderId);
    const order = this.#partitions.deskOf(account).desk.book(account)?.openOrder(orderId) ?? null;
    assert(order !== null, "what is held back is open: it is let go as it closes");
    return order;
  }

  /** The order that had its turn works on. */
  holds({ orderId, account }: Order): void {
    this.#held.set(orderId, account);
  }

  /** All that are held back get another turn. */
  again(): void {
    this.#again = this.#held;
    this.#turns = this.#again.entries();
    this.#held = new Map();
  }

  /** Somebody's order closed, before its turn or before another one. */
  closed(order: Order): void {
    const isHeld = this.#held.delete(order.orderId) || this.#again.delete(order.orderId);
    if (!isHeld && !this.#sweep.isToCome(order)) return;
    const isAsked = order.phase === "Canceled" && ASKED.has(order.cancelReason);
    this.count(isAsked ? "already" : "tooLate");
  }

  count(outcome: Outcome): void {
    this.#tally[outcome] += 1;
    this.#left -= 1;
  }

  /** The counts with what has happened since they were journaled. */
  takeCounts({ done, already, tooLate, failed }: KillCounts): KillCounts {
    const tally = this.#tally;
    this.#tally = { done: 0, already: 0, tooLate: 0 };
    return {
      done: done + tally.done,
      already: already + tally.already,
      tooLate: tooLate + tally.tooLate,
      failed,
      left: this.#left,
    };
  }

  end(): void {
    this.#sweep.end();
  }
}

export class KillSwitch {
  readonly #options: KillSwitchOptions;
  #isClosed = false;
  /** Wakes what waits for a window to end. */
  readonly #wakers = new Set<() => void>();

  constructor(options: KillSwitchOptions) {
    this.#options = options;
  }

  /** Blocks in the turn of the sequencer that calls it; its cancels follow by themselves. */
  block(act: OperatorAct, scope: BlockScope, cancels: boolean): Block | Refusal {
    const { partitions } = this.#options.sequencer;
    const openCount = cancels ? openCountIn(partitions, scope) : null;
    const blocked = partitions.control.decideBlock(act, scope, openCount);
    if ("refused" in blocked) return blocked;
    partitions.stageControlEvent(blocked);
    if (openCount !== null) this.#begin(blocked.blockId, scope, openCount);
    return this.#block(blocked.blockId);
  }

  /** Releases in the turn of the sequencer that calls it; a second time changes nothing. */
  release(act: OperatorAct, blockId: number): Block | Refusal {
    const { partitions } = this.#options.sequencer;
    const released: BlockReleased | Refusal | null = partitions.control.decideRelease(act, blockId);
    if (released !== null && "refused" in released) return released;
    if (released !== null) {
      partitions.stageControlEvent(released);
      this.#wake();
    }
    return this.#block(blockId);
  }

  /** Goes on with what a stop or a crash left of kills. Before the first command of a client. */
  resume(): void {
    const { partitions } = this.#options.sequencer;
    for (const { blockId, scope, kill } of partitions.control.activeBlocks()) {
      if (kill === null || kill.left === 0) continue;
      this.#begin(blockId, scope, openCountIn(partitions, scope));
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#wake();
  }

  #begin(blockId: number, scope: BlockScope, left: number): void {
    const kill = new ActiveKill(this.#options.sequencer.partitions, scope, left);
    this.#run(blockId, kill).catch(this.#options.onBug);
  }

  async #run(blockId: number, kill: ActiveKill): Promise<void> {
    const { onClosed } = this.#options.sequencer.partitions;
    const tellClosed = (order: Order) => kill.closed(order);
    onClosed.add(tellClosed);
    try {
      // What a stop left may have ended by itself: then there is nothing left of it.
      let goesOn = await this.#step(blockId, kill, 0);
      while (goesOn) {
        if (kill.isHeldBack) {
          await this.#pause();
          kill.again();
        } else {
          await this.#turnEnd();
        }
        goesOn = await this.#step(blockId, kill, KILL_STEP_ORDERS);
      }
    } finally {
      onClosed.delete(tellClosed);
      kill.end();
    }
  }

  /** Finds and cancels so many orders at most. Whether the kill goes on. */
  #step(blockId: number, kill: ActiveKill, cancelsMax: number): Promise<boolean> {
    const { sequencer, clock } = this.#options;
    const { partitions } = sequencer;
    if (this.#isClosed) return Promise.resolve(false);
    return sequencer.operate((nowMs) => {
      const block = partitions.control.block(blockId);
      if (block === null || block.released !== null || this.#isClosed) return false;
      assert(block.kill !== null, "a block that cancels has counts");
      const cause = causeOf(block);
      const cancel = (order: Order) => this.#cancel(order, nowMs);
      const looks = { left: cancelsMax * LOOKS_PER_CANCEL };
      for (let order = kill.next(looks); order !== null; order = kill.next(looks)) {
        looks.left -= LOOKS_PER_CANCEL - 1;
        if (partitions.caused(cause, cancel, order)) kill.count("done");
        else kill.holds(order);
      }
      const counts = kill.takeCounts(block.kill);
      if (!isSame(counts, block.kill)) {
        const atMs = clock.wallMs() as UnixMs;
        partitions.stageControlEvent({ type: "KillStepped", atMs, blockId, counts });
      }
      return kill.left > 0;
    });
  }

  /** Whether the order is cancelled, or will be: else its market holds it back. */
  #cancel(order: Order, nowMs: UnixMs): boolean {
    // The venue may refuse what somebody else sent: it counts when it is answered.
    if (order.cancelPending && order.cancelReason !== CancelReason.KillSwitch) return false;
    const { partitions } = this.#options.sequencer;
    return !("refused" in partitions.cancel(order, nowMs, CancelReason.KillSwitch));
  }

  #block(blockId: number): Block {
    const block = this.#options.sequencer.partitions.control.block(blockId);
    assert(block !== null, "a block is kept when it was just changed");
    return block;
  }

  #turnEnd(): Promise<void> {
    return new Promise((resolve) => this.#options.clock.atTurnEnd(resolve));
  }

  #pause(): Promise<void> {
    if (this.#isClosed) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = (): void => {
        timer.cancel();
        this.#wakers.delete(wake);
        resolve();
      };
      const timer = this.#options.clock.after(KILL_RETRY_MS, wake);
      this.#wakers.add(wake);
    });
  }

  #wake(): void {
    for (const wake of this.#wakers) wake();
  }
}

/** As {@link covers}, without an object for each of many orders. */
function matcherOf({ apiKey, account, portfolioId, marketGroup }: BlockScope) {
  return (order: Order): boolean =>
    (apiKey === null || apiKey === order.enteredBy) &&
    (account === null || account === order.account) &&
    (portfolioId === null || portfolioId === order.portfolioId) &&
    (marketGroup === null || marketGroup === marketGroupOf(order.market));
}

function openCountIn({ desks }: Partitions, scope: BlockScope): number {
  let count = 0;
  for (const { desk } of desks) {
    for (const book of desk.books()) {
      if (scope.account === null || scope.account === book.account) count += openIn(book, scope);
    }
  }
  return count;
}

/** Orders of an account are looked at one by one only where two others of its members are named. */
function openIn(book: AccountBook, scope: BlockScope): number {
  const { apiKey, portfolioId, marketGroup } = scope;
  const counts = [
    ...(apiKey === null ? [] : [book.openCountOf(apiKey as KeyId)]),
    ...(portfolioId === null ? [] : [book.openCountIn(portfolioId)]),
    ...(marketGroup === null ? [] : [book.openCountAt(marketGroup)]),
  ];
  const most = Math.min(book.openCount, ...counts);
  if (counts.length < 2 || most === 0) return most;
  const matches = matcherOf(scope);
  let count = 0;
  for (const order of book.openOldestFirst()) if (matches(order)) count += 1;
  return count;
}

function isSame(a: KillCounts, b: KillCounts): boolean {
  return (
    a.done === b.done && a.already === b.already && a.tooLate === b.tooLate && a.left === b.left
  );
}

/** The operator who blocked, also when a later start goes on with it. */
function causeOf({ blockId, blocked }: Block): Cause {
  return { channel: Channel.Operator, actor: blocked.operator, requestId: `block ${blockId}` };
}

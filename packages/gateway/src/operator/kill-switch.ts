/**
 * The kill switch: a block holds for every command decided after it; then the open orders in its
 * scope are cancelled in steps, between which all other commands get their turns. How far it came
 * is journaled with each step, so that a start goes on with what is left.
 */
import { assert } from "@countermand/core/assert";
import {
  type Block,
  type BlockReleased,
  type BlockScope,
  covers,
  type KillCounts,
  type OperatorAct,
} from "@countermand/core/control";
import {
  type Account,
  ASKED_REASONS,
  CancelReason,
  type Cause,
  Channel,
  marketGroupOf,
  type Order,
  type OrderId,
  type Refusal,
  type UnixMs,
} from "@countermand/core/model";
import type { Sequencer } from "../sequencer/sequencer.ts";
import type { Clock } from "../sys/clock.ts";
import { isArchiveUnavailable } from "../trade/written-answer.ts";
import { KILL_RETRY_MS, KILL_STEP_ORDERS } from "./limits.ts";

export interface KillSwitchOptions {
  readonly sequencer: Sequencer;
  readonly clock: Clock;
  /**
   * A closed order that memory has let go; null where there is none. Rejects with
   * ARCHIVE_UNAVAILABLE where nobody can say just now.
   */
  readonly findClosed: (account: Account, orderId: OrderId) => Promise<Order | null>;
  readonly onBug: (error: Error) => void;
}

/** Somebody wanted it cancelled, in contrast to a session's end or a rest without liquidity. */
const ASKED: ReadonlySet<CancelReason> = new Set(ASKED_REASONS);

/** By number; null for one that the archive does not have. */
type Closed = ReadonlyMap<OrderId, Order | null>;

interface OrderName {
  readonly account: Account;
  readonly orderId: OrderId;
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
    const orders = cancels ? this.#openOrders(scope) : null;
    const blocked = partitions.control.decideBlock(act, scope, orders?.length ?? null);
    if ("refused" in blocked) return blocked;
    partitions.stageControlEvent(blocked);
    if (orders !== null) this.#begin(blocked.blockId, orders);
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
    const { control } = this.#options.sequencer.partitions;
    for (const { blockId, scope, kill } of control.activeBlocks()) {
      if (kill !== null && kill.left > 0) this.#begin(blockId, this.#openOrders(scope));
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#wake();
  }

  #begin(blockId: number, orders: readonly OrderName[]): void {
    this.#run(blockId, orders).catch(this.#options.onBug);
  }

  async #run(blockId: number, orders: readonly OrderName[]): Promise<void> {
    let waiting = orders;
    // What a stop left may have ended by itself: then there is nothing left of it.
    await this.#step(blockId, [], waiting.length);
    while (waiting.length > 0) {
      const heldBack: OrderName[] = [];
      for (let from = 0; from < waiting.length; from += KILL_STEP_ORDERS) {
        const part = waiting.slice(from, from + KILL_STEP_ORDERS);
        await this.#turnEnd();
        const closed = await this.#closedOf(part);
        const leftBehind = waiting.length - from - part.length + heldBack.length;
        const held = await this.#step(blockId, part, leftBehind, closed);
        if (held === null) return;
        heldBack.push(...held);
      }
      if (heldBack.length > 0) await this.#pause();
      waiting = heldBack;
    }
  }

  /**
   * Cancels a part of the orders; those that their market holds back, or null when the block is
   * released or the gateway stops. `leftBehind` are to be cancelled beside this part.
   */
  #step(
    blockId: number,
    part: readonly OrderName[],
    leftBehind: number,
    closed: Closed = new Map(),
  ): Promise<readonly OrderName[] | null> {
    const { sequencer, clock } = this.#options;
    const { partitions } = sequencer;
    if (this.#isClosed) return Promise.resolve(null);
    return sequencer.operate((nowMs) => {
      const block = partitions.control.block(blockId);
      if (block === null || block.released !== null || this.#isClosed) return null;
      assert(block.kill !== null, "a block that cancels has counts");
      const tally = { done: 0, already: 0, tooLate: 0 };
      const held = part.filter((name) => {
        const cancel = (each: typeof name) => this.#cancel(each, closed, nowMs);
        const outcome = partitions.caused(causeOf(block), cancel, name);
        if (outcome !== "heldBack") tally[outcome] += 1;
        return outcome === "heldBack";
      });
      const counts = added(block.kill, tally, leftBehind + held.length);
      if (!isSame(counts, block.kill)) {
        const atMs = clock.wallMs() as UnixMs;
        partitions.stageControlEvent({ type: "KillStepped", atMs, blockId, counts });
      }
      return held;
    });
  }

  #cancel(
    { account, orderId }: OrderName,
    closed: Closed,
    nowMs: UnixMs,
  ): "done" | "already" | "tooLate" | "heldBack" {
    const { partitions } = this.#options.sequencer;
    const open = partitions.deskOf(account).desk.book(account)?.openOrder(orderId) ?? null;
    if (open !== null) {
      // The venue may refuse what somebody else sent: it counts when it is answered.
      if (open.cancelPending && open.cancelReason !== CancelReason.KillSwitch) return "heldBack";
      const canceled = partitions.cancel(open, nowMs, CancelReason.KillSwitch);
      return "refused" in canceled ? "heldBack" : "done";
    }
    const order = partitions.recent.closed(account, orderId) ?? closed.get(orderId);
    // It works no more, and how it ended is not known yet: it is asked for again.
    if (order === undefined) return "heldBack";
    return order?.phase === "Canceled" && ASKED.has(order.cancelReason) ? "already" : "tooLate";
  }

  /**
   * The orders of these that are closed and that memory may have let go, as far as the archive can
   * say: no kill waits for it, or stops with it.
   */
  async #closedOf(names: readonly OrderName[]): Promise<Closed> {
    const { sequencer, findClosed } = this.#options;
    const { partitions } = sequencer;
    const found = new Map<OrderId, Order | null>();
    for (const { account, orderId } of names) {
      const isOpen = partitions.deskOf(account).desk.book(account)?.openOrder(orderId) != null;
      if (isOpen || partitions.recent.closed(account, orderId) !== null) continue;
      try {
        found.set(orderId, await findClosed(account, orderId));
      } catch (error) {
        if (!isArchiveUnavailable(error)) throw error;
        // The next question would fare alike.
        return found;
      }
    }
    return found;
  }

  #openOrders(scope: BlockScope): OrderName[] {
    const { partitions } = this.#options.sequencer;
    const names: OrderName[] = [];
    for (const { desk } of partitions.desks) {
      for (const book of desk.books()) {
        if (scope.account !== null && scope.account !== book.account) continue;
        for (const order of book.openOldestFirst()) {
          if (!covers(scope, originOf(order))) continue;
          names.push({ account: order.account, orderId: order.orderId });
        }
      }
    }
    return names;
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

function originOf({ account, portfolioId, market, enteredBy }: Order) {
  return { apiKey: enteredBy, account, portfolioId, marketGroup: marketGroupOf(market) };
}

function added(
  before: KillCounts,
  tally: Pick<KillCounts, "done" | "already" | "tooLate">,
  left: number,
): KillCounts {
  return {
    done: before.done + tally.done,
    already: before.already + tally.already,
    tooLate: before.tooLate + tally.tooLate,
    failed: before.failed,
    left,
  };
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

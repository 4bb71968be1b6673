/**
 * For tests of a venue that answers later: partitions in memory on a clock that the test moves, and
 * their journal, commit by commit.
 */
import assert from "node:assert/strict";
import type { FaultKind, FaultRequest } from "@countermand/contract";
import { decodeExchangeEvent } from "@countermand/core/exchange";
import {
  type Account,
  type AskedReason,
  CancelReason,
  decodeDeskEvent,
  formatDecimal,
  ONE,
  type Order,
  type PlaceRequest,
  REFERENCE_INSTRUMENTS,
  type UnixMs,
} from "@countermand/core/model";
import { assertOrder, leavesQty } from "@countermand/core/order";
import { aPlaceRequest } from "../place-request-fixture.ts";
import { SANDBOX_KEYS, sandboxAccount } from "../sandbox.ts";
import { EXCHANGE_PARTITION, type Partitions } from "../sequencer/partitions.ts";
import { partitionsInMemory } from "../sequencer/partitions-fixture.ts";
import { stateHash } from "../sequencer/state.ts";
import { FakeClock } from "../sys/fake-clock.ts";
import { FaultBoard } from "./fault-board.ts";

const LOT = 100n;

export const ANNE: Account = sandboxKey(0).account;
export const BERT: Account = sandboxKey(1).account;

/** One commit: all or nothing of it is there after a crash. */
type Commit = readonly (readonly [partition: string, payload: string])[];

export class VenueBench {
  readonly clock: FakeClock;
  readonly partitions: Partitions;
  readonly board: FaultBoard;
  readonly commits: Commit[] = [];
  /** A line per report, in order. */
  readonly told: string[] = [];

  constructor(recipes = false, clock: FakeClock = new FakeClock()) {
    this.clock = clock;
    this.partitions = partitionsInMemory();
    this.partitions.gate.connect((delayMs, work) => {
      return this.clock.after(delayMs, () => {
        work(this.nowMs);
        this.commit();
      });
    });
    const keys = recipes ? SANDBOX_KEYS.map(({ apiKey }) => apiKey) : [];
    this.board = new FaultBoard({
      instruments: REFERENCE_INSTRUMENTS,
      recipeKeys: new Set(keys),
    });
  }

  /** With the demo accounts. */
  static opened(recipes = false): VenueBench {
    const bench = new VenueBench(recipes);
    for (const { account } of SANDBOX_KEYS) {
      bench.partitions.stageDeskEvent(account, sandboxAccount(account, bench.nowMs));
    }
    bench.commit();
    return bench;
  }

  /** What is left after a crash that kept so many commits; nothing is reconciled yet. */
  crashed(commitCount: number): VenueBench {
    const bench = new VenueBench(false, new FakeClock(this.clock.wallMs()));
    for (const commit of this.commits.slice(0, commitCount)) {
      bench.commits.push(commit);
      for (const [partition, payload] of commit) bench.#replay(partition, payload);
    }
    return bench;
  }

  /** As a start does it. */
  reconcile(): void {
    for (const order of this.partitions.pendingOrders()) {
      this.partitions.gate.reconcile(order, this.nowMs);
    }
    this.commit();
  }

  get nowMs(): UnixMs {
    return this.clock.wallMs() as UnixMs;
  }

  get hash(): string {
    const { desks, exchange, sessions } = this.partitions;
    return stateHash({
      desks: new Map(desks.map(({ name, desk }) => [name, desk])),
      exchange: exchange.exchange,
      session: sessions.state,
      control: this.partitions.control,
    });
  }

  arm(kind: FaultKind, more: Partial<FaultRequest> = {}, account = ANNE): void {
    const request = { kind, delayMs: 0, count: 1, probability: ONE, seed: 1, ...more };
    assert.ok(this.board.arm(callerOf(account).apiKey, request) !== null);
  }

  place(lots: number, more: Partial<PlaceRequest> = {}, account = ANNE): Order {
    const caller = callerOf(account);
    const faults = this.board.venueFaults(caller);
    const request = { ...BUY, orderQty: BigInt(lots) * LOT * ONE, ...more };
    const placed = this.partitions.place(account, request, this.nowMs, null, faults);
    assert.ok(
      "orderId" in placed,
      JSON.stringify(placed, (_, value) => String(value)),
    );
    this.commit();
    return placed;
  }

  cancel(order: Order, account = ANNE, reason: AskedReason = CancelReason.Requested): Order {
    const faults = this.board.venueFaults(callerOf(account));
    const canceled = this.partitions.cancel(this.open(order), this.nowMs, reason, faults);
    assert.ok("orderId" in canceled);
    this.commit();
    return canceled;
  }

  /** The order now. Precondition: it is not closed. */
  open({ account, orderId }: Order): Order {
    const order = this.find({ account, orderId });
    assert.ok(order !== null, "the order is open");
    return order;
  }

  find({ account, orderId }: Pick<Order, "account" | "orderId">): Order | null {
    return this.partitions.deskOf(account).desk.book(account)?.openOrder(orderId) ?? null;
  }

  /** Lines told since the last call. */
  news(): string[] {
    return this.told.splice(0);
  }

  commit(): void {
    const { appends, reports } = this.partitions.takeStaged();
    const commit: [string, string][] = [];
    for (const { partition, payloads } of appends) {
      for (const payload of payloads) commit.push([partition, payload]);
    }
    if (commit.length > 0) this.commits.push(commit);
    for (const { order, execType } of reports) {
      if (order.account === ANNE) this.told.push(`${execType} ${factsOf(order)}`);
    }
  }

  #replay(partition: string, payload: string): void {
    const { desks, exchange } = this.partitions;
    if (partition === EXCHANGE_PARTITION) {
      exchange.exchange.apply(decodeExchangeEvent(payload));
      exchange.lease.seq += 1;
      return;
    }
    const desk = desks.find(({ name }) => name === partition);
    assert.ok(desk !== undefined);
    desk.lease.seq += 1;
    desk.desk.apply(decodeDeskEvent(payload), desk.lease.seq);
  }
}

/** What holds between two commits: sums of money, facts of orders, desk against exchange. */
export function assertSound({ partitions }: VenueBench): void {
  for (const { desk } of partitions.desks) {
    for (const name of ["HKD", "USD", "USDT"]) {
      assert.equal(desk.ledger.total({ assetClass: "Cash", name }), 0n);
    }
    assert.equal(desk.ledger.total({ assetClass: "Holding", name: "00700" }), 0n);
    for (const { account } of desk.books()) {
      const { reserved, total } = desk.money(account).cash("HKD");
      let held = 0n;
      for (const order of desk.book(account)?.openOldestFirst() ?? []) {
        assertOrder(order);
        held += order.reservedAmt;
        const isThere = partitions.exchange.exchange.holds(order.symbol, order.orderId);
        assert.equal(isThere, order.phase === "Open", "the venue has what it has accepted");
        if (order.phase === "PendingNew") assert.equal(leavesQty(order), order.orderQty);
      }
      assert.equal(reserved, held, "what is held back is what open orders hold back");
      assert.ok(total >= reserved, "cash never goes below what is held back");
    }
  }
}

const BUY = aPlaceRequest({ price: 400n * ONE });

function callerOf(account: Account): { readonly apiKey: string; readonly account: Account } {
  const key = SANDBOX_KEYS.find((each) => each.account === account);
  assert.ok(key !== undefined);
  return { apiKey: key.apiKey, account };
}

function factsOf(order: Order): string {
  const pending = order.cancelPending ? " pending" : "";
  const why = (order.phase === "Canceled" ? order.cancelReason : "") + order.rejectReason;
  const figures = `${formatDecimal(order.cumQty)}/${formatDecimal(order.orderQty)}`;
  return `${order.phase}${pending} ${figures}${why === "" ? "" : ` (${why})`}`;
}

function sandboxKey(index: number) {
  const key = SANDBOX_KEYS[index];
  assert.ok(key !== undefined);
  return key;
}

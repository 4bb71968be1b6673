// Goal: what a write has answered is remembered in the record of what it did, wherever that can
// be, and applying the records gives the same memory.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Desk, REFERENCE_DESK_RULES } from "@countermand/core/desk";
import {
  type DeskEvent,
  decodeDeskEvent,
  InstrumentTable,
  type KeyId,
  type Order,
  REFERENCE_INSTRUMENTS,
  Side,
  type UnixMs,
} from "@countermand/core/model";
import type { Caller } from "../auth/key-store.ts";
import { ALICE, BOB, RunsBench } from "./cancel-runs-fixture.ts";
import type { Turn } from "./command-turn.ts";
import { DESK } from "./partitions-fixture.ts";

class WritesBench extends RunsBench {
  #requestCount = 0;

  /** What a write answered, once it is durable. */
  async write(caller: Caller, decide: (turn: Turn) => unknown, fingerprint = this.#name()) {
    const expiresAtMs = (this.nowMs + 60_000) as UnixMs;
    const identity = { fingerprint, contentDigest: "content", expiresAtMs };
    const written = this.sequencer.write(caller, "place", identity, (turn) => {
      return { httpStatus: 200, body: JSON.stringify(decide(turn)) };
    });
    await this.settle();
    return await written;
  }

  #name(): string {
    this.#requestCount += 1;
    return `request ${this.#requestCount}`;
  }

  /** `R`, or the kind of event, and `+` where it carries an answer; since a position. */
  kinds(since: number): string[] {
    return this.events.slice(since).map((event) => {
      if (event.type !== "ExecutionReported") return event.type;
      return event.answered === undefined ? "R" : "R+";
    });
  }

  get events(): DeskEvent[] {
    return this.records.map(decodeDeskEvent);
  }

  /** The desk as the records alone make it. */
  replayed(): Desk {
    const instruments = new InstrumentTable(REFERENCE_INSTRUMENTS);
    const desk = new Desk({ orderNoPrefix: 22, instruments, rules: REFERENCE_DESK_RULES });
    for (const [index, event] of this.events.entries()) desk.apply(event, index + 1);
    return desk;
  }
}

function orderNo(placed: Order | { readonly refused: string }): string {
  assert.ok("orderId" in placed);
  return placed.orderId;
}

test("remembered answers: the last report of a write carries its answer", async () => {
  const bench = new WritesBench();
  await bench.committed();
  const since = bench.records.length;
  const first = await bench.write(ALICE, (turn) => orderNo(turn.place(bench.buy)), "place");
  await bench.write(ALICE, (turn) => [1, 2].map(() => orderNo(turn.place(bench.buy))));
  const [order] = bench.open(ALICE.account);
  assert.ok(order !== undefined);
  await bench.write(ALICE, (turn) => orderNo(turn.cancel(order)));
  assert.deepEqual(bench.kinds(since), ["R+", "R", "R+", "R+"]);
  const again = await bench.write(ALICE, () => assert.fail("it is not decided again"), "place");
  assert.ok(first.result === "answered");
  assert.deepEqual(again, { result: "repeated", answer: first.answer });
});

test("remembered answers: a write whose last report is another's has an event of its own", async () => {
  const bench = new WritesBench();
  await bench.committed();
  await bench.write(ALICE, (turn) => orderNo(turn.place(bench.buy)));
  const since = bench.records.length;
  const sell = { ...bench.buy, side: Side.Sell };
  await bench.write(BOB, (turn) => orderNo(turn.place(sell)), "crossing");
  assert.deepEqual(bench.kinds(since), ["R", "R", "R", "RequestAnswered"]);
  const resting = bench.events.at(-2);
  assert.ok(resting?.type === "ExecutionReported" && resting.order.account === ALICE.account);
  const again = await bench.write(BOB, () => assert.fail("it is not decided again"), "crossing");
  assert.equal(again.result, "repeated");
});

test("remembered answers: what changes nothing and is kept stands alone", async () => {
  const bench = new WritesBench();
  await bench.write(ALICE, (turn) => orderNo(turn.place(bench.buy)));
  const since = bench.records.length;
  // In one commit with a report of the account's.
  bench.place(ALICE.account);
  await bench.write(ALICE, (turn) => {
    turn.keepAnswer();
    return "nothing";
  });
  assert.deepEqual(bench.kinds(since), ["R", "RequestAnswered"]);
});

test("remembered answers: behind its report something else is staged, which carries none", async () => {
  const bench = new WritesBench();
  await bench.committed();
  const since = bench.records.length;
  await bench.write(ALICE, (turn) => {
    const placed = orderNo(turn.place(bench.buy));
    bench.partitions.stageDeskEvent(ALICE.account, {
      type: "DeadManSet",
      atMs: bench.nowMs,
      account: ALICE.account,
      scope: { kind: "Portfolio", value: "core" },
      timeoutMs: 60_000,
      keyId: ALICE.apiKey as KeyId,
    });
    return placed;
  });
  assert.deepEqual(bench.kinds(since), ["R", "DeadManSet", "RequestAnswered"]);
});

test("remembered answers: the records alone give the same state", async () => {
  const bench = new WritesBench();
  await bench.committed();
  const sell = { ...bench.buy, side: Side.Sell };
  for (let round = 0; round < 5; round += 1) {
    await bench.write(ALICE, (turn) => orderNo(turn.place(bench.buy)));
    await bench.write(ALICE, (turn) => [1, 2].map(() => orderNo(turn.place(bench.buy))));
    await bench.write(BOB, (turn) => orderNo(turn.place(sell)));
    bench.clock.advance(1_000);
  }
  const { desk } = bench.partitions.deskOf(ALICE.account);
  assert.equal(desk.answered.size, 15);
  assert.deepEqual([...bench.replayed().snapshotLines()], [...desk.snapshotLines()]);
  assert.equal(bench.partitions.positions()[DESK], bench.records.length);
});

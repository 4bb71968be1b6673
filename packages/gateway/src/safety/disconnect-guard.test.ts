import assert from "node:assert/strict";
import { test } from "node:test";
import { type KeyId, TimeInForce } from "@countermand/core/model";
import { ALICE, BOB, RunsBench } from "../sequencer/cancel-runs-fixture.ts";
import { CANCELS_PER_STEP } from "../sequencer/limits.ts";
import { planOf } from "../venue/fault-plan.ts";
import { DisconnectGuard } from "./disconnect-guard.ts";
import { CANCEL_RETRY_MS, DISCONNECT_GROUPS_MAX } from "./limits.ts";

const GRACE_MS = 10_000;

class Bench extends RunsBench {
  guard = new DisconnectGuard(this);

  async join(group = "", caller = ALICE): Promise<void> {
    void this.guard.joined(caller, group, GRACE_MS);
    await this.settle();
  }

  async leave(how: "closed" | "lost", group = "", caller = ALICE): Promise<void> {
    this.guard.left(caller, group, how);
    await this.settle();
  }

  async advance(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.settle();
  }

  restart(): void {
    this.guard.close();
    this.guard = new DisconnectGuard(this);
    this.guard.start();
  }

  get openCount(): number {
    return this.open(ALICE.account).length;
  }

  get watches(): readonly string[] {
    const { desk } = this.partitions.deskOf(ALICE.account);
    return [...(desk.book(ALICE.account)?.watches.all() ?? [])].map(({ group }) => group);
  }

  placeAs(apiKey: string, timeInForce: TimeInForce = TimeInForce.Day): void {
    this.place(ALICE.account, { enteredBy: apiKey as KeyId, timeInForce });
  }
}

test("disconnect: a lost connection cancels what its key placed, once the grace is over", async () => {
  const bench = new Bench();
  bench.placeAs(ALICE.apiKey);
  bench.placeAs(ALICE.apiKey, TimeInForce.GoodTillCancel);
  bench.placeAs("another-key");
  await bench.join();
  assert.deepEqual(bench.watches, [""]);
  await bench.leave("lost");
  await bench.advance(GRACE_MS - 1);
  assert.equal(bench.openCount, 3);
  await bench.advance(1);
  const left = bench.open(ALICE.account);
  assert.deepEqual(
    left.map(({ enteredBy, timeInForce }) => [enteredBy, timeInForce]),
    [
      [ALICE.apiKey, TimeInForce.GoodTillCancel],
      ["another-key", TimeInForce.Day],
    ],
  );
  assert.deepEqual(bench.watches, []);
});

test("disconnect: a clean close and a return in time cancel nothing", async () => {
  const bench = new Bench();
  bench.placeAs(ALICE.apiKey);
  await bench.join();
  await bench.leave("closed");
  assert.deepEqual(bench.watches, []);
  await bench.advance(10 * GRACE_MS);
  await bench.join();
  await bench.leave("lost");
  await bench.advance(GRACE_MS - 1);
  await bench.join();
  await bench.advance(10 * GRACE_MS);
  assert.equal(bench.openCount, 1);
  assert.deepEqual(bench.watches, [""]);
});

test("disconnect: only the last connection of a group counts, and groups are apart", async () => {
  const bench = new Bench();
  bench.placeAs(ALICE.apiKey);
  await bench.join("hosts");
  await bench.join("hosts");
  await bench.join("other");
  await bench.leave("lost", "hosts");
  await bench.advance(10 * GRACE_MS);
  assert.equal(bench.openCount, 1);
  await bench.leave("lost", "hosts");
  await bench.advance(GRACE_MS);
  assert.equal(bench.openCount, 0);
  assert.deepEqual(bench.watches, ["other"]);
});

test("disconnect: a stop cuts nobody off, and after the start the grace begins", async () => {
  const bench = new Bench();
  bench.placeAs(ALICE.apiKey);
  await bench.join();
  bench.guard.close();
  await bench.leave("lost");
  await bench.advance(10 * GRACE_MS);
  assert.equal(bench.openCount, 1);
  bench.restart();
  await bench.advance(GRACE_MS - 1);
  assert.equal(bench.openCount, 1);
  await bench.join();
  await bench.advance(10 * GRACE_MS);
  assert.equal(bench.openCount, 1, "it came back");
  bench.restart();
  await bench.advance(GRACE_MS);
  assert.equal(bench.openCount, 0, "it did not come back");
});

test("disconnect: so many groups of an account, those it has included", async () => {
  const bench = new Bench();
  for (let index = 0; index < DISCONNECT_GROUPS_MAX; index += 1) await bench.join(String(index));
  assert.equal(bench.guard.hasRoom(ALICE, "one more"), false);
  assert.equal(bench.guard.hasRoom(ALICE, "7"), true);
  assert.equal(bench.guard.hasRoom(BOB, "one more"), true);
});

/** Its grace is over, and its orders take more than one step: the first of them is done. */
async function lapsing(): Promise<Bench> {
  const bench = new Bench();
  for (let index = 0; index < 2 * CANCELS_PER_STEP; index += 1) bench.placeAs(ALICE.apiKey);
  await bench.join();
  await bench.leave("lost");
  bench.clock.advance(GRACE_MS);
  assert.ok(bench.openCount > 0, "the rest is cancelled in a later turn");
  return bench;
}

test("disconnect: lost again while the orders are cancelled, it has its grace once more", async () => {
  const bench = await lapsing();
  void bench.guard.joined(ALICE, "", GRACE_MS);
  bench.guard.left(ALICE, "", "lost");
  await bench.settle();
  assert.equal(bench.openCount, 0);
  assert.deepEqual(bench.watches, [""]);
  await bench.join();
  bench.placeAs(ALICE.apiKey);
  await bench.advance(10 * GRACE_MS);
  assert.equal(bench.openCount, 1, "whoever is connected loses nothing");
});

test("disconnect: closed and opened anew while the orders are cancelled, it is watched on", async () => {
  const bench = await lapsing();
  void bench.guard.joined(ALICE, "", GRACE_MS);
  bench.guard.left(ALICE, "", "closed");
  void bench.guard.joined(ALICE, "", GRACE_MS);
  await bench.settle();
  assert.deepEqual(bench.watches, [""]);
  bench.placeAs(ALICE.apiKey);
  await bench.leave("lost");
  await bench.advance(GRACE_MS);
  assert.equal(bench.openCount, 0);
});

test("disconnect: an order whose own cancel the venue refuses is cancelled all the same", async () => {
  const bench = new Bench();
  bench.placeAs(ALICE.apiKey);
  await bench.join();
  await bench.leave("lost");
  const [order] = bench.open(ALICE.account);
  assert.ok(order !== undefined);
  const plan = planOf({ kind: "RejectedCancel", delayMs: GRACE_MS + 100 });
  const faults = { ofOrder: () => null, ofCancel: () => plan, placed: () => {} };
  bench.partitions.cancel(order, bench.nowMs, undefined, faults);
  await bench.advance(GRACE_MS);
  assert.deepEqual(bench.watches, [""], "what the venue has not answered is not done");
  await bench.advance(CANCEL_RETRY_MS);
  assert.equal(bench.openCount, 0);
  assert.deepEqual(bench.watches, []);
});

test("disconnect: while a market forbids cancels they are tried again, unless who left is back", async () => {
  const bench = new Bench();
  bench.placeAs(ALICE.apiKey);
  await bench.join();
  bench.forbidCancels(true);
  await bench.leave("lost");
  await bench.advance(GRACE_MS + CANCEL_RETRY_MS);
  assert.deepEqual([bench.openCount, bench.watches], [1, [""]]);
  await bench.join();
  bench.forbidCancels(false);
  await bench.advance(2 * CANCEL_RETRY_MS);
  assert.equal(bench.openCount, 1, "back before it was tried again");
  bench.forbidCancels(true);
  await bench.leave("lost");
  await bench.advance(GRACE_MS);
  bench.forbidCancels(false);
  await bench.advance(CANCEL_RETRY_MS);
  assert.deepEqual([bench.openCount, bench.watches], [0, []]);
});

test("disconnect: once it is closed no grace runs on, and who leaves has not left", async () => {
  const bench = new Bench();
  for (const group of ["one", "two", "three"]) await bench.join(group);
  await bench.leave("lost", "one");
  bench.guard.close();
  assert.equal(bench.clock.timerCount, 0);
  await bench.leave("lost", "two");
  await bench.leave("closed", "three");
  assert.equal(bench.clock.timerCount, 0);
  assert.deepEqual(bench.watches, ["one", "two", "three"]);
});

test("disconnect: who joins again with the same grace is told to the journal once", async () => {
  const bench = new Bench();
  await bench.join();
  const count = bench.records.length;
  await bench.join();
  assert.equal(bench.records.length, count);
  void bench.guard.joined(ALICE, "", GRACE_MS + 1);
  await bench.settle();
  assert.equal(bench.records.length, count + 1);
});

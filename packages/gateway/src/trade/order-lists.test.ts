import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeOperatorOrdersQuery, isFault } from "@countermand/contract";
import { type Account, CancelReason, type KeyId } from "@countermand/core/model";
import { ArchiveError } from "../archive/archive-error.ts";
import { sandboxAccount } from "../sandbox.ts";
import { ALICE, RunsBench } from "../sequencer/cancel-runs-fixture.ts";
import { WALKS_WAITING_MAX } from "../sequencer/limits.ts";
import type { Answer } from "../sequencer/sequencer.ts";
import { OrderLists, type OrderListsOptions } from "./order-lists.ts";

const UNREADABLE: OrderListsOptions["archive"] = {
  list: () => Promise.reject(new ArchiveError("it failed")),
  orders: () => Promise.reject(new ArchiveError("it failed")),
};

/** Nothing is projected. */
const EMPTY: OrderListsOptions["archive"] = {
  list: async () => ({ total: 0, orderNumbers: [], positions: new Map() }),
  orders: async () => [],
};

class Bench extends RunsBench {
  readonly #archive: OrderListsOptions["archive"];

  constructor(archive: OrderListsOptions["archive"]) {
    super();
    this.#archive = archive;
  }

  /** As an operator asks. */
  ask(rawQuery: string, account = ALICE.account): Promise<Answer> {
    const { partitions, sequencer } = this;
    const instruments = partitions.control.table;
    const query = decodeOperatorOrdersQuery(rawQuery);
    assert.ok(!isFault(query));
    return new OrderLists({ sequencer, archive: this.#archive, instruments }).ofAccount(
      account,
      query,
    );
  }

  async listed(rawQuery: string, account = ALICE.account) {
    const asked = this.ask(rawQuery, account);
    await this.settle();
    return JSON.parse((await asked).body).data.orders as readonly Record<string, unknown>[];
  }
}

test("order lists: nothing is told before it is durable", async () => {
  const bench = new Bench(EMPTY);
  const { orderId } = bench.place(ALICE.account, { enteredBy: "desk-7" as KeyId });
  let told = "";
  const asked = bench.ask("").then(({ body }) => {
    told = body;
  });
  await Promise.resolve();
  assert.deepEqual([told, bench.commits.length], ["", 0]);
  await bench.settle();
  await asked;
  const [row] = JSON.parse(told).data.orders;
  assert.deepEqual([row.order_no, row.api_key], [orderId, "desk-7"]);
  assert.deepEqual(bench.commits.length, 1);
});

test("order lists: where many take turns already, another one is refused and worth a retry", async () => {
  const bench = new Bench(EMPTY);
  bench.place(ALICE.account);
  const { turns } = bench.sequencer;
  const waiting = Array.from({ length: WALKS_WAITING_MAX }, () => turns.next());
  const { httpStatus, body } = await bench.ask("");
  assert.deepEqual([httpStatus, JSON.parse(body).reason], [503, "overloaded"]);
  await bench.settle();
  await Promise.all(waiting);
  assert.equal((await bench.listed("")).length, 1);
});

test("order lists: an archive that cannot be read hides no open order", async () => {
  const bench = new Bench(UNREADABLE);
  const { orderId } = bench.place(ALICE.account);
  assert.equal((await bench.listed("symbol=00700"))[0]?.["order_no"], orderId);
  for (const state of ["closed", "all"]) {
    const asked = bench.ask(`state=${state}`);
    await bench.settle();
    assert.equal((await asked).httpStatus, 503, state);
  }
});

test("order lists: of a simulated trader only what is open is known", async () => {
  const bench = new Bench(EMPTY);
  const account = "SIM00001" as Account;
  bench.partitions.stageDeskEvent(account, sandboxAccount(account, bench.nowMs));
  for (const each of [ALICE.account, account]) {
    const [, over] = [bench.place(each), bench.place(each)];
    bench.partitions.cancel(over, bench.nowMs, CancelReason.Requested);
  }
  const counts = async (each: Account) => {
    const open = await bench.listed("", each);
    return [open.length, (await bench.listed("state=closed", each)).length];
  };
  assert.deepEqual(await counts(ALICE.account), [1, 1]);
  assert.deepEqual(await counts(account), [1, 0]);
});

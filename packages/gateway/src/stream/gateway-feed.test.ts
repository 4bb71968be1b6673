import assert from "node:assert/strict";
import { test } from "node:test";
import { ALICE, RunsBench } from "../sequencer/cancel-runs-fixture.ts";
import { GatewayFeed, type GatewayFeedOptions } from "./gateway-feed.ts";
import { SNAPSHOT_ORDERS_PER_STEP } from "./limits.ts";
import { ReplayTurns } from "./replay-turns.ts";
import { SnapshotRoom } from "./snapshot-room.ts";
import { StreamHub } from "./stream-hub.ts";

const unread = () => assert.fail("a snapshot is in memory");

function feedOf(bench: RunsBench, archive: GatewayFeedOptions["archive"]): GatewayFeed {
  const hub = new StreamHub(bench.partitions.control.table);
  hub.startAt(ALICE.account, 7);
  return new GatewayFeed({
    view: { account: ALICE.account, isTagged: false, isFirst: true },
    hub,
    sequencer: bench.sequencer,
    archive,
    turns: new ReplayTurns(bench.clock),
    room: new SnapshotRoom(),
  });
}

test("gateway feed: a snapshot is made step by step, and no piece holds more than one of them", async () => {
  const bench = new RunsBench();
  const count = 3 * SNAPSHOT_ORDERS_PER_STEP + 1;
  const orders = bench.placeMany(ALICE.account, count);
  const feed = feedOf(bench, { reports: unread, earliestStreamSeq: unread });
  const looks = bench.countLooks(ALICE.account);
  const asked = feed.snapshot();
  // It shows one moment.
  const [oldest] = orders;
  assert.ok(oldest !== undefined);
  bench.partitions.cancel(oldest, bench.nowMs);
  await bench.settle();
  assert.ok(Math.max(...looks) <= SNAPSHOT_ORDERS_PER_STEP, String(looks));
  const snapshot = await asked;
  const { pieces = null } = snapshot?.body ?? {};
  assert.ok(pieces !== null);
  const told = JSON.parse(Buffer.concat(pieces).toString());
  assert.deepEqual([told.type, told.seq], ["snapshot", count]);
  assert.deepEqual(
    told.data.orders.map(({ order_no }: { order_no: string }) => order_no),
    orders.map(({ orderId }) => orderId),
  );
  const longest = Math.max(...pieces.map((piece) => piece.toString().split("order_no").length - 1));
  assert.equal(longest, SNAPSHOT_ORDERS_PER_STEP);
});

test("gateway feed: a snapshot shows no order that has filled, though its cancel is pending", async () => {
  const bench = new RunsBench();
  const working = bench.place(ALICE.account);
  bench.fillBeforeCancel(ALICE.account);
  const asked = feedOf(bench, { reports: unread, earliestStreamSeq: unread }).snapshot();
  await bench.settle();
  const { orders } = JSON.parse(Buffer.concat((await asked)?.body.pieces ?? []).toString()).data;
  assert.deepEqual(
    orders.map(({ order_no }: { order_no: string }) => order_no),
    [working.orderId],
  );
});

test("gateway feed: the earliest report is the archive's, else memory's, else the next one", async () => {
  const bench = new RunsBench();
  const earliest = (archived: number | null) => {
    const earliestStreamSeq = async () => archived;
    return feedOf(bench, { reports: unread, earliestStreamSeq }).earliestSeq();
  };
  assert.deepEqual([await earliest(3), await earliest(null)], [3, 8]);
  bench.place(ALICE.account);
  assert.deepEqual([await earliest(3), await earliest(null)], [3, 1]);
});

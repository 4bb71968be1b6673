import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { UNCONDITIONAL } from "@countermand/contract";
import { type ClOrdId, type PlaceRequest, Side, type UnixMs } from "@countermand/core/model";
import { writeSnapshot } from "./journal/snapshot-file.ts";
import { aPlaceRequest } from "./place-request-fixture.ts";
import { FIRST, NodePlace, newRequest, SECOND } from "./running-node-fixture.ts";
import { CANCELS_PER_STEP, RUNS_STOP_MS } from "./sequencer/limits.ts";
import { systemClock } from "./sys/clock.ts";

function order(side: Side, clOrdId: string): PlaceRequest {
  return aPlaceRequest({ side, clOrdId: clOrdId as ClOrdId });
}

test("market time: runs on after a restart from a snapshot, though the clock ran back", async (t) => {
  const place = new NodePlace(t);
  const laterMs = Date.now() + 3_600_000;
  // Two accounts, a settlement, an order, with its answer, and its entry in the book: the last one.
  const node = await place.start({ marketWallMs: () => laterMs, snapshotEveryEventCount: 5 });
  await node.services.trade.place(FIRST, order(Side.Buy, "mine"), newRequest());
  await place.snapshot;
  const restarted = await place.start();
  const target = { by: "clOrdId", clOrdId: "mine" as ClOrdId } as const;
  const { body } = await restarted.services.trade.cancel(
    FIRST,
    { target, condition: UNCONDITIONAL },
    newRequest(),
  );
  const { data } = JSON.parse(body) as { data: { create_time: number; update_time: number } };
  assert.equal(data.create_time, Math.floor(laterMs / 1000));
  assert.equal(data.update_time, data.create_time, "no change lies before the order");
});

test("sessions: a snapshot has the clock that was set, and what time did before it", async (t) => {
  const place = new NodePlace(t);
  const strict = { COUNTERMAND_MARKET_RULES: "strict" };
  const openingMs = Date.parse("2025-08-05T09:05:00+08:00");
  const wallMs = () => openingMs;
  const node = await place.start({ marketWallMs: wallMs, snapshotEveryEventCount: 23 }, strict);
  const { trade, clock } = node.services;
  await trade.place(FIRST, order(Side.Buy, "bid"), newRequest());
  await trade.place(SECOND, order(Side.Sell, "ask"), newRequest());
  await trade.place(FIRST, order(Side.Buy, "rest"), newRequest());
  const eveningMs = Date.parse("2025-08-05T20:00:00+08:00") as UnixMs;
  const move = { to: "time", atMs: eveningMs } as const;
  await clock.move(FIRST, { move, speed: 0 }, newRequest());
  await place.snapshot;
  const before = await node.stateHash();
  const restarted = await place.start({ marketWallMs: wallMs }, strict);
  assert.deepEqual(await restarted.stateHash(), before);
  const { state } = restarted.partitions.sessions;
  assert.deepEqual(
    [state.reachedMs, state.speed, state.closePx("00700")],
    [eveningMs, 0, 10_000_000_000n],
  );
  assert.equal(restarted.partitions.openCount, 0, "what did not trade has expired");
});

test("snapshots: those of a later journal, beside a restored backup, take nobody's place", async (t) => {
  const place = new NodePlace(t);
  const folder = join(place.folder, "snapshots");
  for (const seq of [1_000, 2_000]) {
    writeSnapshot(
      folder,
      { positions: [{ partition: "desk-22", seq, hash: "0f".repeat(32) }] },
      [],
    );
  }
  const foreign = readdirSync(folder);
  // Two accounts, an order, with its answer, and its entry in the book.
  const node = await place.start({ snapshotEveryEventCount: 4 });
  await node.services.trade.place(FIRST, order(Side.Buy, "mine"), newRequest());
  await place.snapshot;
  const left = readdirSync(folder);
  assert.deepEqual(
    [left.length, left.filter((name) => foreign.includes(name))],
    [1, []],
    "the one that was made is there to start from",
  );
});

test("partitions: a fill across two desks is there after a restart, on both sides", async (t) => {
  const place = new NodePlace(t);
  const node = await place.start({ deskCount: 3 });
  await node.services.trade.place(FIRST, order(Side.Buy, "bid"), newRequest());
  await node.services.trade.place(SECOND, order(Side.Sell, "ask"), newRequest());
  const before = await node.stateHash();
  assert.notEqual(
    node.partitions.deskOf(FIRST.account).name,
    node.partitions.deskOf(SECOND.account).name,
  );
  // The journal knows how many desks there are; the option is for one that begins.
  const restarted = await place.start({ deskCount: 1 });
  assert.deepEqual(await restarted.stateHash(), before);
  for (const caller of [FIRST, SECOND]) {
    const page = await restarted.services.trade.orders(caller, { pageIndex: 1, pageSize: 10 });
    const { data } = JSON.parse(page.body) as { data: { orders: { order_status: string }[] } };
    assert.deepEqual(
      data.orders.map(({ order_status }) => order_status),
      ["fex"],
    );
  }
});

test("stop: cancels of many that take too long are left, and can be asked for again", async (t) => {
  const place = new NodePlace(t);
  const isUp = (ms: number, callback: () => void) => {
    if (ms !== RUNS_STOP_MS) return systemClock.after(ms, callback);
    callback();
    return { cancel: () => {} };
  };
  const node = await place.start({ clock: { ...systemClock, after: isUp } });
  const { trade } = node.services;
  const buy = order(Side.Buy, "mine");
  const place100 = () => Array.from({ length: 100 }, () => trade.place(FIRST, buy, newRequest()));
  while (node.partitions.openCount <= CANCELS_PER_STEP) await Promise.all(place100());
  const count = node.partitions.openCount;
  void trade.cancelAll(FIRST, { filter: {}, isPreview: false }, newRequest());
  const restarted = await place.start();
  const left = restarted.partitions.openCount;
  assert.ok(left > 0 && left < count, `${left} of ${count}`);
  const all = { filter: {}, isPreview: false };
  const { body } = await restarted.services.trade.cancelAll(FIRST, all, newRequest());
  const { data } = JSON.parse(body) as { readonly data: { readonly done: number } };
  assert.equal(data.done, left);
});

test("metrics: what waits for the disk and writes nothing itself is no commit", async (t) => {
  const place = new NodePlace(t);
  const node = await place.start();
  const commits = async () => {
    const { text } = await node.metrics.scrape();
    const count = (name: string) =>
      Number(new RegExp(`^${name}_count (\\d+)$`, "m").exec(text)?.[1]);
    return [count("countermand_commit_events"), count("countermand_commit_seconds")];
  };
  const [before = 0] = await commits();
  let isPlaced = false;
  const placing = node.services.trade.place(FIRST, order(Side.Buy, "mine"), newRequest());
  void placing.then(() => {
    isPlaced = true;
  });
  const queries: Promise<number>[] = [];
  while (!isPlaced) {
    queries.push(node.sequencer.read(() => 0));
    await setImmediate();
  }
  await Promise.all(queries);
  assert.deepEqual(await commits(), [before + 1, before + 1]);
});

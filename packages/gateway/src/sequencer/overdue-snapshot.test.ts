// Goal: starts stay short, also of a gateway that is killed before any snapshot is made.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { UNCONDITIONAL } from "@countermand/contract";
import type { ClOrdId } from "@countermand/core/model";
import { aPlaceRequest } from "../place-request-fixture.ts";
import type { RunningNode } from "../running-node.ts";
import { FIRST, NodePlace, newRequest } from "../running-node-fixture.ts";
import { systemClock } from "../sys/clock.ts";
import { SNAPSHOT_OVERDUE_FACTOR } from "./limits.ts";

/** As if each of its starts were killed before the quiet moment in which one is made. */
const KILLED_SOON = { clock: { ...systemClock, after: () => ({ cancel: () => undefined }) } };

/** A place whose node has placed orders, and how many events a start replays there. */
async function filled(t: TestContext, { areCancelled = true } = {}) {
  const place = new NodePlace(t);
  const node = await place.start();
  const { trade } = node.services;
  for (let count = 0; count < 8; count += 1) {
    const clOrdId = `order-${count}` as ClOrdId;
    await trade.place(FIRST, aPlaceRequest({ clOrdId }), newRequest());
    const cancel = { target: { by: "clOrdId", clOrdId }, condition: UNCONDITIONAL } as const;
    if (areCancelled) await trade.cancel(FIRST, cancel, newRequest());
  }
  const hash = await node.stateHash();
  await place.start();
  return { place, hash, count: place.replayedCount, folder: join(place.folder, "snapshots") };
}

function startsOf(place: NodePlace, everyEventCount: number): Promise<RunningNode> {
  return place.start({ ...KILLED_SOON, snapshotEveryEventCount: everyEventCount });
}

test("overdue snapshot: a start makes one itself, and the next has nothing to replay", async (t) => {
  const { place, hash, count, folder } = await filled(t);
  const dueCount = Math.floor(count / SNAPSHOT_OVERDUE_FACTOR);
  const node = await startsOf(place, dueCount);
  assert.equal(readdirSync(folder).length, 1);
  assert.deepEqual(await node.stateHash(), hash);
  const next = await startsOf(place, dueCount);
  assert.equal(place.replayedCount, 0);
  assert.deepEqual(await next.stateHash(), hash);
});

test("overdue snapshot: below that, a start is not held up by one", async (t) => {
  const { place, count, folder } = await filled(t);
  await startsOf(place, Math.floor(count / SNAPSHOT_OVERDUE_FACTOR) + 1);
  assert.equal(existsSync(folder), false);
});

test("overdue snapshot: open orders count as they do in the other ones", async (t) => {
  const { place, count, folder } = await filled(t, { areCancelled: false });
  assert.ok(count < SNAPSHOT_OVERDUE_FACTOR * 8, `${count} events are not three for each order`);
  await startsOf(place, 1);
  assert.equal(existsSync(folder), false);
});

test("overdue snapshot: one that cannot be written stops no start", async (t) => {
  const { place, hash, count, folder } = await filled(t);
  mkdirSync(join(folder, "snapshot-0000000000000000.txt.tmp"), { recursive: true });
  const node = await startsOf(place, Math.floor(count / SNAPSHOT_OVERDUE_FACTOR));
  assert.deepEqual(await node.stateHash(), hash);
  assert.equal(place.replayedCount, count);
});

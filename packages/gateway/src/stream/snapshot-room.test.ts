import assert from "node:assert/strict";
import { test } from "node:test";
import { SNAPSHOT_ORDERS_MAX, SNAPSHOTS_ORDERS_MAX } from "./limits.ts";
import { SnapshotRoom } from "./snapshot-room.ts";

test("snapshot room: one snapshot is never too large, all together neither", () => {
  const room = new SnapshotRoom();
  assert.equal(room.take(SNAPSHOT_ORDERS_MAX + 1), false);
  const count = SNAPSHOTS_ORDERS_MAX / SNAPSHOT_ORDERS_MAX;
  for (let taken = 0; taken < count; taken += 1) assert.equal(room.take(SNAPSHOT_ORDERS_MAX), true);
  assert.equal(room.take(1), false);
  assert.equal(room.take(0), true, "an account without orders needs no room");
  room.giveBack(SNAPSHOT_ORDERS_MAX);
  assert.equal(room.take(SNAPSHOT_ORDERS_MAX), true);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { ProjectionProgress } from "./projection-progress.ts";

const CATCHING_UP = { name: "CatchingUpError" };

function progressAt(positions: Record<string, number>, required: Record<string, number> = {}) {
  return new ProjectionProgress(
    new Map(Object.entries(positions)),
    new Map(Object.entries(required)),
  );
}

test("progress: the partition that is most behind comes first, the first one of several", () => {
  const progress = progressAt({ "desk-1": 5, "desk-2": 0, "desk-3": 0 });
  assert.equal(progress.mostBehind(), null);
  progress.follow("desk-1", 8);
  assert.equal(progress.mostBehind(), "desk-1");
  progress.follow("desk-3", 4);
  progress.follow("desk-2", 4);
  assert.equal(progress.mostBehind(), "desk-2");
  progress.projected("desk-2", 4);
  progress.projected("desk-3", 4);
  assert.equal(progress.behind("desk-1"), 3);
  progress.projected("desk-1", 8);
  assert.equal(progress.mostBehind(), null);
});

test("progress: what is durable does not become less, and others' partitions are none of it", () => {
  const progress = progressAt({ "desk-1": 0 });
  progress.follow("desk-1", 9);
  progress.follow("desk-1", 3);
  progress.follow("sessions", 100);
  assert.equal(progress.durable("desk-1"), 9);
  assert.equal(progress.mostBehind(), "desk-1");
  progress.projected("desk-1", 9);
  assert.equal(progress.mostBehind(), null);
});

test("progress: nothing is answered before all that is required is projected", () => {
  const progress = progressAt({ "desk-1": 2, "desk-2": 0 }, { "desk-1": 2 });
  progress.requireCaughtUp();
  progress.require("desk-2", 7);
  progress.require("desk-2", 4);
  assert.throws(() => progress.requireCaughtUp(), CATCHING_UP);
  progress.requireThrough("desk-1", 2);
  progress.projected("desk-2", 6);
  assert.throws(() => progress.requireCaughtUp(), CATCHING_UP);
  progress.projected("desk-2", 7);
  progress.requireCaughtUp();
  assert.throws(() => progress.requireThrough("desk-2", 8), CATCHING_UP);
  assert.deepEqual([...progress.positions], Object.entries({ "desk-1": 2, "desk-2": 7 }));
});

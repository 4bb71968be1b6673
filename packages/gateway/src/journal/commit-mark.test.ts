import assert from "node:assert/strict";
import { test } from "node:test";
import { CommitMark } from "./commit-mark.ts";

/** The writer's mark, and its caller's on the same memory. */
function twoThreads() {
  const memory = CommitMark.memory();
  return { writer: new CommitMark(memory), caller: new CommitMark(memory) };
}

test("commit mark: covers all appends up to the last one, for whoever sees the memory", () => {
  const { writer, caller } = twoThreads();
  assert.equal(caller.covers(1), false);
  writer.move(3);
  assert.deepEqual(
    [1, 3, 4].map((id) => caller.covers(id)),
    [true, true, false],
  );
});

test("commit mark: numbers may run around what the memory holds", () => {
  const { writer, caller } = twoThreads();
  for (const last of [2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 33 + 5]) {
    writer.move(last);
    const covered = [last - 10_000, last, last + 1, last + 10_000].map((id) => caller.covers(id));
    assert.deepEqual(covered, [true, true, false, false], String(last));
  }
});

test("commit mark: stands still once it is stopped", () => {
  const { writer, caller } = twoThreads();
  writer.move(3);
  writer.stop();
  writer.move(4);
  assert.deepEqual([caller.covers(3), caller.covers(4)], [true, false]);
});

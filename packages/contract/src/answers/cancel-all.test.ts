import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMITS } from "../limits.ts";
import { type CancelAllWord, listedFirst } from "./cancel-all.ts";

const { value: max } = LIMITS.cancelAllListedMax;

function items(count: number, outcome: CancelAllWord, from: number) {
  return Array.from({ length: count }, (_, index) => ({ number: from + index, outcome }));
}

test("cancel-all: what needs attention is listed first, each kind in its order", () => {
  const all = [
    ...items(2, "done", 1),
    ...items(1, "already", 3),
    ...items(2, "failed", 4),
    ...items(1, "too_late", 6),
  ];
  assert.deepEqual(
    listedFirst(all).map(({ number }) => number),
    [4, 5, 6, 3, 1, 2],
  );
});

test("cancel-all: as many are listed as there is room for, and none that matters is left out", () => {
  assert.equal(listedFirst(items(max, "done", 1)).length, max);
  const listed = listedFirst([...items(max, "done", 1), ...items(1, "failed", max + 1)]);
  assert.equal(listed.length, max);
  assert.deepEqual([listed[0]?.number, listed.at(-1)?.number], [max + 1, max - 1]);
});

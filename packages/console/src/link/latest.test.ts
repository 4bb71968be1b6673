import assert from "node:assert/strict";
import { test } from "node:test";
import { latestOnly } from "./latest.ts";

test("latest: an answer that was overtaken is not the latest", () => {
  const asked = latestOnly();
  const first = asked();
  assert.equal(first(), true);
  const second = asked();
  assert.deepEqual([first(), second(), second()], [false, true, true]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { durationMs, parsedTimeMs } from "./time.ts";

test("time: dates and ISO times are of UTC unless they say otherwise", () => {
  const texts = [
    "2026-01-31",
    "2026-01-31T10:00",
    "2026-01-31T10:00:00.5Z",
    "2026-01-31T10:00+08:00",
  ];
  assert.deepEqual(
    texts.map((text) => new Date(parsedTimeMs(text) ?? Number.NaN).toISOString()),
    [
      "2026-01-31T00:00:00.000Z",
      "2026-01-31T10:00:00.000Z",
      "2026-01-31T10:00:00.500Z",
      "2026-01-31T02:00:00.000Z",
    ],
  );
});

test("time: what only some would read as a date is none", () => {
  for (const text of ["", "5", "2026", "01/02/2026", "2026-1-31", "2026-02-31", "2026-13-01"]) {
    assert.equal(parsedTimeMs(text), null, text);
  }
});

test("time: how long something takes has a unit", () => {
  const texts = ["500ms", "90s", "15m", "2h", "1d", "0s"];
  assert.deepEqual(texts.map(durationMs), [500, 90_000, 900_000, 7_200_000, 86_400_000, 0]);
  for (const text of ["", "5", "s", "1.5s", "-1s", "1 s", "1S", "1w", "1234567890s"]) {
    assert.equal(durationMs(text), null, text);
  }
});

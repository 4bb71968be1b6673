import assert from "node:assert/strict";
import { test } from "node:test";
import type { UnixMs } from "../model/ids.ts";
import { BelievedTime, LEAP_MS } from "./believed-time.ts";

const T0 = 1_718_000_000_000;
const HOUR_MS = 3_600_000;

/** What is believed at each of these times after the beginning, in milliseconds after it. */
function believed(time: BelievedTime, ...passedMs: number[]): number[] {
  return passedMs.map((ms) => time.reach((T0 + ms) as UnixMs) - T0);
}

test("believed time: steps are believed at once, forward and back", () => {
  const steps = [0, 1, LEAP_MS + 1, LEAP_MS, -HOUR_MS];
  assert.deepEqual(believed(new BelievedTime(), ...steps), steps);
});

test("believed time: a clock that was ahead for a moment was never believed", () => {
  const time = new BelievedTime();
  assert.deepEqual(believed(time, 0, HOUR_MS, HOUR_MS + LEAP_MS - 1), [0, 0, 0]);
  assert.deepEqual(believed(time, 1_000, HOUR_MS), [1_000, 1_000]);
});

test("believed time: a leap is believed when the clock has gone on for as long", () => {
  const time = new BelievedTime();
  const beyond = HOUR_MS + LEAP_MS;
  assert.deepEqual(believed(time, 0, HOUR_MS, beyond, beyond + 1), [0, 0, beyond, beyond + 1]);
});

test("believed time: a part of a leap that is taken back is a leap of its own", () => {
  const time = new BelievedTime();
  const half = HOUR_MS / 2;
  assert.deepEqual(believed(time, 0, HOUR_MS, half, half + LEAP_MS - 1), [0, 0, 0, 0]);
  assert.deepEqual(believed(time, half + LEAP_MS), [half + LEAP_MS]);
});

test("believed time: where every step is a leap, the one before is believed", () => {
  const time = new BelievedTime();
  const steps = [0, 1, 2, 3].map((count) => count * HOUR_MS);
  assert.deepEqual(believed(time, ...steps), [0, 0, HOUR_MS, 2 * HOUR_MS]);
});

test("believed time: restored in the middle of a leap it believes the same", () => {
  const time = new BelievedTime();
  believed(time, 0, HOUR_MS);
  const again = new BelievedTime();
  again.restore(time.cells);
  const rest = [HOUR_MS + 1, HOUR_MS + LEAP_MS];
  assert.deepEqual(believed(again, ...rest), believed(time, ...rest));
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMITS } from "@countermand/contract";
import type { UnixMs } from "@countermand/core/model";
import { FakeClock } from "../sys/fake-clock.ts";
import { MarketClock } from "./market-clock.ts";
import { SessionTimer } from "./session-timer.ts";

const LAST_MS = LIMITS.clockMsMax.value as UnixMs;

function setUp() {
  const real = new FakeClock();
  const clock = new MarketClock({
    wallMs: () => real.wallMs(),
    monotonicMs: () => real.monotonicMs(),
  });
  return { real, clock, startMs: real.wallMs() };
}

test("market clock: follows real time, and never runs back with it", () => {
  const { real, clock, startMs } = setUp();
  assert.equal(clock.speed, null);
  real.advance(500);
  assert.equal(clock.nowMs(), startMs + 500);
  real.jumpWall(-10_000);
  assert.equal(clock.nowMs(), startMs + 500);
  clock.seen((startMs + 9_000) as UnixMs);
  assert.equal(clock.nowMs(), startMs + 9_000);
  assert.equal(clock.realMsUntil((startMs + 10_000) as UnixMs), 19_500);
});

test("market clock: once set it runs by itself, whatever real time does", () => {
  const { real, clock } = setUp();
  clock.run(2_000_000_000_000 as UnixMs, 60);
  real.jumpWall(3_600_000);
  assert.equal(clock.nowMs(), 2_000_000_000_000);
  real.advance(1_000);
  assert.equal(clock.nowMs(), 2_000_000_060_000);
  assert.equal(clock.realMsUntil(2_000_000_120_000 as UnixMs), 1_000);
  assert.equal(clock.realMsUntil(2_000_000_000_000 as UnixMs), 0);
  clock.run(clock.nowMs(), 0);
  real.advance(1_000);
  assert.equal(clock.nowMs(), 2_000_000_060_000);
  assert.equal(clock.realMsUntil(2_000_000_120_000 as UnixMs), null);
});

test("market clock: set to a time before its own it keeps its own", () => {
  const { clock, startMs } = setUp();
  clock.nowMs();
  clock.run(1_000 as UnixMs, 1);
  assert.equal(clock.nowMs(), startMs);
});

test("market clock: stops at the last time there is, and nothing waits for a later one", () => {
  const { real, clock } = setUp();
  clock.run((LAST_MS - 1_000) as UnixMs, 86_400);
  real.advance(60_000);
  assert.equal(clock.nowMs(), LAST_MS);
  assert.equal(clock.realMsUntil((LAST_MS + 1) as UnixMs), null);
});

test("session timer: wakes at the boundary as the clock runs, again and again", () => {
  const { real, clock, startMs } = setUp();
  const boundaries = [startMs + 100_000, startMs + 130_000] as UnixMs[];
  const woken: number[] = [];
  const timer = new SessionTimer({
    clock: real,
    marketClock: clock,
    nextAtMs: () => boundaries[0] ?? null,
    onDue: () => {
      if ((boundaries[0] ?? Number.POSITIVE_INFINITY) > clock.nowMs()) return;
      woken.push(clock.nowMs());
      boundaries.shift();
    },
  });
  timer.arm();
  real.advance(99_999);
  assert.deepEqual(woken, []);
  real.advance(1);
  assert.deepEqual(woken, [startMs + 100_000]);
  clock.run(clock.nowMs(), 0);
  timer.arm();
  assert.equal(real.timerCount, 0, "a clock that stands still needs no timer");
  clock.run(clock.nowMs(), 60);
  timer.arm();
  real.advance(500);
  assert.deepEqual(woken, [startMs + 100_000, startMs + 130_000]);
  assert.equal(real.timerCount, 0, "no boundary ever comes");
  boundaries.push((startMs + 900_000) as UnixMs);
  timer.close();
  timer.arm();
  assert.equal(real.timerCount, 0);
});

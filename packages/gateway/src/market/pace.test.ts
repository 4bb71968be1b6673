import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../sys/fake-clock.ts";
import { Pace } from "./pace.ts";

/** A clock that runs on by what work takes. */
class WorkingClock extends FakeClock {
  workedMs = 0;

  override monotonicMs(): number {
    return super.monotonicMs() + this.workedMs;
  }
}

function setup(takesMs: number) {
  const clock = new WorkingClock();
  const runs: number[] = [];
  const startMs = clock.monotonicMs();
  const run = () => {
    runs.push(clock.monotonicMs() - startMs);
    clock.workedMs += takesMs;
  };
  return { clock, runs, pace: new Pace({ clock, restFactor: 9, restMsMax: 500, run }) };
}

test("pace: the first run is at once, the next after nine times as long, once for all", () => {
  const { clock, runs, pace } = setup(10);
  pace.ask();
  assert.deepEqual(runs, [0]);
  for (let index = 0; index < 5; index += 1) pace.ask();
  assert.equal(clock.timerCount, 1);
  clock.advance(89);
  assert.equal(runs.length, 1);
  clock.advance(1);
  assert.deepEqual(runs, [0, 100]);
  clock.advance(1_000);
  assert.equal(runs.length, 2, "nobody asked");
  pace.ask();
  assert.equal(runs.length, 3, "after a rest at once");
});

test("pace: work that takes no time never waits, and no rest is longer than its limit", () => {
  const quick = setup(0);
  for (let index = 0; index < 5; index += 1) quick.pace.ask();
  assert.equal(quick.runs.length, 5);
  const slow = setup(1_000);
  slow.pace.ask();
  slow.pace.ask();
  slow.clock.advance(500);
  assert.equal(slow.runs.length, 2);
});

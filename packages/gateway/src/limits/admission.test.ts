import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../sys/fake-clock.ts";
import { Admission } from "./admission.ts";
import { TURN_MS_MAX, TURN_REQUESTS_MIN } from "./limits.ts";

/** A clock whose time a test moves within a turn. */
class TurnClock extends FakeClock {
  addedMs = 0;

  override monotonicMs(): number {
    return super.monotonicMs() + this.addedMs;
  }
}

function admitted(admission: Admission, count: number): number {
  return Array.from({ length: count }, () => admission.admits()).filter((is) => is).length;
}

test("admission: a long turn takes so many and refuses the rest, the next one starts afresh", () => {
  const clock = new TurnClock();
  const admission = new Admission(clock);
  assert.ok(admission.admits());
  clock.addedMs += TURN_MS_MAX;
  assert.equal(admitted(admission, TURN_REQUESTS_MIN), TURN_REQUESTS_MIN - 1);
  assert.equal(admission.refusedCount, 1);
  clock.endTurn();
  assert.ok(admission.admits());
});

test("admission: a short turn takes any number", () => {
  const clock = new TurnClock();
  clock.addedMs = 1_000;
  const admission = new Admission(clock);
  for (let turn = 0; turn < 2; turn += 1) {
    assert.ok(admission.admits());
    clock.addedMs += TURN_MS_MAX - 1;
    assert.equal(admitted(admission, 10 * TURN_REQUESTS_MIN), 10 * TURN_REQUESTS_MIN);
    clock.endTurn();
  }
  assert.equal(admission.refusedCount, 0);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../sys/fake-clock.ts";
import { CommitWatch } from "./commit-watch.ts";
import { ANSWERS_GIVEN_UP_LOOKS, COMMIT_LOOK_MS, DISK_SILENT_LOOKS } from "./limits.ts";

const SILENT_MS = DISK_SILENT_LOOKS * COMMIT_LOOK_MS;
const GIVEN_UP_MS = ANSWERS_GIVEN_UP_LOOKS * COMMIT_LOOK_MS;

/** `story` has what was told, in order. */
class WatchBench {
  readonly clock = new FakeClock();
  readonly story: string[] = [];
  readonly watch = new CommitWatch(this.clock, {
    onSilent: () => this.story.push("silent"),
    onHeard: (silentMs) => this.story.push(`heard after ${silentMs} ms`),
    onGivenUp: () => this.story.push("given up"),
  });

  begin(): void {
    this.watch.begun(this.clock.monotonicMs());
  }
}

test("commit watch: a commit that takes long makes the disk silent, its end makes it heard", () => {
  const { clock, story, watch } = new WatchBench();
  watch.begun(clock.monotonicMs());
  clock.advance(SILENT_MS - 1);
  assert.equal(watch.isSilent, false);
  assert.equal(watch.waitingMs, SILENT_MS - 1);
  clock.advance(1);
  assert.equal(watch.isSilent, true);
  clock.advance(COMMIT_LOOK_MS);
  assert.deepEqual(story, ["silent"]);
  watch.ended();
  assert.equal(watch.isSilent, false);
  assert.equal(watch.waitingMs, 0);
  assert.deepEqual(story, ["silent", `heard after ${SILENT_MS + COMMIT_LOOK_MS} ms`]);
});

test("commit watch: who waits is given up at every look from the last one on, and not after", () => {
  const bench = new WatchBench();
  bench.begin();
  bench.clock.advance(GIVEN_UP_MS - 1);
  assert.deepEqual(bench.story, ["silent"]);
  bench.clock.advance(1 + COMMIT_LOOK_MS);
  assert.deepEqual(bench.story, ["silent", "given up", "given up"]);
  bench.watch.ended();
  bench.begin();
  bench.clock.advance(SILENT_MS - 1);
  assert.equal(bench.story.length, 4, "a new commit is waited for as long as the first");
  assert.equal(bench.watch.isSilent, false);
});

test("commit watch: many short commits are no silence, and none leaves a timer behind", () => {
  const bench = new WatchBench();
  for (let count = 0; count < 4 * ANSWERS_GIVEN_UP_LOOKS; count += 1) {
    bench.begin();
    bench.clock.advance(COMMIT_LOOK_MS / 2);
    bench.watch.ended();
  }
  assert.deepEqual(bench.story, []);
  assert.equal(bench.clock.timerCount, 0);
});

test("commit watch: time in which this process did not run is not the disk's", () => {
  const bench = new WatchBench();
  bench.begin();
  bench.clock.pass(GIVEN_UP_MS);
  bench.clock.advance(COMMIT_LOOK_MS);
  assert.deepEqual(bench.story, []);
});

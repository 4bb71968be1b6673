import assert from "node:assert/strict";
import { test } from "node:test";
import type { AppendOutcome, PartitionAppend } from "../journal/journal.ts";
import { FakeClock } from "../sys/fake-clock.ts";
import { tick } from "./cancel-runs-fixture.ts";
import { GroupCommit } from "./group-commit.ts";
import {
  COMMIT_ANSWERS_MIN,
  COMMIT_GATHER_MS,
  LOOK_MS,
  PENDING_PLACES_SLOW_MAX,
  SLOW_COMMIT_MS,
} from "./limits.ts";

/** Events are words; the disk is done with a commit when a test says so. */
class CommitBench {
  readonly clock = new FakeClock();
  /** What happened, in order: `append a b`, `durable 2`, `released a`, `failed CODE`. */
  readonly story: string[] = [];
  readonly commits: GroupCommit;
  /** Called when a commit is durable, before it is told. */
  onDurable = (): void => {};
  #staged: string[] = [];
  #seq = 0;
  #isFlushed = false;
  #append = Promise.withResolvers<AppendOutcome>();

  constructor({ hasSeveralCores = true } = {}) {
    const bench = this;
    this.commits = new GroupCommit({
      hasSeveralCores,
      partitions: {
        get stagedCount() {
          return bench.#staged.length;
        },
        takeStaged: () => this.#takeStaged(),
      },
      journal: {
        append: ([only]) => this.#appended(only),
        settle: () => {
          if (this.#isFlushed) this.#append.resolve("committed");
        },
      },
      clock: this.clock,
      onDurable: ({ positions, durationMs }) => {
        this.onDurable();
        this.story.push(`durable to ${positions[0]?.[1] ?? "as before"} after ${durationMs} ms`);
      },
      onFailure: (error) => this.story.push(`failed: ${error.message}`),
    });
  }

  /** Decides something, which its answer of the same name tells of. */
  decide(...words: string[]): void {
    for (const word of words) {
      this.#staged.push(word);
      this.look(word);
    }
  }

  /** Looks at the state. */
  look(name: string): void {
    void this.commits.released(name).then((value) => this.story.push(`released ${value}`));
  }

  /** The disk has the commit that is under way; the event loop will hear of it. */
  flush(): void {
    this.#isFlushed = true;
  }

  /** The event loop hears what became of the commit that is under way. */
  async finish(outcome: AppendOutcome | Error = "committed"): Promise<void> {
    if (outcome instanceof Error) this.#append.reject(outcome);
    else this.#append.resolve(outcome);
    await tick();
  }

  #takeStaged() {
    const payloads = this.#staged;
    this.#staged = [];
    const append = { partition: "desk", epoch: 1, expectedSeq: this.#seq, payloads };
    this.#seq += payloads.length;
    const appends = payloads.length > 0 ? [append] : [];
    return { appends, reports: [], worked: [], eventCount: payloads.length };
  }

  #appended(append: PartitionAppend | undefined): Promise<AppendOutcome> {
    this.story.push(`append ${append?.payloads.join(" ")}`);
    this.#isFlushed = false;
    this.#append = Promise.withResolvers();
    return this.#append.promise;
  }
}

/** As many as are committed at once. */
function wordsOf(name: string): string[] {
  return Array.from({ length: COMMIT_ANSWERS_MIN }, (_, index) => `${name}${index}`);
}

test("group commit: what is seen when nothing is outstanding is released at once", async () => {
  const bench = new CommitBench();
  bench.look("quiet");
  await tick();
  assert.deepEqual(bench.story, ["released quiet"]);
  assert.equal(bench.clock.endTurn(), false, "no commit was asked for");
});

test("group commit: what is seen while a commit is being let go does not overtake it", async () => {
  const bench = new CommitBench();
  bench.decide("a", "b");
  for (let turn = 0; turn < 2; turn += 1) bench.clock.endTurn();
  const told = bench.finish();
  // The journal has answered; what waited for it is released in the turn's next steps.
  void Promise.resolve().then(() => bench.look("late"));
  await told;
  assert.deepEqual(bench.story.slice(-3), ["released a", "released b", "released late"]);
});

test("group commit: what is seen because a commit is durable comes behind its answers", async () => {
  const bench = new CommitBench();
  bench.onDurable = () => bench.look("pushed");
  bench.decide("a");
  bench.clock.endTurn();
  await bench.finish();
  assert.deepEqual(bench.story.slice(-2), ["released a", "released pushed"]);
});

test("group commit: a lone command is committed at the turn's end, told, then released", async () => {
  const bench = new CommitBench();
  bench.decide("a");
  assert.deepEqual(bench.story, []);
  bench.clock.endTurn();
  await tick();
  assert.deepEqual(bench.story, ["append a"], "the disk does not have it yet");
  assert.equal(bench.commits.pendingCount, 1);
  bench.clock.pass(3);
  await bench.finish();
  assert.deepEqual(bench.story, ["append a", "durable to 1 after 3 ms", "released a"]);
  assert.equal(bench.commits.pendingCount, 0);
});

test("group commit: while each turn brings more it waits, but not for ever", () => {
  const bench = new CommitBench();
  bench.decide("a", "b");
  bench.clock.endTurn();
  bench.decide("c");
  bench.clock.endTurn();
  assert.deepEqual(bench.story, [], "there may be more to come");
  bench.clock.endTurn();
  assert.deepEqual(bench.story, ["append a b c"], "a turn brought nothing");

  const busy = new CommitBench();
  busy.decide("a", "b");
  busy.clock.endTurn();
  busy.clock.pass(COMMIT_GATHER_MS);
  busy.decide("c");
  busy.clock.endTurn();
  assert.deepEqual(busy.story, ["append a b c"], "it waited long enough");
});

test("group commit: the disk begins with many while the turn decides more", async () => {
  const bench = new CommitBench();
  const [first, second] = [wordsOf("a"), wordsOf("b")];
  bench.decide(...first.slice(1));
  await tick();
  assert.deepEqual(bench.story, [], "one fewer waits");
  bench.decide(first[0] ?? "");
  await tick();
  const begun = `append ${first.slice(1).join(" ")} ${first[0]}`;
  assert.deepEqual(bench.story, [begun], "the turn is not over");
  bench.decide(...second);
  await tick();
  assert.deepEqual(bench.story, [begun], "one commit at a time");
  await bench.finish();
  const isBegun = bench.story.join("\n").includes(`append ${second.join(" ")}`);
  assert.ok(isBegun, "before the turn's end as well");
  const { length } = bench.story;
  bench.clock.endTurn();
  await tick();
  assert.equal(bench.story.length, length, "the turn's end does not begin it again");
});

test("group commit: on one core many wait for the turn's end as few do", async () => {
  const bench = new CommitBench({ hasSeveralCores: false });
  const words = wordsOf("a");
  bench.decide(...words);
  await tick();
  assert.deepEqual(bench.story, []);
  bench.clock.endTurn();
  bench.clock.endTurn();
  assert.deepEqual(bench.story, [`append ${words.join(" ")}`]);
});

test("group commit: what one call decides is in one commit, however often it waits", async () => {
  const bench = new CommitBench();
  const words = wordsOf("a");
  bench.decide(...words, "more", ...wordsOf("b"), "last");
  await tick();
  assert.deepEqual(bench.story, [`append ${words.join(" ")} more ${wordsOf("b").join(" ")} last`]);
});

test("group commit: what is decided during a commit forms the next one", async () => {
  const bench = new CommitBench();
  bench.decide("a");
  bench.clock.endTurn();
  bench.decide("b", "c");
  assert.equal(bench.clock.endTurn(), false, "one commit at a time");
  await bench.finish();
  bench.clock.endTurn();
  bench.clock.endTurn();
  await bench.finish();
  assert.deepEqual(bench.story, [
    "append a",
    "durable to 1 after 0 ms",
    "released a",
    "append b c",
    "durable to 3 after 0 ms",
    "released b",
    "released c",
  ]);
});

test("group commit: who saw what is not durable waits for it, and nothing is written", async () => {
  const bench = new CommitBench();
  bench.decide("a");
  bench.clock.endTurn();
  bench.look("seen");
  await bench.finish();
  assert.equal(bench.story.at(-1), "released a");
  bench.clock.endTurn();
  await tick();
  assert.deepEqual(bench.story.slice(3), ["durable to as before after 0 ms", "released seen"]);
});

test("group commit: in a long turn a commit that is due begins, and once", () => {
  const bench = new CommitBench();
  bench.decide("a");
  bench.clock.pass(COMMIT_GATHER_MS - LOOK_MS);
  bench.commits.lookUp();
  assert.deepEqual(bench.story, [], "it is not due");
  bench.clock.pass(LOOK_MS);
  bench.decide("b");
  bench.commits.lookUp();
  assert.deepEqual(bench.story, ["append a b"]);
  bench.clock.endTurn();
  assert.deepEqual(bench.story, ["append a b"], "the turn's end does not begin it again");
});

test("group commit: in a long turn what is durable is released, and nothing that is not", async () => {
  const bench = new CommitBench();
  bench.decide("a");
  bench.clock.endTurn();
  bench.decide("b");
  const lookUp = async (passedMs: number) => {
    bench.clock.pass(passedMs);
    bench.commits.lookUp();
    await tick();
    return bench.story.slice(1);
  };
  assert.deepEqual(await lookUp(LOOK_MS), [], "it is not flushed");
  bench.flush();
  assert.deepEqual(await lookUp(0), [], "it was looked just now");
  assert.deepEqual(await lookUp(LOOK_MS), [`durable to 1 after ${2 * LOOK_MS} ms`, "released a"]);
});

for (const [what, outcome, said] of [
  ["another process owns the journal", "fenced", /another process has taken over/],
  ["the disk fails", new Error("the disk is gone"), /the disk is gone/],
] as const) {
  test(`group commit: when ${what}, that is told and nothing else ever`, async () => {
    const bench = new CommitBench();
    bench.decide("a");
    bench.clock.endTurn();
    bench.decide("b");
    assert.equal(bench.commits.hasFailed, false);
    await bench.finish(outcome);
    assert.equal(bench.commits.hasFailed, true);
    bench.look("late");
    await tick();
    assert.equal(bench.clock.endTurn(), false, "no commit is asked for");
    assert.equal(bench.story.length, 2);
    assert.match(bench.story[1] ?? "", said);
  });
}

test("group commit: slow is a commit of long behind which much waits", async () => {
  const bench = new CommitBench();
  bench.decide("a");
  bench.clock.pass(SLOW_COMMIT_MS);
  assert.equal(bench.commits.isSlow(), false, "no commit is under way");
  bench.clock.endTurn();
  bench.clock.pass(SLOW_COMMIT_MS);
  for (let count = 1; count < PENDING_PLACES_SLOW_MAX - 1; count += 1) bench.look("more");
  assert.equal(bench.commits.isSlow(), false, "one fewer waits");
  bench.look("last");
  assert.equal(bench.commits.isSlow(), true);
  await bench.finish();
  assert.equal(bench.commits.isSlow(), false, "the next one has just been asked for");
});

test("group commit: a commit is not slow before its time", async () => {
  const bench = new CommitBench();
  for (let count = 0; count < PENDING_PLACES_SLOW_MAX; count += 1) bench.decide("a");
  await tick();
  bench.clock.pass(SLOW_COMMIT_MS - 1);
  assert.equal(bench.commits.isSlow(), false);
  bench.clock.pass(1);
  assert.equal(bench.commits.isSlow(), true);
});

test("group commit: idle is who has released all, also what came meanwhile", async () => {
  const bench = new CommitBench();
  await bench.commits.idle();
  bench.decide("a");
  void bench.commits.idle().then(() => bench.story.push("idle"));
  bench.clock.endTurn();
  bench.decide("b");
  await bench.finish();
  assert.ok(!bench.story.includes("idle"));
  bench.clock.endTurn();
  await bench.finish();
  assert.deepEqual(bench.story.slice(-2), ["released b", "idle"]);
});

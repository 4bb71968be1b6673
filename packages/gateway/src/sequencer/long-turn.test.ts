import assert from "node:assert/strict";
import { test } from "node:test";
import type { UnixMs } from "@countermand/core/model";
import type { AppendOutcome, Journal } from "../journal/journal.ts";
import { aPlaceRequest } from "../place-request-fixture.ts";
import { sandboxAccount } from "../sandbox.ts";
import { FakeClock } from "../sys/fake-clock.ts";
import { ALICE, tick } from "./cancel-runs-fixture.ts";
import { COMMIT_GATHER_MS, LOOK_MS } from "./limits.ts";
import { partitionsInMemory } from "./partitions-fixture.ts";
import { Sequencer } from "./sequencer.ts";

const BUY = aPlaceRequest({ price: 100_000_000n });

/** A clock whose time a test moves within a turn. */
class TurnClock extends FakeClock {
  addedMs = 0;

  override monotonicMs(): number {
    return super.monotonicMs() + this.addedMs;
  }
}

/** A sequencer whose journal flushes when a test says so, and is heard of at a turn's end at best. */
class LongTurn {
  readonly clock = new TurnClock();
  /** Events of each commit that was told. */
  readonly commits: number[] = [];
  readonly sequencer: Sequencer;
  appendCount = 0;
  isFlushed = false;
  #resolve: (outcome: AppendOutcome) => void = () => {};
  readonly #partitions = partitionsInMemory();

  constructor() {
    const journal: Pick<Journal, "append" | "settle"> = {
      append: () => {
        this.appendCount += 1;
        return new Promise((resolve) => {
          this.#resolve = resolve;
        });
      },
      settle: () => {
        if (this.isFlushed) this.#resolve("committed");
      },
    };
    this.sequencer = new Sequencer({
      partitions: this.#partitions,
      journal: journal as Journal,
      clock: this.clock,
      marketNowMs: () => this.#nowMs,
      onDurable: ({ eventCount }) => this.commits.push(eventCount),
      onFailure: (error) => assert.fail(error),
      answerAt: () => assert.fail("nothing is repeated"),
    });
    this.#partitions.stageDeskEvent(ALICE.account, sandboxAccount(ALICE.account, this.#nowMs));
  }

  get #nowMs(): UnixMs {
    return this.clock.wallMs() as UnixMs;
  }

  /** Places an order; says when it was answered. */
  place(): { isAnswered: boolean } {
    const request = { isAnswered: false };
    const decide = () => {
      this.#partitions.place(ALICE.account, BUY, this.#nowMs);
      return { httpStatus: 200, body: "" };
    };
    void this.sequencer.write(ALICE, "place", null, decide).then(() => {
      request.isAnswered = true;
    });
    return request;
  }
}

test("long turn: a commit that is due begins within it, and once", async () => {
  const turn = new LongTurn();
  turn.place();
  turn.clock.addedMs += COMMIT_GATHER_MS - LOOK_MS;
  turn.place();
  assert.equal(turn.appendCount, 0, "it is not due");
  turn.clock.addedMs += LOOK_MS;
  turn.place();
  assert.equal(turn.appendCount, 1, "with all that was decided before");
  turn.clock.endTurn();
  await tick();
  assert.equal(turn.appendCount, 1, "one commit at a time");
  turn.isFlushed = true;
  turn.clock.addedMs += LOOK_MS;
  turn.sequencer.lookUp();
  await tick();
  turn.clock.endTurn();
  assert.equal(turn.appendCount, 2);
});

test("long turn: what is durable is answered within it, and nothing that is not", async () => {
  const turn = new LongTurn();
  const first = turn.place();
  turn.clock.endTurn();
  const second = turn.place();
  turn.clock.addedMs += LOOK_MS;
  turn.sequencer.lookUp();
  await tick();
  assert.deepEqual([first.isAnswered, turn.commits], [false, []], "it is not flushed yet");
  turn.isFlushed = true;
  turn.sequencer.lookUp();
  await tick();
  assert.equal(first.isAnswered, false, "it was looked just now");
  turn.clock.addedMs += LOOK_MS;
  turn.sequencer.lookUp();
  await tick();
  assert.deepEqual([first.isAnswered, second.isAnswered], [true, false]);
  assert.equal(turn.commits.length, 1);
});

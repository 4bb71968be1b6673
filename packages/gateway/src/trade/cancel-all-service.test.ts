import assert from "node:assert/strict";
import { test } from "node:test";
import type { UnixMs } from "@countermand/core/model";
import { ALICE, BOB, RunsBench } from "../sequencer/cancel-runs-fixture.ts";
import { CANCELS_PER_STEP } from "../sequencer/limits.ts";
import { CancelAllService } from "./cancel-all-service.ts";
import { CANCEL_ALLS_PER_ACCOUNT_MAX } from "./limits.ts";

const EVERYTHING = { filter: {}, isPreview: false };

class Bench extends RunsBench {
  readonly service = new CancelAllService(this.sequencer);
  #requestCount = 0;

  cancelAll(caller = ALICE, identity = this.identity()) {
    return this.service.cancelAll(caller, EVERYTHING, { identity });
  }

  /** Of another request each time. */
  identity() {
    this.#requestCount += 1;
    const expiresAtMs = (this.nowMs + 1_000) as UnixMs;
    return { fingerprint: String(this.#requestCount), contentDigest: "", expiresAtMs };
  }
}

test("cancel-all: so many large ones of an account, and no more until they are done", async () => {
  const bench = new Bench();
  bench.placeMany(ALICE.account, 2 * CANCELS_PER_STEP);
  bench.placeMany(BOB.account, 1);
  const taken = Array.from({ length: CANCEL_ALLS_PER_ACCOUNT_MAX }, () => bench.cancelAll());
  const refused = bench.cancelAll();
  const bobs = bench.cancelAll(BOB);
  await bench.settle();
  const refusal = await refused;
  assert.equal(refusal.httpStatus, 429);
  assert.equal(JSON.parse(refusal.body).reason, "too_many_cancel_alls");
  assert.equal(JSON.parse((await bobs).body).data.done, 1, "another account is not concerned");
  const counts = await Promise.all(
    taken.map(async (each) => {
      const { data } = JSON.parse((await each).body);
      assert.equal(data.matched, data.done + data.already);
      return data.done as number;
    }),
  );
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    2 * CANCELS_PER_STEP,
  );
  const later = bench.cancelAll();
  await bench.settle();
  assert.equal(JSON.parse((await later).body).data.outcome, "nothing_open");
});

test("cancel-all: repeated while it is worked it is known, and gets the first answer", async () => {
  const bench = new Bench();
  bench.placeMany(ALICE.account, 2 * CANCELS_PER_STEP);
  const identity = bench.identity();
  const isKnown = () => bench.sequencer.remembers(ALICE.account, identity);
  assert.equal(isKnown(), false);
  const first = bench.cancelAll(ALICE, identity);
  assert.equal(isKnown(), true);
  const again = bench.cancelAll(ALICE, identity);
  await bench.settle();
  assert.equal(isKnown(), true);
  assert.deepEqual(await again, { ...(await first), replayed: true });
});

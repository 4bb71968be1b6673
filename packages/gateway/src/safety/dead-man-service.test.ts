import assert from "node:assert/strict";
import { test } from "node:test";
import { LIMITS } from "@countermand/contract";
import type { UnixMs } from "@countermand/core/model";
import { ALICE, RunsBench } from "../sequencer/cancel-runs-fixture.ts";
import { DeadManService } from "./dead-man-service.ts";
import { DEAD_MAN_LOOK_MS } from "./limits.ts";

const TIMEOUT_MS = 3_000;

class Bench extends RunsBench {
  readonly endedKeys = new Set<string>();
  readonly service = new DeadManService({
    sequencer: this.sequencer,
    clock: this.clock,
    notify: () => {},
    isGoodKey: (apiKey) => !this.endedKeys.has(apiKey),
  });
  #requestCount = 0;

  /** The status of the answer; 0 releases. */
  async arm(apiKey: string, timeoutMs = TIMEOUT_MS): Promise<number> {
    this.#requestCount += 1;
    const expiresAtMs = (this.nowMs + 60_000) as UnixMs;
    const identity = { fingerprint: String(this.#requestCount), contentDigest: "", expiresAtMs };
    const request = { scope: null, timeoutMs };
    const answering = this.service.set({ ...ALICE, apiKey }, request, identity);
    await this.settle();
    return (await answering).httpStatus;
  }
}

test("dead man: the fired switch of a key that has ended makes room for another", async () => {
  const bench = new Bench();
  const max = LIMITS.deadManSwitchesMax.value;
  const keys = Array.from({ length: max }, (_, index) => `key-${index}`);
  for (const key of keys) assert.equal(await bench.arm(key), 200);
  bench.endedKeys.add("key-7");
  assert.equal(await bench.arm("next"), 409, "it has not fired, and its orders need it");
  bench.clock.advance(TIMEOUT_MS + DEAD_MAN_LOOK_MS);
  await bench.settle();
  bench.endedKeys.delete("key-7");
  assert.equal(await bench.arm("next"), 409, "each can still be released");
  bench.endedKeys.add("key-7");
  assert.equal(await bench.arm("next"), 200);
  const { deadMan } = bench.partitions.deskOf(ALICE.account).desk.book(ALICE.account) ?? {};
  assert.equal(deadMan?.size, max);
  assert.equal(deadMan?.get({ kind: "Key", value: "key-7" }), null);
  assert.equal(await bench.arm("one more"), 409);
});

test("dead man: what was released in time does not fire, and is no longer there", async () => {
  const bench = new Bench();
  bench.place(ALICE.account);
  assert.equal(await bench.arm("key"), 200);
  assert.equal(await bench.arm("key", 0), 200);
  bench.clock.advance(TIMEOUT_MS + DEAD_MAN_LOOK_MS);
  await bench.settle();
  const { deadMan } = bench.partitions.deskOf(ALICE.account).desk.book(ALICE.account) ?? {};
  assert.deepEqual([deadMan?.size, bench.partitions.openCount], [0, 1]);
});

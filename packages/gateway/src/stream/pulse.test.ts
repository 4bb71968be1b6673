import assert from "node:assert/strict";
import { test } from "node:test";
import { FakeClock } from "../sys/fake-clock.ts";
import { PEER_SILENCE_MARGIN_MS } from "./limits.ts";
import { Pulse } from "./pulse.ts";

/** Short, so that the margin lasts for several of them. */
const HEARTBEAT_MS = 1_000;
const SILENCE_MS = 2 * HEARTBEAT_MS + PEER_SILENCE_MARGIN_MS;

function begun(onBeat = (_pulse: Pulse) => {}) {
  const clock = new FakeClock();
  const network = { waitingBytes: 0 };
  const told = { beats: 0, silent: 0 };
  const pulse = new Pulse({
    clock,
    heartbeatMs: HEARTBEAT_MS,
    bufferedBytes: () => network.waitingBytes,
    onBeat: () => {
      told.beats += 1;
      onBeat(pulse);
    },
    onSilent: () => {
      told.silent += 1;
    },
  });
  pulse.begin();
  return { clock, network, pulse, told };
}

test("pulse: a peer that answered once is gone behind two beats and a margin", () => {
  const { clock, pulse, told } = begun();
  pulse.heard();
  clock.advance(SILENCE_MS);
  assert.deepEqual(told, { beats: SILENCE_MS / HEARTBEAT_MS, silent: 0 });
  clock.advance(HEARTBEAT_MS);
  assert.equal(told.silent, 1);
  assert.equal(clock.timerCount, 0);
});

test("pulse: a peer that takes what waited for it is there, and no other write says so", () => {
  for (const waitingBytes of [0, 1]) {
    const { clock, network, pulse, told } = begun();
    pulse.heard();
    network.waitingBytes = waitingBytes;
    clock.advance(SILENCE_MS);
    pulse.wrote(0);
    clock.advance(HEARTBEAT_MS);
    assert.equal(told.silent, waitingBytes === 0 ? 1 : 0);
  }
});

test("pulse: one that ends within a beat beats no more", () => {
  const { clock, told } = begun((pulse) => pulse.end());
  clock.advance(3 * HEARTBEAT_MS);
  assert.equal(told.beats, 1);
  assert.equal(clock.timerCount, 0);
});

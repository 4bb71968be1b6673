import assert from "node:assert/strict";
import { test } from "node:test";
import type { Authenticated } from "../auth/authenticate.ts";
import { FakeClock } from "../sys/fake-clock.ts";
import { KeyWatch } from "./key-watch.ts";

const KEY_END_MS = 1_000;

/** A holder of a key that ends, unless it was revoked before. */
function bench() {
  const clock = new FakeClock();
  const keys = { goodUntilMs: () => goodUntilMs };
  let goodUntilMs: number | null = clock.wallMs() + KEY_END_MS;
  const told: string[] = [];
  const holder = { apiKey: "k", endKey: () => void told.push("ended") };
  const watch = new KeyWatch({ keys, clock });
  watch.opened(holder, { caller: { apiKey: "k" } } as Authenticated);
  const revoke = () => {
    goodUntilMs = null;
  };
  return { clock, holder, watch, told, revoke };
}

test("key watch: whoever has begun is ended with his key", () => {
  const { clock, holder, watch, told, revoke } = bench();
  watch.begun(holder);
  clock.advance(KEY_END_MS - 1);
  assert.deepEqual(told, []);
  revoke();
  clock.advance(1);
  assert.deepEqual(told, ["ended"]);
});

test("key watch: a key that went before its holder began ends him then", () => {
  const { holder, watch, told, revoke } = bench();
  revoke();
  watch.begun(holder);
  assert.deepEqual(told, ["ended"]);
});

test("key watch: whoever ended in his beginning is watched no more", () => {
  const { clock, holder, watch, told, revoke } = bench();
  watch.ended(holder);
  watch.begun(holder);
  revoke();
  watch.changed("k");
  assert.deepEqual([told, clock.timerCount], [[], 0]);
});

// Goal: a code begins one session, for its key, within its life; however many are asked for.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CODES_MAX, CODES_PER_KEY_MAX } from "./limits.ts";
import { type SignedIn, SignInCodes } from "./sign-in-codes.ts";

function of(apiKey: string): SignedIn {
  return { apiKey, secretSinceMs: 0 };
}

test("sign-in codes: one works once, for its key", () => {
  const codes = new SignInCodes(() => 0);
  const first = codes.issue(of("key-1"), 60_000);
  const second = codes.issue(of("key-2"), 60_000);
  assert.match(first, /^[\w-]{43}$/);
  assert.notEqual(first, second);
  assert.equal(codes.redeem(second)?.apiKey, "key-2");
  assert.equal(codes.redeem(second), null);
  assert.equal(codes.redeem(first)?.apiKey, "key-1");
  assert.equal(codes.redeem(""), null);
});

test("sign-in codes: whom one is for can be asked without using it", () => {
  let nowMs = 0;
  const codes = new SignInCodes(() => nowMs);
  const code = codes.issue(of("key-1"), 10);
  assert.equal(codes.find(code)?.apiKey, "key-1");
  assert.equal(codes.find("none"), null);
  assert.equal(codes.redeem(code)?.apiKey, "key-1");
  assert.equal(codes.find(code), null);
  const late = codes.issue(of("key-1"), 10);
  nowMs = 10;
  assert.equal(codes.find(late), null);
});

test("sign-in codes: one ends with its life, to the millisecond", () => {
  let nowMs = 1_000;
  const codes = new SignInCodes(() => nowMs);
  const short = codes.issue(of("key"), 10);
  const long = codes.issue(of("key"), 11);
  nowMs += 10;
  assert.equal(codes.redeem(short), null);
  assert.equal(codes.redeem(long)?.apiKey, "key");
});

test("sign-in codes: those of a key that was changed are forgotten", () => {
  const codes = new SignInCodes(() => 0);
  const [gone, other] = [codes.issue(of("key-1"), 60_000), codes.issue(of("key-2"), 60_000)];
  codes.forget("key-1");
  assert.equal(codes.redeem(gone), null);
  assert.equal(codes.redeem(other)?.apiKey, "key-2");
  assert.equal(codes.redeem(codes.issue(of("key-1"), 60_000))?.apiKey, "key-1");
});

test("sign-in codes: beyond the limit the oldest is forgotten", () => {
  const codes = new SignInCodes(() => 0);
  const made = Array.from({ length: CODES_MAX + 1 }, () => codes.issue(of("key"), 60_000));
  assert.deepEqual(
    made.map((code) => codes.redeem(code)?.apiKey),
    [undefined, ...Array.from({ length: CODES_MAX }, () => "key")],
  );
});

test("sign-in codes: a key has so many at a time, used ones among them, and others are not touched", () => {
  let nowMs = 0;
  const codes = new SignInCodes(() => nowMs);
  for (let count = 0; count < CODES_PER_KEY_MAX; count += 1) {
    assert.equal(codes.admits("key-1"), true);
    codes.redeem(codes.issue(of("key-1"), 60_000));
  }
  assert.deepEqual([codes.admits("key-1"), codes.admits("key-2")], [false, true]);
  nowMs = 60_000;
  assert.equal(codes.admits("key-1"), true);
});

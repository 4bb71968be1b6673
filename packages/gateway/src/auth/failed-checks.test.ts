import assert from "node:assert/strict";
import { test } from "node:test";
import { FailedChecks } from "./failed-checks.ts";
import { ED25519_FAILURES_MAX, ED25519_FAILURES_SECONDS, FAILING_ADDRESSES_MAX } from "./limits.ts";

function bench() {
  const time = { nowMs: 400_000_000 };
  const checks = new FailedChecks(() => time.nowMs);
  const fail = (address: string, count: number) => {
    for (let index = 0; index < count; index += 1) checks.failed(address);
  };
  return { time, checks, fail };
}

test("failed checks: so many of an address, then none, and they come back one by one", () => {
  const { time, checks, fail } = bench();
  fail("here", ED25519_FAILURES_MAX - 1);
  assert.equal(checks.admits("here"), true);
  fail("here", 1);
  assert.deepEqual([checks.admits("here"), checks.admits("there")], [false, true]);
  time.nowMs += (1_000 * ED25519_FAILURES_SECONDS) / ED25519_FAILURES_MAX;
  assert.equal(checks.admits("here"), true);
  fail("here", 1);
  assert.equal(checks.admits("here"), false);
  time.nowMs += 1_000 * ED25519_FAILURES_SECONDS;
  assert.equal(checks.admits("here"), true);
  fail("here", ED25519_FAILURES_MAX);
  assert.equal(checks.admits("here"), false, "all of them, and not more");
});

test("failed checks: of too many addresses the one that failed first is forgotten", () => {
  const { checks, fail } = bench();
  for (const address of ["first", "second"]) fail(address, ED25519_FAILURES_MAX);
  for (let index = 2; index < FAILING_ADDRESSES_MAX; index += 1) fail(`another ${index}`, 1);
  assert.equal(checks.admits("first"), false, "as many as there may be");
  fail("one more", 1);
  assert.deepEqual([checks.admits("first"), checks.admits("second")], [true, false]);
});

test("failed checks: who has many IPv6 addresses has one allowance", () => {
  const { checks } = bench();
  for (let index = 0; index < ED25519_FAILURES_MAX; index += 1) {
    checks.failed(`2001:db8:7:1:${index.toString(16)}::1`);
  }
  assert.deepEqual(
    ["2001:db8:7:1:ffff::2", "2001:0DB8:7:1::", "2001:db8:7:2::1", "::ffff:192.0.2.1"].map((each) =>
      checks.admits(each),
    ),
    [false, false, true, true],
  );
});

import assert from "node:assert/strict";
import { chmodSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { SANDBOX_KEYS } from "./sandbox.ts";
import { sandboxKeys } from "./sandbox-keys.ts";
import { temporaryFolder } from "./sys/temporary-folder-fixture.ts";
import { welcome } from "./welcome.ts";

const URL = "http://0.0.0.0:8080";

test("sandbox keys: the public ones leave no trace", () => {
  const demo = sandboxKeys("demo", "/nonexistent");
  assert.deepEqual(demo, { keys: SANDBOX_KEYS, path: null, areNew: false });
});

test("sandbox keys: random ones are made once, for the owner alone, and found again", (t) => {
  const folder = temporaryFolder(t);
  const made = sandboxKeys("random", folder);
  assert.equal(made.areNew, true);
  const accounts = SANDBOX_KEYS.map(({ account }) => account);
  assert.deepEqual(
    made.keys.map(({ account }) => account),
    accounts,
  );
  const words = made.keys.flatMap(({ apiKey, secret }) => [apiKey, secret]);
  assert.equal(new Set(words).size, 4);
  for (const { secret } of made.keys) assert.match(secret, /^[0-9a-f]{40}$/);
  assert.equal(statSync(made.path ?? "").mode & 0o777, 0o600);
  const found = sandboxKeys("random", folder);
  assert.deepEqual(found, { ...made, areNew: false });
  const others = sandboxKeys("random", temporaryFolder(t));
  assert.notEqual(others.keys[0]?.secret, made.keys[0]?.secret);
});

test("sandbox keys: a file that others may read, or that is damaged, is refused", (t) => {
  const folder = temporaryFolder(t);
  const path = sandboxKeys("random", folder).path ?? "";
  const whole = readFileSync(path, "utf8");
  for (const text of ["", "[]", "{}", "null", whole.slice(0, 50), whole.replace("80114138", "1")]) {
    writeFileSync(path, text);
    assert.throws(() => sandboxKeys("random", folder), /is damaged/, text);
  }
  writeFileSync(path, whole);
  chmodSync(path, 0o640);
  assert.throws(() => sandboxKeys("random", folder), /others may read it: chmod 600/);
});

test("welcome: random keys are printed when they are made, and never again", (t) => {
  const folder = temporaryFolder(t);
  const made = sandboxKeys("random", folder);
  const first = welcome(URL, null, made, null);
  const again = welcome(URL, null, sandboxKeys("random", folder), null);
  for (const { apiKey, secret } of made.keys) {
    assert.ok(first.includes(`key ${apiKey}`) && first.includes(secret));
    assert.ok(!again.includes(secret));
  }
  assert.match(first, /^base=http:\/\/127\.0\.0\.1:8080 key=sandbox-/m);
  for (const text of [first, again]) {
    assert.ok(text.endsWith(`\ncountermand ready ${URL}\n`));
    assert.ok(text.includes(made.path ?? "-"));
    assert.ok(!text.includes("demo-secret"));
  }
});

import assert from "node:assert/strict";
import { lstatSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { UsageError } from "./exit-codes.ts";
import {
  addressAt,
  addressOf,
  chosenProfile,
  readProfiles,
  SANDBOX_PROFILE,
  writeProfile,
} from "./profiles.ts";

test("profiles: an address is of a scheme that is spoken, with nothing behind the path", () => {
  for (const good of ["http://127.0.0.1:8080", "https://orders.example/gateway/"]) {
    assert.equal(addressOf(good), good);
  }
  for (const wrong of ["localhost:8080", "ftp://a", "http://a?b=1", "http://a#b", ""]) {
    assert.throws(() => addressOf(wrong), UsageError, wrong);
  }
});

test("profiles: a password in an address is refused, and not told", () => {
  assert.throws(
    () => addressOf("http://kim:hunter2@127.0.0.1:8080"),
    (error) => error instanceof UsageError && !error.message.includes("hunter2"),
  );
});

test("profiles: a gateway may be below a path of its host", () => {
  const expected = "https://orders.example/gateway/receipt-keys";
  for (const url of ["https://orders.example/gateway", "https://orders.example/gateway/"]) {
    assert.equal(addressAt(url, "/receipt-keys"), expected);
  }
});

test("profiles: an empty variable is one that is not set", () => {
  const environment = {
    COUNTERMAND_PROFILES: "/nowhere/profiles.json",
    COUNTERMAND_PROFILE_NAME: "",
    COUNTERMAND_URL: "",
    COUNTERMAND_API_KEY: "",
  };
  assert.deepEqual(chosenProfile({}, environment), SANDBOX_PROFILE);
});

test("profiles: where the file is a link, what it leads to has the new profile", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "countermand-profiles-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const [kept, link] = [join(folder, "kept.json"), join(folder, "profiles.json")];
  writeProfile(kept, "first", SANDBOX_PROFILE);
  symlinkSync(kept, link);
  writeProfile(link, "second", SANDBOX_PROFILE);
  assert.ok(lstatSync(link).isSymbolicLink());
  assert.deepEqual(Object.keys(readProfiles(kept)), ["first", "second"]);
  if (process.platform !== "win32") assert.equal(statSync(kept).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder).sort(), ["kept.json", "profiles.json"]);
});

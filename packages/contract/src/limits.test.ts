import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { SCALE } from "@countermand/core/model";
import { HEARTBEAT_SECONDS_DEFAULT, LIMITS, PAGE_SIZE_DEFAULT } from "./limits.ts";

test("limits: the reference page of limits lists the same rows", () => {
  const page = readFileSync(new URL("../../../docs/reference/limits.md", import.meta.url), "utf8");
  const documented = page.split("\n").filter((line) => line.startsWith("| `"));
  const expected = Object.entries(LIMITS).map(
    ([name, { value, unit, reason, beyond }]) =>
      `| \`${name}\` | ${value} | ${unit} | ${reason} | ${beyond} |`,
  );
  assert.ok(documented.length > 0);
  assert.deepEqual(documented, expected);
});

test("limits: they agree with each other and with the core", () => {
  assert.equal(LIMITS.decimalPlacesMax.value, SCALE);
  assert.ok(PAGE_SIZE_DEFAULT <= LIMITS.pageSizeMax.value);
  assert.ok(HEARTBEAT_SECONDS_DEFAULT <= LIMITS.heartbeatSecondsMax.value);
  // A full batch of the longest texts, every character escaped, fits into one body.
  const longestOrder =
    12 * (LIMITS.referenceIdCharactersMax.value + LIMITS.portfolioIdCharactersMax.value);
  assert.ok(LIMITS.batchOrdersMax.value * (longestOrder + 500) < LIMITS.bodyBytesMax.value);
});

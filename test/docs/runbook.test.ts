import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { test } from "node:test";
import { page, ROOT, section, tableRows, unticked } from "./pages.ts";

const RUNBOOK = page("docs/operating/runbook.md");
const SOURCES = globSync("packages/gateway/src/**/*.ts", { cwd: ROOT })
  .filter((path) => !path.endsWith(".test.ts"))
  .map(page);

/** What the first group of a pattern finds in the sources, once each, sorted. */
function inSources(pattern: RegExp): string[] {
  const found = SOURCES.flatMap((text) => [...text.matchAll(pattern)].map(([, name = ""]) => name));
  return [...new Set(found)].sort();
}

function firstCells(heading: string): string[] {
  return tableRows(section(RUNBOOK, heading))
    .map(([name = ""]) => unticked(name))
    .sort();
}

test("runbook: lists every metric of the gateway, and no other", () => {
  const names = inSources(/"(countermand_[a-z_]+)"/g);
  assert.ok(names.length > 0);
  assert.deepEqual(firstCells("## Metrics"), names);
});

test("runbook: lists every event of the log, and no other", () => {
  const names = inSources(/\blog\.(?:info|warn|error)\([^"]*"([a-z_]+\.[a-z_]+)"/g);
  assert.ok(names.length > 0);
  assert.deepEqual(firstCells("## Log"), names);
});

test("runbook: says what to do for every alert, and no other", () => {
  const rules = page("deploy/prometheus/alerts.yaml");
  const names = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name = ""]) => name);
  assert.ok(names.length > 0);
  assert.deepEqual(firstCells("## Alerts"), names.toSorted());
});

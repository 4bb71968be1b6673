// The files for operating against the figures that the gateway really has.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { startInProcess } from "../e2e/gateway-in-process.ts";

const TIME = { wallMs: 1_746_774_142_000, marketMs: 1_746_774_142_000 };
/** Made by Prometheus itself. */
const FOREIGN = new Set(["up"]);

function metricsIn(text: string): Set<string> {
  const names = text.match(/\b(?:countermand|nodejs|process)_[a-z0-9_]+\b/g) ?? [];
  return new Set(names);
}

test("deploy: alerts and dashboard speak of figures that there are", async (t) => {
  const { url } = await startInProcess(t, TIME);
  const scraped = await (await fetch(`${url}/metrics`)).text();
  const served = metricsIn(scraped);
  for (const path of ["deploy/prometheus/alerts.yaml", "deploy/grafana/dashboard.json"]) {
    const used = metricsIn(readFileSync(path, "utf8"));
    assert.ok(used.size > 5, `${path} speaks of figures`);
    for (const name of used) assert.ok(served.has(name) || FOREIGN.has(name), `${path}: ${name}`);
  }
});

test("deploy: the unit's exit codes are the runbook's", () => {
  const unit = readFileSync("deploy/countermand.service", "utf8");
  assert.match(unit, /^RestartPreventExitStatus=1$/m);
  assert.match(
    readFileSync("docs/operating/runbook.md", "utf8"),
    /restart after 70 and not after 1/,
  );
});

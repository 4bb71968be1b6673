// The files for operating against the figures that the gateway really has.
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readConfig } from "../../packages/gateway/src/config.ts";
import { temporaryFolder } from "../../packages/gateway/src/sys/temporary-folder-fixture.ts";
import { startInProcess } from "../e2e/gateway-in-process.ts";

const TIME = { wallMs: 1_746_774_142_000, marketMs: 1_746_774_142_000 };
/** Made by Prometheus itself. */
const FOREIGN = new Set(["up"]);

const SAMPLES = ["sandbox", "production"] as const;
const TOKEN_FILE = "COUNTERMAND_OPERATOR_TOKEN_FILE";

function metricsIn(text: string): Set<string> {
  const names = text.match(/\b(?:countermand|nodejs|process)_[a-z0-9_]+\b/g) ?? [];
  return new Set(names);
}

test("deploy: alerts and dashboard speak of figures that there are", async (t) => {
  const { url } = await startInProcess(t, TIME);
  const scraped = await (await fetch(`${url}/metrics`)).text();
  const served = metricsIn(scraped);
  // One that has seen nothing yet has no samples.
  for (const [, name = ""] of scraped.matchAll(/^# TYPE (\w+) histogram$/gm)) {
    for (const tail of ["bucket", "sum", "count"]) served.add(`${name}_${tail}`);
  }
  for (const path of ["deploy/prometheus/alerts.yaml", "deploy/grafana/dashboard.json"]) {
    const used = metricsIn(readFileSync(path, "utf8"));
    assert.ok(used.size > 5, `${path} speaks of figures`);
    for (const name of used) assert.ok(served.has(name) || FOREIGN.has(name), `${path}: ${name}`);
  }
});

test("deploy: no proxy keeps cancels from a gateway that is not ready but takes them", () => {
  for (const path of ["deploy/haproxy/countermand.conf", "deploy/nginx/countermand.conf"]) {
    const directives = readFileSync(path, "utf8").replace(/#.*$/gm, "");
    assert.doesNotMatch(directives, /\bcheck\b|httpchk|health_check/, path);
  }
});

test("deploy: the unit's exit codes are the runbook's", () => {
  const unit = readFileSync("deploy/countermand.service", "utf8");
  assert.match(unit, /^RestartPreventExitStatus=1$/m);
  // A clean end to systemd, which a reload too early must not be.
  assert.match(unit, /^RestartForceExitStatus=SIGHUP$/m);
  assert.match(
    readFileSync("docs/operating/runbook.md", "utf8"),
    /restart after 70 and not after 1/,
  );
});

test("deploy: unit and image start the packed gateway, and the unit names its runbook", () => {
  const unit = readFileSync("deploy/countermand.service", "utf8");
  const { exports } = JSON.parse(readFileSync("packages/gateway/package.json", "utf8")) as {
    exports: Record<string, string>;
  };
  const entry = exports["."]?.replace(/^\.\/src\/(.*)\.ts$/, "dist/$1.js");
  const packed = `node_modules/@countermand/gateway/${entry}`;
  assert.ok(unit.includes(`\nExecStart=/opt/countermand/node_modules/.bin/node ${packed}\n`));
  const docker = readFileSync("Dockerfile", "utf8");
  assert.ok(docker.endsWith(`\nCMD ["node", "${packed}"]\n`));
  const [, page = ""] = /^Documentation=file:\S+\/countermand\/(docs\/\S+)$/m.exec(unit) ?? [];
  assert.ok(existsSync(page), page);
});

test("deploy: the sample settings are taken, all of them", (t) => {
  const folder = temporaryFolder(t);
  const token = join(folder, "token");
  writeFileSync(token, "0123456789abcdef0123456789abcdef");
  const masterKey = join(folder, "master-key");
  writeFileSync(masterKey, Buffer.alloc(32, 7).toString("base64"));
  for (const name of SAMPLES) {
    const path = `deploy/${name}.conf`;
    // The files that the sample names are not on this machine.
    const files = { [TOKEN_FILE]: token, COUNTERMAND_MASTER_KEY_FILE: masterKey };
    const secret = name === "production" ? files : {};
    const config = readConfig({ COUNTERMAND_CONFIG_FILE: path, ...secret });
    assert.deepEqual([config.profile, config.dataDir], [name, "/var/lib/countermand"]);
  }
  const withoutToken = { COUNTERMAND_CONFIG_FILE: "deploy/production.conf", [TOKEN_FILE]: "/none" };
  assert.throws(() => readConfig(withoutToken), /TOKEN_FILE names cannot be read/);
});

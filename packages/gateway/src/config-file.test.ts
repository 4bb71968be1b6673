import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { readConfig } from "./config.ts";
import { readConfigFile, underEnvironment } from "./config-file.ts";
import { faultsOf } from "./config-fixture.ts";
import { temporaryFolder } from "./sys/temporary-folder-fixture.ts";

const ENV = "COUNTERMAND_CONFIG_FILE";

function fileWith(t: TestContext, ...lines: readonly string[]): string {
  const folder = temporaryFolder(t);
  const path = join(folder, "settings.env");
  writeFileSync(path, lines.join("\n"));
  return path;
}

test("config file: its settings count, and the environment wins", (t) => {
  const path = fileWith(
    t,
    "# a comment",
    "",
    "COUNTERMAND_PORT=9001\r",
    "  COUNTERMAND_LOG_LEVEL=warn ",
    "COUNTERMAND_SANDBOX_SEED=7",
  );
  const config = readConfig({ [ENV]: path, COUNTERMAND_LOG_LEVEL: "error" });
  assert.deepEqual([config.port, config.logLevel, config.sandboxSeed], [9001, "error", 7]);
  assert.deepEqual(config.unknownSettings, []);
  const shell = { COUNTERMAND_URL: "http://127.0.0.1:8080", COUNTERMAND_PROT: "1" };
  assert.deepEqual(readConfig(shell).unknownSettings, ["COUNTERMAND_PROT"]);
  // What is empty is not set.
  assert.equal(readConfig({ [ENV]: path, COUNTERMAND_PORT: " " }).port, 9001);
});

test("config file: every fault of form and value is told at once, with its line", (t) => {
  const path = fileWith(
    t,
    "COUNTERMAND_PROT=1",
    "COUNTERMAND_PORT = 1",
    'COUNTERMAND_HOST="127.0.0.1"',
    "COUNTERMAND_SANDBOX_SEED=1",
    "COUNTERMAND_SANDBOX_SEED=2",
    `${ENV}=/etc/other`,
    "export COUNTERMAND_PORT=1",
    "COUNTERMAND_LOG_LEVEL=loud",
  );
  const faults = faultsOf({ [ENV]: path, COUNTERMAND_SANDBOX_MARKET: "maybe" });
  const expected = [
    [1, "there is no setting COUNTERMAND_PROT"],
    [2, "must be NAME=value, or begin with #"],
    [3, "COUNTERMAND_HOST: the value stands without quotes"],
    [5, "COUNTERMAND_SANDBOX_SEED is set twice"],
    [6, `there is no setting ${ENV}`],
    [7, "must be NAME=value, or begin with #"],
  ] as const;
  const form = expected.map(([line, problem]) => `${ENV}: ${path}:${line}: ${problem}`);
  assert.deepEqual(faults.slice(0, form.length), form);
  assert.equal(faults.length, form.length + 2, faults.join("\n"));
  assert.match(faults.join("\n"), /COUNTERMAND_SANDBOX_MARKET="maybe"/);
  assert.match(faults.join("\n"), /COUNTERMAND_LOG_LEVEL="loud"/);
});

test("config file: a secret of the environment wins, whichever way either is named", () => {
  const names = ["COUNTERMAND_MASTER_KEY", "COUNTERMAND_MASTER_KEY_FILE"];
  for (const [named, other] of [names, names.toReversed()] as [string, string][]) {
    const both = underEnvironment({ [named]: "a" }, { [named]: "b", [other]: "c" });
    assert.deepEqual(both, { [named]: "a" });
    assert.deepEqual(underEnvironment({ [named]: "" }, { [other]: "c" })[other], "c");
  }
});

test("config file: one that is not there is a fault", () => {
  const [fault] = faultsOf({ [ENV]: "/nonexistent/countermand.env" });
  assert.match(fault ?? "", /cannot be read \(ENOENT\)/);
});

test("config file: what is written is what is read", (t) => {
  const path = fileWith(t);
  const value = fc.stringMatching(/^[!#-&(-~]([ -~]{0,20}[!-~])?$/);
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom("A", "B_C", "D9"), value), (settings) => {
      const lines = Object.entries(settings).map(([name, text]) => `${name}=${text}\n`);
      writeFileSync(path, lines.join(""));
      const read = readConfigFile(path, new Set(["A", "B_C", "D9"]));
      assert.deepEqual(read, { settings: { ...settings }, faults: [] });
    }),
    { numRuns: 50 },
  );
});

test("config: only keys of its own let the sandbox listen elsewhere", () => {
  const elsewhere = { COUNTERMAND_HOST: "0.0.0.0" };
  const faults = faultsOf(elsewhere);
  assert.equal(faults.length, 1);
  assert.match(faults[0] ?? "", /listens on loopback only.*COUNTERMAND_SANDBOX_KEYS=random/);
  assert.equal(readConfig({ ...elsewhere, COUNTERMAND_SANDBOX_KEYS: "random" }).host, "0.0.0.0");
});

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Config, readConfig } from "./config.ts";
import { faultsOf } from "./config-fixture.ts";
import { lockDataDir } from "./journal/data-dir-lock.ts";
import { JournalReader } from "./journal/journal-reader.ts";
import { createLog } from "./ops/log.ts";
import { RunningNode } from "./running-node.ts";
import { CONTROL_PARTITION } from "./sequencer/control-partition.ts";
import { SESSION_PARTITION } from "./sequencer/sessions.ts";
import { systemClock } from "./sys/clock.ts";
import { temporaryFolder } from "./sys/temporary-folder-fixture.ts";

const TOKEN = "0123456789abcdef0123456789abcdef";
const PRODUCTION = { COUNTERMAND_PROFILE: "production" };
const SAFE = {
  ...PRODUCTION,
  COUNTERMAND_OPERATOR_TOKEN: TOKEN,
  COUNTERMAND_BEHIND_PROXY: "on",
  COUNTERMAND_HOST: "0.0.0.0",
};

test("profile: production names everything that is unsafe at once", () => {
  const faults = faultsOf({ ...PRODUCTION, COUNTERMAND_SANDBOX_MARKET: "on" });
  assert.equal(faults.length, 3, faults.join("\n"));
  assert.match(faults[0] ?? "", /COUNTERMAND_TLS_CERT_FILE.*COUNTERMAND_BEHIND_PROXY=on/);
  assert.match(faults[1] ?? "", /COUNTERMAND_OPERATOR_TOKEN_FILE/);
  assert.match(faults[2] ?? "", /COUNTERMAND_SANDBOX_MARKET=on/);
});

test("profile: production that is safe listens everywhere, and without simulated traders", () => {
  const config = readConfig(SAFE);
  assert.deepEqual([config.host, config.sandboxMarket], ["0.0.0.0", "off"]);
});

test("profile: what a journal is for and its rules are there at once, whenever a crash comes", async (t) => {
  const folder = temporaryFolder(t);
  const rules = { COUNTERMAND_MARKET_RULES: "strict", COUNTERMAND_DATA_DIR: folder };
  const config = readConfig({ ...SAFE, ...rules });
  const seen = new Set<string>();
  const look = (): void => {
    const reader = new JournalReader(folder);
    const begun = [CONTROL_PARTITION, SESSION_PARTITION].map((partition) => {
      return reader.read(partition, 0, 1).length > 0;
    });
    reader.close();
    seen.add(begun.join(" "));
  };
  const clock = {
    ...systemClock,
    atTurnEnd: (callback: () => void) => {
      systemClock.atTurnEnd(() => {
        look();
        callback();
      });
    },
  };
  const lock = lockDataDir(folder);
  const onFatal = (error: Error) => assert.fail(error);
  const node = await RunningNode.start({ config, clock, log: createLog("silent"), onFatal }, lock);
  await node.close();
  lock.release();
  look();
  assert.deepEqual([...seen], ["false false", "true true"]);
});

test("profile: the sandbox keeps both its listeners on loopback", () => {
  const faults = faultsOf({ COUNTERMAND_HOST: "10.0.0.1", COUNTERMAND_OPERATOR_HOST: "::" });
  assert.equal(faults.length, 2);
  for (const fault of faults) assert.match(fault, /loopback/);
});

test("profile: a setting that is wrong itself is told alone", () => {
  const faults = faultsOf({ COUNTERMAND_PROFILE: "prod" });
  assert.deepEqual(faults, ['COUNTERMAND_PROFILE="prod": must be sandbox or production']);
});

test("secrets: read from a file, or from the environment, and never shown", (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "token");
  const fromFile = (text: string): Config => {
    writeFileSync(path, text);
    return readConfig({ COUNTERMAND_OPERATOR_TOKEN_FILE: path });
  };
  assert.equal(fromFile(`${TOKEN}\n`).operatorToken, TOKEN);
  assert.deepEqual(fromFile(TOKEN).unknownSettings, []);
  assert.equal(readConfig({ COUNTERMAND_OPERATOR_TOKEN: TOKEN }).operatorToken, TOKEN);
  assert.equal(readConfig({}).operatorToken, null);
  const both = { COUNTERMAND_OPERATOR_TOKEN: TOKEN, COUNTERMAND_OPERATOR_TOKEN_FILE: path };
  const missing = { COUNTERMAND_OPERATOR_TOKEN_FILE: join(folder, "none") };
  for (const [environment, pattern] of [
    [both, /set one of the two/],
    [missing, /cannot be read \(ENOENT\)/],
    [{ COUNTERMAND_OPERATOR_TOKEN_FILE: TOKEN }, /TOKEN_FILE.* cannot be read \(ENOENT\)/],
    [{ COUNTERMAND_OPERATOR_TOKEN: "short-secret" }, /32 to 512 characters/],
    [{ COUNTERMAND_OPERATOR_TOKEN: `${TOKEN} ${TOKEN}` }, /without blanks/],
  ] as const) {
    const [fault = "", ...more] = faultsOf(environment);
    assert.match(fault, pattern);
    assert.ok(!fault.includes(TOKEN) && !fault.includes("short-secret"));
    assert.deepEqual(more, []);
  }
  writeFileSync(path, " \n");
  assert.match(faultsOf({ COUNTERMAND_OPERATOR_TOKEN_FILE: path })[0] ?? "", /is empty/);
});

test("TLS: certificate and key go together", (t) => {
  const folder = temporaryFolder(t);
  const path = join(folder, "cert.pem");
  writeFileSync(path, "no certificate");
  const production = { ...PRODUCTION, COUNTERMAND_OPERATOR_TOKEN: TOKEN };
  const alone = faultsOf({ ...production, COUNTERMAND_TLS_CERT_FILE: path });
  assert.equal(alone.length, 1);
  assert.match(alone[0] ?? "", /set both, or none/);
  const files = { COUNTERMAND_TLS_CERT_FILE: path, COUNTERMAND_TLS_KEY_FILE: path };
  assert.match(faultsOf({ ...production, ...files })[0] ?? "", /do not fit together/);
});

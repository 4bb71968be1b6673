import assert from "node:assert/strict";
import { test } from "node:test";
import { NO_LIMITS } from "@countermand/core/limits";
import { fixed } from "@countermand/core/model";
import { readConfig, SETTINGS } from "./config.ts";
import { faultsOf } from "./config-fixture.ts";
import { OPERATOR_TOKEN_CHARACTERS_MAX, OPERATOR_TOKEN_CHARACTERS_MIN } from "./operator/limits.ts";
import { readToken } from "./secret-settings.ts";
import { SettingFault } from "./setting.ts";

test("config: all limits are off unless they are set", () => {
  const { accountLimits, keyLimits } = readConfig({});
  assert.equal(accountLimits, NO_LIMITS);
  assert.equal(keyLimits, NO_LIMITS);
});

test("config: reads every limit, of accounts and of keys apart", () => {
  const { accountLimits, keyLimits } = readConfig({
    COUNTERMAND_ACCOUNT_ORDER_QTY_MAX: "0.5",
    COUNTERMAND_ACCOUNT_ORDER_VALUE_MAX: "1000",
    COUNTERMAND_ACCOUNT_PRICE_DISTANCE_MAX: "0.05",
    COUNTERMAND_ACCOUNT_DUPLICATE_MS: "250",
    COUNTERMAND_ACCOUNT_OPEN_ORDERS_MAX: "100",
    COUNTERMAND_ACCOUNT_GROSS_EXPOSURE_MAX: "HKD:1000000,USDT:5,*:7",
    COUNTERMAND_ACCOUNT_ORDERS_PER_SECOND_MAX: "50",
    COUNTERMAND_KEY_ORDERS_PER_SECOND_MAX: "5",
  });
  assert.deepEqual(accountLimits, {
    orderQty: fixed("0.5"),
    orderValue: new Map([["*", fixed("1000")]]),
    priceDistance: fixed("0.05"),
    duplicateMs: 250,
    openOrders: 100,
    grossExposure: new Map([
      ["HKD", fixed("1000000")],
      ["USDT", fixed("5")],
      ["*", fixed("7")],
    ]),
    orderRate: 50,
  });
  assert.deepEqual(keyLimits, { ...NO_LIMITS, orderRate: 5 });
});

test("config: what is wrong with a secret is told without it", () => {
  const names = ["OPERATOR_TOKEN", "MASTER_KEY", "MASTER_KEY_PREVIOUS"];
  for (const env of names.map((name) => `COUNTERMAND_${name}`)) {
    assert.throws(
      () => readConfig({ [env]: "canary" }),
      ({ message }: Error) => message.startsWith(`${env}: must `) && !message.includes("canary"),
    );
  }
});

test("config: a key that stands where its file should be named is told without it", () => {
  for (const end of ["\n", " "]) {
    const pem = ["-----BEGIN PRIVATE KEY-----", "canary", "-----END PRIVATE KEY-----"].join(end);
    for (const name of ["TLS_KEY_FILE", "RECEIPT_KEY_FILE"]) {
      const env = `COUNTERMAND_${name}`;
      const faults = faultsOf({ [env]: pem });
      assert.deepEqual(faults, [`${env}: must name a file, and not be what is in it`]);
    }
  }
});

test("config: whatever a setting is set to, a fault is one line", () => {
  const faults = faultsOf({ COUNTERMAND_PORT: "80\n\u001b[2J", COUNTERMAND_HOST: "a b" });
  assert.deepEqual(faults, [
    'COUNTERMAND_HOST="a b": must be an address or a name',
    'COUNTERMAND_PORT="80\\n\\u001b[2J": must be a whole number from 0 to 65535',
  ]);
});

test("config: budgets are off unless the places are set", () => {
  assert.equal(readConfig({ COUNTERMAND_BUDGET_FILL_SECONDS: "5" }).budgets, null);
  const budgets = readConfig({ COUNTERMAND_BUDGET_PLACES: "5" }).budgets;
  assert.deepEqual(budgets, { places: 5, fillSeconds: 10, cancelFactor: 2 });
  assert.throws(() => readConfig({ COUNTERMAND_BUDGET_PLACES: "4" }), /from 5 to 1000000/);
  assert.throws(() => readConfig({ COUNTERMAND_BUDGET_CANCEL_FACTOR: "1" }), /from 2 to 100/);
});

test("config: every malformed limit is named at once", () => {
  const settings = {
    COUNTERMAND_ACCOUNT_ORDER_QTY_MAX: "0",
    COUNTERMAND_ACCOUNT_ORDER_VALUE_MAX: "HKD:1,HKD:2",
    COUNTERMAND_ACCOUNT_PRICE_DISTANCE_MAX: "1.1",
    COUNTERMAND_ACCOUNT_DUPLICATE_MS: "-1",
    COUNTERMAND_KEY_ORDER_VALUE_MAX: "HKD:1000,USD:1:000",
    COUNTERMAND_KEY_OPEN_ORDERS_MAX: "1e3",
    COUNTERMAND_KEY_GROSS_EXPOSURE_MAX: "HKD:",
    COUNTERMAND_KEY_ORDERS_PER_SECOND_MAX: "0",
  };
  assert.throws(
    () => readConfig(settings),
    ({ faults }: { faults: string[] }) => {
      assert.deepEqual(
        faults.map((fault) => fault.split("=")[0]),
        Object.keys(settings),
      );
      return true;
    },
  );
});

test("config: a number is taken from the first to the last one of the range that is documented", () => {
  let count = 0;
  for (const { env, range, read } of Object.values(SETTINGS)) {
    const [, least, most] = /\b(\d+) to (\d+)\b/.exec(range) ?? [];
    if (least === undefined || most === undefined || env.endsWith("TOKEN")) continue;
    count += 1;
    const [min, max] = [Number(least), Number(most)];
    const isTaken = (value: number) => !(read(String(value)) instanceof SettingFault);
    assert.deepEqual([min - 1, min, max, max + 1].map(isTaken), [false, true, true, false], env);
  }
  assert.ok(count >= 14, String(count));
});

test("config: a token is taken from its least to its greatest length, of characters that show", () => {
  const isTaken = (token: string) => !(readToken(token) instanceof SettingFault);
  const lengths = [OPERATOR_TOKEN_CHARACTERS_MIN, OPERATOR_TOKEN_CHARACTERS_MAX] as const;
  for (const length of lengths) assert.ok(isTaken("~!".repeat(length / 2)), String(length));
  const [least, most] = lengths;
  for (const length of [least - 1, most + 1]) assert.ok(!isTaken("x".repeat(length)));
  for (const odd of [" ", "\u007f", "é", "\n"]) assert.ok(!isTaken(odd + "x".repeat(least)), odd);
});

test("config: a limit on prices is a part of the market's, above nothing and at most all of it", () => {
  const env = "COUNTERMAND_KEY_PRICE_DISTANCE_MAX";
  for (const text of ["0", "1.00000001", "-0.1", "5 %"]) {
    assert.throws(() => readConfig({ [env]: text }), /above 0 and at most 1/, text);
  }
  for (const text of ["0.00000001", "1"]) {
    assert.equal(readConfig({ [env]: text }).keyLimits.priceDistance, fixed(text));
  }
});

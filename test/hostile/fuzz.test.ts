/** Fuzzing, in its short form: `npm run hostile -- fuzz --long` goes on for longer. */
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { Random } from "../e2e/crash/random.ts";
import { REAL_TIME, startInProcess } from "../e2e/gateway-in-process.ts";
import { MASTER_KEY } from "../e2e/key-fixture.ts";
import { OPERATOR_TOKEN } from "../e2e/operator-client.ts";
import { KEY_1 } from "../e2e/signed-client.ts";
import { fuzzDecoders } from "./fuzz-decoders.ts";
import { fuzzHttp } from "./fuzz-http.ts";

test("fuzz: requests get an answer of the catalogue, never a 5xx, and nothing wrong is taken", async (t) => {
  const { url, operatorUrl } = await startInProcess(t, REAL_TIME, {
    COUNTERMAND_OPERATOR_PORT: "0",
    COUNTERMAND_OPERATOR_TOKEN: OPERATOR_TOKEN,
    COUNTERMAND_MASTER_KEY: MASTER_KEY,
  });
  const seed = randomInt(2 ** 31);
  const place = { url, operatorUrl, key: KEY_1, isTimed: false };
  const { faults, statuses } = await fuzzHttp(place, new Random(seed), 500);
  assert.deepEqual(faults, [], `seed ${seed}`);
  assert.ok((statuses.get(200) ?? 0) > 0 && (statuses.get(400) ?? 0) > 0, "both ends are reached");
});

test("fuzz: decoders give a value or a row of the catalogue", () => {
  const seed = randomInt(2 ** 31);
  try {
    fuzzDecoders(new Random(seed), 4_000);
  } catch (error) {
    assert.fail(`seed ${seed}: ${error}`);
  }
});

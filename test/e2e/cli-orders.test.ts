/** Orders as the command line lists them, and what it makes of their figures. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { runCommand, wordsOf } from "./command-line.ts";
import { REAL_TIME, startInProcess } from "./gateway-in-process.ts";

/** Of a gateway of its own, with the first public key unless another one is given. */
async function commandLine(t: TestContext) {
  const { url } = await startInProcess(t, REAL_TIME);
  return (line: string, key: Readonly<Record<string, string>> = {}) => {
    return runCommand(wordsOf(line), { environment: { COUNTERMAND_URL: url, ...key } });
  };
}

test("cli: open orders are listed with the partly filled ones, and a cut list says so", async (t) => {
  const countermand = await commandLine(t);
  const key2 = { COUNTERMAND_API_KEY: "demo-key-2", COUNTERMAND_API_SECRET: "demo-secret-2" };
  const other = (line: string) => countermand(line, key2);
  const numbers: string[] = [];
  for (const line of ["400 --reference a", "401 --reference b", "402 --reference c"]) {
    numbers.push((await countermand(`place buy 00700 200 --price ${line}`)).output.trim());
  }
  await other("place sell 00700 100 --price 402");
  await countermand("cancel --reference b");
  const listed = async (line: string) => {
    const { output, errors } = await countermand(line);
    return [output.match(/^[0-9]{11}/gm), errors];
  };
  const [first, second, third] = numbers;
  assert.deepEqual(await listed("orders --open"), [[third, first], ""]);
  assert.deepEqual(await listed("orders --open --limit 1"), [[third], "1 of 2: see --limit\n"]);
  assert.deepEqual(await listed("orders --limit 2"), [[third, second], "2 of 3: see --limit\n"]);
  assert.deepEqual(await listed("orders --limit 3"), [[third, second, first], ""]);
  await other("place sell 00700 100 --price 402");
  assert.equal((await countermand("executions --limit 1")).errors, "1 of 2: see --limit\n");
});

test("cli: an order with a trigger is a stop order, with or without a price", async (t) => {
  const countermand = await commandLine(t);
  for (const [figures, type] of [
    ["--trigger 460", "stop_market_order"],
    ["--trigger 460 --price 461", "stop_limit_order"],
  ] as const) {
    const { output, errors } = await countermand(`--json place buy 00700 100 ${figures}`);
    assert.equal(errors, "");
    const { order_type, trigger_price } = JSON.parse(output);
    assert.deepEqual([order_type, trigger_price], [type, "460"]);
  }
  const { output } = await countermand("orders --open");
  assert.match(output, / 461 stop 460 .*\n.* market stop 460 /);
});

test("cli: an order is amended by its number or by one's own name, as it is cancelled", async (t) => {
  const countermand = await commandLine(t);
  const orderNo = (
    await countermand("place buy 00700 200 --price 400 --reference a")
  ).output.trim();
  const named = await countermand("amend --reference a --qty 100");
  assert.equal(named.code, 0, named.errors);
  assert.match((await countermand(`amend ${orderNo} --price 401`)).output, /^price +401 HKD$/m);
  assert.match((await countermand("order --reference a")).output, /^what +buy 100 00700 /m);
  assert.equal((await countermand("amend --price 401")).code, 2);
});

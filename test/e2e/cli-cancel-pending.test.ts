// Cancels that a venue has not answered are not called done.
import assert from "node:assert/strict";
import { test } from "node:test";
import { runCommand } from "./command-line.ts";
import { REAL_TIME, startInProcess } from "./gateway-in-process.ts";

test("cli: cancel-all says what the venue has not answered yet", async (t) => {
  const { url } = await startInProcess(t, REAL_TIME);
  const environment = { COUNTERMAND_URL: url };
  const countermand = async (line: string) => {
    const { code, output, errors } = await runCommand(line.split(" "), { environment });
    assert.equal(code, 0, errors);
    return output;
  };
  const first = (await countermand("place buy 00700 100 --price 400")).trim();
  const second = (await countermand("place buy 00700 100 --price 401")).trim();
  await countermand("faults arm delayed_cancel --delay 60s");
  const sent = await countermand("cancel-all --yes");
  assert.match(sent, new RegExp(`^  ${first}  pending$`, "m"));
  assert.match(sent, new RegExp(`^  ${second}  done$`, "m"));
  assert.match(sent, /^cancels of 2 of 2 sent; .*; 1 not answered by the venue yet/m);
  const again = JSON.parse(await countermand("cancel-all --yes --json"));
  assert.deepEqual([again.matched, again.already, again.pending], [1, 1, 1]);
  assert.equal(again.orders[0].pending, "cancel");
});

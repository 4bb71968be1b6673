// A symbol that is traded, but on another market than the command names.
import assert from "node:assert/strict";
import { test } from "node:test";
import { runCommand } from "./command-line.ts";
import { REAL_TIME, startInProcess } from "./gateway-in-process.ts";

test("cli: a symbol of another market is refused with the option that mends it", async (t) => {
  const { url } = await startInProcess(t, REAL_TIME);
  const environment = { COUNTERMAND_URL: url };
  const place = ["place", "buy", "BTC-USDT", "0.01"];
  const refused = await runCommand(place, { environment });
  assert.equal(refused.code, 1);
  const last = refused.errors.trimEnd().split("\n").at(-1);
  assert.equal(last, "Name the market that it is on: --market crypto");
  const mended = await runCommand([...place, "--market", "crypto"], { environment });
  assert.equal(mended.code, 0, mended.errors);
  const nowhere = await runCommand(["place", "buy", "NOPE", "1"], { environment });
  assert.doesNotMatch(nowhere.errors, /--market/);
  assert.match(nowhere.errors, /^What is traded: countermand symbols$/m);
  const ask = ["symbols"];
  assert.match((await runCommand(ask, { environment })).output, /^BTC-USDT /m);
});

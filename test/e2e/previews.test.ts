// Previews as people and programs ask for them, against a gateway in this process.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { ApiError, CountermandClient, compareDecimals } from "@countermand/client";
import { temporaryFolder } from "../../packages/gateway/src/sys/temporary-folder-fixture.ts";
import { runCommand, wordsOf } from "./command-line.ts";
import { REAL_TIME, startInProcess } from "./gateway-in-process.ts";

const KEY = { apiKey: "demo-key", secret: "demo-secret" };
const OTHER_KEY = { apiKey: "demo-key-2", secret: "demo-secret-2" };
const BUY = {
  market: "hkex",
  symbol: "00700",
  order_side: "buy",
  order_type: "limit_order",
  price: "423.83",
  qty: "100",
  reference_id: "a1",
} as const;

async function setUp(t: TestContext) {
  const { url } = await startInProcess(t, REAL_TIME);
  const environment = { XDG_CONFIG_HOME: temporaryFolder(t), COUNTERMAND_URL: url };
  const countermand = (line: string) => runCommand(wordsOf(line), { environment });
  const client = new CountermandClient({ baseUrl: url, credentials: KEY });
  const other = new CountermandClient({ baseUrl: url, credentials: OTHER_KEY });
  return { client, other, countermand };
}

test("previews: the command line shows what would be, and does nothing", async (t) => {
  const { client, countermand } = await setUp(t);
  const place = await countermand("place buy 00700 100 --price 423.83 --preview");
  assert.equal(place.code, 0, place.errors);
  assert.match(place.output, /^status +open$/m);
  assert.match(place.output, /^held back +42444\.08 HKD$/m);
  assert.match(place.output, /^Nothing was done\.$/m);
  assert.equal((await client.orders()).total_records, 0);
  const { order_no } = await client.place(BUY);
  const amend = await countermand(`--json amend ${order_no} --qty 200 --preview`);
  assert.equal((JSON.parse(amend.output) as { on_hold: string }).on_hold, "84887.2");
  const cancel = await countermand(`cancel ${order_no} --preview`);
  const figures = "100 cancelled, 0 filled";
  assert.equal(cancel.output, `${order_no} would be cancelled: ${figures}. Nothing was done.\n`);
  const order = await client.order({ order_no });
  assert.deepEqual([order?.order_status, order?.qty, order?.version], ["new", "100", 1]);
  await client.cancel({ order_no });
  const again = await countermand(`cancel --reference a1 --preview`);
  assert.match(again.output, /^[0-9]+ already cancelled: 100 cancelled/);
  const refused = await countermand("place buy 00700 150 --price 423.83 --preview");
  assert.equal(refused.code, 1);
  assert.match(refused.errors, /odd lot below it \(11030108\)$/m);
});

test("previews: what would trade at once is told, with its charges", async (t) => {
  const { client, other } = await setUp(t);
  await other.place({ ...BUY, order_side: "sell", price: "423.80", qty: "300" });
  const preview = await client.previewPlace({ ...BUY, qty: "500" });
  const placed = await client.placeAndShow({ ...BUY, qty: "500" });
  const { on_hold, on_hold_of, ...order } = preview;
  const { create_time, update_time } = order;
  assert.deepEqual(order, { ...placed, order_no: "", create_time, update_time });
  assert.deepEqual([order.order_status, order.execute_qty, on_hold_of], ["pex", "300", "HKD"]);
  assert.ok(compareDecimals(order.charge, "0") > 0);
  assert.ok(compareDecimals(on_hold, "84766") > 0, "the value of 200, and its charges");
});

test("previews: of an order that is closed say what became of it", async (t) => {
  const { client } = await setUp(t);
  const { order_no } = await client.place({ ...BUY, qty: "100" });
  await client.cancel({ order_no });
  await assert.rejects(client.previewAmend({ order_no, qty: "200" }), (error: unknown) => {
    assert.ok(error instanceof ApiError);
    return error.reason === "too_late_cancelled";
  });
});

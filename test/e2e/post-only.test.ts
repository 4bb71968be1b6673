/** Orders and amends that are only to rest: refused where they would trade as they come in. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { ApiError, CountermandClient, type PlaceRequest } from "../../packages/client/src/index.ts";
import { runCommand, wordsOf } from "./command-line.ts";
import { REAL_TIME, startInProcess } from "./gateway-in-process.ts";
import { KEY_1, KEY_2 } from "./signed-client.ts";

const SELL: PlaceRequest = {
  market: "hkex",
  symbol: "00700",
  order_side: "sell",
  order_type: "limit_order",
  price: "450",
  qty: "100",
};
const QUOTE: PlaceRequest = { ...SELL, order_side: "buy", price: "449", only_if: "resting" };

/** An offer at 450 of another account's, and clients of both accounts. */
async function market(t: TestContext) {
  const { url } = await startInProcess(t, REAL_TIME);
  const [maker, other] = [KEY_1, KEY_2].map(({ apiKey, secret }) => {
    return new CountermandClient({ baseUrl: url, credentials: { apiKey, secret } });
  }) as [CountermandClient, CountermandClient];
  await other.place(SELL);
  return { url, maker, other };
}

/** That nothing was done, and why not. */
async function refused(call: Promise<unknown>, reason = "would_trade"): Promise<string> {
  const error = await call.then(
    () => assert.fail("it was done"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof ApiError, String(error));
  assert.equal(error.reason, reason);
  return error.details;
}

test("post-only: what would trade is refused and leaves nothing, what rests is placed", async (t) => {
  const { maker, other } = await market(t);
  const details = await refused(maker.place({ ...QUOTE, price: "450" }));
  assert.equal(details, "it would trade at once: the best ask is 450");
  assert.equal((await maker.orders()).total_records, 0, "no order was created");
  assert.equal((await other.executions()).total_records, 0);
  const order = await maker.placeAndShow({ ...QUOTE, price: "449.99" });
  assert.equal(order.order_status, "new");
  const best = "it would trade at once: the best bid is 449.99";
  assert.equal(await refused(other.place({ ...SELL, price: "449", only_if: "resting" })), best);
  await refused(maker.place({ ...QUOTE, order_side: "sell" }));
  await refused(maker.place({ ...QUOTE, time_in_force: "ioc" }), "invalid_only_if");
});

test("post-only: an amend that would trade leaves the order as it is", async (t) => {
  const { maker } = await market(t);
  const { order_no } = await maker.place(QUOTE);
  await refused(maker.amend({ order_no, price: "450", only_if: "resting" }));
  await refused(maker.previewAmend({ order_no, price: "450", only_if: "resting" }));
  const before = await maker.order({ order_no });
  assert.deepEqual([before?.price, before?.version], ["449", 1]);
  const moved = await maker.amend({ order_no, price: "449.5", qty: "200", only_if: "resting" });
  assert.deepEqual([moved.price, moved.outstand_qty], ["449.5", "200"]);
  // The condition was the request's, and is no property of the order.
  const taken = await maker.amend({ order_no, price: "450" });
  assert.equal(taken.execute_qty, "100");
  const stop = await maker.place({
    ...SELL,
    order_side: "buy",
    order_type: "stop_limit_order",
    price: "460",
    trigger_price: "455",
  });
  const { order_no: waiting } = stop;
  await refused(maker.amend({ order_no: waiting, trigger_price: "456", only_if: "resting" }));
});

test("post-only: in a batch, a preview and on a socket as in a request", async (t) => {
  const { maker } = await market(t);
  const taking = { ...QUOTE, price: "450" };
  // The second one would trade with the first one's own account, were it not for the condition.
  const batch = await maker.placeBatch([
    QUOTE,
    { ...SELL, price: "449", only_if: "resting" },
    taking,
  ]);
  assert.deepEqual(
    batch.map(({ result }) => ("reason" in result ? result.reason : result.code)),
    [0, "would_trade", "would_trade"],
  );
  await refused(maker.previewPlace(taking));
  assert.equal((await maker.previewPlace(QUOTE)).order_status, "new");
  const stream = maker.stream({ commands: true });
  t.after(() => stream.close());
  const socket = maker.withSocket(stream);
  await refused(socket.place(taking));
  assert.ok((await socket.place(QUOTE)).order_no);
});

test("post-only: odd lots are asked about in their own market", async (t) => {
  const { maker, other } = await market(t);
  const odd = { ...QUOTE, qty: "50", price: "450" };
  assert.ok((await maker.place(odd)).order_no, "the offer is of a board lot");
  await refused(other.place({ ...SELL, qty: "20", only_if: "resting" }));
});

test("post-only: the command line says it so", async (t) => {
  const { url } = await market(t);
  const countermand = (line: string) =>
    runCommand(wordsOf(line), { environment: { COUNTERMAND_URL: url } });
  const ran = await countermand("place buy 00700 100 --price 450 --post-only");
  assert.equal(ran.code, 1);
  assert.match(ran.errors, /Would Trade At Once: it would trade at once: the best ask is 450/);
  const placed = await countermand("place buy 00700 100 --price 449 --post-only");
  assert.equal(placed.code, 0, placed.errors);
  const amended = await countermand(`amend ${placed.output.trim()} --price 451 --post-only`);
  assert.equal(amended.code, 1);
});

/** Kill switch and modes on markets that have sessions: windows without cancels, and auctions. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { APPLE, OperatorPlace, refusal } from "./operator-place.ts";
import { envelope, KEY_1, KEY_2, type SignedClient } from "./signed-client.ts";
import { BUY } from "./wire-orders.ts";

const STRICT = { COUNTERMAND_MARKET_RULES: "strict" };
const AUCTION = { ...BUY, order_type: "at_auction_limit_order" };

/** A moment of a trading day in Hong Kong, a Tuesday. */
function hongKong(time: string): number {
  return Date.parse(`2025-08-05T${time}+08:00`);
}

/** A gateway under strict rules at that time of the day. */
async function startedAt(t: TestContext, time: string) {
  const place = new OperatorPlace(t, STRICT);
  place.time.marketMs = hongKong(time);
  return { place, operator: await place.start() };
}

async function orderOf(client: SignedClient, orderNo: string) {
  const [order] = await client.orders(`order_no=${orderNo}`);
  assert.ok(order !== undefined);
  return order;
}

test("kill switch: what a window holds back is cancelled when it ends", async (t) => {
  const { place, operator } = await startedAt(t, "09:10:00");
  const client = place.client();
  const orderNo = await client.place(AUCTION);
  place.time.marketMs = hongKong("09:16:00");
  const own = await client.call("DELETE", "/trade/v1/orders", { order_no: orderNo });
  assert.equal(envelope(own).reason, "window_closed");
  const { data } = await operator.post("kill", { reason: "x", scope: { account: KEY_1.account } });
  assert.equal(data.kill.left, 1);
  assert.equal(await refusal(client, AUCTION), "blocked");
  // The window is a rule of the market: the kill keeps to it, also across a restart.
  const restarted = await place.start();
  const held = (await restarted.get("blocks/1")).data.kill;
  assert.deepEqual([held.state, held.done, held.left], ["cancelling", 0, 1]);
  place.time.marketMs = hongKong("10:00:00");
  const { kill } = await restarted.killed(1);
  assert.deepEqual([kill?.done, kill?.left], [1, 0]);
  assert.equal((await orderOf(place.client(), orderNo)).cancel_reason, "kill_switch");
});

test("kill switch: a release gives up what is left", async (t) => {
  const { place, operator } = await startedAt(t, "09:10:00");
  const client = place.client();
  const orderNo = await client.place(AUCTION);
  place.time.marketMs = hongKong("09:16:00");
  await operator.post("kill", { reason: "x", scope: { gateway: true } });
  const { data } = await operator.post("blocks/1/release", { reason: "y" });
  assert.deepEqual([data.kill.state, data.kill.failed, data.kill.left], ["finished", 1, 0]);
  place.time.marketMs = hongKong("10:00:00");
  assert.equal((await orderOf(client, orderNo)).order_status, "new");
});

test("modes: a halted market's auction is matched when the halt ends, not before", async (t) => {
  const { place, operator } = await startedAt(t, "09:10:00");
  const [buyer, seller] = [place.client(), place.client(KEY_2)];
  const bid = await buyer.place(AUCTION);
  const ask = await seller.place({ ...AUCTION, order_side: "sell" });
  const set = (mode: string) => operator.post("modes", { reason: "x", market: "hkex", mode });
  await set("halted");
  place.time.marketMs = hongKong("10:00:00");
  assert.equal((await orderOf(buyer, bid)).order_status, "new");
  const restarted = await place.start();
  assert.equal((await orderOf(place.client(), bid)).order_status, "new", "nor by a restart");
  assert.equal(await refusal(place.client(), BUY), "market_halted");
  await restarted.post("modes", { reason: "x", market: "hkex", mode: "open" });
  assert.equal((await orderOf(place.client(), bid)).order_status, "fex");
  assert.equal((await orderOf(place.client(KEY_2), ask)).order_status, "fex");
});

test("modes: in a halt orders of the day still end with it, and stop orders wait", async (t) => {
  const { place, operator } = await startedAt(t, "10:00:00");
  const client = place.client();
  const orderNo = await client.place(BUY);
  const stop = await client.place({
    ...BUY,
    order_type: "stop_market_order",
    price: undefined,
    trigger_price: 450,
    time_in_force: "gtc",
  });
  await operator.post("modes", { reason: "x", market: "all", mode: "halted" });
  assert.equal(await refusal(client, APPLE), "market_halted");
  place.time.marketMs = hongKong("20:00:00");
  assert.equal((await orderOf(client, orderNo)).cancel_reason, "expired");
  assert.equal((await orderOf(client, stop)).order_status, "new");
});

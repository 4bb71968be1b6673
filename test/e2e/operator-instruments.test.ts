/** What operators do to the list of instruments, as traders and the public see it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { OperatorAnswer, OperatorClient } from "./operator-client.ts";
import { APPLE, OperatorPlace, refusal } from "./operator-place.ts";
import { envelope, KEY_2, type SignedClient } from "./signed-client.ts";

const NEW = {
  reason: "listed on Monday",
  symbol: "NVDA",
  name: "NVIDIA",
  markets: ["usex", "nasdaq"],
  currency: "USD",
  tick: "0.01",
  lot: 1,
  price_max: 100_000,
  qty_max: 1_000_000,
};
const NVDA = { ...APPLE, symbol: "NVDA", price: 100, qty: 5 };

function change(operator: OperatorClient, body: object, symbol = "AAPL"): Promise<OperatorAnswer> {
  return operator.post(`instruments/${symbol}`, { reason: "a tick table", ...body });
}

async function market(place: OperatorPlace, path: string) {
  const response = await fetch(`${place.gateway.url}/market/v1/${path}`);
  return ((await response.json()) as { data: { [name: string]: never } }).data;
}

async function rowOf(client: SignedClient, orderNo: string) {
  const [row] = await client.orders(`order_no=${orderNo}`);
  assert.ok(row !== undefined);
  return row;
}

test("instruments: tick and lot of an empty book, for orders, lists, the public and a restart", async (t) => {
  const place = new OperatorPlace(t);
  const operator = await place.start();
  const client = place.client();
  const { status, data } = await change(operator, { tick: 0.05, lot: "10" });
  assert.deepEqual([status, data.tick, data.lot, data.qty_max], [200, 0.05, 10, 100_000_000]);
  const check = async (by: SignedClient) => {
    assert.equal(await refusal(by, { ...APPLE, price: 200.01, qty: 10 }), "price_off_tick");
    assert.equal(await refusal(by, { ...APPLE, price: 200.05, qty: 5 }), "qty_off_lot");
    assert.equal(await refusal(by, { ...APPLE, price: 200.05, qty: 10 }), "placed");
    const { symbols } = (await market(place, "symbols?market=nasdaq")) as { symbols?: never };
    const [apple] = symbols as unknown as { price_tick: number; lot_qty: number }[];
    assert.deepEqual([apple?.price_tick, apple?.lot_qty], [0.05, 10]);
  };
  await check(client);
  assert.equal((await change(operator, { tick: 0.05, lot: 10 })).status, 200, "nothing changes");
  const { hash } = await place.gateway.stateHash();
  const restarted = await place.start();
  assert.equal((await place.gateway.stateHash()).hash, hash);
  await check(place.client());
  const { instruments } = (await restarted.get("instruments")).data;
  const apple = instruments.find(({ symbol }: { symbol: string }) => symbol === "AAPL");
  assert.deepEqual([apple.tick, apple.lot, apple.open_orders], [0.05, 10, 2]);
});

test("instruments: resting orders stay, or are cancelled when the operator says so", async (t) => {
  const place = new OperatorPlace(t);
  const operator = await place.start();
  const [buyer, seller] = [place.client(), place.client(KEY_2)];
  await seller.place({ ...APPLE, order_side: "sell", price: 200.03, qty: 10 });
  await buyer.place({ ...APPLE, price: 200.03, qty: 10 });
  const fits = await buyer.place({ ...APPLE, price: 199.95, qty: 20 });
  const offTick = await buyer.place({ ...APPLE, price: 199.96, qty: 20 });
  const offLot = await buyer.place({ ...APPLE, price: 199.95, qty: 15 });
  const grid = { tick: 0.05, lot: 10 };
  assert.equal((await change(operator, grid)).reason, "book_not_empty");
  assert.equal((await change(operator, { ...grid, resting: "cancel" })).reason, "book_not_empty");
  await change(operator, { halted: true });
  assert.equal((await change(operator, grid)).reason, "book_not_empty");
  const kept = await change(operator, { ...grid, resting: "keep", name: "X" });
  assert.deepEqual([kept.status, kept.reason], [409, "orders_do_not_fit"]);
  assert.match(kept.details, /^2 open orders/);
  const before = (await operator.get("instruments")).data.instruments[1];
  assert.deepEqual([before.tick, before.name, before.open_orders], [0.01, "APPLE", 3]);
  const done = await change(operator, { ...grid, resting: "cancel" });
  assert.deepEqual([done.status, done.data.open_orders], [200, 1]);
  for (const orderNo of [offTick, offLot]) {
    const { order_status, cancel_reason } = await rowOf(buyer, orderNo);
    assert.deepEqual([order_status, cancel_reason], ["can", "instrument_changed"]);
  }
  const seen = async () => {
    const depth = (await market(place, "depth?symbol=AAPL")) as unknown as { bids: unknown[] };
    assert.deepEqual(depth.bids, [[199.95, 20, 1]]);
    const { trades } = (await market(place, "trades?symbol=AAPL")) as unknown as {
      trades: { price: number; qty: number }[];
    };
    assert.deepEqual([trades[0]?.price, trades[0]?.qty], [200.03, 10], "what was is what it was");
  };
  await seen();
  const restarted = await place.start();
  await seen();
  await change(restarted, { halted: false });
  await place.client(KEY_2).place({ ...APPLE, order_side: "sell", price: 199.95, qty: 20 });
  assert.equal((await rowOf(place.client(), fits)).order_status, "fex");
});

test("instruments: an order on its way to a slow venue is refused when it fits no more", async (t) => {
  const place = new OperatorPlace(t);
  const operator = await place.start();
  const client = place.client();
  const arm = { fault: "delayed_order", delay_ms: 60_000, count: 2 };
  await client.call("POST", "/sandbox/v1/faults", arm);
  const orders = [await client.place({ ...APPLE, price: 200.01 }), await client.place(APPLE)];
  const grid = { tick: 0.05, halted: true, resting: "cancel" };
  assert.equal((await change(operator, grid)).data.open_orders, 2, "they are not at the venue yet");
  // A start asks the venue, which never got them.
  await place.start();
  for (const orderNo of orders) {
    assert.equal((await rowOf(place.client(), orderNo)).order_status, "rej");
  }
});

test("instruments: one is added, traded, kept over a restart, halted and retired", async (t) => {
  const place = new OperatorPlace(t);
  const operator = await place.start();
  assert.equal(await refusal(place.client(), NVDA), "unknown_symbol");
  const added = await operator.post("instruments", NEW);
  assert.deepEqual([added.status, added.data.state, added.data.product], [200, "trading", "NVDA"]);
  const give = { reason: "x", holdings: { NVDA: 100 } };
  const path = `accounts/${KEY_2.account}/adjust`;
  await operator.post(path, give, { "Idempotency-Key": "give" });
  const bought = await place.client().place(NVDA);
  const sold = { ...NVDA, order_side: "sell", market: "usex", qty: 2 };
  await place.client(KEY_2).place(sold);
  const restarted = await place.start();
  assert.equal((await rowOf(place.client(), bought)).execute_qty, 2);
  const { trades } = (await market(place, "trades?symbol=NVDA")) as unknown as {
    trades: { price: number }[];
  };
  assert.equal(trades[0]?.price, 100);
  await place.client(KEY_2).place(sold);
  const retire = (body: object) => {
    return restarted.post("instruments/NVDA/retire", { reason: "delisted", ...body });
  };
  assert.equal((await retire({ resting: "keep" })).reason, "invalid_field");
  assert.equal((await retire({ resting: "cancel" })).reason, "book_not_empty", "not halted");
  await change(restarted, { halted: true }, "NVDA");
  assert.equal((await retire({})).reason, "book_not_empty", "nothing said");
  const retired = await retire({ resting: "cancel" });
  assert.deepEqual([retired.data.state, retired.data.open_orders], ["retired", 0]);
  assert.deepEqual(
    (await retire({ resting: "cancel" })).data,
    retired.data,
    "again changes nothing",
  );
  const row = await rowOf(place.client(), bought);
  assert.deepEqual(
    [row.order_status, row.execute_qty, row.cancel_reason],
    ["can", 4, "instrument_changed"],
  );
  const gone = async () => {
    assert.equal(await refusal(place.client(), NVDA), "instrument_retired");
    const unlisted = await fetch(`${place.gateway.url}/market/v1/depth?symbol=NVDA`);
    assert.equal(unlisted.status, 400);
    const page = envelope(await place.client().call("GET", "/account/v1/positions?market=usex"));
    assert.match(JSON.stringify(page.data), /"product_code":"NVDA"/);
  };
  await gone();
  const again = await place.start();
  await gone();
  assert.equal((await change(again, { tick: 1 }, "NVDA")).reason, "instrument_retired");
  assert.equal((await again.post("instruments", NEW)).reason, "instrument_exists");
  const metrics = await (await fetch(`${place.gateway.url}/metrics`)).text();
  assert.match(metrics, /refusals_total\{scope="instrument",reason="instrument_retired"\} 1/);
});

test("instruments: what cannot be added or changed, and then nothing is", async (t) => {
  const place = new OperatorPlace(t);
  const operator = await place.start();
  const rows: readonly (readonly [body: object, status: number, reason: string])[] = [
    [{ symbol: "A B" }, 400, "invalid_field"],
    [{ symbol: "" }, 400, "invalid_field"],
    [{ symbol: "AAPL" }, 409, "instrument_exists"],
    [{ markets: [] }, 400, "invalid_field"],
    [{ markets: ["usex", "usex"] }, 400, "invalid_field"],
    [{ markets: ["usex", "hkex"] }, 400, "invalid_field"],
    [{ markets: "usex" }, 400, "invalid_field"],
    [{ currency: "usd" }, 400, "invalid_field"],
    [{ tick: 0 }, 400, "invalid_field"],
    [{ tick: -1 }, 400, "invalid_field"],
    [{ tick: null }, 400, "invalid_field"],
    [{ qty_max: "" }, 400, "invalid_field"],
    [{ isin: "x" }, 400, "unknown_field"],
    [{ price_max: 0.015 }, 400, "invalid_instrument"],
    [{ tick: "0.00000001", lot: "0.1", qty_max: 1 }, 400, "invalid_instrument"],
    [{ price_max: "99999999999" }, 400, "invalid_instrument"],
    [{ qty_max: 9_999_999_999 }, 400, "invalid_instrument"],
    [{ odd_lot: 1 }, 400, "invalid_instrument"],
    [{ product: "AAPL", currency: "HKD" }, 400, "invalid_instrument"],
  ];
  for (const [body, status, reason] of rows) {
    const answer = await operator.post("instruments", { ...NEW, ...body });
    assert.deepEqual([answer.status, answer.reason], [status, reason], JSON.stringify(body));
  }
  assert.equal((await operator.get("instruments")).data.instruments.length, 4);
  for (const [body, symbol, reason] of [
    [{ tick: 3, price_max: 10 }, "AAPL", "invalid_instrument"],
    [{ lot: 0.5 }, "00700", "invalid_instrument"],
    [{ tick: "0.000000001" }, "AAPL", "invalid_field"],
    [{ tick: 1 }, "XYZ", "unknown_instrument"],
  ] as const) {
    assert.equal((await change(operator, body, symbol)).reason, reason, JSON.stringify(body));
  }
  const strict = new OperatorPlace(t, { COUNTERMAND_MARKET_RULES: "strict" });
  const ruled = await change(await strict.start(), { tick: 0.05 }, "00700");
  assert.deepEqual(
    [ruled.reason, /rules of hkex/.test(ruled.details)],
    ["invalid_instrument", true],
  );
});

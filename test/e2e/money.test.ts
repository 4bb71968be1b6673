// Orders against money: what two accounts have before and after, through a crash.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { type GatewayProcess, Workplace } from "./gateway-process.ts";
import { type Envelope, envelope, KEY_1, KEY_2, SignedClient } from "./signed-client.ts";
import { type Received, StreamClient } from "./stream-client.ts";

const ORDERS = "/trade/v1/orders";

interface Cash {
  readonly base_currency: string;
  readonly cash: number;
  readonly cash_on_hold: number;
  readonly cash_withdraw: number;
  readonly unsett_buy_amt: number;
  readonly unsett_sell_amt: number;
}

interface Position {
  readonly product_code: string;
  readonly qty: number;
  readonly os_sell_qty: number;
  readonly avail_sell_qty: number;
}

const place = new Workplace();
let gateway: GatewayProcess;
let buyer: SignedClient;
let seller: SignedClient;

before(async () => {
  gateway = await place.gateway(place.path("data"));
  connect();
});

after(async () => {
  buyer.close();
  seller.close();
  await place.close();
});

function connect(): void {
  buyer = new SignedClient(gateway.url, KEY_1);
  seller = new SignedClient(gateway.url, KEY_2);
}

function order(side: string, qty: string, price: string, more: object = {}): object {
  return {
    market: "hkex",
    order_type: "limit_order",
    symbol: "00700",
    order_side: side,
    price,
    qty,
    ...more,
  };
}

async function reasonOf(answer: ReturnType<SignedClient["call"]>): Promise<string | undefined> {
  const { reason, code }: Envelope = envelope(await answer);
  assert.notEqual(code, 0);
  return reason;
}

async function cashOf(client: SignedClient, currency = "HKD"): Promise<Cash> {
  const rows = envelope(await client.call("GET", "/account/v1/balance")).data as Cash[];
  const row = rows.find(({ base_currency }) => base_currency === currency);
  assert.ok(row !== undefined);
  return row;
}

async function sharesOf(client: SignedClient): Promise<Position> {
  const { data } = envelope(await client.call("GET", "/account/v1/positions?market=hkex"));
  const { positions } = data as { positions: Position[] };
  assert.equal(positions.length, 1);
  return positions[0] as Position;
}

interface Fill {
  readonly exec_id: string;
  readonly last_qty: number;
  readonly last_price: number;
}

async function executionsOf(client: SignedClient, query = ""): Promise<Fill[]> {
  const answer = await client.call("GET", `/trade/v1/executions?page_size=100&${query}`);
  return (envelope(answer).data as { executions: Fill[] }).executions;
}

/** The push of a trade: what it came behind, and as it was. */
let pushed: { readonly after: number; readonly text: string } | null = null;

/** The buyer's first order message behind a position of the stream. */
async function pushAfter(seq: number): Promise<string> {
  const stream = await StreamClient.open(gateway.url, KEY_1, `after_seq=${seq}`);
  const { text } = await stream.seen("an order", ({ message }) => message.type === "order");
  stream.close();
  return text;
}

async function rowOf(client: SignedClient, orderNo: string) {
  const [row] = await client.orders(`order_no=${orderNo}`);
  assert.ok(row !== undefined);
  return row;
}

test("money: an open buy holds back cash, a cancel sets it free", async () => {
  const orderNo = await buyer.place(order("buy", "100", "10"));
  assert.ok((await cashOf(buyer)).cash_on_hold > 1_000, "the value and its charges");
  await buyer.call("DELETE", ORDERS, { order_no: orderNo });
  assert.equal((await cashOf(buyer)).cash_on_hold, 0);
});

test("money: a trade moves shares at once in total, cash when it settles", async () => {
  await seller.place(order("sell", "200", "10"));
  assert.equal((await sharesOf(seller)).os_sell_qty, 200);
  await buyer.place(order("buy", "200", "10"));
  const [bought, sold] = [await sharesOf(buyer), await sharesOf(seller)];
  assert.deepEqual([bought.qty, sold.qty], [1_000_200, 999_800]);
  const [paid, received] = [await cashOf(buyer), await cashOf(seller)];
  assert.deepEqual([paid.cash, received.cash], [100_000_000, 100_000_000]);
  assert.ok(paid.unsett_buy_amt > 2_000 && received.unsett_sell_amt < 2_000);
});

test("money: what an account cannot pay for or deliver is refused", async () => {
  const dear = buyer.call("POST", ORDERS, order("buy", "100000", "10000"));
  assert.equal(await reasonOf(dear), "insufficient_cash");
  const many = seller.call("POST", ORDERS, order("sell", "1000000", "20"));
  assert.equal(await reasonOf(many), "insufficient_holdings");
});

test("money: an amend changes what is held back, and is refused beyond it", async () => {
  const orderNo = await buyer.place(order("buy", "200", "5"));
  const held = (await cashOf(buyer)).cash_on_hold;
  const amend = (figures: object) => buyer.call("PUT", ORDERS, { order_no: orderNo, ...figures });
  assert.equal((await amend({ qty: "100" })).text, '{"code":0}');
  assert.ok((await cashOf(buyer)).cash_on_hold < held);
  assert.equal(envelope(await amend({ qty: "300", price: "6" })).code, 0);
  const { qty, price, version } = await rowOf(buyer, orderNo);
  assert.deepEqual([qty, price, version], [300, 6, 3]);
  assert.equal(await reasonOf(amend({ qty: "300" })), "nothing_to_amend");
  assert.equal(await reasonOf(amend({ price: "1000000" })), "insufficient_cash");
  assert.equal(await reasonOf(amend({ qty: "100", version: 1 })), "version_changed");
  await buyer.call("DELETE", ORDERS, { order_no: orderNo });
  assert.equal(await reasonOf(amend({ qty: "100" })), "too_late_cancelled");
});

test("money: immediate orders never rest, a stop order waits for its trigger", async () => {
  await seller.place(order("sell", "100", "30"));
  const killed = await buyer.place(order("buy", "200", "30", { time_in_force: "fok" }));
  assert.equal((await rowOf(buyer, killed)).execute_qty, 0);
  const stop = await buyer.place({
    ...order("buy", "100", "31", { trigger_price: "30" }),
    order_type: "stop_limit_order",
  });
  const partial = await buyer.place(order("buy", "200", "30", { time_in_force: "ioc" }));
  const { execute_qty, order_status } = await rowOf(buyer, partial);
  assert.deepEqual([execute_qty, order_status], [100, "can"]);
  await seller.place(order("sell", "100", "31"));
  assert.equal((await rowOf(buyer, stop)).order_status, "fex");
});

test("money: the push of a trade names its fill, live and replayed", async () => {
  const live = await StreamClient.open(gateway.url, KEY_1);
  await seller.place(order("sell", "200", "40"));
  const orderNo = await buyer.place(order("buy", "300", "40"));
  const isTrade = ({ message: { data } }: Received) => {
    return data?.order_no === orderNo && data.execute_qty > 0;
  };
  const { text, message } = await live.seen("the trade", isTrade);
  live.close();
  const { exec_id, last_qty, last_price, order_status } = message.data ?? {};
  assert.deepEqual([last_qty, last_price, order_status], [200, 40, "pex"]);
  const [fill] = await executionsOf(buyer, `order_no=${orderNo}`);
  assert.deepEqual([fill?.exec_id, fill?.last_qty, fill?.last_price], [exec_id, 200, 40]);
  const before = { after: (message.seq ?? 0) - 1, text };
  assert.equal(await pushAfter(before.after), text);
  pushed = before;
  await buyer.call("DELETE", ORDERS, { order_no: orderNo });
});

test("money: the estimate says what can be sold", async () => {
  const asked = { market: "hkex", symbol: "00700", order_side: "sell", ratio: "1" };
  const { data } = envelope(await seller.call("POST", `${ORDERS}/quantity`, asked));
  const { avail_sell_qty } = await sharesOf(seller);
  assert.deepEqual(data, { qty: avail_sell_qty });
});

test("money: all of it is there after a crash", async () => {
  const seen = async () => [
    await cashOf(buyer),
    await cashOf(seller),
    await sharesOf(buyer),
    await sharesOf(seller),
    await executionsOf(buyer),
    (await buyer.call("GET", "/account/v1/transactions?page_size=100")).text,
    (await seller.call("GET", "/account/v1/transactions?page=2&page_size=3&io_type=out")).text,
  ];
  const earlier = await seen();
  buyer.close();
  seller.close();
  gateway.kill("SIGKILL");
  await gateway.exited;
  gateway = await place.gateway(place.path("data"));
  connect();
  assert.deepEqual(await seen(), earlier);
  assert.ok(pushed !== null, "a trade was pushed before the crash");
  assert.equal(await pushAfter(pushed.after), pushed.text, "the push is the same after a crash");
  const shares = [await sharesOf(buyer), await sharesOf(seller)];
  assert.equal(
    shares.reduce((sum, { qty }) => sum + qty, 0),
    2_000_000,
  );
});

// Public market data of a running gateway: what its routes and its stream tell is what the orders
// of all accounts make, also after a kill in the middle of trading.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Gateway } from "../../packages/gateway/src/gateway.ts";
import { startInProcess } from "./gateway-in-process.ts";
import { Workplace } from "./gateway-process.ts";
import { type DepthAnswer, type Level, MarketClient, marketGet } from "./market-client.ts";
import { KEY_1, KEY_2, SignedClient } from "./signed-client.ts";

const SYMBOL = "00700";
const OPEN = "new,pex";

function order(side: "buy" | "sell", price: number, lots: number): object {
  return {
    market: "hkex",
    order_type: "limit_order",
    symbol: SYMBOL,
    order_side: side,
    price,
    qty: lots * 100,
  };
}

async function start(t: TestContext): Promise<{ gateway: Gateway; clients: SignedClient[] }> {
  const nowMs = Date.now();
  const gateway = await startInProcess(t, { wallMs: nowMs, marketMs: nowMs });
  const clients = [KEY_1, KEY_2].map((key) => new SignedClient(gateway.url, key));
  t.after(() => {
    for (const client of clients) client.close();
  });
  return { gateway, clients };
}

/** The depth that all open orders of these accounts make. */
async function depthOfOrders(clients: readonly SignedClient[]) {
  const totals = { buy: new Map<number, Level>(), sell: new Map<number, Level>() };
  for (const client of clients) {
    for (const row of await client.orders(`symbol=${SYMBOL}`)) {
      if (!OPEN.split(",").includes(row.order_status)) continue;
      const side = totals[row.order_side as "buy" | "sell"];
      const [, qty, count] = side.get(row.price) ?? [row.price, 0, 0];
      side.set(row.price, [row.price, qty + row.outstand_qty, count + 1]);
    }
  }
  return {
    bids: [...totals.buy.values()].sort((a, b) => b[0] - a[0]),
    asks: [...totals.sell.values()].sort((a, b) => a[0] - b[0]),
  };
}

/** Both accounts place orders around one price, each cancels some of its own. */
async function trade(clients: readonly SignedClient[], seed: number, count: number): Promise<void> {
  const placed: [SignedClient, string][] = [];
  for (let index = 0; index < count; index += 1) {
    const draw = (seed * 7919 + index * 104_729) % 9973;
    const client = clients[draw % clients.length];
    assert.ok(client !== undefined);
    const side = draw % 3 === 0 ? "buy" : "sell";
    const price = 420 + (draw % 11) * 0.2 - (side === "buy" ? 0.6 : 0);
    const rounded = Math.round(price * 100) / 100;
    placed.push([client, await client.place(order(side, rounded, 1 + (draw % 4)))]);
    const [owner, orderNo] = placed[draw % placed.length] ?? [];
    if (draw % 4 === 0) await owner?.call("DELETE", "/trade/v1/orders", { order_no: orderNo });
  }
}

test("market data: routes and stream tell what the orders make", async (t) => {
  const { gateway, clients } = await start(t);
  const { url } = gateway;
  const early = await MarketClient.open(url, SYMBOL);
  await trade(clients, 1, 60);
  const late = await MarketClient.open(url, SYMBOL);
  const depth = await marketGet<DepthAnswer>(url, `depth?symbol=${SYMBOL}&levels=50`);
  const made = await depthOfOrders(clients);
  assert.ok(made.bids.length + made.asks.length > 0 && depth.seq > 0);
  assert.deepEqual({ bids: depth.bids, asks: depth.asks }, made);
  for (const client of [early, late]) {
    await client.until("the last change", () => client.seq === depth.seq);
    assert.deepEqual({ bids: client.bids, asks: client.asks }, made);
    client.close();
  }
  const { trades } = await marketGet<{ trades: unknown[] }>(url, `trades?symbol=${SYMBOL}`);
  assert.deepEqual(trades.toReversed(), early.trades);
  const { symbols } = await marketGet<{ symbols: { day_trades: number }[] }>(url, "symbols");
  assert.equal(symbols[0]?.day_trades, early.trades.length);
  const candles = await marketGet<{ candles: { trades: number }[] }>(
    url,
    `candles?symbol=${SYMBOL}&interval=1d`,
  );
  assert.equal(candles.candles[0]?.trades, early.trades.length);
});

test("market data: an execution has the same number for all who see it", async (t) => {
  const { gateway, clients } = await start(t);
  const [maker, taker] = clients;
  const market = await MarketClient.open(gateway.url, SYMBOL);
  await maker?.place(order("sell", 425, 2));
  await taker?.place(order("buy", 425, 1));
  await market.until("the trade", () => market.trades.length === 1);
  const [seen] = market.trades;
  assert.deepEqual([seen?.price, seen?.qty], [425, 100]);
  assert.match(seen?.exec_id ?? "", /^\d+$/);
  market.close();
});

test("market data: unsigned requests are refused as the protocol says", async (t) => {
  const { gateway } = await start(t);
  const ask = async (method: string, target: string) => {
    const response = await fetch(gateway.url + target, { method });
    const text = await response.text();
    const { code, reason } = text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
    return `${response.status} ${code} ${reason}`;
  };
  const rows = [
    ["GET", "/market/v1/depth?symbol=X", "400 11030103 unknown_symbol"],
    ["GET", "/market/v1/depth", "400 11030103 malformed_symbol"],
    ["GET", "/market/v1/trades?symbol=00700&limit=501", "400 11030652 invalid_query_parameter"],
    ["GET", "/market/v1/candles?symbol=00700&interval=2m", "400 11030855 invalid_interval"],
    ["GET", "/market/v1/symbols?x=1", "400 11030650 unknown_query_parameter"],
    ["POST", "/market/v1/symbols", "405 11030060 method_not_allowed"],
    ["HEAD", "/market/v1/symbols", "200 undefined undefined"],
    ["GET", "/market/v1/nothing", "404 11030059 unknown_path"],
    ["GET", "/ws/market/v1", "426 11030751 upgrade_required"],
  ] as const;
  for (const [method, target, answer] of rows) {
    assert.equal(await ask(method, target), answer, `${method} ${target}`);
  }
});

test("market stream: garbage is answered, the book goes on, a stop is announced", async (t) => {
  const { gateway, clients } = await start(t);
  const market = await MarketClient.open(gateway.url, SYMBOL);
  const garbage = ["", "{", "[]", '{"op":"x"}', '{"op":"subscribe","channels":[],"symbols":[]}'];
  const unknown = '{"op":"subscribe","channels":["depth"],"symbols":["X"]}';
  for (const text of [...garbage, unknown]) market.say(text);
  const errors = () => market.messages.filter(({ type }) => type === "error");
  await market.until("all errors", () => errors().length === garbage.length + 1);
  assert.equal(errors().at(-1)?.reason, "unknown_symbol");
  await clients[0]?.place(order("buy", 400, 1));
  await market.until("the order", () => market.bids.length === 1);
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
  assert.match(metrics, /^countermand_market_sessions 1$/m);
  assert.match(metrics, /^countermand_market_messages_total [1-9]/m);
  const stopped = gateway.stop();
  const { code, reason } = await market.closed;
  assert.deepEqual([code, reason], [1012, "shutting_down"]);
  assert.equal(market.messages.at(-1)?.reason, "shutting_down");
  await stopped;
});

test("market data: a kill in the middle of trading loses nothing that was told", async (t) => {
  const place = Workplace.of(t);
  const dataDir = place.path("data");
  const first = await place.gateway(dataDir);
  const before = await MarketClient.open(first.url, SYMBOL);
  const traders = [KEY_1, KEY_2].map((key) => new SignedClient(first.url, key));
  const trading = trade(traders, 3, 10_000).catch(() => undefined);
  await before.until("trades", () => before.trades.length >= 60);
  await first.crash();
  await trading;
  for (const trader of traders) trader.close();

  const second = await place.gateway(dataDir);
  const clients = [KEY_1, KEY_2].map((key) => new SignedClient(second.url, key));
  t.after(() => {
    for (const client of clients) client.close();
  });
  const { url } = second;
  const { trades } = await marketGet<{ trades: unknown[] }>(
    url,
    `trades?symbol=${SYMBOL}&limit=500`,
  );
  const kept = trades.toReversed().slice(0, before.trades.length);
  assert.deepEqual(kept, before.trades);
  const after = await MarketClient.open(url, SYMBOL);
  assert.ok(after.epoch > before.epoch, "the epoch rises at a start");
  assert.deepEqual({ bids: after.bids, asks: after.asks }, await depthOfOrders(clients));
  await trade(clients, 5, 30);
  const depth = await marketGet<DepthAnswer>(url, `depth?symbol=${SYMBOL}&levels=50`);
  await after.until("the last change", () => after.seq === depth.seq);
  assert.deepEqual({ bids: after.bids, asks: after.asks }, await depthOfOrders(clients));
  after.close();
});

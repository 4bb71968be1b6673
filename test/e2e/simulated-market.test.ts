// The sandbox's simulated traders as a newcomer meets them: there is a market to trade in, it
// moves, and nothing of theirs is anybody else's to see.
import assert from "node:assert/strict";
import { test } from "node:test";
import { startInProcess } from "./gateway-in-process.ts";
import { Workplace } from "./gateway-process.ts";
import { type DepthAnswer, MarketClient, marketGet } from "./market-client.ts";
import { envelope, KEY_1, KEY_2, SignedClient } from "./signed-client.ts";

const ON = { COUNTERMAND_SANDBOX_MARKET: "on" };
const SYMBOLS = ["00700", "AAPL", "DODO-USDT", "BTC-USDT"];
/** Quotes of two market makers and what three noise traders may leave, over four symbols. */
const OPEN_ORDERS_MAX = 4 * (2 * 4 + 2 * 4 + 3 + 4 + 5);

test("simulated market: it quotes both sides of every symbol, trades, and fills an order", async (t) => {
  const nowMs = Date.now();
  const gateway = await startInProcess(t, { wallMs: nowMs, marketMs: nowMs }, ON);
  const [mine, other] = [KEY_1, KEY_2].map((key) => new SignedClient(gateway.url, key));
  assert.ok(mine !== undefined && other !== undefined);
  t.after(() => {
    mine.close();
    other.close();
  });
  for (const symbol of SYMBOLS) {
    const market = await MarketClient.open(gateway.url, symbol);
    await market.until("quotes", () => market.bids.length > 0 && market.asks.length > 0);
    assert.ok((market.bids[0]?.[0] ?? 0) < (market.asks[0]?.[0] ?? 0), symbol);
    market.close();
  }
  const market = await MarketClient.open(gateway.url, "00700");
  const { seq } = market;
  await market.until("changes that nobody else made", () => market.seq > seq);
  const buy = { market: "hkex", order_type: "market_order", symbol: "00700", order_side: "buy" };
  const orderNo = await mine.place({ ...buy, qty: 100 });
  await market.until("the fill", () => market.trades.length > 0);
  const rows = await mine.orders();
  assert.deepEqual(
    rows.map(({ order_no, order_status }) => [order_no, order_status]),
    [[orderNo, "fex"]],
  );
  assert.deepEqual(await other.orders(), [], "their orders are nobody's to see");
  const metrics = await (await fetch(`${gateway.url}/metrics`)).text();
  const open = Number(/^countermand_open_orders (\d+)$/m.exec(metrics)?.[1]);
  assert.ok(open > 0 && open <= OPEN_ORDERS_MAX, `${open} open`);
  assert.match(metrics, /^countermand_simulated_commands_total [1-9]/m);
  market.close();
});

test("simulated market: its order cannot be cancelled by another account", async (t) => {
  const nowMs = Date.now();
  const gateway = await startInProcess(t, { wallMs: nowMs, marketMs: nowMs }, ON);
  const market = await MarketClient.open(gateway.url, "00700");
  await market.until("quotes", () => market.bids.length > 0);
  const client = new SignedClient(gateway.url, KEY_1);
  t.after(() => client.close());
  const orderNo = "22000000001";
  const answer = await client.call("DELETE", "/trade/v1/orders", { order_no: orderNo });
  assert.deepEqual([answer.status, envelope(answer).reason], [404, "unknown_order"]);
  market.close();
});

test("simulated market: killed and started again it goes on, and off it stays away", async (t) => {
  const place = Workplace.of(t);
  const dataDir = place.path("data");
  const first = await place.gateway(dataDir, ON);
  const before = await MarketClient.open(first.url, "BTC-USDT");
  await before.until("trades", () => before.trades.length > 0);
  await first.crash();

  const second = await place.gateway(dataDir, ON);
  const after = await MarketClient.open(second.url, "BTC-USDT");
  await after.until("more trades", () => after.trades.length > 0);
  const told = await marketGet<{ trades: { exec_id: string }[] }>(
    second.url,
    "trades?symbol=BTC-USDT&limit=500",
  );
  const numbers = told.trades.map(({ exec_id }) => exec_id);
  for (const { exec_id } of before.trades) assert.ok(numbers.includes(exec_id));
  const metrics = await (await fetch(`${second.url}/metrics`)).text();
  const open = Number(/^countermand_open_orders (\d+)$/m.exec(metrics)?.[1]);
  assert.ok(open <= OPEN_ORDERS_MAX, `${open} open: those of before were adopted`);
  second.kill("SIGTERM");
  assert.deepEqual(await second.exited, { code: 0, signal: null });

  const third = await place.gateway(dataDir);
  const depth = await marketGet<DepthAnswer>(third.url, "depth?symbol=BTC-USDT&levels=50");
  assert.deepEqual([depth.bids, depth.asks], [[], []]);
});

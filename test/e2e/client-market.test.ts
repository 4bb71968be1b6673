// The client library's market stream against a real gateway: through cuts, restarts and slow
// reading its books are the gateway's, and no trade is lost without a word.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  CountermandClient,
  type MarketStream,
  type PlaceRequest,
} from "../../packages/client/src/index.ts";
import { Random } from "./crash/random.ts";
import { behindCutWire } from "./cut-wire.ts";

const LEVELS = 5;
const MARKETS = [
  { market: "hkex", symbol: "00700", lot: 100, middle: 400 },
  { market: "usex", symbol: "AAPL", lot: 1, middle: 200 },
] as const;

function order(random: Random): PlaceRequest {
  const { market, symbol, lot, middle } = MARKETS[random.below(2)] ?? MARKETS[0];
  return {
    market,
    symbol,
    order_type: "limit_order",
    order_side: random.below(2) === 0 ? "buy" : "sell",
    price: `${middle + random.below(9)}`,
    qty: `${lot * (1 + random.below(3))}`,
  };
}

/** Resolves when the stream's book of a symbol is the one that the gateway shows. */
async function inStep(client: CountermandClient, stream: MarketStream, symbol: string) {
  for (;;) {
    const { bids, asks } = await client.depth(symbol, LEVELS);
    const book = stream.book(symbol);
    if (JSON.stringify([bids, asks]) === JSON.stringify([book?.bids, book?.asks])) return;
  }
}

test("client market: through cuts and restarts the books are the gateway's", async (t) => {
  const { restart, wire } = await behindCutWire(t);
  const random = new Random(20_252);
  const clients = ["", "-2"].map((suffix) => {
    const credentials = { apiKey: `demo-key${suffix}`, secret: `demo-secret${suffix}` };
    return new CountermandClient({ baseUrl: wire.url, credentials });
  });
  const [client = assert.fail()] = clients;
  const symbols = MARKETS.map(({ symbol }) => symbol);
  const stream = client.market(symbols, {
    channels: ["depth", "trades", "candles:1d"],
    levels: LEVELS,
    heartbeatSeconds: 1,
    reconnect: { firstMs: 10 },
  });
  t.after(() => stream.close());
  const trades = new Map<string, string[]>(symbols.map((symbol) => [symbol, []]));
  const lastCandles = new Map<string, string>();
  let resetCount = 0;
  const reading = (async () => {
    for await (const event of stream) {
      if (event.type === "trades") {
        trades.get(event.symbol)?.push(...event.trades.map(({ exec_id }) => exec_id));
        if (event.isReset) resetCount += 1;
      }
      if (event.type === "candles") {
        lastCandles.set(event.symbol, event.candles.at(-1)?.qty ?? "0");
      }
      // Reads more slowly than events come.
      if (random.below(4) === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  })();
  for (let step = 1; step <= 160; step += 1) {
    await clients[step % 2]?.place(order(random));
    if (step % 23 === 0) wire.cut();
    if (step % 80 === 0) await restart();
  }
  for (const symbol of symbols) {
    await inStep(client, stream, symbol);
    const newest = (await client.trades(symbol, 500)).trades;
    const expected = newest.map(({ exec_id }) => exec_id).reverse();
    assert.ok(expected.length > 5, "there was something to trade");
    const qty = (await client.candles(symbol, "1d")).candles.at(-1)?.qty;
    while (trades.get(symbol)?.at(-1) !== expected.at(-1) || lastCandles.get(symbol) !== qty) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.deepEqual(trades.get(symbol), expected);
  }
  assert.ok(resetCount <= symbols.length, "never so many at once that some were lost");
  stream.close();
  await reading;
});

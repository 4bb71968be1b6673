/** What the public sees of the events is the exchange's own depth, command by command. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Exchange, MarketPhase } from "@countermand/core/exchange";
import { CANDLE_INTERVALS, MarketData, TradeTape } from "@countermand/core/market-data";
import {
  type Account,
  type OrderId,
  OrdType,
  type Price,
  type Qty,
  REFERENCE_INSTRUMENTS,
  Side,
  TimeInForce,
  type UnixMs,
  type VenueCommand,
} from "@countermand/core/model";
import fc from "fast-check";
import { marketBatchOf, tradePrintOf } from "./exchange-batch.ts";
import { Buy, Sell, TestMarket } from "./market-fixture.ts";

const SYMBOL = "00700";
const AT_MS = 1_746_774_142_000 as UnixMs;
const INSTRUMENT = REFERENCE_INSTRUMENTS.filter(({ symbol }) => symbol === SYMBOL);
const LEVELS = Number.MAX_SAFE_INTEGER;

interface Step {
  readonly kind: "limit" | "market" | "stop" | "cancel" | "replace";
  readonly side: Side;
  readonly ticks: number;
  readonly lots: number;
  readonly account: number;
  readonly index: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom("limit", "limit", "limit", "market", "stop", "cancel", "replace"),
  side: fc.constantFrom(Side.Buy, Side.Sell),
  ticks: fc.integer({ min: 1, max: 12 }),
  lots: fc.integer({ min: 1, max: 6 }),
  account: fc.nat(3),
  index: fc.nat(40),
});

test("exchange batch: depth and trades follow the exchange through any commands", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const exchange = new Exchange(INSTRUMENT);
      const data = new MarketData(INSTRUMENT);
      const tape = new TradeTape(INSTRUMENT);
      let seq = 0;
      for (const [index, each] of steps.entries()) {
        const { events } = exchange.handle(commandOf(each, index));
        const batch = marketBatchOf(events, AT_MS);
        if (batch !== null) data.apply(batch);
        if (batch !== null) seq += 1;
        assert.equal(data.seq(SYMBOL), seq);
        assert.deepEqual(data.depth(SYMBOL, LEVELS), exchange.depth(SYMBOL, LEVELS));
        const last = data.tape.trades(SYMBOL, 1)[0];
        assert.equal(last?.price ?? null, exchange.lastTradePrice(SYMBOL));
        // As a recovery does it, event by event.
        for (const event of events) {
          const print = tradePrintOf(event, AT_MS);
          if (print !== null) tape.apply(print);
        }
      }
      assert.deepEqual(tape.trades(SYMBOL, LEVELS), data.tape.trades(SYMBOL, LEVELS));
      for (const interval of CANDLE_INTERVALS) {
        const told = data.tape.candles(SYMBOL, interval, LEVELS);
        assert.deepEqual(tape.candles(SYMBOL, interval, LEVELS), told);
      }
    }),
    { numRuns: 150 },
  );
});

test("exchange batch: an order that comes in and goes without a trace has none", () => {
  const market = new TestMarket();
  const { events } = market.exchange.handle(commandOf({ ...SOUND, kind: "market" }, 1));
  assert.ok(events.length > 0);
  assert.equal(marketBatchOf(events, AT_MS), null);
});

test("exchange batch: the public sees nothing of odd lots, their trades included", () => {
  const market = new TestMarket();
  const [instrument] = INSTRUMENT;
  assert.ok(instrument?.oddLotQty);
  const orderQty = instrument.oddLotQty;
  for (const [index, side] of [Side.Buy, Side.Sell].entries()) {
    const command = commandOf({ ...SOUND, kind: "limit", side, account: index }, index);
    assert.ok(command.type === "NewOrderSingle");
    const { events, reports } = market.exchange.handle({ ...command, orderQty });
    assert.equal(reports.length, index === 0 ? 1 : 3, "the second one trades");
    assert.equal(marketBatchOf(events, AT_MS), null);
  }
});

test("exchange batch: trades of an auction have no aggressor and one price", () => {
  const market = new TestMarket();
  market.handle({ type: "ChangePhase", symbol: SYMBOL, phase: MarketPhase.Auction });
  market.place(SYMBOL, Buy, 102, 3);
  market.place(SYMBOL, Sell, 100, 2);
  market.place(SYMBOL, Sell, 101, 2);
  market.handle({ type: "Uncross", symbol: SYMBOL, referenceTicks: 0 });
  market.commit();
  const trades = market.hub.data.tape.trades(SYMBOL, 10);
  assert.ok(trades.length > 0);
  assert.equal(new Set(trades.map(({ price }) => price)).size, 1);
  for (const { aggressorSide } of trades) assert.equal(aggressorSide, null);
  assert.deepEqual(market.hub.data.depth(SYMBOL, 5), market.exchange.depth(SYMBOL, 5));
});

const SOUND: Step = { kind: "limit", side: Side.Buy, ticks: 1, lots: 1, account: 0, index: 0 };

function commandOf({ kind, side, ticks, lots, account, index }: Step, no: number): VenueCommand {
  const price = (tickCount: number) => (BigInt(tickCount) * 1_000_000n) as Price;
  const orderQty = (BigInt(lots) * 10_000_000_000n) as Qty;
  const named = { orderId: `${22_000_000_000 + index}` as OrderId, symbol: SYMBOL };
  if (kind === "cancel") return { type: "OrderCancelRequest", ...named };
  if (kind === "replace") {
    // More than has traded, whatever has; the trigger is for stop orders.
    const more = (orderQty + 100_000_000_000n) as Qty;
    const terms = {
      price: price(ticks),
      stopPx: price(ticks),
      protectionPx: price(0),
      orderQty: more,
    };
    return { type: "OrderCancelReplaceRequest", ...named, ...terms };
  }
  const ordTypes = { limit: OrdType.Limit, market: OrdType.Market, stop: OrdType.StopLimit };
  return {
    type: "NewOrderSingle",
    orderId: `${22_000_000_000 + no}` as OrderId,
    account: `account-${account}` as Account,
    symbol: SYMBOL,
    side,
    ordType: ordTypes[kind],
    timeInForce: TimeInForce.Day,
    price: price(kind === "market" ? 0 : ticks),
    stopPx: price(kind === "stop" ? 13 - ticks : 0),
    protectionPx: price(0),
    orderQty,
  };
}

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ASKED_REASONS, CancelReason, OrdType, Side, TimeInForce } from "../model/index.ts";
import { decodeExchangeEvent, encodeExchangeEvent, FIELDS } from "./exchange-codec.ts";
import type { ExchangeEvent, MarketEvent } from "./exchange-event.ts";

type Type = MarketEvent["type"];

const TYPES = Object.keys(FIELDS) as Type[];

test("exchange codec: any event is read as it was written", () => {
  fc.assert(
    fc.property(anyEvent(), (event) => {
      assert.deepEqual(decodeExchangeEvent(encodeExchangeEvent(event)), event);
    }),
  );
});

test("exchange codec: every kind as it is journaled", () => {
  const order = { symbol: "AAPL", orderId: "10000000001", account: "ann", side: "1" };
  const terms = { ordType: "4", timeInForce: "0", ticks: 7, lots: 5 };
  const rest = { restingTicks: 6, restingLots: 2 };
  const sides = { buyOrderId: "1", buyAccount: "ann", sellOrderId: "2", sellAccount: "bob" };
  const left = { buyTicks: 0, buyLeavesLots: 3, sellTicks: 6, sellLeavesLots: 0 };
  const resting = { restingOrderId: "2", restingAccount: "bob", restingLeavesLots: 4 };
  const incoming = { incomingOrderId: "1", incomingAccount: "ann", side: "2" };
  const print = { symbol: "AAPL", ticks: 7, lots: 5 };
  const from = { fromTicks: 8, fromLots: 9, stopTicks: 1, orderLots: 11 };
  const events = [
    { type: "Entered", ...order, ...terms, ...rest },
    { type: "StopEntered", ...order, ...terms, stopTicks: 9, protectionTicks: 8 },
    { type: "Triggered", ...order, ...terms, ...rest },
    { type: "Reduced", ...order, ticks: 7, stopTicks: 0, orderLots: 4, lots: 1 },
    { type: "Replaced", ...order, ...terms, ...rest, ...from },
    { type: "StopReplaced", ...order, ticks: 7, stopTicks: 9, lots: 4, protectionTicks: 8 },
    { type: "Traded", ...print, tradeNo: 3, ...incoming, ...resting },
    { type: "Uncrossed", ...print },
    { type: "AuctionTraded", ...print, tradeNo: 3, ...sides, ...left },
    { type: "Removed", ...order, from: "book", ticks: 7, lots: 5, reason: "expired" },
    { type: "PhaseChanged", symbol: "AAPL", phase: "auction" },
  ] as MarketEvent[];
  assert.deepEqual(events.map(encodeExchangeEvent), [
    '["E","AAPL","10000000001","ann","1","4","0",7,5,6,2]',
    '["W","AAPL","10000000001","ann","1","4","0",7,9,5,8]',
    '["G","AAPL","10000000001","ann","1","4","0",7,5,6,2]',
    '["D","AAPL","10000000001","ann","1",7,0,4,1]',
    '["R","AAPL","10000000001","ann","1","4","0",7,5,6,2,8,9,1,11]',
    '["Y","AAPL","10000000001","ann","1",7,9,4,8]',
    '["T","AAPL",3,"2","1","ann","2","bob",7,5,4]',
    '["U","AAPL",7,5]',
    '["A","AAPL",3,7,5,"1","ann",0,3,"2","bob",6,0]',
    '["X","AAPL","10000000001","ann","1","book",7,5]',
    '["P","AAPL","auction"]',
  ]);
  assert.deepEqual(new Set(events.map(({ type }) => type)), new Set(TYPES));
  for (const event of events) {
    assert.deepEqual(decodeExchangeEvent(encodeExchangeEvent(event)), event);
    const oddLot = { type: "OddLot", symbol: "AAPL", event } as const;
    const payload = encodeExchangeEvent(oddLot);
    assert.equal(payload, `["O",${encodeExchangeEvent(event).slice(1)}`);
    assert.deepEqual(decodeExchangeEvent(payload), oddLot);
  }
});

test("exchange codec: an unknown kind or a missing cell is a bug", () => {
  for (const kind of ["E", "W", "G", "D", "R", "Y", "T", "U", "A", "P", "C", "L", "S", "X"]) {
    assert.throws(() => decodeExchangeEvent(`["${kind}","AAPL"]`), /all its cells/);
  }
  assert.throws(() => decodeExchangeEvent('["O","E","AAPL"]'), /all its cells/);
  assert.throws(() => decodeExchangeEvent('["O","O","E","AAPL"]'), /of a known kind/);
  assert.throws(() => decodeExchangeEvent('["?","AAPL"]'), /of a known kind/);
  assert.throws(() => decodeExchangeEvent("[]"), /inside the array/);
});

function anyEvent(): fc.Arbitrary<ExchangeEvent> {
  const count = fc.nat(Number.MAX_SAFE_INTEGER);
  const text = fc.string({ maxLength: 20 });
  const named: { readonly [field: string]: fc.Arbitrary<unknown> } = {
    side: fc.constantFrom(...Object.values(Side)),
    ordType: fc.constantFrom(...Object.values(OrdType)),
    timeInForce: fc.constantFrom(...Object.values(TimeInForce)),
    from: fc.constantFrom("book", "stops", "incoming"),
    phase: fc.constantFrom("continuous", "auction", "closed"),
  };
  const notTheirs = new Set<CancelReason>([CancelReason.None, ...ASKED_REASONS]);
  notTheirs.delete(CancelReason.Requested);
  const reasons = Object.values(CancelReason).filter((reason) => !notTheirs.has(reason));
  const arbitraryOf = (field: string): fc.Arbitrary<unknown> => {
    const isCount = /lots|ticks|tradeNo/i.test(field);
    return named[field] ?? (isCount ? count : text);
  };
  const eventOf = (type: Type): fc.Arbitrary<MarketEvent> => {
    const fields = FIELDS[type].map((field) => [field, arbitraryOf(field)]);
    const reason = type === "Removed" ? { reason: fc.constantFrom(...reasons) } : {};
    const shape = { type: fc.constant(type), ...Object.fromEntries(fields), ...reason };
    return fc.record(shape, { noNullPrototype: true }) as fc.Arbitrary<MarketEvent>;
  };
  const event = fc.oneof(...TYPES.map(eventOf));
  const oddLot = event.map((each): ExchangeEvent => {
    return { type: "OddLot", symbol: each.symbol, event: each };
  });
  return fc.oneof(event, oddLot);
}

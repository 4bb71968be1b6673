import assert from "node:assert/strict";
import { test } from "node:test";
import { at } from "../assert.ts";
import type { PlaceRequest } from "../model/command.ts";
import { fixed, type Price, type Qty } from "../model/decimal.ts";
import { MarketName, OrdType, TimeInForce } from "../model/enums.ts";
import type { Instrument } from "../model/instrument.ts";
import { REFERENCE_INSTRUMENTS } from "../model/reference-instruments.ts";
import { REFUSAL_NAMES, type Refusal, type RefusalName } from "../model/refusal.ts";
import { ORD_TYPES } from "../order/ord-types.ts";
import { SOUND } from "./desk-fixture.ts";
import { REFERENCE_DESK_RULES } from "./desk-rules.ts";
import { checkedPrice, checkedQty, figuresRefusal, placeRefusal } from "./place-checks.ts";

const ODD_LOTS = instrumentOf("00700");
const TENCENT: Instrument = { ...ODD_LOTS, oddLotQty: null };

type Fault = readonly [RefusalName, Partial<PlaceRequest>, details: string];

/** How to provoke each refusal of a new order, in the order in which they take precedence. */
const FAULTS: readonly Fault[] = [
  [
    "UNKNOWN_SYMBOL",
    { market: MarketName.Crypto },
    "symbol 00700 is not traded on crypto, but on hkex",
  ],
  [
    "ORD_TYPE_UNAVAILABLE",
    { ordType: OrdType.AuctionLimit },
    "this venue does not take this order type",
  ],
  [
    "TIME_IN_FORCE_NOT_TAKEN",
    { ordType: OrdType.EnhancedLimit, timeInForce: TimeInForce.FillOrKill },
    "this order type does not take this time in force",
  ],
  [
    "PRICE_NOT_TAKEN",
    { ordType: OrdType.Market, price: fixed("423.83") },
    "this order type has no price: leave price out or send 0",
  ],
  ["PRICE_NOT_POSITIVE", { price: 0n }, "price must be a decimal greater than 0"],
  ["PRICE_OUT_OF_RANGE", { price: fixed("10000000.01") }, "price must be at most 10000000"],
  ["PRICE_OFF_TICK", { price: fixed("423.831") }, "price must be a multiple of the tick 0.01"],
  [
    "TRIGGER_PRICE_NOT_TAKEN",
    { ordType: OrdType.Limit, stopPx: fixed("400") },
    "only a stop order has a trigger_price: leave it out or send 0",
  ],
  [
    "TRIGGER_PRICE_NOT_POSITIVE",
    { ordType: OrdType.StopLimit, stopPx: null },
    "trigger_price must be a decimal greater than 0",
  ],
  [
    "TRIGGER_PRICE_OUT_OF_RANGE",
    { ordType: OrdType.StopLimit, stopPx: fixed("10000000.01") },
    "trigger_price must be at most 10000000",
  ],
  [
    "TRIGGER_PRICE_OFF_TICK",
    { ordType: OrdType.StopLimit, stopPx: fixed("400.001") },
    "trigger_price must be a multiple of the tick 0.01",
  ],
  ["QTY_ZERO", { orderQty: 0n }, "qty is 0: send a quantity greater than 0"],
  ["QTY_NEGATIVE", { orderQty: fixed("-100") }, "qty must be greater than 0"],
  ["QTY_BELOW_ONE", { orderQty: fixed("0.5") }, "00700 trades in whole units"],
  ["QTY_OFF_LOT", { orderQty: fixed("150") }, "qty must be a multiple of the lot 100"],
  ["QTY_OUT_OF_RANGE", { orderQty: fixed("100000100") }, "qty must be at most 100000000"],
];

test("place checks: each refusal, with what is said about it", () => {
  assert.equal(refusalOf(SOUND, TENCENT), null);
  for (const [refused, change, details] of FAULTS) {
    const refusal = refusalOf({ ...SOUND, ...change }, TENCENT);
    assert.deepEqual([refusal?.refused, refusal?.details], [refused, details]);
  }
});

test("place checks: the refusals of a new order take precedence in REFUSAL_NAMES' order", () => {
  const names = FAULTS.map(([name]) => name);
  const ofPlacing = new Set(names);
  assert.deepEqual(
    names,
    REFUSAL_NAMES.filter((name) => ofPlacing.has(name)),
  );
});

test("place checks: a doubly wrong request gets the earlier refusal", () => {
  for (const [index, [earlier, change]] of FAULTS.entries()) {
    for (const [later, laterChange] of FAULTS.slice(index + 1)) {
      const request = { ...SOUND, ...laterChange, ...change };
      const refusal = refusalOf(request, TENCENT);
      assert.equal(refusal?.refused, earlier, `${earlier} and ${later}`);
    }
  }
});

test("place checks: odd lots, where the market takes them", () => {
  const refused = (text: string, change: Partial<PlaceRequest> = {}) =>
    refusalOf({ ...SOUND, orderQty: fixed(text), ...change }, ODD_LOTS);
  for (const text of ["1", "50", "99", "100", "200"]) assert.equal(refused(text), null, text);
  assert.deepEqual(refused("50.5"), {
    refused: "ODD_LOT_TOO_FINE",
    details: "qty must be a multiple of 1",
    value: "1",
  });
  assert.deepEqual(refused("150"), {
    refused: "ODD_LOT_OUT_OF_RANGE",
    details: "qty must be a multiple of the lot 100, or an odd lot below it",
    value: "100",
  });
  assert.equal(refused("150.5")?.refused, "ODD_LOT_TOO_FINE");
  assert.equal(refused("0.5")?.refused, "QTY_BELOW_ONE");
});

test("place checks: an odd lot is a limit order that may rest", () => {
  const refused = (change: Partial<PlaceRequest>) =>
    refusalOf({ ...SOUND, orderQty: fixed("50"), ...change }, ODD_LOTS);
  assert.equal(refused({ timeInForce: TimeInForce.GoodTillCancel }), null);
  const ordType = {
    refused: "ODD_LOT_ORD_TYPE",
    details: "below the lot 100 only limit orders are taken",
  };
  assert.deepEqual(refused({ ordType: OrdType.EnhancedLimit }), ordType);
  assert.deepEqual(refused({ ordType: OrdType.Market, price: null }), ordType);
  assert.deepEqual(refused({ ordType: OrdType.StopLimit, stopPx: fixed("400") }), ordType);
  assert.deepEqual(
    refused({ ordType: OrdType.StopMarket, price: null, stopPx: fixed("400") }),
    ordType,
  );
  for (const timeInForce of [TimeInForce.ImmediateOrCancel, TimeInForce.FillOrKill]) {
    assert.deepEqual(refused({ timeInForce }), {
      refused: "ODD_LOT_TIME_IN_FORCE",
      details: "below the lot 100 an order is for day or gtc",
    });
    assert.equal(refused({ timeInForce, orderQty: fixed("100") }), null);
  }
  // Of two faults the order type comes first, and after those of the quantity itself.
  const both = { ordType: OrdType.Market, price: null, timeInForce: TimeInForce.ImmediateOrCancel };
  assert.deepEqual(refused(both), ordType);
  assert.equal(refused({ ...both, orderQty: fixed("150") })?.refused, "ODD_LOT_OUT_OF_RANGE");
});

test("place checks: one value with two faults is refused for the first of them", () => {
  const table: readonly (readonly [RefusalName, Partial<PlaceRequest>])[] = [
    ["PRICE_OUT_OF_RANGE", { price: fixed("10000000.001") }],
    ["PRICE_NOT_POSITIVE", { price: fixed("-0.001") }],
    ["QTY_NEGATIVE", { orderQty: fixed("-0.5") }],
    ["QTY_NEGATIVE", { orderQty: fixed("-150") }],
    ["QTY_BELOW_ONE", { orderQty: fixed("0.00000001") }],
    ["QTY_OFF_LOT", { orderQty: fixed("1.5") }],
    ["QTY_OFF_LOT", { orderQty: fixed("100000001") }],
  ];
  for (const [refused, change] of table) {
    assert.equal(refusalOf({ ...SOUND, ...change }, TENCENT)?.refused, refused);
  }
});

test("place checks: both ends of each range are inside it", () => {
  const table: readonly Partial<PlaceRequest>[] = [
    { price: TENCENT.priceTick },
    { price: TENCENT.priceMax },
    { orderQty: TENCENT.lotQty },
    { orderQty: TENCENT.orderQtyMax },
  ];
  for (const change of table) assert.equal(refusalOf({ ...SOUND, ...change }, TENCENT), null);
});

test("place checks: which figures and which times in force each order type takes", () => {
  const rows = Object.entries(OrdType).map(([name, ordType]) => {
    const price = ORD_TYPES[ordType].priced ? SOUND.price : null;
    const stopPx = ORD_TYPES[ordType].stop ? SOUND.price : null;
    const request = { ...SOUND, ordType, price, stopPx };
    assert.equal(refusalOf(request, TENCENT, ordType), null, name);
    const flipped = [
      { ...request, price: price === null ? SOUND.price : null },
      { ...request, stopPx: stopPx === null ? SOUND.price : null },
    ].map((each) => refusalOf(each, TENCENT, ordType)?.refused);
    const taken = Object.entries(TimeInForce).filter(
      ([, timeInForce]) => refusalOf({ ...request, timeInForce }, TENCENT, ordType) === null,
    );
    return `${name}: ${[...flipped, ...taken.map(([word]) => word)].join(" ")}`;
  });
  assert.deepEqual(rows, [
    "Market: PRICE_NOT_TAKEN TRIGGER_PRICE_NOT_TAKEN Day ImmediateOrCancel FillOrKill",
    "Limit: PRICE_NOT_POSITIVE TRIGGER_PRICE_NOT_TAKEN Day GoodTillCancel ImmediateOrCancel" +
      " FillOrKill",
    "StopMarket: PRICE_NOT_TAKEN TRIGGER_PRICE_NOT_POSITIVE Day GoodTillCancel",
    "StopLimit: PRICE_NOT_POSITIVE TRIGGER_PRICE_NOT_POSITIVE Day GoodTillCancel",
    "EnhancedLimit: PRICE_NOT_POSITIVE TRIGGER_PRICE_NOT_TAKEN Day GoodTillCancel" +
      " ImmediateOrCancel",
    "Auction: PRICE_NOT_TAKEN TRIGGER_PRICE_NOT_TAKEN Day",
    "AuctionLimit: PRICE_NOT_POSITIVE TRIGGER_PRICE_NOT_TAKEN Day",
  ]);
  assert.deepEqual(new Set(Object.keys(ORD_TYPES)), new Set(Object.values(OrdType)));
});

test("place checks: the reference profile takes all but auction orders", () => {
  const taken = Object.values(OrdType).filter((each) => REFERENCE_DESK_RULES.ordTypes.has(each));
  assert.deepEqual(taken, ["1", "2", "3", "4", "E"]);
});

test("place checks: an open order's new figures are asked the same", () => {
  for (const [refused, change] of FAULTS.slice(3)) {
    assert.equal(figuresRefusal({ ...SOUND, ...change }, TENCENT)?.refused, refused);
  }
});

test("place checks: an instrument trades under each of its market names and no other", () => {
  for (const instrument of REFERENCE_INSTRUMENTS) {
    for (const market of Object.values(MarketName)) {
      const { symbol, lotQty } = instrument;
      const request = { ...SOUND, market, symbol, price: fixed("1"), orderQty: lotQty };
      const refusal = refusalOf(request, instrument);
      const isListed = instrument.markets.includes(market);
      assert.equal(
        refusal?.refused,
        isListed ? undefined : "UNKNOWN_SYMBOL",
        `${symbol} ${market}`,
      );
    }
  }
});

test("place checks: a market that a symbol has two names of is told by both", () => {
  const apple = instrumentOf("AAPL");
  assert.deepEqual(refusalOf({ ...SOUND, symbol: "AAPL" }, apple), {
    refused: "UNKNOWN_SYMBOL",
    details: "symbol AAPL is not traded on hkex, but on usex, nasdaq",
    markets: ["usex", "nasdaq"],
  });
});

test("place checks: a symbol nobody has heard of is named in the refusal", () => {
  assert.deepEqual(refusalOf({ ...SOUND, symbol: "700" }, undefined), {
    refused: "UNKNOWN_SYMBOL",
    details: "symbol 700 is not traded on any market",
  });
});

test("place checks: divisible quantities may be below one", () => {
  const coin = instrumentOf("BTC-USDT");
  const request = { ...SOUND, market: MarketName.Crypto, symbol: coin.symbol, price: fixed("1") };
  const refused = (text: string) => refusalOf({ ...request, orderQty: fixed(text) }, coin);
  assert.equal(refused("0.000001"), null);
  assert.equal(refused("0.5"), null);
  assert.equal(refused("0.0000001")?.details, "qty must be a multiple of the lot 0.000001");
});

test("place checks: the checked price of an order type without one is zero", () => {
  assert.equal(checkedPrice(null), 0n as Price);
  assert.equal(checkedPrice(SOUND.price), fixed("423.83") as Price);
  assert.equal(checkedQty(SOUND), fixed("1000") as Qty);
});

function refusalOf(
  request: PlaceRequest,
  instrument: Instrument | undefined,
  ordType?: OrdType,
): Refusal | null {
  const { ordTypes } = REFERENCE_DESK_RULES;
  const taken = ordType === undefined ? ordTypes : new Set([ordType]);
  return placeRefusal(request, instrument, taken);
}

function instrumentOf(symbol: string): Instrument {
  const index = REFERENCE_INSTRUMENTS.findIndex((each) => each.symbol === symbol);
  return at(REFERENCE_INSTRUMENTS, index);
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { at } from "../assert.ts";
import type { PlaceRequest } from "../model/command.ts";
import { type Price, parseDecimal, type Qty } from "../model/decimal.ts";
import { MarketName, OrdType, Side } from "../model/enums.ts";
import { NO_CL_ORD_ID } from "../model/ids.ts";
import type { Instrument } from "../model/instrument.ts";
import { REFERENCE_INSTRUMENTS } from "../model/reference-instruments.ts";
import { REFUSAL_NAMES, type RefusalName } from "../model/refusal.ts";
import { checkedPrice, checkedQty, ORD_TYPES, placeRefusal } from "./place-checks.ts";

const TENCENT = instrumentOf("00700");

const SOUND: PlaceRequest = {
  market: MarketName.Hkex,
  symbol: "00700",
  ordType: OrdType.Limit,
  side: Side.Buy,
  orderQty: units("1000"),
  price: units("423.83"),
  stopPx: null,
  clOrdId: NO_CL_ORD_ID,
  portfolioId: "",
};

/** How to provoke each refusal of a new order, in the order in which they take precedence. */
const FAULTS: readonly (readonly [RefusalName, Partial<PlaceRequest>, details: string])[] = [
  ["UNKNOWN_SYMBOL", { market: MarketName.Crypto }, "symbol 00700 is not traded on this market"],
  [
    "ORD_TYPE_UNAVAILABLE",
    { ordType: OrdType.StopLimit },
    "stop orders are not available on this venue",
  ],
  [
    "PRICE_NOT_TAKEN",
    { ordType: OrdType.Market, price: units("423.83") },
    "this order type has no price: leave price out or send 0",
  ],
  ["PRICE_NOT_POSITIVE", { price: 0n }, "price must be a decimal greater than 0"],
  ["PRICE_OUT_OF_RANGE", { price: units("10000000.01") }, "price must be at most 10000000"],
  ["PRICE_OFF_TICK", { price: units("423.831") }, "price must be a multiple of the tick 0.01"],
  ["QTY_ZERO", { orderQty: 0n }, "qty is 0: send a quantity greater than 0"],
  ["QTY_NEGATIVE", { orderQty: units("-100") }, "qty must be greater than 0"],
  ["QTY_BELOW_ONE", { orderQty: units("0.5") }, "00700 trades in whole units"],
  ["QTY_OFF_LOT", { orderQty: units("150") }, "qty must be a multiple of the lot 100"],
  ["QTY_OUT_OF_RANGE", { orderQty: units("100000100") }, "qty must be at most 100000000"],
];

test("place checks: each refusal, with what is said about it", () => {
  assert.equal(placeRefusal(SOUND, TENCENT), null);
  for (const [refused, change, details] of FAULTS) {
    assert.deepEqual(placeRefusal({ ...SOUND, ...change }, TENCENT), { refused, details });
  }
});

test("place checks: each refusal of a new order is provoked, in REFUSAL_NAMES' order", () => {
  const names = FAULTS.map(([name]) => name);
  assert.deepEqual(names, REFUSAL_NAMES.slice(0, FAULTS.length));
  const { length } = FAULTS;
  const ofCancels: readonly RefusalName[] = [
    "UNKNOWN_ORDER",
    "AMBIGUOUS_REFERENCE",
    "TOO_LATE_FILLED",
    "REJECTED_ORDER",
  ];
  assert.deepEqual(REFUSAL_NAMES.slice(length), ofCancels);
});

test("place checks: a doubly wrong request gets the earlier refusal", () => {
  for (const [index, [earlier, change]] of FAULTS.entries()) {
    for (const [later, laterChange] of FAULTS.slice(index + 1)) {
      const request = { ...SOUND, ...laterChange, ...change };
      const refusal = placeRefusal(request, TENCENT);
      assert.equal(refusal?.refused, earlier, `${earlier} and ${later}`);
    }
  }
});

test("place checks: one value with two faults is refused for the first of them", () => {
  const table: readonly (readonly [RefusalName, Partial<PlaceRequest>])[] = [
    ["PRICE_OUT_OF_RANGE", { price: units("10000000.001") }],
    ["PRICE_NOT_POSITIVE", { price: units("-0.001") }],
    ["QTY_NEGATIVE", { orderQty: units("-0.5") }],
    ["QTY_NEGATIVE", { orderQty: units("-150") }],
    ["QTY_BELOW_ONE", { orderQty: units("0.00000001") }],
    ["QTY_OFF_LOT", { orderQty: units("1.5") }],
    ["QTY_OFF_LOT", { orderQty: units("100000001") }],
  ];
  for (const [refused, change] of table) {
    assert.equal(placeRefusal({ ...SOUND, ...change }, TENCENT)?.refused, refused);
  }
});

test("place checks: both ends of each range are inside it", () => {
  const table: readonly Partial<PlaceRequest>[] = [
    { price: TENCENT.priceTick },
    { price: TENCENT.priceMax },
    { orderQty: TENCENT.lotQty },
    { orderQty: TENCENT.orderQtyMax },
  ];
  for (const change of table) assert.equal(placeRefusal({ ...SOUND, ...change }, TENCENT), null);
});

test("place checks: which order types there are, and which have a price", () => {
  const rows = Object.entries(OrdType).map(([name, ordType]) => {
    const priced = placeRefusal({ ...SOUND, ordType }, TENCENT)?.refused ?? "taken";
    const unpriced = placeRefusal({ ...SOUND, ordType, price: null }, TENCENT)?.refused ?? "taken";
    return `${name}: ${priced}, without price ${unpriced}`;
  });
  assert.deepEqual(rows, [
    "Market: PRICE_NOT_TAKEN, without price taken",
    "Limit: taken, without price PRICE_NOT_POSITIVE",
    "StopMarket: ORD_TYPE_UNAVAILABLE, without price ORD_TYPE_UNAVAILABLE",
    "StopLimit: ORD_TYPE_UNAVAILABLE, without price ORD_TYPE_UNAVAILABLE",
    "EnhancedLimit: taken, without price PRICE_NOT_POSITIVE",
  ]);
  assert.deepEqual(new Set(Object.keys(ORD_TYPES)), new Set(Object.values(OrdType)));
});

test("place checks: an instrument trades under each of its market names and no other", () => {
  for (const instrument of REFERENCE_INSTRUMENTS) {
    for (const market of Object.values(MarketName)) {
      const { symbol, lotQty } = instrument;
      const request = { ...SOUND, market, symbol, price: units("1"), orderQty: lotQty };
      const refusal = placeRefusal(request, instrument);
      const isListed = instrument.markets.includes(market);
      assert.equal(
        refusal?.refused,
        isListed ? undefined : "UNKNOWN_SYMBOL",
        `${symbol} ${market}`,
      );
    }
  }
});

test("place checks: a symbol nobody has heard of is named in the refusal", () => {
  assert.deepEqual(placeRefusal({ ...SOUND, symbol: "700" }, undefined), {
    refused: "UNKNOWN_SYMBOL",
    details: "symbol 700 is not traded on this market",
  });
});

test("place checks: divisible quantities may be below one", () => {
  const coin = instrumentOf("BTC-USDT");
  const request = { ...SOUND, market: MarketName.Crypto, symbol: coin.symbol, price: units("1") };
  const refused = (text: string) => placeRefusal({ ...request, orderQty: units(text) }, coin);
  assert.equal(refused("0.000001"), null);
  assert.equal(refused("0.5"), null);
  assert.equal(refused("0.0000001")?.details, "qty must be a multiple of the lot 0.000001");
});

test("place checks: the checked price of an order type without one is zero", () => {
  assert.equal(checkedPrice({ ...SOUND, price: null }), 0n as Price);
  assert.equal(checkedPrice(SOUND), units("423.83") as Price);
  assert.equal(checkedQty(SOUND), units("1000") as Qty);
});

function instrumentOf(symbol: string): Instrument {
  const index = REFERENCE_INSTRUMENTS.findIndex((each) => each.symbol === symbol);
  return at(REFERENCE_INSTRUMENTS, index);
}

function units(text: string): bigint {
  const read = parseDecimal(text);
  assert.ok(typeof read === "bigint", text);
  return read;
}

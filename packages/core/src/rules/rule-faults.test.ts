import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { at } from "../assert.ts";
import { fixed, type Price, type Qty } from "../model/decimal.ts";
import { MarketName, OrdType, Side, TimeInForce } from "../model/enums.ts";
import type { UnixMs } from "../model/ids.ts";
import type { Instrument } from "../model/instrument.ts";
import { REFERENCE_INSTRUMENTS } from "../model/reference-instruments.ts";
import { RULE_REFUSAL_NAMES } from "../model/refusal.ts";
import { extendedCalendar, settlementDay } from "./calendar.ts";
import { HKEX_CALENDAR } from "./markets/hkex.ts";
import type { MarketFacts } from "./price-limits.ts";
import { type MarketRules, RULE_PROFILE_NAMES, ruleProfile } from "./profiles.ts";
import {
  type AmendedOrder,
  type AmendedTerms,
  amendRuleFault,
  cancelRuleFault,
  type PlacedTerms,
  placeRuleFault,
  type RuleRefusalName,
} from "./rule-faults.ts";
import { marketDay } from "./sessions.ts";
import { formatDay } from "./time/civil.ts";

const STRICT = ruleProfile("strict", { seed: 3 }).markets;
const REFERENCE = ruleProfile("reference", { seed: 3 }).markets;
const TENCENT = at(REFERENCE_INSTRUMENTS, 0);
const APPLE = at(REFERENCE_INSTRUMENTS, 1);
const COIN = at(REFERENCE_INSTRUMENTS, 3);

const TRADING = "2025-08-04 10:00:00";
const FACTS: MarketFacts = {
  bestBid: price("423.8"),
  bestAsk: price("424"),
  lastPrice: price("424"),
  previousClose: price("420"),
};
const SOUND: PlacedTerms = {
  ordType: OrdType.Limit,
  side: Side.Buy,
  timeInForce: TimeInForce.Day,
  orderQty: fixed("1000"),
  price: fixed("423.8"),
  stopPx: null,
};
const MANY: Partial<AmendedOrder> = { orderQty: fixed("300100") as Qty };
const RESTING: AmendedOrder = {
  orderQty: fixed("1000") as Qty,
  ordType: OrdType.Limit,
  side: Side.Buy,
  price: price("423.8"),
  stopPx: 0n as Price,
  triggered: false,
};
const UNCHANGED: AmendedTerms = { price: null, stopPx: null, orderQty: null };

type PlaceRow = readonly [
  refused: RuleRefusalName,
  change: Partial<PlacedTerms>,
  local: string,
  details: string,
];

/** How to provoke each refusal of a new order, in the order in which they take precedence. */
const PLACE_FAULTS: readonly PlaceRow[] = [
  [
    "MARKET_CLOSED",
    {},
    "2025-08-04 12:15:00",
    "no new orders at 12:15:00, session lunch_no_cancellation: taken again from " +
      "2025-08-04 13:00:00 +08:00 Hong Kong (Unix 1754283600)",
  ],
  [
    "ORD_TYPE_NOT_IN_SESSION",
    { ordType: OrdType.Auction, price: null },
    TRADING,
    "session continuous does not take this order type: taken from " +
      "2025-08-04 16:01:00 +08:00 Hong Kong (Unix 1754294460)",
  ],
  [
    "TIME_IN_FORCE_NOT_IN_SESSION",
    { timeInForce: TimeInForce.FillOrKill },
    "2025-08-04 09:05:00",
    "session order_input does not take this time in force: taken from " +
      "2025-08-04 09:30:00 +08:00 Hong Kong (Unix 1754271000)",
  ],
  [
    "PRICE_OUT_OF_RANGE",
    { price: fixed("10000") },
    TRADING,
    "price must be 0.01 to 9995 on this market",
  ],
  [
    "PRICE_OFF_SPREAD",
    { price: fixed("423.83") },
    TRADING,
    "price must be a multiple of the spread 0.2 at 423.83",
  ],
  [
    "TRIGGER_PRICE_OUT_OF_RANGE",
    { ordType: OrdType.StopLimit, stopPx: fixed("0.005") },
    TRADING,
    "trigger price must be 0.01 to 9995 on this market",
  ],
  [
    "TRIGGER_PRICE_OFF_SPREAD",
    { ordType: OrdType.StopLimit, stopPx: fixed("430.1") },
    TRADING,
    "trigger price must be a multiple of the spread 0.2 at 430.1",
  ],
  [
    "PRICE_BEYOND_SPREADS",
    { price: fixed("424.2") },
    TRADING,
    "price must be 407 to 424 as the market stands",
  ],
  [
    "PRICE_BEYOND_AUCTION_LIMIT",
    { ordType: OrdType.AuctionLimit, price: fixed("484") },
    "2025-08-04 09:05:00",
    "price must be 357 to 483 as the market stands",
  ],
  [
    "TOO_MANY_LOTS",
    { orderQty: fixed("300100") },
    TRADING,
    "qty must be at most 3000 board lots, which is 300000",
  ],
];

test("rule faults: each refusal of a new order, with what is said about it", () => {
  assert.equal(placed({}, TRADING), null);
  for (const [refused, change, local, details] of PLACE_FAULTS) {
    const fault = placed(change, local);
    assert.deepEqual([fault?.refused, fault?.details], [refused, details]);
  }
});

test("rule faults: every name is provoked", () => {
  const names: readonly RuleRefusalName[] = RULE_REFUSAL_NAMES;
  const provoked = new Set(PLACE_FAULTS.map(([name]) => name));
  const unprovoked = names.filter((name) => !provoked.has(name));
  // By an amend and a cancel: see below.
  assert.deepEqual(unprovoked, ["WINDOW_CLOSED_AMEND", "WINDOW_CLOSED_CANCEL"]);
});

test("rule faults: mending a thoroughly wrong order shows the order of the checks", () => {
  const wrong: Partial<PlacedTerms> = {
    ordType: OrdType.StopLimit,
    timeInForce: TimeInForce.FillOrKill,
    price: fixed("10000"),
    stopPx: fixed("430.1"),
    orderQty: fixed("300100"),
  };
  const steps: readonly (readonly [RuleRefusalName | null, Partial<PlacedTerms>, local: string])[] =
    [
      ["MARKET_CLOSED", {}, "2025-08-04 12:15:00"],
      ["ORD_TYPE_NOT_IN_SESSION", {}, "2025-08-04 09:05:00"],
      ["TIME_IN_FORCE_NOT_IN_SESSION", { ordType: OrdType.AuctionLimit }, "2025-08-04 09:05:00"],
      ["PRICE_OUT_OF_RANGE", { timeInForce: TimeInForce.Day }, "2025-08-04 09:05:00"],
      ["PRICE_OFF_SPREAD", { price: fixed("500.1") }, "2025-08-04 09:05:00"],
      ["TRIGGER_PRICE_OFF_SPREAD", { price: fixed("484") }, "2025-08-04 09:05:00"],
      ["PRICE_BEYOND_AUCTION_LIMIT", { stopPx: null }, "2025-08-04 09:05:00"],
      ["PRICE_BEYOND_SPREADS", { ordType: OrdType.Limit }, TRADING],
      ["TOO_MANY_LOTS", { price: fixed("420") }, TRADING],
      [null, { orderQty: fixed("300000") }, TRADING],
    ];
  let request = wrong;
  for (const [refused, mended, local] of steps) {
    request = { ...request, ...mended };
    assert.equal(placed(request, local)?.refused ?? null, refused);
  }
});

test("rule faults: a fault that time mends says when, any other says null", () => {
  const mended = new Set([
    "MARKET_CLOSED",
    "ORD_TYPE_NOT_IN_SESSION",
    "TIME_IN_FORCE_NOT_IN_SESSION",
  ]);
  for (const [refused, change, local] of PLACE_FAULTS) {
    const fault = placed(change, local);
    assert.ok(fault !== null);
    assert.equal(fault.reopensAtMs !== null, mended.has(refused), refused);
    if (fault.reopensAtMs === null) continue;
    const { reopensAtMs } = fault;
    const later = placeRuleFault(STRICT.hkex, { ...SOUND, ...change }, TENCENT, FACTS, reopensAtMs);
    assert.notEqual(later?.refused, refused);
  }
});

test("rule faults: a cancel in a closed window is told when the window ends", () => {
  const rows: readonly (readonly [local: string, details: string | null])[] = [
    ["2025-08-04 09:14:59", null],
    [
      "2025-08-04 09:17:00",
      "no cancels at 09:17:00, session no_cancellation: taken again from " +
        "2025-08-04 09:30:00 +08:00 Hong Kong (Unix 1754271000)",
    ],
    ["2025-08-04 09:30:00", null],
    [
      "2025-08-04 12:29:59",
      "no cancels at 12:29:59, session lunch_no_cancellation: taken again from " +
        "2025-08-04 12:30:00 +08:00 Hong Kong (Unix 1754281800)",
    ],
    ["2025-08-04 12:30:00", null],
    ["2025-08-04 16:10:00", null],
    ["2025-08-09 10:00:00", null],
  ];
  for (const [local, details] of rows) {
    const fault = cancelRuleFault(STRICT.hkex, moment(local));
    assert.equal(fault?.details ?? null, details, local);
    if (fault !== null) assert.equal(fault.refused, "WINDOW_CLOSED_CANCEL");
  }
  const fault = cancelRuleFault(STRICT.hkex, moment("2025-08-04 09:17:00"));
  assert.equal(fault?.reopensAtMs, moment("2025-08-04 09:30:00"));
});

test("rule faults: what an amend changes is held against the rules, what it keeps is not", () => {
  const rows: readonly (readonly [
    RuleRefusalName | null,
    Partial<AmendedOrder>,
    Partial<AmendedTerms>,
    local: string,
  ])[] = [
    [null, {}, {}, TRADING],
    [null, {}, { orderQty: fixed("300000") }, TRADING],
    ["TOO_MANY_LOTS", {}, { orderQty: fixed("300100") }, TRADING],
    // It was within the bound while the lot was larger.
    [null, MANY, { price: fixed("424"), orderQty: fixed("300100") }, TRADING],
    ["TOO_MANY_LOTS", MANY, { orderQty: fixed("300200") }, TRADING],
    [null, {}, { price: fixed("424") }, TRADING],
    ["PRICE_BEYOND_SPREADS", {}, { price: fixed("424.2") }, TRADING],
    ["PRICE_BEYOND_SPREADS", {}, { price: fixed("406.8") }, TRADING],
    ["PRICE_OFF_SPREAD", {}, { price: fixed("423.9") }, TRADING],
    ["PRICE_OUT_OF_RANGE", {}, { price: fixed("10000") }, TRADING],
    ["WINDOW_CLOSED_AMEND", {}, { price: fixed("424") }, "2025-08-04 09:17:00"],
    ["WINDOW_CLOSED_AMEND", {}, { price: fixed("424") }, "2025-08-04 12:45:00"],
    ["WINDOW_CLOSED_AMEND", {}, { orderQty: fixed("100") }, "2025-08-09 10:00:00"],
    ["PRICE_BEYOND_AUCTION_LIMIT", {}, { price: fixed("484") }, "2025-08-04 09:05:00"],
    // A price that an older table allowed may stay, also when the amend repeats it.
    [null, { price: price("20.05") }, { orderQty: fixed("100") }, TRADING],
    [null, { price: price("423.9") }, { price: fixed("423.9") }, TRADING],
    [
      null,
      { ordType: OrdType.StopLimit, stopPx: price("450.1") },
      { stopPx: fixed("450.1"), orderQty: fixed("100") },
      TRADING,
    ],
    // A stop order that waits is not in the market yet; a triggered one is.
    [null, { ordType: OrdType.StopLimit, stopPx: price("450") }, { price: fixed("450") }, TRADING],
    [
      "PRICE_BEYOND_SPREADS",
      { ordType: OrdType.StopLimit, stopPx: price("420"), triggered: true },
      { price: fixed("450") },
      TRADING,
    ],
    [
      "TRIGGER_PRICE_OFF_SPREAD",
      { ordType: OrdType.StopLimit, stopPx: price("450") },
      { stopPx: fixed("450.1") },
      TRADING,
    ],
    [
      "TRIGGER_PRICE_OUT_OF_RANGE",
      { ordType: OrdType.StopLimit, stopPx: price("450") },
      { stopPx: fixed("10000") },
      TRADING,
    ],
  ];
  for (const [refused, order, change, local] of rows) {
    const fault = amendRuleFault(
      STRICT.hkex,
      { ...RESTING, ...order },
      { ...UNCHANGED, ...change },
      TENCENT,
      FACTS,
      moment(local),
    );
    assert.equal(
      fault?.refused ?? null,
      refused,
      `${JSON.stringify(Object.keys(change))} ${local}`,
    );
  }
});

test("rule faults: an enhanced limit order goes nine spreads through the market", () => {
  const enhanced = (text: string) =>
    placed({ ordType: OrdType.EnhancedLimit, price: fixed(text) }, TRADING)?.refused ?? null;
  assert.equal(enhanced("425.8"), null);
  assert.equal(enhanced("426"), "PRICE_BEYOND_SPREADS");
});

test("rule faults: a stop order's limit price waits for its trigger", () => {
  const stop = { ordType: OrdType.StopLimit, price: fixed("450"), stopPx: fixed("448") };
  assert.equal(placed(stop, TRADING), null);
});

test("rule faults: a stop order that the last price has reached is in the market with its price", () => {
  const buy = { ordType: OrdType.StopLimit, price: fixed("450"), stopPx: fixed("424") };
  assert.equal(placed(buy, TRADING)?.refused, "PRICE_BEYOND_SPREADS");
  assert.equal(placed({ ...buy, price: fixed("424") }, TRADING), null);
  assert.equal(placed({ ...buy, stopPx: fixed("424.2") }, TRADING), null);
  const sell = { ...buy, side: Side.Sell, price: fixed("400") };
  assert.equal(placed(sell, TRADING)?.refused, "PRICE_BEYOND_SPREADS");
  assert.equal(placed({ ...sell, stopPx: fixed("423.8") }, TRADING), null);
  const market = { ordType: OrdType.StopMarket, price: null, stopPx: fixed("424") };
  assert.equal(placed(market, TRADING), null);
});

test("rule faults: an amend that brings a stop order in holds it to the limits", () => {
  const waiting = { ...RESTING, ordType: OrdType.StopLimit, price: price("450") };
  const order = { ...waiting, stopPx: price("448") };
  const amended = (change: Partial<AmendedTerms>, of: AmendedOrder = order, local = TRADING) => {
    const terms = { ...UNCHANGED, ...change };
    return amendRuleFault(STRICT.hkex, of, terms, TENCENT, FACTS, moment(local))?.refused ?? null;
  };
  assert.equal(amended({ stopPx: fixed("424") }), "PRICE_BEYOND_SPREADS");
  assert.equal(amended({ stopPx: fixed("424.2") }), null);
  assert.equal(amended({ stopPx: fixed("424"), price: fixed("424") }), null);
  // In an auction nothing is triggered.
  assert.equal(amended({ stopPx: fixed("424") }, order, "2025-08-04 16:02:00"), null);
  const market = { ...order, ordType: OrdType.StopMarket, price: 0n as Price };
  assert.equal(amended({ stopPx: fixed("424") }, market), null);
});

test("rule faults: types that a market never takes are unavailable at any time", () => {
  for (const ordType of [OrdType.Auction, OrdType.AuctionLimit, OrdType.EnhancedLimit]) {
    const request = { ...SOUND, ordType };
    for (const [rules, instrument] of [
      [STRICT.usex, APPLE],
      [STRICT.crypto, COIN],
    ] as const) {
      const fault = placeRuleFault(rules, request, instrument, FACTS, moment(TRADING));
      assert.equal(fault?.refused, "ORD_TYPE_UNAVAILABLE");
    }
  }
});

test("rule faults: United States shares trade in regular hours, on their own spreads", () => {
  const rows: readonly (readonly [RuleRefusalName | null, utc: string, price: string])[] = [
    [null, "2025-08-04T13:30:00Z", "190.01"],
    ["MARKET_CLOSED", "2025-08-04T13:29:59Z", "190.01"],
    ["MARKET_CLOSED", "2025-08-04T20:00:00Z", "190.01"],
    ["PRICE_OFF_SPREAD", "2025-08-04T14:00:00Z", "190.005"],
    [null, "2025-08-04T14:00:00Z", "0.9999"],
  ];
  for (const [refused, utc, text] of rows) {
    const request = { ...SOUND, price: fixed(text) };
    const atMs = Date.parse(utc) as UnixMs;
    const fault = placeRuleFault(STRICT.usex, request, APPLE, FACTS, atMs);
    assert.equal(fault?.refused ?? null, refused, `${utc} ${text}`);
    assert.equal(cancelRuleFault(STRICT.usex, atMs), null);
  }
});

test("profiles: the reference rules take the reference page's order at any time", () => {
  const moments = fc.integer({ min: 0, max: Date.UTC(2037, 11, 31) });
  const markets = fc.constantFrom(...Object.values(MarketName));
  const types = fc.constantFrom(
    OrdType.Limit,
    OrdType.EnhancedLimit,
    OrdType.Market,
    OrdType.StopLimit,
    OrdType.StopMarket,
  );
  const times = fc.constantFrom(...Object.values(TimeInForce));
  fc.assert(
    fc.property(moments, markets, types, times, (number, market, ordType, timeInForce) => {
      const atMs = number as UnixMs;
      const rules = REFERENCE[market];
      const request: PlacedTerms = {
        ...SOUND,
        ordType,
        timeInForce,
        price: fixed("423.83"),
        orderQty: TENCENT.orderQtyMax,
      };
      assert.equal(placeRuleFault(rules, request, TENCENT, FACTS, atMs), null);
      const change = { ...UNCHANGED, price: fixed("0.01") };
      assert.equal(amendRuleFault(rules, RESTING, change, TENCENT, FACTS, atMs), null);
      assert.equal(cancelRuleFault(rules, atMs), null);
      assert.equal(rules.dayOrdersExpire, false);
    }),
  );
});

test("profiles: the reference rules have no auctions", () => {
  for (const ordType of [OrdType.Auction, OrdType.AuctionLimit]) {
    const request = { ...SOUND, ordType };
    const fault = placeRuleFault(REFERENCE.hkex, request, TENCENT, FACTS, moment(TRADING));
    assert.equal(fault?.refused, "ORD_TYPE_UNAVAILABLE");
  }
});

test("profiles: each has rules for every market, and nasdaq is usex", () => {
  assert.deepEqual(RULE_PROFILE_NAMES, ["reference", "strict"]);
  for (const name of RULE_PROFILE_NAMES) {
    const profile = ruleProfile(name, { seed: 1 });
    assert.equal(profile.name, name);
    assert.deepEqual(new Set(Object.keys(profile.markets)), new Set(Object.values(MarketName)));
    assert.equal(profile.markets.nasdaq, profile.markets.usex);
  }
  assert.ok(Object.values(STRICT).every(({ dayOrdersExpire }) => dayOrdersExpire));
});

test("profiles: settlement follows the market's own days in both", () => {
  // Friday evening in Hong Kong is Friday morning in New York.
  const friday = moment("2025-08-08 22:00:00");
  const settles = ({ hours, settlement: { calendar, days } }: MarketRules) =>
    formatDay(settlementDay(calendar, marketDay(hours, friday), days));
  for (const { hkex, usex, crypto } of [REFERENCE, STRICT]) {
    assert.deepEqual([hkex, usex, crypto].map(settles), ["2025-08-12", "2025-08-11", "2025-08-08"]);
  }
});

test("profiles: a calendar of the operator's takes the place of the built-in one", () => {
  const hkex = extendedCalendar(HKEX_CALENDAR, { holidays: [["2028-02-01", "by order"]] });
  const { markets } = ruleProfile("strict", { seed: 1, calendars: { hkex } });
  const atMs = moment("2028-02-01 10:00:00");
  assert.equal(placeRuleFault(STRICT.hkex, SOUND, TENCENT, FACTS, atMs), null);
  const fault = placeRuleFault(markets.hkex, SOUND, TENCENT, FACTS, atMs);
  assert.equal(fault?.refused, "MARKET_CLOSED");
});

function placed(change: Partial<PlacedTerms>, local: string, instrument: Instrument = TENCENT) {
  const request = { ...SOUND, ...change };
  return placeRuleFault(STRICT.hkex, request, instrument, FACTS, moment(local));
}

function moment(local: string): UnixMs {
  return Date.parse(`${local.replace(" ", "T")}+08:00`) as UnixMs;
}

function price(text: string): Price {
  return fixed(text) as Price;
}

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  formatDecimal,
  MarketName,
  OrdType,
  type PlaceRequest,
  Side,
  TimeInForce,
} from "@countermand/core/model";
import fc from "fast-check";
import { ERRORS, type Fault, isFault } from "../errors.ts";
import { JsonFault, parseExact } from "../json-exact.ts";
import { json } from "../json-fixture.ts";
import { decodePlace, decodePlaceBatch } from "./place.ts";

const LIMIT_ORDER: Readonly<Record<string, string>> = {
  market: '"hkex"',
  order_type: '"enhanced_limit_order"',
  symbol: '"00700"',
  order_side: '"buy"',
  price: "423.83",
  qty: "1000",
};

/** The limit order above with other JSON texts for some fields; "-" leaves a field out. */
function body(changes: Readonly<Record<string, string>>): string {
  const members = Object.entries({ ...LIMIT_ORDER, ...changes }).filter(([, text]) => text !== "-");
  return `{${members.map(([name, text]) => `"${name}":${text}`).join(",")}}`;
}

function placed(changes: Readonly<Record<string, string>>): PlaceRequest {
  const result = decodePlace(json(body(changes)));
  assert.ok(
    !isFault(result),
    JSON.stringify(result, (_, value) => String(value)),
  );
  return result;
}

function refused(changes: Readonly<Record<string, string>>): Fault {
  const result = decodePlace(json(body(changes)));
  assert.ok(isFault(result), body(changes));
  return result;
}

test("place: every field of an order is read", () => {
  const labels = { reference_id: '"mine"', portfolio_id: '"book 1"' };
  assert.deepEqual(placed(labels), {
    market: MarketName.Hkex,
    symbol: "00700",
    ordType: OrdType.EnhancedLimit,
    side: Side.Buy,
    timeInForce: TimeInForce.Day,
    orderQty: 100_000_000_000n,
    price: 42_383_000_000n,
    stopPx: null,
    clOrdId: "mine",
    portfolioId: "book 1",
  });
});

test("place: absent and empty optional fields are the same", () => {
  const absent = placed({});
  const empty = placed({
    reference_id: '""',
    portfolio_id: '""',
    trigger_price: '""',
    time_in_force: '""',
  });
  assert.deepEqual(absent, empty);
  assert.deepEqual([absent.clOrdId, absent.portfolioId, absent.stopPx], ["", "", null]);
});

test("place: decimals as number or as string, digit for digit", () => {
  for (const text of ["0.00000001", "123456789012345678.12345678", "-5", "0", "-0", "423.80"]) {
    const number = placed({ price: text, qty: text });
    const string = placed({ price: `"${text}"`, qty: `"${text}"` });
    assert.deepEqual(number, string);
  }
  assert.equal(placed({ price: "123456789012.12345678" }).price, 12345678901212345678n);
});

test("place: a market order has no price, though it may say so with zero", () => {
  const market = { order_type: '"market_order"' };
  for (const price of ["-", '""', "0", '"0"', "0.00"]) {
    assert.equal(placed({ ...market, price }).price, null, price);
  }
  // Any other value goes to the desk, which refuses it.
  assert.equal(placed({ ...market, price: "-1" }).price, -100_000_000n);
});

test("place: time in force is a day unless the order says otherwise", () => {
  const table: readonly (readonly [string, TimeInForce])[] = [
    ["-", TimeInForce.Day],
    ['"day"', TimeInForce.Day],
    ['"gtc"', TimeInForce.GoodTillCancel],
    ['"ioc"', TimeInForce.ImmediateOrCancel],
    ['"fok"', TimeInForce.FillOrKill],
  ];
  for (const [text, timeInForce] of table) {
    assert.equal(placed({ time_in_force: text }).timeInForce, timeInForce, text);
  }
});

test("place: only a limit order that may rest can be sent to rest only", () => {
  const resting = { only_if: '"resting"' };
  for (const order_type of ['"limit_order"', '"enhanced_limit_order"']) {
    for (const time_in_force of ["-", '"day"', '"gtc"']) {
      assert.equal(placed({ ...resting, order_type, time_in_force }).onlyIfResting, true);
    }
  }
  for (const text of ["-", '""']) assert.ok(!("onlyIfResting" in placed({ only_if: text })), text);
  for (const other of [
    { order_type: '"market_order"', price: "-" },
    { order_type: '"stop_limit_order"', trigger_price: "420" },
    { order_type: '"at_auction_limit_order"' },
    { time_in_force: '"ioc"' },
    { time_in_force: '"fok"' },
  ]) {
    const { error, details } = refused({ ...resting, ...other });
    assert.equal(error, "PLACE_INVALID_ONLY_IF");
    assert.equal(details, "only a limit order for day or gtc can be sent with only_if resting");
  }
  for (const [text, sent] of [
    ['"unfilled"', '"unfilled"'],
    ["true", "a boolean"],
  ] as const) {
    const { error, details } = refused({ only_if: text });
    assert.deepEqual(
      [error, details],
      ["PLACE_INVALID_ONLY_IF", `only_if must be resting, not ${sent}`],
    );
  }
});

test("place: an at-auction order has no price, an at-auction limit order has one", () => {
  const atAuction = { order_type: '"at_auction_order"' };
  for (const price of ["-", "0"]) assert.equal(placed({ ...atAuction, price }).price, null);
  assert.equal(placed({ order_type: '"at_auction_limit_order"' }).price, 42_383_000_000n);
  const missing = refused({ order_type: '"at_auction_limit_order"', price: "-" });
  assert.equal(missing.error, "PRICE_MISSING");
});

test("place: stop orders have a trigger price, others have none", () => {
  const stop = placed({ order_type: '"stop_limit_order"', trigger_price: "420" });
  assert.deepEqual([stop.price, stop.stopPx], [42_383_000_000n, 42_000_000_000n]);
  const stopMarket = { order_type: '"stop_market_order"', price: "-" };
  assert.equal(placed({ ...stopMarket, trigger_price: "0" }).stopPx, 0n);
  assert.equal(placed({ trigger_price: "0" }).stopPx, null);
});

test("place: each fault has the code of its field and says what is allowed", () => {
  const markets = "market must be one of hkex, usex, nasdaq, crypto, not";
  const sides = "order_side must be one of buy, sell, not";
  const times = "time_in_force must be one of day, gtc, ioc, fok, not";
  const table: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
    [{ market: "-" }, `11030301 ${markets} nothing`],
    [{ market: '""' }, `11030301 ${markets} nothing`],
    [{ market: '"HKEX"' }, `11030301 ${markets} "HKEX"`],
    [{ market: "1" }, `11030301 ${markets} a number`],
    [{ market: '"constructor"' }, `11030301 ${markets} "constructor"`],
    [
      { order_type: '"limit"' },
      "11030102 order_type must be one of limit_order, enhanced_limit_order, market_order, " +
        "stop_limit_order, stop_market_order, at_auction_order, at_auction_limit_order, " +
        'not "limit"',
    ],
    [{ symbol: "-" }, "11030103 symbol is required"],
    [{ symbol: "700" }, '11030103 symbol must be a JSON string: write "700" in quotes'],
    [{ symbol: "null" }, "11030103 symbol must be a JSON string, not null"],
    [{ symbol: `"${"x".repeat(33)}"` }, "11030103 symbol has at most 32 characters"],
    [{ order_side: "-" }, `11030101 ${sides} nothing`],
    [{ order_side: "[]" }, `11030101 ${sides} an array`],
    [{ price: "-" }, "11030104 price is required for this order_type"],
    [{ price: '""' }, "11030104 price is required for this order_type"],
    [{ price: "4e2" }, '11030104 price must be written without an exponent, not "4e2"'],
    [{ price: '"4,5"' }, '11030104 price must be a decimal such as 423.83, not "4,5"'],
    [{ price: '" 4"' }, '11030104 price must be a decimal such as 423.83, not " 4"'],
    [{ price: '"NaN"' }, '11030104 price must be a decimal such as 423.83, not "NaN"'],
    [{ price: "0.000000001" }, '11030104 price takes at most 8 decimals, not "0.000000001"'],
    [
      { price: "1234567890123456789" },
      '11030104 price takes at most 18 digits before the point, not "1234567890123456789"',
    ],
    [{ price: "null" }, "11030104 price must be a decimal as number or string, not null"],
    [{ price: "true" }, "11030104 price must be a decimal as number or string, not a boolean"],
    [{ trigger_price: "1" }, "11030111 trigger_price is for stop orders only"],
    [{ trigger_price: '"x"' }, '11030111 trigger_price must be a decimal such as 423.83, not "x"'],
    [
      { order_type: '"stop_limit_order"' },
      "11030111 trigger_price is required for this order_type",
    ],
    [{ qty: "-" }, "11030105 qty is required"],
    [{ qty: '"1e3"' }, '11030105 qty must be written without an exponent, not "1e3"'],
    [{ time_in_force: '"gtd"' }, `11030153 ${times} "gtd"`],
    [{ time_in_force: '"DAY"' }, `11030153 ${times} "DAY"`],
    [{ time_in_force: "null" }, `11030153 ${times} null`],
    [{ time_in_force: "0" }, `11030153 ${times} a number`],
    [{ reference_id: "5" }, '11030150 reference_id must be a JSON string: write "5" in quotes'],
    [{ reference_id: `"${"x".repeat(65)}"` }, "11030150 reference_id has at most 64 characters"],
    [{ reference_id: '"\\u0000"' }, "11030150 reference_id contains a control character"],
    [{ portfolio_id: "{}" }, "11030151 portfolio_id must be a JSON string, not an object"],
    [{ portfolio_id: `"${"x".repeat(51)}"` }, "11030151 portfolio_id has at most 50 characters"],
  ];
  for (const [changes, expected] of table) {
    const { error, details } = refused(changes);
    assert.equal(`${ERRORS[error].code} ${details}`, expected);
  }
});

test("place: checks run in the documented order", () => {
  const faults: readonly (readonly [name: string, text: string, reason: string])[] = [
    ["quantity", "1", "unknown_field"],
    ["market", "1", "invalid_market"],
    ["order_type", "1", "invalid_order_type"],
    ["symbol", "1", "malformed_symbol"],
    ["order_side", "1", "invalid_side"],
    ["price", "null", "malformed_price"],
    ["trigger_price", "null", "malformed_trigger_price"],
    ["qty", "null", "malformed_qty"],
    ["time_in_force", "1", "invalid_time_in_force"],
    ["reference_id", "1", "invalid_reference_id"],
    ["portfolio_id", "1", "invalid_portfolio_id"],
  ];
  for (let first = 0; first < faults.length; first += 1) {
    const wrong = faults.slice(first).toReversed();
    const changes = Object.fromEntries(wrong.map(([name, text]) => [name, text]));
    assert.equal(ERRORS[refused(changes).error].reason, faults[first]?.[2]);
  }
});

test("place: a body that is no object is refused", () => {
  const result = decodePlace(json("[]"));
  assert.ok(isFault(result));
  assert.equal(result.error, "MALFORMED_BODY");
});

test("place batch: elements stand alone, and what is no batch is refused as a whole", () => {
  const good = body({ reference_id: '"a"' });
  const bad = body({ reference_id: '"b"', qty: "null" });
  const elements = decodePlaceBatch(json(`[${good},${bad},{"reference_id":3}]`));
  assert.ok(!isFault(elements));
  assert.deepEqual(
    elements.map((element) => [element.referenceId, isFault(element.request)]),
    [
      ["a", false],
      ["b", true],
      ["", true],
    ],
  );
  for (const text of ["{}", "[]", `[${good},1]`, `[${Array(6).fill(good).join(",")}]`]) {
    const result = decodePlaceBatch(json(text));
    assert.ok(isFault(result));
    assert.equal(result.error, "MALFORMED_BATCH");
  }
});

test("place: every decimal we can write is read back", () => {
  const units = fc.bigInt({ min: -(10n ** 26n) + 1n, max: 10n ** 26n - 1n });
  fc.assert(
    fc.property(units, units, (price, qty) => {
      const request = placed({ price: formatDecimal(price), qty: `"${formatDecimal(qty)}"` });
      assert.equal(request.price, price);
      assert.equal(request.orderQty, qty);
    }),
  );
});

test("place: any object gives an order or a catalogued fault", () => {
  const text = fc.oneof(
    fc.json({ maxDepth: 2 }),
    fc.constantFrom('"hkex"', '"buy"', '"stop_limit_order"', '"market_order"', "1e5", "-", '""'),
  );
  const others = ["trigger_price", "time_in_force", "reference_id", "portfolio_id", "x"];
  const names = [...Object.keys(LIMIT_ORDER), ...others];
  const changes = fc.dictionary(fc.constantFrom(...names), text, { maxKeys: 3 });
  fc.assert(
    fc.property(changes, (some) => {
      const value = parseExact(body(some));
      if (value instanceof JsonFault) return;
      const result = decodePlace(value);
      if (isFault(result)) assert.ok(Object.hasOwn(ERRORS, result.error));
      else assert.equal(typeof result.orderQty, "bigint");
    }),
    { numRuns: 500 },
  );
});

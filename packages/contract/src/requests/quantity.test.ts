import assert from "node:assert/strict";
import { test } from "node:test";
import { formatDecimal, MarketName, ONE, Side } from "@countermand/core/model";
import fc from "fast-check";
import { ERRORS, type Fault, isFault } from "../errors.ts";
import { JsonFault, parseExact } from "../json-exact.ts";
import { json } from "../json-fixture.ts";
import { decodeQuantity, type QuantityRequest } from "./quantity.ts";

type Texts = Readonly<Record<string, string>>;

const BUY: Texts = {
  market: '"hkex"',
  symbol: '"00700"',
  order_side: '"buy"',
  price: "438.30",
  ratio: "0.5",
};

/** The estimate above with other JSON texts for some fields; "-" leaves a field out. */
function decoded(changes: Texts): QuantityRequest | Fault {
  const members = Object.entries({ ...BUY, ...changes }).filter(([, text]) => text !== "-");
  return decodeQuantity(json(`{${members.map(([name, text]) => `"${name}":${text}`).join(",")}}`));
}

function asked(changes: Texts): QuantityRequest {
  const result = decoded(changes);
  assert.ok(!isFault(result), JSON.stringify(changes));
  return result;
}

test("quantity: the published sample is read", () => {
  assert.deepEqual(asked({}), {
    market: MarketName.Hkex,
    symbol: "00700",
    side: Side.Buy,
    price: 43_830_000_000n,
    ratio: 50_000_000n,
  });
});

test("quantity: a sell needs no price, though it may say so with zero", () => {
  const sell = { order_side: '"sell"' };
  for (const price of ["-", '""', "0", '"0.00"'])
    assert.equal(asked({ ...sell, price }).price, null);
  assert.equal(asked({ ...sell, price: "-1" }).price, -ONE);
  assert.equal(asked(sell).price, 43_830_000_000n);
});

test("quantity: the ratio is exact, above 0 and at most 1", () => {
  assert.equal(asked({ ratio: "0.00000001" }).ratio, 1n);
  assert.equal(asked({ ratio: '"1.00"' }).ratio, ONE);
  fc.assert(
    fc.property(fc.bigInt({ min: -2n * ONE, max: 3n * ONE }), (ratio) => {
      const result = decoded({ ratio: formatDecimal(ratio) });
      if (ratio > 0n && ratio <= ONE) assert.equal(isFault(result) ? null : result.ratio, ratio);
      else assert.ok(isFault(result) && result.error === "INVALID_RATIO");
    }),
  );
});

test("quantity: each fault has the code of its field and says what is allowed", () => {
  const table: readonly (readonly [Texts, string])[] = [
    [{ qty: "1" }, '11030350 unknown field "qty"; an estimate takes market, symbol, order_side, '],
    [{ market: "-" }, "11030301 market must be one of hkex, usex, nasdaq, crypto, not nothing"],
    [{ market: '"lse"' }, '11030301 market must be one of hkex, usex, nasdaq, crypto, not "lse"'],
    [{ symbol: "700" }, '11030103 symbol must be a JSON string: write "700" in quotes'],
    [{ symbol: "-" }, "11030103 symbol is required"],
    [{ order_side: '"both"' }, '11030101 order_side must be one of buy, sell, not "both"'],
    [{ price: "-" }, "11030104 price is required to estimate a buy"],
    [{ price: '""' }, "11030104 price is required to estimate a buy"],
    [{ price: "1e2" }, '11030104 price must be written without an exponent, not "1e2"'],
    [{ ratio: "-" }, "11030304 ratio is required"],
    [{ ratio: "0" }, "11030304 ratio must be above 0 and at most 1"],
    [{ ratio: "1.00000001" }, "11030304 ratio must be above 0 and at most 1"],
    [{ ratio: "-0.5" }, "11030304 ratio must be above 0 and at most 1"],
    [{ ratio: "0.000000001" }, '11030304 ratio takes at most 8 decimals, not "0.000000001"'],
    [{ ratio: '"half"' }, '11030304 ratio must be a decimal such as 423.83, not "half"'],
    [{ ratio: "null" }, "11030304 ratio must be a decimal as number or string, not null"],
  ];
  for (const [changes, expected] of table) {
    const result = decoded(changes);
    assert.ok(isFault(result), JSON.stringify(changes));
    const text = `${ERRORS[result.error].code} ${result.details}`;
    assert.ok(text.startsWith(expected), text);
  }
});

test("quantity: checks run in the documented order", () => {
  const faults: readonly (readonly [name: string, text: string, reason: string])[] = [
    ["x", "1", "unknown_field"],
    ["market", "1", "invalid_market"],
    ["symbol", "1", "malformed_symbol"],
    ["order_side", "1", "invalid_side"],
    ["price", "null", "malformed_price"],
    ["ratio", "null", "invalid_ratio"],
  ];
  for (const [index, [, , reason]] of faults.entries()) {
    const wrong = faults.slice(index).map(([name, text]) => [name, text] as const);
    const result = decoded(Object.fromEntries(wrong.toReversed()));
    assert.equal(isFault(result) ? ERRORS[result.error].reason : null, reason);
  }
});

test("quantity: any value gives a request or a catalogued fault", () => {
  const changes = fc.dictionary(
    fc.constantFrom(...Object.keys(BUY), "x"),
    fc.oneof(fc.json({ maxDepth: 1 }), fc.constantFrom("-", '""', '"sell"', "0.25")),
    { maxKeys: 3 },
  );
  fc.assert(
    fc.property(changes, (some) => {
      // A generated text may have what strict reading refuses, such as a name twice.
      const members = Object.entries({ ...BUY, ...some }).filter(([, text]) => text !== "-");
      const value = parseExact(`{${members.map(([name, text]) => `"${name}":${text}`).join(",")}}`);
      if (value instanceof JsonFault) return;
      const result = decodeQuantity(value);
      if (isFault(result)) assert.ok(Object.hasOwn(ERRORS, result.error));
      else assert.ok(result.ratio > 0n && result.ratio <= ONE);
    }),
    { numRuns: 300 },
  );
  assert.ok(isFault(decodeQuantity(json("[]"))));
});

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ERRORS, isFault } from "../errors.ts";
import { JsonFault, parseExact } from "../json-exact.ts";
import { json } from "../json-fixture.ts";
import { decodeAmend } from "./amend.ts";

const NOTHING = { orderQty: null, price: null, stopPx: null };
const ALWAYS = { unfilled: false, version: null };

test("amend: every field of a request is read", () => {
  const body =
    '{"order_no":"22000000022","price":423.9,"trigger_price":"424","qty":1200,' +
    '"only_if":"unfilled","version":3}';
  assert.deepEqual(decodeAmend(json(body)), {
    target: { by: "orderId", orderId: "22000000022" },
    condition: { unfilled: true, version: 3 },
    price: 42_390_000_000n,
    stopPx: 42_400_000_000n,
    orderQty: 120_000_000_000n,
  });
});

test("amend: absent and empty figures leave the order's as they are", () => {
  const target = { by: "clOrdId", clOrdId: "mine" };
  for (const body of [
    '{"reference_id":"mine"}',
    '{"order_no":"","reference_id":"mine","price":"","qty":"","trigger_price":"","only_if":""}',
  ]) {
    assert.deepEqual(decodeAmend(json(body)), { target, condition: ALWAYS, ...NOTHING });
  }
});

test("amend: zero and negative figures are the desk's to refuse", () => {
  const request = decodeAmend(json('{"order_no":"1","price":0,"qty":-1}'));
  assert.ok(!isFault(request));
  assert.deepEqual([request.price, request.orderQty, request.stopPx], [0n, -100_000_000n, null]);
});

test("amend: each fault has the code of its field and says what is allowed", () => {
  const table: readonly (readonly [members: string, expected: string])[] = [
    ['"order_no":"1","side":"buy"', '11030953 unknown field "side"; an amend takes order_no, r'],
    ['"price":1', "11030201 "],
    ['"order_no":1', "11030202 order_no or reference_id is invalid: order_no must be a JSON st"],
    ['"order_no":"x"', "11030202 order_no or reference_id is invalid: order_no has digits only"],
    ['"order_no":"1","only_if":"open"', '11030252 only_if must be unfilled or resting, not "open"'],
    ['"order_no":"1","version":"a"', "11030253 version must be a whole number from 1 to "],
    ['"order_no":"1","price":4e2', '11030104 price must be written without an exponent, not "4'],
    ['"order_no":"1","price":null', "11030104 price must be a decimal as number or string, not"],
    ['"order_no":"1","price":"1.123456789"', "11030104 price takes at most 8 decimals, not "],
    ['"order_no":"1","trigger_price":"x"', "11030111 trigger_price must be a decimal such as 4"],
    ['"order_no":"1","qty":"NaN"', '11030105 qty must be a decimal such as 423.83, not "NaN"'],
    ['"order_no":"1","qty":1e400', '11030105 qty must be written without an exponent, not "1e4'],
    ['"order_no":"1","qty":[]', "11030105 qty must be a decimal as number or string, not an ar"],
  ];
  for (const [members, expected] of table) {
    const result = decodeAmend(json(`{${members}}`));
    assert.ok(isFault(result), members);
    const text = `${ERRORS[result.error].code} ${result.details}`;
    assert.ok(text.startsWith(expected), text);
  }
});

test("amend: checks run in the documented order", () => {
  const faults: readonly (readonly [name: string, text: string, reason: string])[] = [
    ["x", "1", "unknown_field"],
    ["order_no", "1", "malformed_identifier"],
    ["reference_id", '""', "identifier_missing"],
    ["only_if", "1", "invalid_only_if"],
    ["version", "0", "invalid_version"],
    ["price", "null", "malformed_price"],
    ["trigger_price", "null", "malformed_trigger_price"],
    ["qty", "null", "malformed_qty"],
  ];
  for (const [index, [name, , reason]] of faults.entries()) {
    const members = faults
      .slice(index)
      .toReversed()
      .map(([other, text]) => `"${other}":${text}`);
    // Beyond the identifiers the order is named well.
    const isNamed = !["x", "order_no", "reference_id"].includes(name);
    const body = `{${[...(isNamed ? ['"reference_id":"a"'] : []), ...members].join(",")}}`;
    const result = decodeAmend(json(body));
    assert.ok(isFault(result), body);
    assert.equal(ERRORS[result.error].reason, reason, body);
  }
});

test("amend: a body that is no object is refused", () => {
  for (const body of ["[]", "null", '"1"', '[{"order_no":"1"}]']) {
    const result = decodeAmend(json(body));
    assert.ok(isFault(result) && result.error === "MALFORMED_BODY", body);
  }
});

test("amend: any value gives a request or a catalogued fault", () => {
  const figure = fc.oneof(fc.jsonValue(), fc.integer(), fc.constantFrom("", "423.83", "-1", "0"));
  const object = fc.record(
    {
      order_no: fc.constantFrom("", "22000000022", "x"),
      reference_id: fc.string({ unit: "binary" }),
      only_if: fc.constantFrom("", "unfilled", "x"),
      version: fc.oneof(fc.nat(), fc.jsonValue()),
      price: figure,
      trigger_price: figure,
      qty: figure,
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), object), (any) => {
      const value = parseExact(JSON.stringify(any));
      if (value instanceof JsonFault) return;
      const result = decodeAmend(value);
      if (isFault(result)) {
        assert.ok(Object.hasOwn(ERRORS, result.error));
        return;
      }
      for (const units of [result.price, result.stopPx, result.orderQty]) {
        assert.ok(units === null || typeof units === "bigint");
      }
    }),
    { numRuns: 300 },
  );
});

test("amend: it may be for an order that goes on resting only", () => {
  const amend = decodeAmend(json('{"order_no":"1","price":"1","only_if":"resting","version":2}'));
  assert.ok(!isFault(amend));
  assert.deepEqual(amend.condition, { unfilled: false, version: 2, resting: true });
});

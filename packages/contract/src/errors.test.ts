import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  BOOK_REFUSAL_NAMES,
  CONTROL_REFUSAL_NAMES,
  REFUSAL_NAMES,
  RULE_REFUSAL_NAMES,
  refuse,
} from "@countermand/core/model";
import fc from "fast-check";
import {
  ERRORS,
  type ErrorName,
  encodeError,
  encodeFault,
  encodeRefusal,
  errorSpec,
  fault,
  isFault,
} from "./errors.ts";

const NAMES = Object.keys(ERRORS) as ErrorName[];
/** Codes of the reference; all others are ours and begin at case 50. */
const REFERENCE_CODES: readonly number[] = [
  10010008, 11030101, 11030102, 11030103, 11030104, 11030105, 11030106, 11030107, 11030108,
  11030109, 11030111, 11030201, 11030202, 11030203, 11030204, 11030301, 11030304, 11030601,
];

test("errors: every row is well formed", () => {
  for (const name of NAMES) {
    const spec = errorSpec(name);
    assert.match(name, /^[A-Z][A-Z0-9_]+$/);
    assert.match(spec.reason, /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/, name);
    assert.match(String(spec.code), /^1[01][0-9]{6}$/, name);
    assert.ok(spec.httpStatus >= 400 && spec.httpStatus < 600, name);
    assert.ok(spec.message !== "" && spec.action.endsWith("."), name);
  }
});

test("errors: a code and a reason name one cause, and a code has one message", () => {
  const pairs = new Set(NAMES.map((name) => `${ERRORS[name].code} ${ERRORS[name].reason}`));
  assert.equal(pairs.size, NAMES.length);
  const messages = new Map<number, string>();
  for (const name of NAMES) {
    const { code, message } = errorSpec(name);
    assert.equal(messages.get(code) ?? message, message, name);
    messages.set(code, message);
  }
});

test("errors: the reference's codes are all there, ours begin at case 50", () => {
  const codes = new Set(NAMES.map((name) => errorSpec(name).code));
  for (const code of REFERENCE_CODES) assert.ok(codes.has(code), String(code));
  for (const code of codes) {
    if (!REFERENCE_CODES.includes(code)) assert.ok(code % 100 >= 50, String(code));
  }
});

test("errors: codes of ours stand for one name each", () => {
  const ours = NAMES.filter((name) => !REFERENCE_CODES.includes(errorSpec(name).code));
  assert.equal(new Set(ours.map((name) => errorSpec(name).code)).size, ours.length);
});

test("errors: whatever the core refuses is in the catalogue", () => {
  const refusals = [REFUSAL_NAMES, RULE_REFUSAL_NAMES, BOOK_REFUSAL_NAMES, CONTROL_REFUSAL_NAMES];
  for (const name of refusals.flat()) {
    assert.ok(Object.hasOwn(ERRORS, name), name);
  }
});

test("errors: a closed window is the page's code, and passes by itself", () => {
  const { code, httpStatus, reason, retryable } = errorSpec("WINDOW_CLOSED_CANCEL");
  assert.deepEqual([code, httpStatus, reason, retryable], [11030204, 409, "window_closed", true]);
  for (const name of ["WINDOW_CLOSED_AMEND", "MARKET_CLOSED"] as const) {
    assert.deepEqual([errorSpec(name).httpStatus, errorSpec(name).retryable], [409, true]);
  }
});

test("errors: what an account cannot pay for is at fault in the request", () => {
  for (const name of ["INSUFFICIENT_CASH", "INSUFFICIENT_HOLDINGS"] as const) {
    const { code, httpStatus, retryable } = errorSpec(name);
    assert.ok(code >= 11030150 && code <= 11030199, name);
    assert.deepEqual([httpStatus, retryable], [400, false]);
  }
});

test("errors: nothing but a passing cause is retryable, and every 5xx is", () => {
  for (const name of NAMES) {
    const { httpStatus, retryable } = errorSpec(name);
    if (httpStatus >= 500 || httpStatus === 429 || httpStatus === 408) assert.ok(retryable, name);
    if ([400, 401, 403, 404, 405, 413, 415, 431].includes(httpStatus)) assert.ok(!retryable, name);
  }
});

test("errors: the reference page of errors lists the same rows in the same order", () => {
  const page = readFileSync(new URL("../../../docs/reference/errors.md", import.meta.url), "utf8");
  const documented = page
    .split("\n")
    .filter((line) => /^\| [0-9]/.test(line))
    .map((line) => line.slice(2, -2).split(" | "));
  for (const cells of documented) {
    assert.equal(cells.length, 7, cells.join(" | "));
    assert.notEqual(cells[5], "", "every row says when");
  }
  const expected = NAMES.map((name) => {
    const { code, httpStatus, message, reason, retryable, action } = errorSpec(name);
    return [code, httpStatus, message, `\`${reason}\``, retryable ? "yes" : "no", action].map(
      String,
    );
  });
  assert.ok(documented.length > 0);
  assert.deepEqual(
    documented.map((cells) => cells.filter((_, index) => index !== 5)),
    expected,
  );
});

test("errors: the envelope has the page's fields first and in its order", () => {
  assert.equal(
    encodeError("MALFORMED_IDENTIFIER", 'x "y"'),
    '{"code":11030202,"message":"Invalid Parameter","details":"x \\"y\\"",' +
      '"reason":"malformed_identifier","retryable":false}',
  );
  assert.equal(
    encodeFault(fault("OVERLOADED", "full")),
    '{"code":11030054,"message":"Service Overloaded","details":"full",' +
      '"reason":"overloaded","retryable":true}',
  );
});

test("errors: whoever has nothing to say of a case says what to do", () => {
  assert.equal(
    JSON.parse(encodeFault(fault("OUTCOME_UNKNOWN", ""))).details,
    "Repeat the same signed request, or query the order by reference_id.",
  );
  const silent = NAMES.filter((name) => JSON.parse(encodeError(name, "")).details === "");
  assert.deepEqual(silent, ["OPERATOR_TOKEN_INVALID"], "nothing is told to who has no token");
});

test("errors: an unknown order is answered alike, whatever is known about it", () => {
  const answer = encodeError("UNKNOWN_ORDER", "");
  assert.equal(encodeError("UNKNOWN_ORDER", "belongs to somebody else"), answer);
  assert.equal(JSON.parse(answer).details, "order_no or reference_id is invalid");
});

test("errors: extra members follow, and a value fills the message", () => {
  const text = encodeError("ODD_LOT_TOO_FINE", "x", {
    value: "$& 0.01",
    members: [
      ["data", '{"a":1}'],
      ["seq", "7"],
    ],
  });
  assert.deepEqual(Object.entries(JSON.parse(text)), [
    ["code", 11030109],
    ["message", "Oddlot Order Qty Accuracy $& 0.01"],
    ["details", "x"],
    ["reason", "odd_lot_too_fine"],
    ["retryable", false],
    ["data", { a: 1 }],
    ["seq", 7],
  ]);
});

test("errors: a refusal of the core has its details and its value", () => {
  assert.equal(
    encodeRefusal(refuse("NOTHING_TO_AMEND", "the order has these terms")),
    encodeError("NOTHING_TO_AMEND", "the order has these terms"),
  );
  const { message } = JSON.parse(encodeRefusal(refuse("ODD_LOT_OUT_OF_RANGE", "", "100")));
  assert.equal(message, "Oddlot Order Qty Range Between 0 and 100");
});

test("errors: the refusal of another market's symbol has its markets behind the page's members", () => {
  const markets = ["usex", "nasdaq"];
  for (const answer of [
    encodeRefusal({ ...refuse("UNKNOWN_SYMBOL", "x"), markets }),
    encodeFault({ ...fault("UNKNOWN_SYMBOL", "x"), markets }),
  ]) {
    assert.ok(answer.startsWith(encodeError("UNKNOWN_SYMBOL", "x").slice(0, -1)), answer);
    assert.deepEqual(JSON.parse(answer).markets, markets);
  }
});

test("errors: any details survive the envelope", () => {
  fc.assert(
    fc.property(fc.constantFrom(...NAMES), fc.string({ unit: "binary" }), (name, details) => {
      const answer = JSON.parse(encodeError(name, details)) as { details: string };
      const { fixedDetails, action } = errorSpec(name);
      assert.equal(answer.details, fixedDetails ?? (details || action));
    }),
  );
});

test("errors: a fault is told from a value", () => {
  assert.ok(isFault(fault("STARTING", "")));
  assert.ok(!isFault([]));
  assert.ok(!isFault({ by: "orderId" }));
});

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { ERRORS, type Fault, IDENTIFIER_INVALID, isFault } from "../errors.ts";
import { JsonFault, type JsonValue, parseExact } from "../json-exact.ts";
import { json } from "../json-fixture.ts";
import {
  type CancelElement,
  type CancelRequest,
  decodeCancel,
  decodeCancelBatch,
  decodeCancelPath,
  decodeCancelQuery,
} from "./cancel.ts";

function golden(name: string): JsonValue {
  return json(readFileSync(new URL(`../../../../test/golden/${name}`, import.meta.url), "utf8"));
}

/**
 * A result in one line: what is cancelled under which conditions, or the reason word and the
 * details behind the page's sentence.
 */
function line(result: ReturnType<typeof decodeCancel>): string {
  if (!isFault(result)) return requestLine(result);
  const { reason } = ERRORS[result.error];
  const prefix = `${IDENTIFIER_INVALID}: `;
  if (result.error === "CANCEL_IDS_EMPTY") return reason;
  if (result.error === "INVALID_ONLY_IF" || result.error === "INVALID_VERSION") {
    return `${reason}: ${result.details}`;
  }
  assert.ok(result.details.startsWith(prefix), result.details);
  return `${reason}: ${result.details.slice(prefix.length)}`;
}

function requestLine({ target, condition: { unfilled, version } }: CancelRequest): string {
  const named = target.by === "orderId" ? `order ${target.orderId}` : `reference ${target.clOrdId}`;
  return `${named}${unfilled ? " if unfilled" : ""}${version === null ? "" : ` at ${version}`}`;
}

test("cancel: a body names one order, or is refused with what is wrong in it", () => {
  const table: readonly (readonly [body: string, result: string])[] = [
    ['{"order_no":"22000000022","reference_id":""}', "order 22000000022"],
    ['{"order_no":"22000000022"}', "order 22000000022"],
    ['{"order_no":"022"}', "order 022"],
    ['{"order_no":"","reference_id":"mine"}', "reference mine"],
    ['{"reference_id":"\u{1f600} a b"}', "reference \u{1f600} a b"],
    // Both given: order_no alone decides, there is no fallback.
    ['{"order_no":"1","reference_id":"mine"}', "order 1"],
    [`{"order_no":"1","reference_id":"${"x".repeat(65)}"}`, "order 1"],
    [
      '{"order_no":"abc","reference_id":"mine"}',
      'malformed_identifier: order_no has digits only, not "abc"',
    ],
    ["{}", "identifier_missing"],
    ['{"order_no":"","reference_id":""}', "identifier_missing"],
    [
      '{"order_no":22000000022}',
      'malformed_identifier: order_no must be a JSON string: write "22000000022" in quotes',
    ],
    [
      '{"order_no":"1","reference_id":7.50}',
      'malformed_identifier: reference_id must be a JSON string: write "7.50" in quotes',
    ],
    ['{"order_no":null}', "malformed_identifier: order_no must be a JSON string, not null"],
    [
      '{"reference_id":["a"]}',
      "malformed_identifier: reference_id must be a JSON string, not an array",
    ],
    [
      '{"reference_id":true}',
      "malformed_identifier: reference_id must be a JSON string, not a boolean",
    ],
    [
      '{"reference_id":{}}',
      "malformed_identifier: reference_id must be a JSON string, not an object",
    ],
    ['{"orderNo":"1","order_no":2}', 'unknown_field: unknown field "orderNo"'],
    ['{"order_no":" 1"}', 'malformed_identifier: order_no has digits only, not " 1"'],
    ['{"order_no":"\u0661"}', 'malformed_identifier: order_no has digits only, not "\u0661"'],
    [`{"order_no":"${"1".repeat(33)}"}`, "malformed_identifier: order_no has at most 32 digits"],
    [`{"order_no":"${"1".repeat(32)}"}`, `order ${"1".repeat(32)}`],
    [`{"reference_id":"${"\u{1f600}".repeat(64)}"}`, `reference ${"\u{1f600}".repeat(64)}`],
    [
      `{"reference_id":"${"x".repeat(65)}"}`,
      "malformed_identifier: reference_id has at most 64 characters",
    ],
    [
      `{"reference_id":"${"\u{1f600}".repeat(65)}"}`,
      "malformed_identifier: reference_id has at most 64 characters",
    ],
    ['{"reference_id":"a\\nb"}', "malformed_identifier: reference_id contains a control character"],
    [
      '{"reference_id":"\\u0085"}',
      "malformed_identifier: reference_id contains a control character",
    ],
    ["[]", "malformed_body: the body must be one JSON object; a batch has a path of its own"],
  ];
  for (const [body, result] of table) assert.equal(line(decodeCancel(json(body))), result, body);
});

test("cancel: the reference page's mended samples", () => {
  assert.equal(line(decodeCancel(golden("cancel-single.json"))), "order 22000000022");
  const batch = decodeCancelBatch(golden("cancel-batch.json"));
  assert.ok(!isFault(batch));
  const numbers = batch.map((element) => line(element.request));
  assert.deepEqual(numbers, ["order 22000000022", "order 22000000023", "order 22000000024"]);
});

const ONLY_IF = "invalid_only_if: only_if must be unfilled, not";
const VERSION = "invalid_version: version must be a whole number from 1 to 9007199254740991, not";

test("cancel: conditions are read, or refused with what they may be", () => {
  const table: readonly (readonly [members: string, result: string])[] = [
    ['"only_if":"unfilled"', "order 1 if unfilled"],
    ['"version":3', "order 1 at 3"],
    ['"version":"3"', "order 1 at 3"],
    ['"only_if":"unfilled","version":9007199254740991', "order 1 if unfilled at 9007199254740991"],
    ['"only_if":"","version":""', "order 1"],
    ['"only_if":"filled"', `${ONLY_IF} "filled"`],
    ['"only_if":"UNFILLED"', `${ONLY_IF} "UNFILLED"`],
    ['"only_if":true', `${ONLY_IF} a boolean`],
    ['"only_if":null', `${ONLY_IF} null`],
    ['"version":0', `${VERSION} "0"`],
    ['"version":-1', `${VERSION} "-1"`],
    ['"version":1.0', `${VERSION} "1.0"`],
    ['"version":1e3', `${VERSION} "1e3"`],
    ['"version":"03"', `${VERSION} "03"`],
    ['"version":9007199254740992', `${VERSION} "9007199254740992"`],
    ['"version":null', `${VERSION} null`],
    ['"version":[1]', `${VERSION} an array`],
  ];
  for (const [members, result] of table) {
    assert.equal(line(decodeCancel(json(`{"order_no":"1",${members}}`))), result, members);
  }
});

test("cancel: checks run in the documented order", () => {
  const faults: readonly (readonly [member: string, reason: string])[] = [
    ['"x":1', "unknown_field"],
    ['"order_no":1', "malformed_identifier"],
    ['"reference_id":1', "malformed_identifier"],
    ['"order_no":"","reference_id":""', "identifier_missing"],
    ['"order_no":"x"', "malformed_identifier"],
    ['"only_if":1,"order_no":"1"', "invalid_only_if"],
    ['"version":0,"order_no":"1"', "invalid_version"],
  ];
  for (const [index, [, reason]] of faults.entries()) {
    const members = new Map<string, string>();
    for (const [text] of faults.slice(index).toReversed()) {
      for (const [name, value] of Object.entries(JSON.parse(`{${text}}`))) {
        members.set(name, JSON.stringify(value));
      }
    }
    const body = [...members].map(([name, text]) => `"${name}":${text}`).join(",");
    const result = decodeCancel(json(`{${body}}`));
    assert.ok(isFault(result), body);
    assert.equal(ERRORS[result.error].reason, reason, body);
  }
});

test("cancel batch: a fault inside an element is that element's own", () => {
  const elements = decodeCancelBatch(
    json(
      '[{"order_no":"1","only_if":"unfilled"},{"order_no":"1","version":"x"},' +
        '{"order_no":2,"reference_id":"b"},{"reference_id":"c","version":7},{"x":1}]',
    ),
  );
  assert.ok(!isFault(elements));
  const lines = elements.map(
    (element: CancelElement) =>
      `${element.orderNo}/${element.referenceId} ${line(element.request)}`,
  );
  assert.deepEqual(lines, [
    "1/ order 1 if unfilled",
    `1/ ${VERSION} "x"`,
    '/b malformed_identifier: order_no must be a JSON string: write "2" in quotes',
    "/c reference c at 7",
    '/ unknown_field: unknown field "x"',
  ]);
});

test("cancel batch: whatever is no batch is refused as a whole", () => {
  const table: readonly (readonly [body: string, details: string])[] = [
    ["{}", "the body must be a JSON array; nothing was done"],
    ["null", "the body must be a JSON array; nothing was done"],
    ["[]", "the array is empty; nothing was done"],
    ["[{},{},{},{},{},{}]", "the array has 6 elements, at most 5 are taken; nothing was done"],
    ['[{"order_no":"1"},"2"]', "element 2 is not an object; nothing was done"],
    ['[[],{"order_no":"1"}]', "element 1 is not an object; nothing was done"],
  ];
  for (const [body, details] of table) {
    assert.deepEqual(decodeCancelBatch(json(body)), { error: "MALFORMED_BATCH", details }, body);
  }
});

test("cancel: the forms without a body", () => {
  const table: readonly (readonly [rawQuery: string, result: string])[] = [
    ["order_no=22000000022", "order 22000000022"],
    ["order_no=22000000022&reference_id=", "order 22000000022"],
    ["order_no=1&only_if=unfilled&version=12", "order 1 if unfilled at 12"],
    ["order_no=1&only_if=&version=", "order 1"],
    ["order_no=1&only_if=x", `${ONLY_IF} "x"`],
    ["order_no=1&version=0", `${VERSION} "0"`],
    ["only_if=unfilled", "identifier_missing"],
    ["reference_id=a+b%2Bc%C3%A9", "reference a b+c\u00e9"],
    ["", "identifier_missing"],
    ["order_no=", "identifier_missing"],
    ["order_no", "identifier_missing"],
    ["order_no=1&order_no=1", "malformed_identifier: order_no is given twice"],
    ["order_no=1&x=1", 'unknown_field: unknown field "x"'],
    ["__proto__=1", 'unknown_field: unknown field "__proto__"'],
    ["order_no=%3", 'malformed_identifier: "order_no=%3" is not percent-encoded UTF-8'],
    ["reference_id=%ff", 'malformed_identifier: "reference_id=%ff" is not percent-encoded UTF-8'],
    [
      "reference_id=\u00e9",
      "malformed_identifier: the query has a character that must be percent-encoded",
    ],
    ["order_no=1+", 'malformed_identifier: order_no has digits only, not "1 "'],
  ];
  for (const [rawQuery, result] of table) {
    assert.equal(line(decodeCancelQuery(rawQuery)), result, rawQuery);
  }
  assert.equal(line(decodeCancelPath("22000000022")), "order 22000000022");
  assert.equal(line(decodeCancelPath("%32%32")), "order 22");
  assert.match(line(decodeCancelPath("2+2")), /^malformed_identifier: order_no has digits only/);
  assert.match(line(decodeCancelPath("%")), /^malformed_identifier: order_no is not percent-enc/);
});

test("cancel: when nothing arrived the details name the ways around a proxy", () => {
  const result = decodeCancelQuery("") as Fault;
  assert.match(result.details, /POST \/trade\/v1\/orders\/cancel$/);
});

test("cancel: any value and any text give a target or a catalogued fault", () => {
  const id = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("", "22000000022"));
  const object = fc.record(
    {
      order_no: fc.oneof(id, fc.jsonValue()),
      reference_id: id,
      only_if: fc.oneof(fc.constant("unfilled"), fc.jsonValue()),
      version: fc.oneof(fc.nat(), fc.jsonValue()),
    },
    { requiredKeys: [] },
  );
  const value = fc.oneof(fc.jsonValue(), object, fc.array(fc.oneof(object, fc.jsonValue())));
  fc.assert(
    fc.property(value, (any) => {
      const parsed = parseExact(JSON.stringify(any));
      if (parsed instanceof JsonFault) return;
      assertDecoded(decodeCancel(parsed));
      const batch = decodeCancelBatch(parsed);
      if (isFault(batch)) return assertDecoded(batch);
      for (const element of batch) assertDecoded(element.request);
    }),
  );
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      assertDecoded(decodeCancelQuery(text));
      assertDecoded(decodeCancelQuery(`order_no=${text}`));
      assertDecoded(decodeCancelPath(text));
    }),
  );
});

function assertDecoded(result: ReturnType<typeof decodeCancel>): void {
  if (isFault(result)) {
    assert.ok(Object.hasOwn(ERRORS, result.error));
    return;
  }
  const { target, condition } = result;
  if (target.by === "orderId") assert.match(target.orderId, /^[0-9]{1,32}$/);
  else assert.match(target.clOrdId, /^\P{Cc}{1,64}$/u);
  assert.ok(condition.version === null || Number.isSafeInteger(condition.version));
}

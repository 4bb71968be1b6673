import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { JsonFault, JsonObject, type JsonValue, NumberText, parseExact } from "./json-exact.ts";
import { LIMITS } from "./limits.ts";

function golden(name: string): string {
  return readFileSync(new URL(`../../../test/golden/${name}`, import.meta.url), "utf8");
}

/** The value as JSON.parse has it, so that the two readers can be compared. */
function plain(value: JsonValue): unknown {
  if (value instanceof NumberText) return Number(value.text);
  if (Array.isArray(value)) return value.map(plain);
  if (!(value instanceof JsonObject)) return value;
  return Object.fromEntries(value.names.map((name) => [name, plain(value.get(name) ?? null)]));
}

function faultOf(text: string): string {
  const result = parseExact(text);
  assert.ok(result instanceof JsonFault, `not refused: ${text.slice(0, 80)}`);
  return result.what;
}

test("json: the reference page's samples are refused where the comma is missing", () => {
  const single = parseExact(golden("cancel-single.broken.txt"));
  assert.ok(single instanceof JsonFault);
  assert.deepEqual([single.line, single.column], [3, 5]);
  assert.equal(
    single.what,
    'line 3, column 5: expected a comma or "}" after the value, found "\\""',
  );
  assert.equal(faultOf(golden("cancel-batch.broken.txt")), single.what);
});

test("json: the reference page's answers are refused where they are not JSON", () => {
  assert.equal(
    faultOf(golden("cancel-error.broken.txt")),
    'line 2, column 11: a number cannot start with 0; write ids and symbols in quotes, found "3"',
  );
  assert.equal(
    faultOf(golden("cancel-batch-answer.broken.txt")),
    'line 8, column 13: expected a name in double quotes, found "}"',
  );
});

test("json: the mended samples are read", () => {
  for (const name of ["cancel-single", "cancel-batch", "cancel-error", "cancel-batch-answer"]) {
    const text = golden(`${name}.json`);
    const value = parseExact(text);
    assert.ok(!(value instanceof JsonFault));
    assert.deepEqual(plain(value), JSON.parse(text));
  }
});

test("json: faults name their place", () => {
  const depth = LIMITS.jsonDepthMax.value;
  const table: readonly (readonly [text: string, what: string])[] = [
    ["", "line 1, column 1: expected a value, found the end of the text"],
    [" \n ", "line 2, column 2: expected a value, found the end of the text"],
    ["\ufeff{}", "line 1, column 1: a byte order mark is not allowed; send UTF-8 without one"],
    ["{} x", 'line 1, column 4: expected the end of the text after the value, found "x"'],
    ["{}{}", 'line 1, column 3: expected the end of the text after the value, found "{"'],
    ["NaN", 'line 1, column 1: expected a value, found "N"'],
    ["-Infinity", 'line 1, column 2: expected a digit after "-", found "I"'],
    ["nul", 'line 1, column 1: expected a value, found "n"'],
    ["'a'", 'line 1, column 1: expected a value, found "\'"'],
    ["[1,]", 'line 1, column 4: expected a value, found "]"'],
    ["[1 2]", 'line 1, column 4: expected a comma or "]" after the value, found "2"'],
    ["[1", 'line 1, column 3: expected a comma or "]" after the value, found the end of the text'],
    ['{"a":1,}', 'line 1, column 8: expected a name in double quotes, found "}"'],
    ["{a:1}", 'line 1, column 2: expected a name in double quotes, found "a"'],
    ['{"a" 1}', 'line 1, column 6: expected ":" after the name, found "1"'],
    ['{"a":1 // x\n}', 'line 1, column 8: expected a comma or "}" after the value, found "/"'],
    ['{"a":1,\n "a":2}', 'line 2, column 2: the name "a" occurs twice'],
    ['{"__proto__":{}}', 'line 1, column 2: the name "__proto__" is not allowed'],
    ['{"\\u005f_proto__":1}', 'line 1, column 2: the name "__proto__" is not allowed'],
    [
      "007",
      'line 1, column 2: a number cannot start with 0; write ids and symbols in quotes, found "0"',
    ],
    ["+1", 'line 1, column 1: expected a value, found "+"'],
    [".5", 'line 1, column 1: expected a value, found "."'],
    ["1.", 'line 1, column 3: expected a digit after ".", found the end of the text'],
    ["1e+", "line 1, column 4: expected a digit in the exponent, found the end of the text"],
    [
      '"a',
      "line 1, column 3: expected the closing double quote of the string, " +
        "found the end of the text",
    ],
    [
      '"a\tb"',
      'line 1, column 3: a control character inside a string must be escaped, found "\\t"',
    ],
    ['"\\x"', "line 1, column 2: this escape does not exist in JSON"],
    ['"\\u12g4"', 'line 1, column 2: expected 4 hex digits after "\\u"'],
    ['"\\ud800"', "line 1, column 2: this surrogate is not part of a pair"],
    ['"\\udc00\\ud800"', "line 1, column 2: this surrogate is not part of a pair"],
    ['"\\ud800\\u0041"', "line 1, column 2: this surrogate is not part of a pair"],
    ['"\\ud800\\ue000"', "line 1, column 2: this surrogate is not part of a pair"],
    ['"\\udc00\\udc00"', "line 1, column 2: this surrogate is not part of a pair"],
    ['"\\ud800xxdc00"', "line 1, column 2: this surrogate is not part of a pair"],
    ['["\u{1f600}" x', 'line 1, column 6: expected a comma or "]" after the value, found "x"'],
    ["[\u{1f600}", 'line 1, column 2: expected a value, found "\u{1f600}"'],
    ["[".repeat(depth + 1), `line 1, column ${depth + 1}: nested deeper than ${depth} levels`],
  ];
  for (const [text, what] of table) assert.equal(faultOf(text), what);
});

test("json: what is allowed is read as it stands", () => {
  assert.equal(
    parseExact('"\\ud83d\\ude00\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9"'),
    '\u{1f600}"\\/\b\f\n\r\t\u00e9',
  );
  const ends = '"\\ud800\\udc00\\udbff\\udfff\\ud7ff\\ue000 \u0020"';
  assert.equal(parseExact(ends), "\u{10000}\u{10ffff}\ud7ff\ue000 \u0020", "ends of ranges");
  assert.deepEqual(parseExact(" [ ] "), []);
  const numbers = ["0", "-0", "1.50", "123456789012345678901234567890.123456789", "1E+5", "1e5"];
  for (const text of numbers) assert.deepEqual(parseExact(text), new NumberText(text));
  const object = parseExact('{"constructor":1,"prototype":{},"toString":null}');
  assert.ok(object instanceof JsonObject);
  assert.deepEqual(object.names, ["constructor", "prototype", "toString"]);
  assert.equal(object.get("hasOwnProperty"), undefined);
  const depth = LIMITS.jsonDepthMax.value;
  assert.ok(!(parseExact("[".repeat(depth) + "]".repeat(depth)) instanceof JsonFault));
});

test("json: a name twice is found in small and in large objects", () => {
  for (const count of [1, 7, 8, 9, 10, 500]) {
    const members = Array.from({ length: count }, (_, index) => `"n${index}":${index}`);
    const text = (list: readonly string[]) => `{${list.join(",")}}`;
    assert.ok(parseExact(text(members)) instanceof JsonObject);
    for (const repeated of [0, count - 1]) {
      const what = faultOf(text([...members, `"n${repeated}":0`]));
      assert.match(what, new RegExp(`the name "n${repeated}" occurs twice$`));
    }
  }
});

test("json: a long name in a message is cut", () => {
  const name = "n".repeat(5_000);
  assert.ok(faultOf(`{"${name}":1,"${name}":1}`).length < 120);
});

test("json: a text cut anywhere is refused inside the text or at its end", () => {
  const text = '{"a":[1.5,-2e3,"x\\u00e9\\ud83d\\ude00"],"b":{"c":true,"d":null,"e":false}}';
  for (let length = 0; length < text.length; length += 1) {
    const result = parseExact(text.slice(0, length));
    assert.ok(result instanceof JsonFault);
    assert.equal(result.line, 1);
    assert.ok(result.column <= length + 1);
  }
});

test("json: any value JSON.stringify writes is read back", () => {
  const value = fc.jsonValue({ maxDepth: 6, noUnicodeString: false });
  fc.assert(
    fc.property(value, fc.constantFrom(undefined, 1, "\t"), (original, space) => {
      const text = JSON.stringify(original, null, space);
      const result = parseExact(text);
      if (text.includes('"__proto__"')) return;
      assert.ok(!(result instanceof JsonFault), text);
      assert.deepEqual(plain(result), JSON.parse(text));
    }),
  );
});

test("json: any text gives a value that JSON.parse agrees on, or a fault inside the text", () => {
  const pieces = fc.constantFrom(
    ..."{}[]:,\"\\-+.eE0123456789 \n\t\r/*'anutrfl\u00e9\ud83d\ufeff\u0000".split(""),
    "null",
    "true",
    '"a"',
    '"a":',
    "\\u00e9",
    "\\ud83d\\ude00",
    "__proto__",
  );
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.array(pieces, { maxLength: 30 }).map((list) => list.join("")),
  );
  fc.assert(
    fc.property(text, (any) => {
      const result = parseExact(any);
      if (result instanceof JsonFault) return assertInside(any, result);
      assert.deepEqual(plain(result), JSON.parse(any));
    }),
    { numRuns: 2_000 },
  );
});

function assertInside(text: string, fault: JsonFault): void {
  const lines = text.split("\n");
  assert.ok(fault.line >= 1 && fault.line <= lines.length, fault.what);
  const characters = Array.from(lines[fault.line - 1] ?? "").length;
  assert.ok(fault.column >= 1 && fault.column <= characters + 1, fault.what);
  assert.ok(fault.what.length < 200, fault.what);
}

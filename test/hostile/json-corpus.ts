/**
 * A corpus of JSON texts, most of them broken, made by construction: each says whether it is to be
 * taken, by RFC 8259 and by what the contract refuses beyond it (names twice, `__proto__`, lone
 * surrogates, a byte order mark, more than 32 levels). Every text has a name of its own.
 */

export interface JsonText {
  readonly name: string;
  readonly bytes: Buffer;
  readonly isTaken: boolean;
}

type Add = (name: string, text: string | Buffer, isTaken: boolean) => void;

const CANCEL = '{"order_no":"22000000022","reference_id":"a"}';
const PLAIN = '{"a":"b","c":["d","e"],"f":{"g":"h"}}';
const PLACE =
  '{"market":"hkex","order_type":"limit_order","symbol":"00700","order_side":"buy","price":423.83}';
const DEPTH_MAX = 32;

export function jsonCorpus(): JsonText[] {
  const texts = new Map<string, JsonText>();
  const add: Add = (name, text, isTaken) => {
    if (texts.has(name)) throw new Error(`two texts are named ${name}`);
    const bytes = typeof text === "string" ? Buffer.from(text) : text;
    texts.set(name, { name, bytes, isTaken });
  };
  for (const part of PARTS) part(add);
  return [...texts.values()];
}

const PARTS: readonly ((add: Add) => void)[] = [
  whole,
  truncations,
  structure,
  spaces,
  controls,
  escapes,
  surrogates,
  encodings,
  numbers,
  literals,
  dialects,
  nesting,
  names,
  sizes,
];

function whole(add: Add): void {
  const good = [
    CANCEL,
    PLAIN,
    PLACE,
    `[${CANCEL}]`,
    "{}",
    "[]",
    '""',
    "0",
    "null",
    "true",
    "false",
  ];
  for (const [index, text] of good.entries()) add(`whole ${index}`, text, true);
  add("nothing", "", false);
  for (const [index, text] of [" ", "\n", "\t \r\n", "\0", "\ufeff"].entries()) {
    add(`nothing but ${index}`, text, false);
  }
  for (const [index, more] of ["x", "{}", "null", ",", "}", "]", "\0", '"', "1", "//"].entries()) {
    add(`more behind it ${index}`, `${CANCEL}${more}`, false);
    add(`more before it ${index}`, `${more}${CANCEL}`, false);
  }
}

/** A text in brackets is whole only at its last byte. */
function truncations(add: Add): void {
  for (const [name, text] of Object.entries({ CANCEL, PLACE, PLAIN })) {
    for (let end = 1; end < text.length; end += 1) {
      add(`${name} cut to ${end}`, text.slice(0, end), false);
    }
    for (let start = 1; start < text.length; start += 3) {
      add(`${name} from ${start}`, text.slice(start), false);
    }
  }
}

/** In a text of strings only, no sign of the structure may be missing or doubled. */
function structure(add: Add): void {
  for (let index = 0; index < PLAIN.length; index += 1) {
    const sign = PLAIN.charAt(index);
    if (!'{}[]:,"'.includes(sign)) continue;
    add(`without ${sign} at ${index}`, PLAIN.slice(0, index) + PLAIN.slice(index + 1), false);
    add(`twice ${sign} at ${index}`, PLAIN.slice(0, index) + sign + PLAIN.slice(index), false);
    for (const other of ['"', ":", ";"]) {
      if (other === sign) continue;
      const text = PLAIN.slice(0, index) + other + PLAIN.slice(index + 1);
      add(`${other} for ${sign} at ${index}`, text, false);
    }
  }
}

function spaces(add: Add): void {
  const isSpace = new Set([0x09, 0x0a, 0x0d, 0x20]);
  for (let code = 0; code <= 0x20; code += 1) {
    const character = String.fromCharCode(code);
    add(`U+${code.toString(16)} around`, `${character}{"a"${character}:1}`, isSpace.has(code));
  }
  for (const code of [0x7f, 0x85, 0xa0, 0x1680, 0x2003, 0x2028, 0x2029, 0x202f, 0x3000, 0xfeff]) {
    const character = String.fromCharCode(code);
    add(`U+${code.toString(16)} around`, `{"a":${character}1}`, false);
    add(`U+${code.toString(16)} in a string`, `{"a":"${character}"}`, true);
  }
}

function controls(add: Add): void {
  for (let code = 0; code < 0x20; code += 1) {
    const character = String.fromCharCode(code);
    add(`U+${code.toString(16)} in a string`, `{"a":"x${character}y"}`, false);
    add(`U+${code.toString(16)} in a name`, `{"x${character}y":1}`, false);
    const escaped = `\\u${code.toString(16).padStart(4, "0")}`;
    add(`${escaped} in a string`, `{"a":"${escaped}"}`, true);
  }
}

function escapes(add: Add): void {
  for (let code = 0x20; code < 0x7f; code += 1) {
    const letter = String.fromCharCode(code);
    if (letter === "u") continue;
    // A quote that is escaped does not end the string, so another one does.
    add(`escape ${letter}`, `{"a":"\\${letter}"}`, '"\\/bfnrt'.includes(letter));
  }
  for (const digits of [
    "",
    "1",
    "12",
    "123",
    "g000",
    "00g0",
    "+123",
    " 123",
    "0x12",
    "１２３４",
    "-001",
  ]) {
    add(`escape u${digits}`, `{"a":"\\u${digits}"}`, false);
  }
  for (const digits of ["0041", "00e4", "00E4", "2028", "ffff", "FEFF", "0000"]) {
    add(`escape of U+${digits}`, `{"a":"\\u${digits}"}`, true);
  }
  add("escape at the end", '{"a":"\\', false);
  add("escape outside a string", '{\\"a":1}', false);
  add("escape of a line end", '{"a":"\\\n"}', false);
  add("\\x41", '{"a":"\\x41"}', false);
  add("\\u{41}", '{"a":"\\u{41}"}', false);
}

function surrogates(add: Add): void {
  const lone = ["\\ud800", "\\udbff", "\\udc00", "\\udfff", "\\ud800x", "x\\udc00"];
  const wrong = [
    "\\ud800\\ud800",
    "\\udc00\\ud800",
    "\\ud800\\u0041",
    "\\ud83d\\n",
    "\\ud83d\\ude",
  ];
  for (const text of [...lone, ...wrong]) {
    add(`surrogates ${text}`, `{"a":"${text}"}`, false);
    add(`surrogates ${text} in a name`, `{"${text}":1}`, false);
  }
  for (const text of ["\\ud83d\\ude00", "\\uD83D\\uDE00", "\\udbff\\udfff", "\u{1f600}"]) {
    add(`surrogates ${text}`, `{"a":"${text}"}`, true);
  }
}

function encodings(add: Add): void {
  const bad: readonly (readonly number[])[] = [
    ...[0x80, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xf5, 0xf8, 0xfc, 0xfe, 0xff].map((byte) => [byte]),
    [0xc0, 0x80],
    [0xc0, 0xaf],
    [0xc1, 0xbf],
    [0xe0, 0x80, 0xaf],
    [0xe0, 0x9f, 0xbf],
    [0xf0, 0x80, 0x80, 0xaf],
    [0xf0, 0x8f, 0xbf, 0xbf],
    [0xf8, 0x88, 0x80, 0x80, 0x80],
    [0xed, 0xa0, 0x80],
    [0xed, 0xbf, 0xbf],
    [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0xc3],
    [0xe2, 0x82],
    [0xf0, 0x9f, 0x98],
    [0xc3, 0x28],
    [0xe2, 0x28, 0xa1],
    [0xe2, 0x82, 0x28],
  ];
  for (const bytes of bad) {
    const name = Buffer.from(bytes).toString("hex");
    const around = (before: string, after: string): Buffer =>
      Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
    add(`bytes ${name} in a string`, around('{"a":"', '"}'), false);
    add(`bytes ${name} in a name`, around('{"', '":1}'), false);
    add(`bytes ${name} outside`, around('{"a":', "}"), false);
  }
  for (const text of ["ü", "騰訊", "\u{1f600}", "\u{10ffff}", "\ufffd", "é"]) {
    add(`${text} in a string`, `{"a":"${text}"}`, true);
    add(`${text} in a name`, `{"${text}":1}`, true);
    add(`${text} outside`, `{"a":${text}}`, false);
  }
  const wide = Buffer.from(CANCEL, "utf16le");
  add("UTF-16 LE", wide, false);
  add("UTF-16 BE", Buffer.from(wide).swap16(), false);
  add("UTF-16 LE with its mark", Buffer.concat([Buffer.from([0xff, 0xfe]), wide]), false);
  add("UTF-8 with its mark", `\ufeff${CANCEL}`, false);
  add("a mark behind it", `${CANCEL}\ufeff`, false);
  add("UTF-32", Buffer.from([...CANCEL].flatMap((each) => [each.charCodeAt(0), 0, 0, 0])), false);
  add("Latin-1", Buffer.from('{"a":"\xfc"}', "latin1"), false);
}

function numbers(add: Add): void {
  const good = [
    "0",
    "-0",
    "1",
    "-1",
    "10",
    "1.5",
    "-1.50",
    "0.0",
    "1e5",
    "1E5",
    "1e+5",
    "1E-5",
    "0e0",
  ];
  const large = [
    "9".repeat(400),
    `0.${"1".repeat(400)}`,
    "1e400",
    "-1e-400",
    "123456789012345678901",
  ];
  const zeros = ["00", "01", "-01", "00.1", "-00", "0123"];
  const points = ["1.", ".5", "-.5", "1..5", "1.5.5", "1.e5", "0.", "1,5"];
  const exponents = ["1e", "1e+", "1e-", "1E", "1e1.5", "1e1e1", "e5", "1ee5", "1e+-5", "1e 5"];
  const signs = ["+1", "--1", "-", "+", "- 1", "-+1", "1-", "−1"];
  const others = [
    "0x10",
    "0b1",
    "0o7",
    "1n",
    "1f",
    "1_000",
    "1 000",
    "1'000",
    "$1",
    "1%",
    "١",
    "１",
  ];
  const words = ["NaN", "-NaN", "Infinity", "-Infinity", "inf", "1.#INF", "1/2", "2-1"];
  const bad = [...zeros, ...points, ...exponents, ...signs, ...others, ...words];
  for (const [texts, isTaken] of [
    [[...good, ...large], true],
    [bad, false],
  ] as const) {
    for (const text of texts) {
      const name = text.length > 40 ? `${text.slice(0, 8)} of ${text.length}` : text;
      add(`number ${name}`, `{"price":${text}}`, isTaken);
      // "[1,5]" is two numbers.
      add(`number ${name} in a list`, `[${text}]`, isTaken || text === "1,5");
    }
  }
}

function literals(add: Add): void {
  const bad = ["True", "TRUE", "tru", "truee", "t", "False", "nul", "nulll", "Null", "NULL", "nil"];
  const foreign = ["undefined", "None", "yes", "on", "a", "true false", "true1", "nu ll", "fals\0"];
  for (const word of [...bad, ...foreign]) {
    add(`word ${word}`, `{"a":${word}}`, false);
    add(`word ${word} alone`, word, false);
  }
}

/** What readers of other dialects take. */
function dialects(add: Add): void {
  const bad = [
    '{"a":1,}',
    '{,"a":1}',
    '{"a":1,,"b":2}',
    "[1,]",
    "[,1]",
    "[1,,2]",
    "[,]",
    "{,}",
    "{'a':1}",
    "{\"a\":'b'}",
    "{a:1}",
    "{1:1}",
    "{null:1}",
    '{"a"}',
    '{"a":}',
    '{:"a"}',
    '{"a" "b"}',
    '{"a"=1}',
    '{"a"::1}',
    '{"a":1 "b":2}',
    '{"a":1;"b":2}',
    "[1 2]",
    "[1;2]",
    '["a" "b"]',
    '["a"+"b"]',
    "[1:2]",
    '{["a"]:1}',
    '{"a":{}',
    '{"a":[}',
    "[{]}",
    "[)",
    "(1)",
    "{]",
    "[}",
    "}{",
    "][",
    "/* a */{}",
    "{}/* a */",
    '{"a":/* b */1}',
    "// a\n{}",
    "{}// a",
    "# a\n{}",
    "<!-- a -->{}",
    '{"a":"b\nc"}',
    '{"a":`b`}',
    '{"a":"""b"""}',
    '"a" "b"',
    '{"a":1}{"b":2}',
    "[]\n[]",
    ")]}',\n{}",
    "for(;;);{}",
    "callback({})",
    "{...{}}",
    '{"a":function(){}}',
    '{"a":[1..3]}',
    "a=1",
    "<a/>",
    "---\na: 1",
    "order_no=1",
    "%7B%7D",
  ];
  for (const text of bad) add(`dialect ${JSON.stringify(text)}`, text, false);
}

function nesting(add: Add): void {
  const lists = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
  const objects = (depth: number): string => `${'{"a":'.repeat(depth)}1${"}".repeat(depth)}`;
  const mixed = (depth: number): string => {
    const half = depth / 2;
    return `${'[{"a":'.repeat(half)}1${"}]".repeat(half)}`;
  };
  for (const depth of [1, 2, 16, 30, 32, 34, 64, 128, 1_000]) {
    add(`${depth} lists deep`, lists(depth), depth <= DEPTH_MAX);
    add(`${depth} objects deep`, objects(depth), depth <= DEPTH_MAX);
    if (depth > 1) add(`${depth} of both deep`, mixed(depth), depth <= DEPTH_MAX);
  }
  add("33 lists deep", lists(33), false);
  add("33 objects deep", objects(33), false);
  for (const open of ["[", "{", '{"a":', '[{"a":']) {
    add(`${open} without end`, open.repeat(Math.floor(16_000 / open.length)), false);
  }
  add("] without end", "]".repeat(16_000), false);
  add("one level beside another, often", `[${"[],".repeat(1_000)}[]]`, true);
}

function names(add: Add): void {
  const twice = [
    '{"a":1,"a":1}',
    '{"a":1,"b":2,"a":3}',
    '{"a":1,"\\u0061":2}',
    '{"\\u0061":1,"\\u0061":2}',
    '{"order_no":"1","order\\u005fno":"2"}',
    '{"":1,"":2}',
    '{"a":{"b":1,"b":2}}',
    '[{"a":1},{"b":1,"b":2}]',
    '{"ü":1,"\\u00fc":2}',
    '{"\u{1f600}":1,"\\ud83d\\ude00":2}',
  ];
  for (const text of twice) add(`names ${text}`, text, false);
  for (let count = 2; count <= 12; count += 1) {
    const many = Array.from({ length: count }, (_, index) => `"n${index}":${index}`);
    add(`${count} names`, `{${many.join(",")}}`, true);
    add(`${count} names and the first`, `{${many.join(",")},"n0":1}`, false);
    add(`${count} names and the last`, `{${many.join(",")},"n${count - 1}":1}`, false);
  }
  const polluting = [
    '{"__proto__":1}',
    '{"__proto__":{"order_no":"1"}}',
    '{"a":{"__proto__":null}}',
    '[{"__proto__":[]}]',
    '{"\\u005f_proto__":1}',
    '{"__proto\\u005f\\u005f":{}}',
    '{"constructor":{"__proto__":1}}',
  ];
  for (const text of polluting) add(`names ${text}`, text, false);
  const harmless = [
    "constructor",
    "prototype",
    "toString",
    "hasOwnProperty",
    "valueOf",
    "length",
    "__proto",
    "then",
  ];
  for (const name of harmless) add(`name ${name}`, `{"${name}":1}`, true);
  add("__proto__ as a value", '{"a":"__proto__"}', true);
  add("names that differ in case", '{"a":1,"A":2}', true);
  add("names that look alike", '{"é":1,"e\u0301":2}', true);
  add("a name that is empty", '{"":1}', true);
}

function sizes(add: Add): void {
  add("a string of 16,000", `"${"x".repeat(16_000)}"`, true);
  add("a string of 16,000 without end", `"${"x".repeat(16_000)}`, false);
  add("16,000 escapes", `"${"\\n".repeat(8_000)}"`, true);
  add("16,000 quotes", '"'.repeat(16_000), false);
  add("16,000 backslashes", "\\".repeat(16_000), false);
  add("a name of 16,000", `{"${"x".repeat(16_000)}":1}`, true);
  add("5,000 elements", `[${"1,".repeat(5_000)}1]`, true);
  const many = Array.from({ length: 1_200 }, (_, index) => `"k${index}":${index}`);
  add("1,200 names", `{${many.join(",")}}`, true);
  add("1,200 names and one twice", `{${many.join(",")},"k7":1}`, false);
  add("16,000 digits", "1".repeat(16_000), true);
  add("16,000 zeros", "0".repeat(16_000), false);
  add("16,000 digits of an exponent", `1e${"9".repeat(16_000)}`, true);
  add("16,000 spaces", `${" ".repeat(16_000)}1`, true);
  add("16,000 line ends", "\n".repeat(16_000), false);
}

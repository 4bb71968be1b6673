/**
 * Mutations that know the structure of what they change: members, elements and words of JSON;
 * parameters of a query; segments of a path; values of headers.
 */
import type { Random } from "../e2e/crash/random.ts";

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

const TEXTS = [
  ...["", " ", "0", "-1", "1e5", "00700", "00000", "null", "true", "__proto__", "constructor"],
  ...[
    "x".repeat(64),
    "x".repeat(65),
    "x".repeat(3_000),
    "ü",
    "\u{1f600}",
    "\ufeff",
    "\u0000",
    "\n",
  ],
  ...[
    "a\u202eb",
    "%00",
    "'; drop table orders; --",
    "<script>",
    "../../etc/passwd",
    "{{7*7}}",
    "%s%n",
  ],
  ...[
    "22000000001",
    "99999999999",
    "9".repeat(32),
    "9".repeat(33),
    "hkex",
    "usex",
    "crypto",
    "buy",
  ],
  ...["limit_order", "market_order", "stop_market_order", "at_auction_order", "gtc", "fok", "ioc"],
] as const;

const NUMBERS = [
  ...[0, -0, 1, -1, 0.1, 1.5, 100, 99, 1e3, 1e21, -1e21, 1e-9, 0.123456789, 2 ** 31, 2 ** 32],
  ...[2 ** 53, -(2 ** 53), 2 ** 63, 1.7976931348623157e308, 5e-324, 400.2, 400.1, 99_999_999_999],
];

const NAMES = [
  "order_no",
  "reference_id",
  "__proto__",
  "price",
  "qty",
  "id",
  "op",
  "data",
  "x",
  "",
];

/** The same value with one to three changes somewhere in it. */
export function mutatedJson(random: Random, value: unknown): Json {
  let result = value as Json;
  for (let count = 1 + random.below(3); count > 0; count -= 1) result = changed(random, result);
  return result;
}

function changed(random: Random, value: Json): Json {
  if (random.oneIn(12)) return anyJson(random, 2);
  if (Array.isArray(value)) return changedList(random, value as readonly Json[]);
  if (typeof value === "object" && value !== null) return changedObject(random, value as object);
  return random.oneIn(3) ? nearby(random, value) : anyJson(random, 1);
}

function changedList(random: Random, list: readonly Json[]): Json {
  const at = random.below(list.length + 1);
  switch (random.below(5)) {
    case 0:
      return list.toSpliced(at, 1);
    case 1:
      return list.toSpliced(at, 0, anyJson(random, 1));
    case 2:
      return list.length === 0
        ? []
        : Array.from({ length: random.below(8) }, () => random.pick(list));
    default:
      return list.map((each, index) => (index === at ? changed(random, each) : each));
  }
}

function changedObject(random: Random, object: object): Json {
  const rows = Object.entries(object) as [string, Json][];
  const at = random.below(rows.length + 1);
  switch (random.below(6)) {
    case 0:
      return Object.fromEntries(rows.toSpliced(at, 1));
    case 1:
      return Object.fromEntries([...rows, [random.pick(NAMES), anyJson(random, 1)]]);
    default:
      return Object.fromEntries(
        rows.map(([name, value], index) => [name, index === at ? changed(random, value) : value]),
      );
  }
}

/** Almost as it was. */
function nearby(random: Random, value: Json): Json {
  if (typeof value === "number")
    return random.pick([-value, value + 1, value * 1e9, value / 3, `${value}`]);
  if (typeof value === "string") {
    const number = Number(value);
    return random.pick([
      `${value}x`,
      value.toUpperCase(),
      ` ${value}`,
      value.slice(1),
      number || 0,
      [value],
    ]);
  }
  return random.pick([null, true, false, 0, 1, "true"]);
}

function anyJson(random: Random, depth: number): Json {
  switch (random.below(depth > 0 ? 7 : 5)) {
    case 0:
      return null;
    case 1:
      return random.oneIn(2);
    case 2:
      return random.pick(NUMBERS);
    case 3:
    case 4:
      return random.pick(TEXTS);
    case 5:
      return Array.from({ length: random.below(8) }, () => anyJson(random, depth - 1));
    default: {
      const names = Array.from({ length: random.below(4) }, () => random.pick(NAMES));
      return Object.fromEntries(names.map((name) => [name, anyJson(random, depth - 1)]));
    }
  }
}

const ESCAPES = [
  "%",
  "%zz",
  "%2",
  "%00",
  "%0a",
  "%ff",
  "%c0%af",
  "%ed%a0%80",
  "%26",
  "%3D",
  "+",
  "%20",
];

/** Path and query with one to three changes. Only bytes that may stand on a request line. */
export function mutatedTarget(random: Random, target: string): string {
  let result = target;
  for (let count = 1 + random.below(3); count > 0; count -= 1) {
    const mark = result.indexOf("?");
    const [path, query] =
      mark === -1 ? [result, ""] : [result.slice(0, mark), result.slice(mark + 1)];
    result = random.oneIn(4)
      ? `${mutatedPath(random, path)}${query === "" ? "" : `?${query}`}`
      : `${path}?${mutatedQuery(random, query)}`;
  }
  return result;
}

function mutatedPath(random: Random, path: string): string {
  const segments = path.split("/");
  const at = 1 + random.below(segments.length);
  const odd = [
    ...ESCAPES,
    "",
    ".",
    "..",
    ";x=1",
    "x".repeat(2_000),
    "22000000001",
    "0",
    "*",
    "~",
    "all",
  ];
  switch (random.below(4)) {
    case 0:
      return segments.toSpliced(at, 1).join("/") || "/";
    case 1:
      return segments.toSpliced(at, 0, random.pick(odd)).join("/");
    case 2:
      return segments.toSpliced(at, 1, random.pick(odd)).join("/");
    default:
      return `${path}${random.pick(odd)}`;
  }
}

function mutatedQuery(random: Random, query: string): string {
  const rows = query === "" ? [] : query.split("&");
  const at = random.below(rows.length + 1);
  const value = encodeURIComponent(
    random.oneIn(2) ? random.pick(TEXTS).slice(0, 500) : String(random.pick(NUMBERS)),
  );
  const name = random.pick([
    ...NAMES,
    "page_index",
    "page_size",
    "market",
    "symbol",
    "start_time",
    "limit",
  ]);
  switch (random.below(7)) {
    case 0:
      return rows.toSpliced(at, 1).join("&");
    case 1:
      return [...rows, random.pick(rows.length === 0 ? ["a=b"] : rows)].join("&");
    case 2:
      return [...rows, `${name}=${value}`].join("&");
    case 3:
      return [...rows, random.pick(["&", "=", "==", "&&", "a", "a=b=c", ";", "a[]=1", "?"])].join(
        "&",
      );
    case 4:
      return query + random.pick(ESCAPES);
    default: {
      const [key = ""] = (rows[at] ?? "x").split("=");
      return rows
        .toSpliced(at, 1, `${key}=${random.oneIn(4) ? random.pick(ESCAPES) : value}`)
        .join("&");
    }
  }
}

const HEADER_VALUES = [
  ...[
    "",
    " ",
    "0",
    "-1",
    "1746774142003",
    "99999999999999999999",
    "NaN",
    "x".repeat(2_000),
    "\xff\xfe",
  ],
  ...["a, b", "null", "application/json", "text/plain", "application/json;charset=utf-16", "gzip"],
  ...[
    "return=representation",
    "return=minimal",
    "ed25519",
    "==",
    "A".repeat(44),
    "a".repeat(64),
    "%00",
  ],
];

const HEADERS = [
  ...["X-API-Key", "X-API-Timestamp", "X-API-Signature", "X-Request-Id", "Content-Type", "Prefer"],
  ...["X-Receipt", "Content-Encoding", "Idempotency-Key", "X-Operator", "Authorization", "Cookie"],
  ...[
    "Origin",
    "Sec-Fetch-Site",
    "X-CSRF-Token",
    "Accept-Encoding",
    "X-Forwarded-For",
    "If-None-Match",
  ],
];

/** The same headers, one of them changed, added or missing. */
export function mutatedHeaders(
  random: Random,
  headers: Readonly<Record<string, string>>,
): Record<string, string> {
  const name = random.pick([...Object.keys(headers), random.pick(HEADERS)]);
  const { [name]: value = "", ...rest } = headers;
  if (random.oneIn(4)) return rest;
  const near = random.pick([value.slice(1), `${value}x`, value.toUpperCase(), `${value},${value}`]);
  return { ...rest, [name]: random.oneIn(2) ? near : random.pick(HEADER_VALUES) };
}

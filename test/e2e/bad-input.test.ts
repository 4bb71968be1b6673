/**
 * Bad input (CONTRACT section 9), over bare sockets: never a 5xx, never a hang, nothing lost, a
 * clear sentence; and after each fault the gateway still serves.
 */
import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { type GatewayProcess, Workplace } from "./gateway-process.ts";
import { exchange, type RawAnswer, rawRequest, rawSigned } from "./raw-socket.ts";
import {
  type Headers,
  KEY_1,
  KEY_2,
  nextTimestampMs,
  SignedClient,
  sign,
} from "./signed-client.ts";

const ORDERS = "/trade/v1/orders";
const BATCH = "/trade/v1/orders/batch";
const LIMIT_BYTES = 16_384;

const place = new Workplace();
let gateway: GatewayProcess;
let client: SignedClient;
let restingOrderNo: string;

before(async () => {
  gateway = await place.gateway(place.path("data"));
  client = new SignedClient(gateway.url, KEY_1);
  restingOrderNo = await client.place(ORDER);
});

after(async () => {
  const { exit, stderr } = gateway;
  client.close();
  await place.close();
  assert.equal(exit, null, stderr);
});

/** Sends one request as bytes, expects one answer of the error family, and service to go on. */
const refused = async (
  pieces: readonly (Buffer | string)[],
  status: number,
  reason: string,
  details: RegExp = /^/,
): Promise<RawAnswer> => {
  const { answers } = await exchange(gateway.port, pieces, 1);
  const [answer] = answers;
  assert.ok(answer !== undefined, "an answer came");
  assertRefusal(answer, status, reason, details);
  await assertServes(client, restingOrderNo);
  return answer;
};

/** The same for a request that is well formed as HTTP and well signed. */
const refusedSigned = (
  method: string,
  target: string,
  body: string | Buffer,
  status: number,
  reason: string,
  details: RegExp = /^/,
  headers: Headers = {},
): Promise<RawAnswer> => {
  const signed = sign(KEY_1, method, target, body, { headers });
  return refused([rawSigned(signed)], status, reason, details);
};

test("bad input: a body of more than 16 KiB, declared", async () => {
  const body = paddedCancel(LIMIT_BYTES + 1);
  const answer = await refusedSigned("DELETE", ORDERS, body, 413, "body_too_large", /16384/);
  assert.equal(answer.headers.get("connection"), "close");
});

test("bad input: a body of 16 KiB is taken", async () => {
  const signed = sign(KEY_1, "DELETE", ORDERS, paddedCancel(LIMIT_BYTES));
  const { answers } = await exchange(gateway.port, [rawSigned(signed)], 1);
  assertRefusal(answers[0], 404, "unknown_order");
});

test("bad input: a body of more than 16 KiB, in chunks", async () => {
  const { headers } = sign(KEY_1, "DELETE", ORDERS, paddedCancel(LIMIT_BYTES + 1));
  const rows: [string, string][] = [...Object.entries(headers), ["Transfer-Encoding", "chunked"]];
  const head = rawRequest(`DELETE ${ORDERS} HTTP/1.1`, rows);
  const chunk = `1000\r\n${" ".repeat(0x1000)}\r\n`;
  const chunks = Array<string>(5).fill(chunk);
  await refused([head, ...chunks, "0\r\n\r\n"], 413, "body_too_large");
  const endless = `40000\r\n${" ".repeat(0x40000)}\r\n`;
  await refused([head, ...Array<string>(5).fill(endless)], 413, "body_too_large");
});

test("bad input: a body in chunks is taken", async () => {
  const body = Buffer.from('{"order_no":"99","reference_id":""}');
  const { headers } = sign(KEY_1, "DELETE", ORDERS, body);
  const rows: [string, string][] = [...Object.entries(headers), ["Transfer-Encoding", "chunked"]];
  const pieces = [...body].map((byte) => `1\r\n${String.fromCharCode(byte)}\r\n`);
  const head = rawRequest(`DELETE ${ORDERS} HTTP/1.1`, rows);
  const { answers } = await exchange(gateway.port, [head, ...pieces, "0\r\n\r\n"], 1);
  assertRefusal(answers[0], 404, "unknown_order");
});

test("bad input: headers of more than 16 KiB", async () => {
  const row: [string, string] = ["X-Padding", "x".repeat(LIMIT_BYTES)];
  const signed = sign(KEY_1, "GET", ORDERS);
  await refused([rawSigned(signed, [row])], 431, "headers_too_large");
  const long = `GET ${ORDERS}?symbol=${"x".repeat(LIMIT_BYTES)} HTTP/1.1`;
  await refused([rawRequest(long, [])], 431, "headers_too_large");
});

test("bad input: a head of 16 KiB is taken, and of a byte more refused", async () => {
  const upgrade: [string, string][] = [
    ["Connection", "Upgrade"],
    ["Upgrade", "websocket"],
    ["Sec-WebSocket-Version", "13"],
    ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
  ];
  for (const [what, line, rows, status] of [
    ["a request", "GET /time HTTP/1.1", [], 200],
    ["a handshake", "GET /ws/trade/v1 HTTP/1.1", upgrade, 401],
  ] as const) {
    const padded = (bytes: number): Buffer => {
      const bare = rawRequest(line, [...rows, ["X-Padding", ""]]).length;
      return rawRequest(line, [...rows, ["X-Padding", "x".repeat(bytes - bare)]]);
    };
    assert.equal(padded(LIMIT_BYTES).length, LIMIT_BYTES);
    const { answers } = await exchange(gateway.port, [padded(LIMIT_BYTES)], 1);
    assert.equal(answers[0]?.status, status, what);
    await refused([padded(LIMIT_BYTES + 1)], 431, "headers_too_large");
  }
});

test("bad input: a body of another content type is refused", async () => {
  const wrong = ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""];
  const odd = ["application/json; charset=utf-16", "application/json, text/plain", "json", "\t"];
  const tabs = ["application/json\t;x=1", "text/plain\t;application/json", "application /json"];
  for (const type of [...wrong, ...odd, ...tabs]) {
    const headers = { "Content-Type": type };
    const body = '{"order_no":"99"}';
    await refusedSigned(
      "DELETE",
      ORDERS,
      body,
      415,
      "unsupported_media_type",
      /application\/json/,
      headers,
    );
  }
  for (const coding of ["gzip", "br"]) {
    const headers = { "Content-Encoding": coding };
    const body = '{"order_no":"99"}';
    await refusedSigned("DELETE", ORDERS, body, 415, "unsupported_media_type", /^/, headers);
  }
});

test("bad input: content types that mean JSON", async () => {
  const types = ["application/json", "APPLICATION/JSON", "application/json;charset=UTF-8"];
  const spaced = ["application/json ; charset=utf-8", 'application/json;charset="utf-8"'];
  const tabs = ["application/json\t;\tcharset=utf-8", "  application/json\t"];
  for (const type of [...types, ...spaced, ...tabs]) {
    const signed = sign(KEY_1, "DELETE", ORDERS, '{"order_no":"99"}', {
      headers: { "Content-Type": type },
    });
    const { answers } = await exchange(gateway.port, [rawSigned(signed)], 1);
    assertRefusal(answers[0], 404, "unknown_order");
  }
});

test("bad input: a path that nobody serves is said to be unknown", async () => {
  const under = [
    `${ORDERS}/`,
    `${ORDERS}//`,
    `${ORDERS}/1/2`,
    "/TRADE/v1/orders",
    "/trade/v2/orders",
  ];
  const outside = [
    "/",
    "//",
    "/trade/v1/orders%2F1x/",
    "/trade/./v1/orders",
    "/%",
    "/time/",
    "/a/../time",
  ];
  for (const target of [...under, ...outside]) {
    await refusedSigned("GET", target, "", 404, "unknown_path");
    await refusedSigned("POST", target, "{}", 404, "unknown_path");
  }
  await refused([rawRequest("GET http://localhost/x HTTP/1.1", [])], 404, "unknown_path");
  await refused([rawRequest("OPTIONS * HTTP/1.1", [])], 404, "unknown_path");
});

test("bad input: methods that a path does not take", async () => {
  const table: readonly (readonly [method: string, target: string, allow: string[]])[] = [
    ["PATCH", ORDERS, ["DELETE", "POST", "PUT", "GET"]],
    ["GET", BATCH, ["DELETE", "POST"]],
    ["DELETE", `${ORDERS}/cancel`, ["POST"]],
    ["PUT", `${ORDERS}/cancel/batch`, ["POST"]],
    ["GET", `${ORDERS}/22000000001`, ["DELETE"]],
    ["POST", "/time", ["GET", "HEAD"]],
    ["DELETE", "/health/live", ["GET", "HEAD"]],
  ];
  for (const [method, target, allow] of table) {
    const answer = await refusedSigned(method, target, "{}", 405, "method_not_allowed");
    const sent = (answer.headers.get("allow") ?? "").split(", ");
    assert.deepEqual(sent.toSorted(), allow.toSorted(), `${method} ${target}`);
  }
});

test("bad input: a method that is none", async () => {
  await refused([rawRequest(`CANCEL ${ORDERS} HTTP/1.1`, [])], 400, "malformed_request");
  await refused([rawRequest(`delete ${ORDERS} HTTP/1.1`, [])], 400, "malformed_request");
});

test("bad input: broken JSON names line and column", async () => {
  const table: readonly (readonly [body: string, where: RegExp])[] = [
    ['{\n    "order_no": "22000000022"\n    "reference_id": ""\n}', /line 3, column 5/],
    ['{"order_no":"1",}', /line 1, column 17/],
    ["{", /line 1, column 2/],
    ['{"order_no":"1"} x', /line 1, column 18/],
    ["{'order_no':'1'}", /line 1, column 2/],
    ['{"order_no":01}', /line 1, column 1[34]/],
    ['{"order_no":NaN}', /line 1, column 13/],
    ['{"a":"\u0000"}', /line 1, column 7/],
    ['{"a":"\\ud800"}', /line 1, column \d/],
    [" ", /line 1, column 2/],
  ];
  for (const [body, where] of table) {
    await refusedSigned("DELETE", ORDERS, body, 400, "malformed_json", where);
    await refusedSigned("POST", ORDERS, body, 400, "malformed_json", where);
    await refusedSigned("DELETE", BATCH, body, 400, "malformed_json", where);
  }
});

test("bad input: depth, repeated names, __proto__, byte order mark, bad UTF-8", async () => {
  const deep = `${"[".repeat(33)}${"]".repeat(33)}`;
  await refusedSigned("DELETE", BATCH, deep, 400, "malformed_json", /32/);
  const deepest = `${"[".repeat(LIMIT_BYTES)}`;
  await refusedSigned("DELETE", BATCH, deepest, 400, "malformed_json", /32/);
  const twice = '{"order_no":"1","order_no":"2"}';
  await refusedSigned("DELETE", ORDERS, twice, 400, "malformed_json", /order_no.*twice/);
  const escaped = '{"order_no":"1","order\\u005fno":"2"}';
  await refusedSigned("DELETE", ORDERS, escaped, 400, "malformed_json", /order_no.*twice/);
  const proto = '{"__proto__":{"order_no":"1"}}';
  await refusedSigned("DELETE", ORDERS, proto, 400, "malformed_json", /__proto__/);
  const mark = '\ufeff{"order_no":"1"}';
  await refusedSigned("DELETE", ORDERS, mark, 400, "malformed_json", /byte order mark/);
  for (const bytes of [[0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xe2, 0x82]]) {
    const body = Buffer.concat([Buffer.from('{"a":"'), Buffer.from(bytes), Buffer.from('"}')]);
    await refusedSigned("DELETE", ORDERS, body, 400, "malformed_utf8", /UTF-8/);
  }
  await refusedSigned("DELETE", ORDERS, '{"constructor":1}', 400, "unknown_field", /constructor/);
});

test("bad input: bare numbers for identifiers are to be quoted", async () => {
  const table: readonly (readonly [body: string, reason: string])[] = [
    ['{"order_no":22000000001}', "malformed_identifier"],
    ['{"reference_id":1}', "malformed_identifier"],
    ['{"order_no":null}', "malformed_identifier"],
    ['{"order_no":["1"]}', "malformed_identifier"],
    ['{"order_no":"1e5"}', "malformed_identifier"],
    ['{"order_no":"-1"}', "malformed_identifier"],
  ];
  for (const [body, reason] of table) {
    await refusedSigned("DELETE", ORDERS, body, 400, reason, /order_no or reference_id is invalid/);
  }
  const quote = /quote/;
  await refusedSigned("DELETE", ORDERS, '{"order_no":1}', 400, "malformed_identifier", quote);
  const symbol = orderText({ symbol: 700 });
  await refusedSigned("POST", ORDERS, symbol, 400, "malformed_symbol", quote);
  const reference = orderText({ reference_id: 1 });
  await refusedSigned("POST", ORDERS, reference, 400, "invalid_reference_id", quote);
});

test("bad input: figures with exponent, 9 decimals, signs, or out of range", async () => {
  const figures: readonly (readonly [name: string, text: string, reason: string])[] = [
    ["price", "4.2383e2", "malformed_price"],
    ["price", '"4.2383e2"', "malformed_price"],
    ["price", "423.123456789", "malformed_price"],
    ["price", '" 423.83"', "malformed_price"],
    ["price", '"0x10"', "malformed_price"],
    ["price", "1".repeat(400), "malformed_price"],
    ["price", "true", "malformed_price"],
    ["price", "-1", "price_not_positive"],
    ["price", "0", "price_not_positive"],
    ["price", "423.833", "price_off_tick"],
    ["price", "99999999999", "price_out_of_range"],
    ["qty", "1e3", "malformed_qty"],
    ["qty", "100.000000001", "malformed_qty"],
    ["qty", "0", "qty_zero"],
    ["qty", "-100", "qty_negative"],
    ["qty", "0.5", "qty_below_one"],
    ["qty", "150", "odd_lot_out_of_range"],
    ["qty", "50.5", "odd_lot_too_fine"],
    ["qty", "100000000000", "qty_out_of_range"],
  ];
  for (const [name, text, reason] of figures) {
    await refusedSigned("POST", ORDERS, orderText({}, { [name]: text }), 400, reason);
  }
  const oddLot = { qty: "50" };
  const enhanced = { order_type: "enhanced_limit_order" };
  await refusedSigned("POST", ORDERS, orderText(enhanced, oddLot), 400, "odd_lot_order_type");
  const immediate = { order_type: "limit_order", time_in_force: "ioc" };
  await refusedSigned("POST", ORDERS, orderText(immediate, oddLot), 400, "odd_lot_time_in_force");
  await refusedSigned("POST", ORDERS, orderText({ market: "moon" }), 400, "invalid_market");
  await refusedSigned("POST", ORDERS, orderText({ surprise: 1 }), 400, "unknown_field", /surprise/);
  assert.equal((await client.orders()).length, 1, "a 400 creates no order");
});

test("bad input: one payload is signed, so there must be one", async () => {
  const body = '{"order_no":"1"}';
  await refusedSigned("DELETE", `${ORDERS}?order_no=1`, body, 400, "body_and_query");
  await refusedSigned("POST", `${ORDERS}?a=b`, body, 400, "body_and_query");
  const get = rawSigned(sign(KEY_1, "GET", ORDERS), [["Content-Length", String(body.length)]]);
  await refused([Buffer.concat([get, Buffer.from(body)])], 400, "body_not_taken");
  await refusedSigned("DELETE", `${ORDERS}/1`, body, 400, "body_not_taken");
  await refusedSigned("POST", ORDERS, "", 400, "body_missing", /needs a JSON body, and none/);
  await refusedSigned("DELETE", BATCH, "", 400, "body_missing", /proxy drops .*cancel.batch/);
  await refusedSigned("DELETE", ORDERS, "", 400, "identifier_missing");
});

test("bad input: a batch that is no array of 1 to 5 objects is refused whole", async () => {
  const one = '{"order_no":"1"}';
  const bodies = ["{}", "[]", "null", `[${Array(6).fill(one).join()}]`, "[1]", `[${one},null]`];
  for (const body of bodies) {
    await refusedSigned("DELETE", BATCH, body, 400, "malformed_batch");
    await refusedSigned("POST", BATCH, body, 400, "malformed_batch");
    await refusedSigned("POST", `${ORDERS}/cancel/batch`, body, 400, "malformed_batch");
  }
  await refusedSigned("DELETE", ORDERS, `[${one}]`, 400, "malformed_body");
});

test("bad input: authentication headers missing, empty, twice", async () => {
  const names = ["X-API-Key", "X-API-Timestamp", "X-API-Signature"];
  const refusedHeaders = (rows: [string, string][], reason: string, details: RegExp) => {
    return refused([rawRequest(`GET ${ORDERS} HTTP/1.1`, rows)], 401, reason, details);
  };
  for (const name of names) {
    const rows = Object.entries(sign(KEY_1, "GET", ORDERS).headers);
    const without = rows.filter(([each]) => each !== name);
    const missing = new RegExp(`missing: ${name}`);
    await refusedHeaders(without, "authentication_missing", missing);
    await refusedHeaders([...without, [name, ""]], "authentication_missing", missing);
    const twice = rows.flatMap(([each, value]): [string, string][] => {
      return each === name
        ? [
            [each, value],
            [each, value],
          ]
        : [[each, value]];
    });
    const { answers } = await exchange(
      gateway.port,
      [rawRequest(`GET ${ORDERS} HTTP/1.1`, twice)],
      1,
    );
    assertRefusal(answers[0], 401);
  }
});

test("bad input: timestamps in other units are named, not guessed", async () => {
  const seconds = String(Math.floor(nextTimestampMs() / 1000));
  const table: readonly (readonly [timestamp: string, details: RegExp])[] = [
    [seconds, /looks like seconds, milliseconds are expected/],
    [`${seconds}000000`, /looks like microseconds/],
    [`${seconds}000000000`, /looks like nanoseconds/],
    [`-${seconds}000`, /13 digits/],
    ["1746774142003.0", /13 digits/],
    ["now", /13 digits/],
  ];
  for (const [timestamp, details] of table) {
    const signed = sign(KEY_1, "GET", ORDERS, "", { timestamp });
    await refused([rawSigned(signed)], 401, "timestamp_malformed", details);
  }
});

test("bad input: framing that two readers could read differently", async () => {
  const body = '{"order_no":"99"}';
  const length = String(body.length);
  const head = (rows: readonly (readonly [string, string])[]): Buffer => {
    const { headers } = sign(KEY_1, "DELETE", ORDERS, body);
    return rawRequest(`DELETE ${ORDERS} HTTP/1.1`, [...Object.entries(headers), ...rows], body);
  };
  const chunked: [string, string] = ["Transfer-Encoding", "chunked"];
  const shapes: readonly (readonly (readonly [string, string])[])[] = [
    [["Content-Length", length], chunked],
    [chunked, ["Content-Length", length]],
    [
      ["Content-Length", length],
      ["Content-Length", "5"],
    ],
    [
      ["Content-Length", length],
      ["Content-Length", length],
    ],
    [["Content-Length", `${length}, 5`]],
    [["Content-Length", "-1"]],
    [["Content-Length", "+17"]],
    [["Content-Length", "0x11"]],
    [["Content-Length", "1e1"]],
    [["Content-Length", "9".repeat(40)]],
    [["Content-Length ", length]],
    [["Transfer-Encoding", "chunked, identity"]],
    [["Transfer-Encoding", "xchunked"]],
  ];
  for (const rows of shapes) {
    const answer = await refused([head(rows)], 400, "malformed_request");
    assert.equal(answer.headers.get("connection"), "close");
  }
  const { headers } = sign(KEY_1, "DELETE", ORDERS, body);
  const start = rawRequest(`DELETE ${ORDERS} HTTP/1.1`, [...Object.entries(headers), chunked]);
  for (const chunk of ["xyz\r\n", "-5\r\nhello\r\n", "5\r\nhelloX\r\n", "fffffffffffffffff\r\n"]) {
    await refused([start, chunk], 400, "malformed_request");
  }
  const bare = head([["Content-Length", length]])
    .toString("latin1")
    .replaceAll("\r\n", "\n");
  await refused([bare], 400, "malformed_request");
  for (const bytes of ["\0\0\0\0\r\n\r\n", "GET\r\n\r\n", "\x16\x03\x01\x02\r\n\r\n"]) {
    await refused([bytes], 400, "malformed_request");
  }
});

test("bad input: bytes that are almost HTTP/1.1", async () => {
  const shapes = [
    "GET /time HTTP/1.1\r\n\r\n",
    "GET /time HTTP/1.2\r\nHost: x\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "GET /ti\0me HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /ti\xffme HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /time HTTP/1.1\r\nHost: x\r\nX-A: a\r\n b\r\n\r\n",
    "GET /time HTTP/1.1\r\nHost: x\r\nX-A: a\rb\r\n\r\n",
    "GET /time HTTP/1.1\r\nHost: x\r\nX A: b\r\n\r\n",
    "POST /time HTTP/1.1\r\nHost: x\r\nExpect: the-best\r\nContent-Length: 2\r\n\r\n{}",
  ];
  for (const shape of shapes) {
    await refused([Buffer.from(shape, "latin1")], 400, "malformed_request");
  }
  const many = `GET /time HTTP/1.1\r\nHost: x\r\n${"A:b\r\n".repeat(4_000)}\r\n`;
  await refused([many], 431, "headers_too_large");
});

test("bad input: upgrades that lead nowhere", async () => {
  const upgrade = (requestLine: string, version: string): Buffer => {
    return rawRequest(requestLine, [
      ["Connection", "Upgrade"],
      ["Upgrade", "websocket"],
      ["Sec-WebSocket-Version", version],
      ["Sec-WebSocket-Key", Buffer.alloc(16).toString("base64")],
    ]);
  };
  await refused([upgrade(`GET ${ORDERS} HTTP/1.1`, "13")], 404, "unknown_path");
  await refused([upgrade("POST /ws/trade/v1 HTTP/1.1", "13")], 405, "method_not_allowed");
  await refused([upgrade("GET /ws/trade/v1 HTTP/1.1", "8")], 426, "upgrade_required");
  await refused([upgrade("GET /ws/trade/v1 HTTP/1.1", "13")], 401, "authentication_missing");
  await refused([rawRequest("GET /ws/trade/v1 HTTP/1.1", [])], 426, "upgrade_required");
});

test("bad input: what follows a refused request on its connection is not acted on", async () => {
  const hidden = rawSigned(sign(KEY_1, "POST", ORDERS, orderText({ reference_id: "hidden" })));
  const length = String(hidden.length);
  const first = rawRequest(`DELETE ${ORDERS} HTTP/1.1`, [
    ...Object.entries(sign(KEY_1, "DELETE", ORDERS, hidden).headers),
    ["Content-Length", length],
    ["Transfer-Encoding", "chunked"],
  ]);
  await refused([first, "0\r\n\r\n", hidden], 400, "malformed_request");
  const wrongMethod = rawRequest(`PATCH ${ORDERS} HTTP/1.1`, [["Content-Length", length]]);
  await refused([wrongMethod, hidden], 405, "method_not_allowed");
  const tooLarge = rawRequest(`DELETE ${ORDERS} HTTP/1.1`, [["Content-Length", "20000"]]);
  const padding = Buffer.alloc(20_000 - hidden.length);
  await refused([tooLarge, hidden, padding], 413, "body_too_large");
  const nowhere = rawRequest("POST /nowhere HTTP/1.1", [["Content-Length", length]]);
  await refused([nowhere, hidden], 404, "unknown_path");
  const unsigned = rawRequest("GET /time HTTP/1.1", [["Content-Length", length]]);
  const { answers } = await exchange(
    gateway.port,
    [unsigned, hidden, rawRequest("GET /time HTTP/1.1", [["Connection", "close"]])],
    3,
  );
  assert.deepEqual(
    answers.map(({ status }) => status),
    [200, 200],
    "a body is not a request",
  );
  assert.deepEqual(await client.orders("reference_id=hidden"), []);
});

test("bad input: pipelined requests are answered in their order", async () => {
  const requests = Array.from({ length: 20 }, (_, index) => {
    return rawSigned(sign(KEY_1, "DELETE", ORDERS, `{"order_no":"99${index}"}`));
  });
  requests.splice(10, 0, rawSigned(sign(KEY_1, "DELETE", ORDERS, "{")));
  requests.push(rawSigned(sign(KEY_1, "GET", `${ORDERS}?order_no=${restingOrderNo}`)));
  const { answers } = await exchange(gateway.port, [Buffer.concat(requests)], requests.length);
  const statuses = answers.map(({ status }) => status);
  assert.deepEqual(statuses, [...Array(10).fill(404), 400, ...Array(10).fill(404), 200]);
});

test("bad input: a request that comes byte by byte is taken", async () => {
  const bytes = rawSigned(sign(KEY_1, "DELETE", ORDERS, '{"order_no":"99"}'));
  const pieces = [...bytes].map((byte) => Buffer.of(byte));
  const { answers } = await exchange(gateway.port, pieces, 1);
  assertRefusal(answers[0], 404, "unknown_order");
});

test("bad input: clients that vanish in the middle of a request", async () => {
  const bytes = rawSigned(sign(KEY_1, "POST", ORDERS, orderText({ reference_id: "vanished" })));
  for (let cut = 0; cut < bytes.length; cut += 37) {
    await vanish(gateway.port, bytes.subarray(0, cut));
  }
  await vanish(gateway.port, bytes.subarray(0, bytes.length - 1));
  await assertServes(client, restingOrderNo);
  assert.deepEqual(await client.orders("reference_id=vanished"), []);
});

test("bad input: a wrong query is refused for what is wrong in it", async () => {
  const table: readonly (readonly [query: string, reason: string])[] = [
    ["page_size=0", "invalid_query_parameter"],
    ["page_size=101", "invalid_query_parameter"],
    ["page_index=-1", "invalid_query_parameter"],
    ["page_index=1e3", "invalid_query_parameter"],
    ["order_no=abc", "invalid_query_parameter"],
    ["order_status=done", "invalid_query_parameter"],
    ["start_time=1746774142003", "invalid_query_parameter"],
    ["end_time=1746774142", "start_time_missing"],
    ["market=moon", "invalid_market"],
    ["surprise=1", "unknown_query_parameter"],
    ["symbol=a&symbol=b", "repeated_query_parameter"],
    ["symbol=%zz", "malformed_query"],
    ["symbol=%ff", "malformed_query"],
    ["__proto__=1", "unknown_query_parameter"],
  ];
  for (const [query, reason] of table) {
    await refusedSigned("GET", `${ORDERS}?${query}`, "", 400, reason);
  }
  await refusedSigned("DELETE", `${ORDERS}?order_no=%zz`, "", 400, "malformed_identifier");
  await refusedSigned("DELETE", `${ORDERS}?order=1`, "", 400, "unknown_field");
  await refusedSigned("DELETE", `${ORDERS}/x1`, "", 400, "malformed_identifier");
  await refusedSigned("DELETE", `${ORDERS}/%zz`, "", 400, "malformed_identifier");
});

test("bad input: another account's order is unknown, in the same words", async () => {
  const stranger = sign(KEY_2, "DELETE", ORDERS, `{"order_no":"${restingOrderNo}"}`);
  const nobodys = sign(KEY_2, "DELETE", ORDERS, '{"order_no":"22999999999"}');
  const answers = await Promise.all(
    [stranger, nobodys].map((signed) => exchange(gateway.port, [rawSigned(signed)], 1)),
  );
  const [foreign, unknown] = answers.map((each) => each.answers[0]);
  assertRefusal(foreign, 404, "unknown_order");
  assert.deepEqual(foreign?.body, unknown?.body);
  await assertServes(client, restingOrderNo);
});

const ORDER = {
  market: "hkex",
  order_type: "enhanced_limit_order",
  symbol: "00700",
  order_side: "buy",
  price: 423.83,
  qty: 1000,
};

/** An order's body; `digits` are written as they stand. */
function orderText(changes: object, digits: Readonly<Record<string, string>> = {}): string {
  const fields = Object.entries({ ...ORDER, ...changes }).map(([name, value]) => {
    return `${JSON.stringify(name)}:${digits[name] ?? JSON.stringify(value)}`;
  });
  return `{${fields.join(",")}}`;
}

/** A cancel of an order that does not exist, of exactly that many bytes. */
function paddedCancel(bytes: number): string {
  const body = '{"order_no":"99"}';
  return body + " ".repeat(bytes - body.length);
}

const ERROR_NAMES = ["code", "message", "details", "reason", "retryable"];

function assertRefusal(
  answer: RawAnswer | undefined,
  status: number,
  reason?: string,
  details: RegExp = /^/,
): void {
  assert.ok(answer !== undefined, "an answer came");
  const shown = `${answer.status} ${answer.body}`;
  assert.equal(answer.status, status, shown);
  assert.match(answer.headers.get("content-type") ?? "", /^application\/json/, shown);
  const body = JSON.parse(answer.body) as Record<string, unknown>;
  assert.deepEqual(Object.keys(body), ERROR_NAMES, shown);
  const [code, message, text, word, retryable] = Object.values(body);
  assert.ok(Number.isSafeInteger(code) && Number(code) >= 10_000_000, shown);
  assert.equal(typeof message, "string", shown);
  assert.match(String(text), details, shown);
  if (reason !== undefined) assert.equal(word, reason, shown);
  assert.equal(typeof retryable, "boolean", shown);
}

/** The gateway serves, and the order that was there before is still there, as it was. */
async function assertServes(client: SignedClient, restingOrderNo: string): Promise<void> {
  const [order] = await client.orders(`order_no=${restingOrderNo}`);
  assert.equal(order?.order_status, "new");
  assert.equal(order?.outstand_qty, 1000);
}

/** Sends a part of a request and goes away without a word. */
function vanish(port: number, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" }, () => {
      socket.write(bytes, () => socket.resetAndDestroy());
    });
    socket.on("error", () => undefined);
    socket.on("close", () => resolve());
  });
}

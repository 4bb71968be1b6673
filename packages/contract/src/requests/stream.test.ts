import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ERRORS, isFault } from "../errors.ts";
import { JsonObject } from "../json-exact.ts";
import { COMMAND_OPS } from "../schema/stream-schemas.ts";
import { decodeSocketCommand, decodeStreamQuery } from "./stream.ts";

test("stream query: what a handshake asks for", () => {
  const live = {
    snapshot: false,
    history: false,
    live: false,
    heartbeatSeconds: 30,
    commands: false,
    onDisconnect: null,
  };
  assert.deepEqual(decodeStreamQuery(""), live);
  assert.deepEqual(decodeStreamQuery("after_seq=&snapshot=0&commands=0"), live);
  assert.deepEqual(decodeStreamQuery("after_seq=0"), {
    ...live,
    after: { seq: 0, history: null },
  });
  assert.deepEqual(decodeStreamQuery("after_seq=8124&snapshot=0&heartbeat=1&commands=1"), {
    after: { seq: 8124, history: null },
    snapshot: false,
    history: false,
    live: false,
    heartbeatSeconds: 1,
    commands: true,
    onDisconnect: null,
  });
  for (const [rawQuery, onDisconnect] of [
    ["cancel_on_disconnect=1", { graceMs: 10_000, group: "" }],
    ["cancel_on_disconnect=1&grace=0&group=a+b", { graceMs: 0, group: "a b" }],
    ["group=&grace=&cancel_on_disconnect=0", null],
  ] as const) {
    assert.deepEqual(decodeStreamQuery(rawQuery), { ...live, onDisconnect });
  }
  assert.deepEqual(decodeStreamQuery("after_seq=9007199254740991"), {
    ...live,
    after: { seq: Number.MAX_SAFE_INTEGER, history: null },
  });
});

test("stream query: the first fault is the answer, and says what is allowed", () => {
  const invalid = "invalid_stream_parameter";
  const table: readonly (readonly [rawQuery: string, result: string])[] = [
    [
      "seq=1",
      'unknown_query_parameter: "seq" is not one of after_seq, snapshot, history, live, ' +
        "heartbeat, commands, " +
        "cancel_on_disconnect, grace, group",
    ],
    ["snapshot=1&snapshot=1", "repeated_query_parameter: snapshot is given twice"],
    ["snapshot=%", 'malformed_query: "snapshot=%" is not percent-encoded UTF-8'],
    ["snapshot=true", `${invalid}: snapshot must be a whole number from 0 to 1, not "true"`],
    ["heartbeat=0", `${invalid}: heartbeat must be a whole number from 1 to 30, not "0"`],
    ["heartbeat=31", `${invalid}: heartbeat must be a whole number from 1 to 30, not "31"`],
    ["commands=2", `${invalid}: commands must be a whole number from 0 to 1, not "2"`],
    [
      "after_seq=9007199254740992",
      `${invalid}: after_seq must be a whole number from 0 to 9007199254740991, ` +
        'not "9007199254740992"',
    ],
    [
      "after_seq=7@a:b",
      `${invalid}: after_seq of several accounts is ACCOUNT:N,ACCOUNT:N, each account once, ` +
        'not "7@a:b"',
    ],
    [
      "after_seq=A:7,A:8",
      `${invalid}: after_seq of several accounts is ACCOUNT:N,ACCOUNT:N, each account once, ` +
        'not "A:8"',
    ],
    [
      "after_seq=7@",
      `${invalid}: after_seq must be a whole number from 0 to 9007199254740991, ` +
        'not "7@"; or such a number, @ and a history',
    ],
    ["history=2", `${invalid}: history must be a whole number from 0 to 1, not "2"`],
    ["grace=5", `${invalid}: grace and group need cancel_on_disconnect=1`],
    ["group=a", `${invalid}: grace and group need cancel_on_disconnect=1`],
    [
      "cancel_on_disconnect=1&grace=301",
      `${invalid}: grace must be a whole number from 0 to 300, not "301"`,
    ],
    [
      `cancel_on_disconnect=1&group=${"x".repeat(33)}`,
      `${invalid}: group has at most 32 characters`,
    ],
    ["after_seq=1&snapshot=1", `${invalid}: after_seq and snapshot=1 exclude each other`],
  ];
  for (const [rawQuery, expected] of table) {
    const result = decodeStreamQuery(rawQuery);
    assert.ok(isFault(result), rawQuery);
    assert.equal(`${ERRORS[result.error].reason}: ${result.details}`, expected);
  }
});

const ORDER =
  '{"market":"hkex","order_type":"limit_order","symbol":"00700",' +
  '"order_side":"buy","price":1,"qty":1}';

test("socket command: each operation is read with its data", () => {
  assert.deepEqual(decodeSocketCommand('{"op":"cancel","id":"c1","data":{"order_no":"1"}}'), {
    op: "cancel",
    id: "c1",
    data: new JsonObject({ name: "order_no", value: "1", next: null }),
    representation: false,
    receipt: false,
    request: {
      target: { by: "orderId", orderId: "1" },
      condition: { unfilled: false, version: null },
    },
  });
  const messages = [
    '{"op":"cancel_batch","id":"c2","data":[{"order_no":"1"},{}]}',
    '{"op":"cancel_all","id":"c5","data":{"symbol":"00700"}}',
    `{"op":"place","id":"c3","data":${ORDER}}`,
    `{"data":[${ORDER},{}],"id":"c4","op":"place_batch"}`,
    '{"op":"amend","id":"c6","data":{"order_no":"1","price":2}}',
  ];
  const commands = messages.map(decodeSocketCommand);
  assert.ok(commands.every((command) => !isFault(command)));
  assert.deepEqual(
    commands.map((command) => Object.keys(command).join()),
    [
      "id,data,representation,op,receipt,elements",
      "id,data,representation,op,request",
      "id,data,representation,op,request",
      "id,data,representation,op,elements",
      "id,data,representation,op,request",
    ],
  );
});

test("socket command: faults carry the id as soon as it could be read", () => {
  const table: readonly (readonly [text: string, result: string])[] = [
    ["{", "null malformed_json: line 1, column 2: expected a name in double quotes, found the end"],
    ["[]", "null malformed_command: a command is an object, not an array"],
    ['{"op":"cancel"}', "null malformed_command: id must be a JSON string, not nothing"],
    ['{"id":7}', 'null malformed_command: id must be a JSON string: write "7" in quotes'],
    ['{"id":""}', "null malformed_command: id is required"],
    [`{"id":"${"x".repeat(65)}"}`, "null malformed_command: id has at most 64 characters"],
    ['{"id":"\\u007f"}', "null malformed_command: id contains a control character"],
    ['{"id":"a","op":"cancel","args":{}}', 'a malformed_command: unknown field "args"'],
    ['{"id":"a"}', "a unknown_op: op must be one of cancel, cancel_batch, cancel_all, place, pla"],
    ['{"id":"a","op":"query"}', "a unknown_op: op must be one of cancel, cancel_batch, cancel_all"],
    ['{"id":"a","op":"cancel","receipt":1}', "a receipt_not_taken: the kind of receipt must be e"],
    ['{"id":"a","op":"place","receipt":"ed25519"}', "a receipt_not_taken: only cancels of named"],
    [
      '{"id":"a","op":"cancel","prefer":"all"}',
      'a malformed_command: prefer must be return=representation, not "all"',
    ],
    ['{"id":"a","op":"cancel","prefer":1}', "a malformed_command: prefer must be return=repr"],
    ['{"id":"a","op":"cancel"}', "a malformed_command: data is required"],
    ['{"id":"a","op":"cancel","data":{}}', "a identifier_missing: "],
    ['{"id":"a","op":"cancel","data":[]}', "a malformed_body: order_no or reference_id is invalid"],
    ['{"id":"a","op":"cancel_batch","data":{}}', "a malformed_batch: the body must be a JSON arra"],
    [
      '{"id":"a","op":"cancel_all","data":[]}',
      "a malformed_body: the body must be one JSON object;",
    ],
    [
      '{"id":"a","op":"cancel_all","data":{"x":1}}',
      'a unknown_field: unknown field "x"; cancel-all',
    ],
    ['{"id":"a","op":"place","data":{}}', "a invalid_market: market must be one of"],
    ['{"id":"a","op":"place_batch","data":[]}', "a malformed_batch: the array is empty"],
    ['{"id":"a","op":"amend","data":[{}]}', "a malformed_body: the body must be one JSON object:"],
    ['{"id":"a","op":"amend","data":{"order_no":"1","side":"buy"}}', "a unknown_field: unknown"],
    ['{"id":"a","op":"amend","receipt":"ed25519"}', "a receipt_not_taken: only cancels of named"],
  ];
  for (const [text, expected] of table) {
    const result = decodeSocketCommand(text);
    assert.ok(isFault(result), text);
    const line = `${result.id} ${ERRORS[result.error].reason}: ${result.details}`;
    assert.ok(line.startsWith(expected), line);
  }
});

test("socket command: one cancel and a batch of them may have receipts", () => {
  const cancel = '{"order_no":"22000000022"}';
  for (const [op, data] of [
    ["cancel", cancel],
    ["cancel_batch", `[${cancel}]`],
  ]) {
    for (const receipt of ['"receipt":"ed25519"', '"receipt":""']) {
      const text = `{"id":"a","op":"${op}","data":${data},${receipt}}`;
      assert.ok(!isFault(decodeSocketCommand(text)), text);
    }
  }
});

test("socket command: each may ask for whole orders", () => {
  for (const [prefer, representation] of [
    ['"return=representation"', true],
    ['""', false],
  ] as const) {
    const text = `{"id":"a","op":"place","data":${ORDER},"prefer":${prefer}}`;
    const command = decodeSocketCommand(text);
    assert.ok(!isFault(command), text);
    assert.equal(command.representation, representation);
  }
});

test("socket command: any text gives a command or a catalogued fault", () => {
  const message = fc.record(
    {
      op: fc.constantFrom(...COMMAND_OPS, "x"),
      id: fc.string({ unit: "binary", maxLength: 70 }),
      data: fc.jsonValue(),
    },
    { requiredKeys: [] },
  );
  const text = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.json(),
    message.map((value) => JSON.stringify(value)),
  );
  fc.assert(
    fc.property(text, (any) => {
      const result = decodeSocketCommand(any);
      if (isFault(result)) assert.ok(Object.hasOwn(ERRORS, result.error));
      else assert.match(result.id, /^\P{Cc}{1,64}$/u);
    }),
    { numRuns: 500 },
  );
});

test("stream query: any text gives a query or a catalogued fault", () => {
  const rawQuery = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string().map((value) => `after_seq=${value}`),
  );
  fc.assert(
    fc.property(rawQuery, (text) => {
      const result = decodeStreamQuery(text);
      if (isFault(result)) assert.ok(Object.hasOwn(ERRORS, result.error));
      else assert.ok(Number.isSafeInteger(result.after?.seq ?? 0));
    }),
  );
});

test("stream query: a position may name its history", () => {
  const query = (rawQuery: string) => {
    const decoded = decodeStreamQuery(rawQuery);
    assert.ok(!isFault(decoded), rawQuery);
    return decoded;
  };
  assert.equal(query("history=1").history, true);
  assert.equal(query("live=1").live, true);
  assert.deepEqual(query("after_seq=7%40a1").after, { seq: 7, history: "a1" });
  assert.deepEqual(
    [...(query("after_seq=A:7@a1,B:8,C:D:9").afters ?? [])],
    [
      ["A", { seq: 7, history: "a1" }],
      ["B", { seq: 8, history: null }],
      ["C:D", { seq: 9, history: null }],
    ],
  );
});

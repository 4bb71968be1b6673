import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { encodeError } from "../errors.ts";
import {
  ACCEPTED,
  type BatchAnswer,
  cancelElementReference,
  encodeBatch,
  encodePlaced,
  encodeSuccess,
  encodeTime,
} from "./envelope.ts";
import { jsonString } from "./json-text.ts";
import { encodeOrdersPage } from "./page.ts";

function golden(name: string): string {
  return readFileSync(new URL(`../../../../test/golden/${name}`, import.meta.url), "utf8");
}

function cancelAnswer(orderNo: string, resultJson: string): BatchAnswer {
  return { orderNo, referenceId: null, resultJson, dataJson: null };
}

test("envelope: an accepted cancel is exactly the page's answer", () => {
  assert.equal(ACCEPTED, golden("cancel-accepted.txt").replace(/\s/g, ""));
});

test("envelope: a refused cancel has the page's fields and values first", () => {
  const page = golden("cancel-error.json").trimEnd();
  const ours = JSON.stringify(JSON.parse(encodeError("UNKNOWN_ORDER", "")), null, 2);
  assert.ok(ours.startsWith(`${page.slice(0, -2)},`), ours);
});

test("envelope: a failing batch element has our fields after the page's", () => {
  const answer = JSON.parse(
    encodeBatch([
      cancelAnswer("22000000022", ACCEPTED),
      cancelAnswer("22000000023", ACCEPTED),
      cancelAnswer("22000000024", encodeError("TOO_LATE_FILLED", "the order is filled")),
    ]),
  );
  const page = JSON.parse(golden("cancel-batch-answer.json"));
  assert.deepEqual(answer.data.slice(0, 2), page.data.slice(0, 2));
  const { details, reason, retryable, ...result } = answer.data[2].result;
  assert.deepEqual({ ...answer.data[2], result }, page.data[2]);
  assert.deepEqual([details, reason, retryable], ["the order is filled", "too_late_filled", false]);
});

test("envelope: a batch element with all its members", () => {
  const element: BatchAnswer = {
    orderNo: "",
    referenceId: 'a"b',
    resultJson: ACCEPTED,
    dataJson: '{"x":1}',
  };
  assert.equal(
    encodeBatch([element]),
    '{"code":0,"data":[{"order_no":"","reference_id":"a\\"b","result":{"code":0},"data":{"x":1}}]}',
  );
});

test("envelope: an element of a cancel carries reference_id only when asked by it alone", () => {
  const request = { error: "CANCEL_IDS_EMPTY", details: "" } as const;
  const reference = (orderNo: string, referenceId: string) =>
    cancelElementReference({ orderNo, referenceId, request });
  assert.equal(reference("1", "a"), null);
  assert.equal(reference("1", ""), null);
  assert.equal(reference("", "a"), "a");
  assert.equal(reference("", ""), null);
});

test("envelope: answers are written to the byte", () => {
  assert.equal(encodeSuccess("[]"), '{"code":0,"data":[]}');
  assert.equal(encodePlaced("22000000022"), '{"code":0,"data":{"order_no":"22000000022"}}');
  assert.equal(encodeTime(1746774142003), '{"code":0,"data":{"timestamp":1746774142003}}');
  assert.equal(
    encodeOrdersPage({ totalRecords: 2, page: 1, pageSize: 20, rows: ['{"a":1}', '{"a":2}'] }),
    '{"code":0,"data":{"total_records":2,"page":1,"page_size":20,"orders":[{"a":1},{"a":2}]}}',
  );
});

test("envelope: a string is written as JSON.stringify writes it, but for needless escapes", () => {
  const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit })), (text) => {
      assert.equal(jsonString(text), JSON.stringify(text));
    }),
    { numRuns: 500 },
  );
});

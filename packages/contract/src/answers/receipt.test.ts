import assert from "node:assert/strict";
import { test } from "node:test";
import type { UnixMs } from "@countermand/core/model";
import fc from "fast-check";
import { encodeBatch, encodeReceipted } from "./envelope.ts";
import { jsonString } from "./json-text.ts";
import { fillReceipts, hasReceiptMarks, receiptMarks } from "./receipt.ts";

const MARK = { orderId: "22000000022", issuedAtMs: 1_746_774_142_003 as UnixMs };

test("receipt: its mark is in the answer's last member, and gives way to it", () => {
  const body = encodeReceipted('{"order_no":"22000000022"}', MARK);
  assert.deepEqual(receiptMarks(body), [MARK]);
  assert.equal(
    fillReceipts(body, ["a.b.c"]),
    '{"code":0,"data":{"order_no":"22000000022"},"receipt":"a.b.c"}',
  );
  assert.equal(encodeReceipted(null, MARK).startsWith('{"code":0,"receipt":"'), true);
});

test("receipt: a batch has one per element that asked, each in its place", () => {
  const element = { orderNo: "1", referenceId: null, resultJson: '{"code":0}', dataJson: null };
  const body = encodeBatch([
    { ...element, receipt: MARK },
    { ...element, receipt: null },
    { ...element, receipt: { ...MARK, orderId: "23" } },
  ]);
  assert.deepEqual(receiptMarks(body), [MARK, { ...MARK, orderId: "23" }]);
  const { data } = JSON.parse(fillReceipts(body, ["x", ""])) as { data: { receipt?: string }[] };
  assert.deepEqual(
    data.map(({ receipt }) => receipt),
    ["x", undefined, ""],
  );
});

test("receipt: no text of a client is taken for a mark", () => {
  const nasty = fc
    .array(fc.constantFrom('"receipt":"at:1:2"', '"', "\\", ":", "receipt", "at:1:2", '","', "x"))
    .map((parts) => parts.join(""));
  fc.assert(
    fc.property(nasty, (text) => {
      const body = `{"code":0,"data":{"reference_id":${jsonString(text)}}}`;
      assert.deepEqual([hasReceiptMarks(body), receiptMarks(body)], [false, []]);
    }),
  );
});

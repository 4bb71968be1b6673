import assert from "node:assert/strict";
import { test } from "node:test";
import { parseWire, writeQuery } from "./wire-json.ts";

test("wire json: decimals keep their digits, whole numbers are numbers", () => {
  const text = '{"price":123456789012.12345678,"qty":1.10,"seq":7,"code":0,"new_figure":0.1}';
  assert.deepEqual(parseWire(text), {
    price: "123456789012.12345678",
    qty: "1.10",
    seq: 7,
    code: 0,
    new_figure: "0.1",
  });
});

test("wire json: a price of a book has decimals and a number of orders", () => {
  assert.deepEqual(parseWire('{"bids":[[423.83,100,2],[423.82,5.5,1]]}'), {
    bids: [
      ["423.83", "100", 2],
      ["423.82", "5.5", 1],
    ],
  });
});

test("wire json: positions of the market stream are numbers, as the order stream's", () => {
  const text = '{"type":"delta","epoch":3,"seq":815,"prev_seq":812,"data":{"levels":10}}';
  assert.deepEqual(parseWire(text), {
    type: "delta",
    epoch: 3,
    seq: 815,
    prev_seq: 812,
    data: { levels: 10 },
  });
});

test("wire json: a query is encoded, absent members are left out", () => {
  assert.equal(
    writeQuery({ symbol: "BTC-USDT", reference_id: "a&b c", page: undefined }),
    "symbol=BTC-USDT&reference_id=a%26b%20c",
  );
});

test("wire json: a code is one number however it is written", () => {
  for (const code of ["11030202", "30202", '"030202"', '"11030202"', '"30202"']) {
    const text = `{"code":0,"data":[{"result":{"code":${code}}}]}`;
    assert.deepEqual(parseWire(text), { code: 0, data: [{ result: { code: 11030202 } }] });
  }
  assert.deepEqual(parseWire('{"code":404}'), { code: 404 });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { storyLines } from "./audit.ts";

test("audit: figures are told digit for digit", () => {
  const json =
    '{"at_ms":1746775257000,"event":"traded","order_no":"22000000022","channel":"http",' +
    '"actor":"demo-key","request_id":"","http_status":200,"code":0,"last_qty":0.00000001,' +
    '"last_price":123456789012.12345678,"partition":"desk-22","journal_seq":7,"event_hash":"9f"}';
  assert.deepEqual(storyLines(json), [
    "2025-05-09 07:20:57.000 UTC  22000000022  traded 0.00000001 at 123456789012.12345678",
    "  by demo-key over http, answered 200 code 0",
    "  desk-22 7 9f",
  ]);
});

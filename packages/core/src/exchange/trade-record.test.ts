import assert from "node:assert/strict";
import { test } from "node:test";
import type { UnixMs } from "../model/index.ts";
import { decodeExchangeEvent, encodeExchangeEvent } from "./exchange-codec.ts";
import type { ExchangeEvent } from "./exchange-event.ts";
import { decodeTimedTrade, encodeExchangeRecord, TRADE_RECORD_BEGINS } from "./trade-record.ts";

const AT_MS = 1_746_774_142_003 as UnixMs;
const TRADED = '["T","AAPL",3,"2","1","ann","2","bob",7,5,4]';
const AUCTION_TRADED = '["A","AAPL",3,7,5,"1","ann",0,3,"2","bob",6,0]';
const UNCROSSED = '["U","AAPL",7,5]';

test("trade record: a trade's record ends with its time, any other is its event", () => {
  const records = [TRADED, AUCTION_TRADED, UNCROSSED].map((payload) => {
    return encodeExchangeRecord(decodeExchangeEvent(payload), AT_MS);
  });
  assert.deepEqual(records, [
    '["T","AAPL",3,"2","1","ann","2","bob",7,5,4,1746774142003]',
    '["A","AAPL",3,7,5,"1","ann",0,3,"2","bob",6,0,1746774142003]',
    UNCROSSED,
  ]);
  for (const [index, begin] of TRADE_RECORD_BEGINS.entries()) {
    assert.ok(records[index]?.startsWith(begin));
  }
});

test("trade record: what was written is read, as a trade with its time and as the event", () => {
  for (const payload of [TRADED, AUCTION_TRADED]) {
    const event: ExchangeEvent = decodeExchangeEvent(payload);
    const record = encodeExchangeRecord(event, AT_MS);
    assert.deepEqual(decodeTimedTrade(record), { event, atMs: AT_MS });
    assert.equal(encodeExchangeEvent(decodeExchangeEvent(record)), payload);
  }
});

test("trade record: other events, and trades without a time, are none", () => {
  for (const record of [TRADED, AUCTION_TRADED, UNCROSSED]) {
    assert.equal(decodeTimedTrade(record), null);
  }
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeFault, fault } from "../errors.ts";
import { ACCEPTED } from "./envelope.ts";
import {
  encodeHeartbeat,
  encodeNotice,
  encodeOrderMessage,
  encodeReply,
  encodeSnapshot,
  encodeStreamError,
} from "./stream.ts";

test("stream: each message is written to the byte", () => {
  const table: readonly (readonly [message: string, text: string])[] = [
    [encodeOrderMessage(8124, '{"a":1}'), '{"type":"order","seq":8124,"data":{"a":1}}'],
    [
      encodeHeartbeat(1746774142003, 8124),
      '{"type":"heartbeat","data":{"timestamp":1746774142003,"seq":8124}}',
    ],
    [
      encodeSnapshot(8124, ['{"a":1}', '{"a":2}']),
      '{"type":"snapshot","seq":8124,"data":{"orders":[{"a":1},{"a":2}]}}',
    ],
    [encodeSnapshot(0, []), '{"type":"snapshot","seq":0,"data":{"orders":[]}}'],
    [
      encodeNotice("SHUTTING_DOWN", "back in a minute"),
      '{"type":"notice","code":11030760,"message":"Shutting Down","details":"back in a minute",' +
        '"reason":"shutting_down","retryable":true}',
    ],
    [
      encodeStreamError("TEXT_ONLY", "x"),
      '{"type":"error","code":11030758,"message":"Text Only","details":"x","reason":"text_only",' +
        '"retryable":false}',
    ],
    [
      encodeStreamError("SEQ_OUT_OF_RANGE", "x", { earliestSeq: 100, latestSeq: 8124 }),
      '{"type":"error","code":11030752,"message":"Sequence Out Of Range","details":"x",' +
        '"reason":"seq_out_of_range","retryable":false,"earliest_seq":100,"latest_seq":8124}',
    ],
    [encodeReply('a"1', ACCEPTED), '{"type":"reply","id":"a\\"1","code":0}'],
    [
      encodeReply("a", encodeFault(fault("UNKNOWN_OP", "x"))),
      '{"type":"reply","id":"a","code":11030755,"message":"Unknown Operation","details":"x",' +
        '"reason":"unknown_op","retryable":false}',
    ],
  ];
  for (const [message, text] of table) {
    assert.equal(message, text);
    JSON.parse(message);
  }
});

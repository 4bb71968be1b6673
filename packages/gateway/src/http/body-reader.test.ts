import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { PassThrough } from "node:stream";
import { finished } from "node:stream/promises";
import { test } from "node:test";
import { type Fault, isFault, LIMITS } from "@countermand/contract";
import { readBody } from "./body-reader.ts";
import { DROPPED_BODY_BYTES_MAX } from "./limits.ts";

const MAX = LIMITS.bodyBytesMax.value;

/** What each call back was told: a length, or a fault. */
async function told(chunks: readonly Buffer[], ends = true): Promise<(string | number)[]> {
  const stream = new PassThrough({ highWaterMark: 2 * DROPPED_BODY_BYTES_MAX });
  const request = stream as unknown as IncomingMessage;
  const results: (Buffer | Fault)[] = [];
  readBody(request, (body) => results.push(body));
  for (const chunk of chunks) stream.write(chunk);
  if (ends) stream.end();
  if (ends && results.length === 0) await finished(stream);
  else await new Promise(setImmediate);
  return results.map((result) => (isFault(result) ? result.error : result.length));
}

test("body: where there is none the request ends without it", async () => {
  assert.deepEqual(await told([]), [0]);
  assert.deepEqual(await told([], false), [], "what is before it in the connection comes first");
});

test("body: up to the limit it is read whole, in one chunk or in many", async () => {
  assert.deepEqual(await told([Buffer.alloc(MAX)]), [MAX]);
  assert.deepEqual(await told([Buffer.alloc(MAX - 1), Buffer.alloc(1)]), [MAX]);
  assert.deepEqual(await told([Buffer.alloc(MAX), Buffer.alloc(1)]), ["BODY_TOO_LARGE"]);
});

test("body: beyond the limit it is read on for a while, and refused once", async () => {
  const much = [Buffer.alloc(DROPPED_BODY_BYTES_MAX)];
  assert.deepEqual(await told(much, false), [], "it may end yet");
  assert.deepEqual(await told([...much, Buffer.alloc(1)], false), ["BODY_TOO_LARGE"]);
  assert.deepEqual(await told([...much, Buffer.alloc(1), Buffer.alloc(1)], false), [
    "BODY_TOO_LARGE",
  ]);
});

import assert from "node:assert/strict";
import { PassThrough, Readable } from "node:stream";
import { test } from "node:test";
import { run } from "../program.ts";

test("operating: of two amounts of one currency none is dropped", async () => {
  const [output, errors] = [new PassThrough(), new PassThrough()];
  const amounts = ["--cash", "HKD=100", "--cash", "USD=1", "--cash", "HKD=50"];
  const code = await run(["accounts", "adjust", "A-1", "--reason", "x", ...amounts], {
    input: Readable.from([""]),
    output,
    errors,
    environment: {},
    stopped: new AbortController().signal,
  });
  assert.equal(code, 2);
  assert.match(String(errors.read()), /HKD is named twice/);
});

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { PassThrough, Readable } from "node:stream";
import { test } from "node:test";
import { run } from "../program.ts";

test("keys: a secret whose answer was lost is said to be lost, and what to do", async (t) => {
  const kept = '{"code":0,"data":{"api_key":"cmk_1","state":"active","secret":null}}';
  const server = createServer((_request, response) => response.end(kept));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const [output, errors] = [new PassThrough(), new PassThrough()];
  const { port } = server.address() as AddressInfo;
  const args = ["keys", "rotate", "cmk_1", "--reason", "leaked"];
  const code = await run(args, {
    input: Readable.from([""]),
    output,
    errors,
    environment: {
      COUNTERMAND_OPERATOR_URL: `http://127.0.0.1:${port}`,
      COUNTERMAND_OPERATOR_TOKEN: "t".repeat(40),
      COUNTERMAND_OPERATOR: "kim",
    },
    stopped: new AbortController().signal,
  });
  assert.equal(code, 5);
  assert.match(String(output.read()), /^api key +cmk_1$/m);
  assert.match(String(errors.read()), /was lost .*\n.*keys rotate cmk_1 --reason TEXT/);
});

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { PassThrough, Readable } from "node:stream";
import { test } from "node:test";
import { run } from "../program.ts";

test("receipt: a gateway that gives no keys says nothing about the receipt", async (t) => {
  const server = createServer((_request, response) => {
    response.writeHead(503).end('{"code":10010050,"message":"starting"}');
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  const [output, errors] = [new PassThrough(), new PassThrough()];
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const code = await run(["receipt", "verify", "-", "--url", url], {
    input: Readable.from([Buffer.from("a.b.c")]),
    output,
    errors,
    environment: { COUNTERMAND_PROFILES: "/nowhere/profiles.json" },
    stopped: new AbortController().signal,
  });
  assert.equal(code, 2);
  const said = String(errors.read());
  assert.match(said, /no keys from .* \(HTTP status 503\): give them with --jwks FILE/);
  assert.doesNotMatch(said, /not good/);
});

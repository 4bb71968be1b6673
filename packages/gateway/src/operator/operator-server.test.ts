import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { OperatorServer } from "./operator-server.ts";

const OPTIONS = {
  token: "t",
  tls: null,
  wallMs: () => 0,
  addressHeader: null,
  parts: () => null,
  onBug: (error: Error) => assert.fail(error),
};

test("operator server: what comes while it stops is answered as ever, on its last connections", async () => {
  const server = await OperatorServer.listen(OPTIONS, "127.0.0.1", 0);
  const client = connect({ port: Number(new URL(server.url).port), host: "127.0.0.1" });
  let received = "";
  client.on("data", (chunk) => {
    received += chunk;
  });
  const head = "POST /operator/v1/kill HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n";
  client.write(`${head}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n`);
  await once(client, "data");
  const gone = once(client, "close");
  const closed = server.close(new Promise(() => undefined));
  client.write(`{}${head}Content-Length: 2\r\n\r\n{}`);
  await Promise.all([closed, gone]);
  const reasons = [...received.matchAll(/"reason":"(\w+)"/g)].map(([, reason]) => reason);
  assert.deepEqual(reasons, ["starting", "starting"], received);
});

test("operator server: a request that never ends keeps no stop waiting beyond its deadline", async () => {
  const server = await OperatorServer.listen(OPTIONS, "127.0.0.1", 0);
  const client = connect({ port: Number(new URL(server.url).port), host: "127.0.0.1" });
  let received = "";
  client.on("data", (chunk) => {
    received += chunk;
  });
  const head = "POST /operator/v1/kill HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n";
  client.write(`${head}Content-Length: 10\r\nExpect: 100-continue\r\n\r\n`);
  await once(client, "data");
  const gone = once(client, "close");
  await server.close(Promise.resolve());
  await gone;
  assert.equal(received, "HTTP/1.1 100 Continue\r\n\r\n", "it is cut, and nobody waited for it");
});

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

const HEAD = "POST /operator/v1/kill HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n";

/** A server, and a client that has sent a head and been told to go on. */
async function underWay(contentLength: number) {
  const server = await OperatorServer.listen(OPTIONS, "127.0.0.1", 0);
  const client = connect({ port: Number(new URL(server.url).port), host: "127.0.0.1" });
  let received = "";
  client.on("data", (chunk) => {
    received += chunk;
  });
  client.write(`${HEAD}Content-Length: ${contentLength}\r\nExpect: 100-continue\r\n\r\n`);
  await once(client, "data");
  const gone = once(client, "close").then(() => received);
  return { server, client, gone };
}

test("operator server: what comes while it stops is answered as ever, on its last connections", async () => {
  const { server, client, gone } = await underWay(2);
  const closed = server.close(new Promise(() => undefined));
  client.write(`{}${HEAD}Content-Length: 2\r\n\r\n{}`);
  const [received] = await Promise.all([gone, closed]);
  const reasons = [...received.matchAll(/"reason":"(\w+)"/g)].map(([, reason]) => reason);
  assert.deepEqual(reasons, ["starting", "starting"], received);
});

test("operator server: a request that never ends keeps no stop waiting beyond its deadline", async () => {
  const { server, gone } = await underWay(10);
  await server.close(Promise.resolve());
  assert.equal(await gone, "HTTP/1.1 100 Continue\r\n\r\n", "it is cut, and nobody waited for it");
});

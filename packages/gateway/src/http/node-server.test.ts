import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { test } from "node:test";
import { ANSWER_STALL_MS } from "./limits.ts";
import { nodeServer } from "./node-server.ts";

test("node server: who asks and never reads is cut, and not kept with all answers", async (t) => {
  const large = "x".repeat(8_000_000);
  const server = nodeServer({}, null, (_request, response) => void response.end(large));
  assert.equal(server.timeout, ANSWER_STALL_MS);
  server.timeout = 50;
  server.listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = connect({ port, host: "127.0.0.1" });
  client.pause();
  client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  const [socket] = await once(server, "connection");
  await once(socket, "close");
  client.destroy();
});

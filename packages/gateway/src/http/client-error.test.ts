import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { answerClientError } from "./client-error.ts";
import { LINGER_MS } from "./limits.ts";

test("client error: a client that does not close its side keeps no connection", async (t) => {
  const server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true }).resume();
  const [socket] = (await once(server, "connection")) as [Socket];
  t.after(() => {
    client.destroy();
    socket.destroy();
    server.close();
  });
  const error = Object.assign(new Error("Parse Error"), { code: "HPE_INVALID_METHOD" });
  answerClientError(error, socket);
  await once(client, "end");
  assert.equal(socket.timeout, LINGER_MS, "silence from now on has an end");
  const closed = once(socket, "close");
  socket.emit("timeout");
  await closed;
});

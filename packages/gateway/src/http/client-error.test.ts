import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { answerClientError } from "./client-error.ts";
import { LINGER_MS } from "./limits.ts";

test("client error: a client that goes on for ever keeps no connection", async (t) => {
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
  t.mock.timers.enable({ apis: ["setTimeout"] });
  answerClientError(error, socket);
  await once(client, "end");
  const closed = once(socket, "close");
  for (let ms = 0; ms < LINGER_MS; ms += LINGER_MS / 4) {
    answerClientError(error, socket); // As Node says of what else cannot be read.
    assert.equal(socket.destroyed, false, "the client may still read");
    const { bytesRead } = socket;
    client.write("more");
    while (socket.bytesRead === bytesRead) await setImmediate();
    t.mock.timers.tick(LINGER_MS / 4);
  }
  await closed;
});

// Goal: the last answer arrives, and whoever sends on holds nothing and stops nobody.
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { endGently, isEnding } from "./last-answer.ts";
import { ANSWER_STALL_MS, LINGER_BYTES_MAX } from "./limits.ts";

/** Both ends of a connection whose client keeps its side open. */
async function connection(t: TestContext): Promise<{ socket: Socket; client: Socket }> {
  const server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const client = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  client.on("error", () => {});
  const [socket] = (await once(server, "connection")) as [Socket];
  t.after(() => {
    client.destroy();
    socket.destroy();
    server.close();
  });
  return { socket, client };
}

test("last answer: nobody acts on what still comes, and too much of it cuts the connection", async (t) => {
  const { socket, client } = await connection(t);
  socket.on("data", () => assert.fail("it is read"));
  endGently(socket);
  endGently(socket);
  await once(client.resume(), "end");
  assert.deepEqual([isEnding(socket), socket.destroyed], [true, false]);
  client.write(Buffer.alloc(LINGER_BYTES_MAX));
  while (socket.bytesRead < LINGER_BYTES_MAX) await setImmediate();
  assert.equal(socket.destroyed, false);
  client.write("x");
  while (socket.bytesRead === LINGER_BYTES_MAX) await setImmediate();
  assert.equal(socket.destroyed, true);
});

test("last answer: a client that is reset meanwhile is let go", async (t) => {
  const { socket, client } = await connection(t);
  endGently(socket);
  await once(client.resume(), "end");
  const closed = new Promise((resolve) => socket.once("close", resolve));
  client.resetAndDestroy();
  await closed;
});

test("last answer: a client that has ended, too, is waited for no longer", async (t) => {
  const { socket, client } = await connection(t);
  client.end();
  await once(socket.resume(), "end");
  const closed = once(socket, "close");
  t.mock.timers.enable({ apis: ["setTimeout"] });
  endGently(socket);
  client.resume();
  await closed;
});

test("last answer: whoever never reads it is cut in time", async (t) => {
  const { socket } = await connection(t);
  socket.write(Buffer.alloc(16_777_216));
  t.mock.timers.enable({ apis: ["setTimeout"] });
  endGently(socket);
  t.mock.timers.tick(ANSWER_STALL_MS - 1);
  assert.equal(socket.destroyed, false);
  t.mock.timers.tick(1);
  assert.equal(socket.destroyed, true);
});

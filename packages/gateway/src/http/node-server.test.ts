import assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
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

/** What is read of a connection at a time. */
const PIECE_BYTES = 65_536;

test("node server: who sends on unanswered is not read on, and answered in the end", async (t) => {
  const held: ServerResponse[] = [];
  let isHeld = true;
  const server = nodeServer({}, null, (_request, response) => {
    if (isHeld) held.push(response);
    else response.end();
  });
  server.listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const count = 8_000;
  const padding = "x".repeat(1_000);
  const client = connect({ port, host: "127.0.0.1" });
  client.write(`GET / HTTP/1.1\r\nHost: x\r\nX: ${padding}\r\n\r\n`.repeat(count));
  const [socket] = (await once(server, "connection")) as [Socket];
  let bytesRead = -1;
  for (let turns = 0; turns < 100; turns += 1) {
    if (socket.bytesRead !== bytesRead) turns = 0;
    bytesRead = socket.bytesRead;
    await setImmediate();
  }
  // A few pieces, and not all that the loop would read at once.
  assert.ok(bytesRead <= 4 * PIECE_BYTES, `${bytesRead} bytes of requests are kept`);
  isHeld = false;
  for (const response of held) response.end();
  const line = "HTTP/1.1 200 OK";
  let answers = 0;
  let rest = "";
  for await (const chunk of client) {
    const text = rest + chunk;
    answers += text.split(line).length - 1;
    if (answers === count) break;
    // A line may be cut by the end of a piece.
    rest = text.slice(1 - line.length);
  }
  assert.equal(answers, count);
});

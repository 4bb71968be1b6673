import assert from "node:assert/strict";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { ANSWER_STALL_MS, ANSWERING_MAX } from "./limits.ts";
import { nodeServer, onUpgrade } from "./node-server.ts";

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

const HANDSHAKE =
  "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
const CONNECT = "CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n";
const SWITCHED = "HTTP/1.1 101 Switching Protocols\r\n\r\n";

/** A server whose answers are in the test's hands, and all that a client of it receives. */
async function conversation(t: TestContext, sent: string) {
  const held: ServerResponse[] = [];
  const upgraded: Buffer[] = [];
  const server = nodeServer({}, null, (request, response) => {
    request.resume();
    held.push(response);
  });
  onUpgrade(server, (_request, socket, head) => {
    socket.write(SWITCHED);
    upgraded.push(head);
    socket.on("data", (chunk: Buffer) => upgraded.push(chunk));
    socket.on("end", () => socket.end());
  });
  server.listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const client = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1" });
  t.after(() => client.destroy());
  const received = client.setEncoding("latin1").toArray();
  client.write(sent);
  const [socket] = (await once(server, "connection")) as [Socket];
  while (socket.bytesRead < sent.length) await setImmediate();
  return { client, socket, held, upgraded, received: received.then((pieces) => pieces.join("")) };
}

function firstLines(received: string): string[] {
  return received.match(/HTTP\/1\.1 \d{3}/g) ?? [];
}

test("node server: a handshake is looked at when all before it is answered", async (t) => {
  const asked = "GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(ANSWERING_MAX + 2);
  const { client, held, upgraded, received } = await conversation(t, asked + HANDSHAKE);
  assert.equal(held.length, ANSWERING_MAX);
  for (let index = 0; index < ANSWERING_MAX + 2; index += 1) {
    assert.equal(upgraded.length, 0, `before answer ${index + 1}`);
    while (held[index] === undefined) await setImmediate();
    held[index]?.end("x");
  }
  while (upgraded.length === 0) await setImmediate();
  client.end("early");
  const answers = firstLines(await received);
  assert.equal(answers.pop(), "HTTP/1.1 101");
  assert.deepEqual(new Set(answers), new Set(["HTTP/1.1 200"]));
  assert.equal(answers.length, ANSWERING_MAX + 2);
  assert.equal(Buffer.concat(upgraded).toString(), "early");
});

test("node server: no handshake is done behind the last answer of a connection", async (t) => {
  const bad = "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n";
  const refused = await conversation(t, bad + HANDSHAKE);
  assert.deepEqual(firstLines(await refused.received), ["HTTP/1.1 400"]);
  assert.equal(refused.upgraded.length, 0);
  const stopped = await conversation(t, `GET / HTTP/1.1\r\nHost: x\r\n\r\n${HANDSHAKE}`);
  const [response] = stopped.held;
  assert.ok(response !== undefined);
  response.shouldKeepAlive = false;
  response.end();
  assert.deepEqual(firstLines(await stopped.received), ["HTTP/1.1 200"]);
  assert.equal(stopped.upgraded.length, 0);
});

test("node server: a client that speaks on before its handshake is answered is let go", async (t) => {
  const asked = `GET / HTTP/1.1\r\nHost: x\r\n\r\n${HANDSHAKE}`;
  const { client, socket, held, upgraded, received } = await conversation(t, asked);
  client.write("early");
  while (socket.bytesRead < asked.length + "early".length) {
    socket.resume(); // As node:http does for the body of a request that came before.
    await setImmediate();
  }
  held[0]?.end();
  assert.deepEqual(firstLines(await received), ["HTTP/1.1 200"]);
  assert.equal(upgraded.length, 0);
});

test("node server: who takes it for a proxy is told so behind the answers before", async (t) => {
  const asked = `GET / HTTP/1.1\r\nHost: x\r\n\r\n${CONNECT}`;
  const { held, received } = await conversation(t, asked);
  held[0]?.end();
  assert.deepEqual(firstLines(await received), ["HTTP/1.1 200", "HTTP/1.1 400"]);
});

test("node server: a client that is gone before its handshake has its turn", async (t) => {
  const asked = `GET / HTTP/1.1\r\nHost: x\r\n\r\n${HANDSHAKE}`;
  const { client, socket, held, upgraded, received } = await conversation(t, asked);
  client.resetAndDestroy();
  await assert.rejects(received);
  while (!socket.destroyed) await setImmediate();
  held[0]?.end();
  await setImmediate();
  assert.equal(upgraded.length, 0);
});

test("node server: 100 Continue comes in its turn, before the answer and never inside", async (t) => {
  const asked = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  const expecting =
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
  const { client, held, received } = await conversation(t, `${asked + expecting}{}${expecting}`);
  held[1]?.end(Buffer.from("second"));
  held[0]?.end("first");
  client.write("{}");
  while (held[2]?.req.complete !== true) await setImmediate();
  held[2]?.end(Buffer.from("third"));
  client.end();
  const text = await received;
  const words = text.match(/HTTP\/1\.1 \d{3}|(?<=\r\n\r\n)[a-z]+/g) ?? [];
  assert.deepEqual(
    words.map((word) => word.slice("HTTP/1.1".length).trim() || word),
    ["200", "first", "100", "200", "second", "100", "200", "third"],
  );
});
